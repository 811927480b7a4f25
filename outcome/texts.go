package outcome

// Words are what is said of a reason in the reference and in summaries.
type Words struct {
	Definition string // what it means, in one sentence
	Remedy     string // what to do next
	Trigger    string // what exactly leads to it
	Produce    string // how a test brings it about
}

// Words returns what is said of the reason.
func (r Reason) Words() Words { return words[r] }

var words = [numReasons]Words{
	Unspecified: {
		Definition: "The record was closed and nothing that was seen explains the end.", Remedy: "Look at the whole ladder; in a capture, record longer.",
		Trigger: "The record closed and no final response, BYE, CANCEL, timer, app event or command explains it.",
		Produce: "Must not appear in any test, except for a capture that was cut.",
	},
	OutgoingCallBarred: {
		Definition: "The caller is not allowed to place this call, or the credentials given for it were refused.", Remedy: "Check the caller's rights and credit, or the account at the trunk.",
		Trigger: "Caller's account/extension may not place this call (class of service, prefix block, no international, no credit, credentials refused for good); or a trunk answers 403, 402, or 401/407 to our credentials.",
		Produce: "caller simulator with a barred profile dials a blocked prefix, expects 403; or callee simulator on a trunk leg answers 403 without Reason.",
	},
	IncomingCallBarred: {
		Definition: "The called party may not receive this call, or somebody on the way blocked it.", Remedy: "Check the called party's policy and block lists, and whether the caller's number is labelled as unwanted.",
		Trigger: "Called extension may not receive calls (policy, blocked caller, business rule).",
		Produce: "caller simulator calls an extension with incoming barred; expect 403 + Reason Q.850;cause=55.",
	},
	BearerNotAuth: {
		Definition: "This kind of media is not allowed for the account.", Remedy: "Grant the media right, or call without video or fax.",
		Trigger: "Media kind not authorised: e.g. video or fax/T.38 offered by an account without the right.",
		Produce: `caller simulator offers only m=video on an audio-only account; or callee simulator answers the INVITE with 403 and header "Reason: Q.850;cause=57".`,
	},
	BearerNotAvail: {
		Definition: "The media is allowed, but no port, address or transcoder was free.", Remedy: "Widen the RTP port range or add media capacity, then call again.",
		Trigger: "Right exists but media resource is not available now: no RTP ports/transcoder/media IP.",
		Produce: `Start server with RTP range of 2 ports, hold one call, place another; or callee simulator answers the INVITE with 503 and header "Reason: Q.850;cause=58".`,
	},
	UnallocatedNumber: {
		Definition: "The number or user does not exist.", Remedy: "Check the number that was dialled and the extension's name.",
		Trigger: "Number/user does not exist: a rule or the local domain matches but there is no such extension, or 404, 485, 604 received.",
		Produce: "caller simulator dials a non-existent extension; or callee simulator answers 404.",
	},
	NoRouteTransitNet: {
		Definition: "The route names a carrier or gateway that is not known.", Remedy: "Correct the carrier's name in the dial rule.",
		Trigger: "Route names a carrier/gateway the server does not know (carrier selection code, deleted gateway in a dial rule).",
		Produce: `Dial rule pointing to an unknown carrier id; or callee simulator answers the INVITE with 404 and header "Reason: Q.850;cause=2".`,
	},
	NoRouteDestination: {
		Definition: "No rule leads to the dialled number.", Remedy: "Add a route for the number, or correct the number.",
		Trigger: "No dial rule matches the dialled number, or a transfer/forward target has no route; or Q.850;cause=3.",
		Produce: "caller simulator dials a number matching no rule; expect 404 + Q.850;cause=3.",
	},
	NoUserResponse: {
		Definition: "The called device did not respond, and never rang.", Remedy: "Check that the device is switched on and that its network path is open.",
		Trigger: "Nothing but at most 100 until timer B (network) or our ring timer (platform); or a 408 received without alerting (callee).",
		Produce: "callee simulator swallows INVITEs (no reply) or sends only 100; expect 408 upstream after 32 s (or the shorter setup timer).",
	},
	NumberChanged: {
		Definition: "The number is no longer in use.", Remedy: "Ask for the new number.",
		Trigger: `Number no longer in use/ported: 410 from trunk or UA; or an extension marked "moved".`,
		Produce: "callee simulator answers 410.",
	},
	Redirection: {
		Definition: "The called side pointed elsewhere and the redirect was not followed.", Remedy: "Allow redirects for this route, or call the new address.",
		Trigger: "3xx received and NOT followed: redirection not allowed, no Contact, or none we may use. Followed Contacts are attempts of their own; one that leads back to a target already tried is EXCHANGE_ROUTING_ERROR.",
		Produce: "callee simulator answers 302 without Contact, or redirect disabled for the leg; shown 302, sent 410.",
	},
	NoAnswer: {
		Definition: "The called party's phone rang, and nobody answered in time.", Remedy: "Call again later, or set a forward or a mailbox for no answer.",
		Trigger: "Callee alerted and a 480/408/unprompted 487 arrived (callee), or our ring or queue timer fired (platform): we CANCEL the leg and send 480 upstream.",
		Produce: "callee simulator sends 180 and never answers; ring timeout 5 s; expect CANCEL, UAS replies 487; caller sees 480.",
	},
	SubscriberAbsent: {
		Definition: "The called user is known but cannot be reached now, and never rang.", Remedy: "Check that the user's device, or an agent, is online.",
		Trigger: "User known but not reachable now: 480 without alerting, push wake-up failed, queue without a logged-in agent. No contact in our registrar is USER_NOT_REGISTERED.",
		Produce: "callee simulator answers 480 at once (no 180).",
	},
	ExchangeRoutingError: {
		Definition: "The call ran in a loop, or used up its hops.", Remedy: "Look for forwards or routes that lead back to each other.",
		Trigger: "Hop counter exhausted or loop: Max-Forwards reached 0 (483), 482 or 483 received, forward or 302 chain that comes back to a target already tried.",
		Produce: "caller simulator sends INVITE with Max-Forwards: 0, two extensions forwarded to each other, or 302 back to itself.",
	},
	InvalidNumberFormat: {
		Definition: "The dialled text is not a number or address that can be used.", Remedy: "Correct the number's length or form.",
		Trigger: "Dialled string unparsable, too short/long, bad URI: 484 or 416 received, or our own validation.",
		Produce: `caller simulator dials "12" where 4 digits are required; or callee simulator answers 484.`,
	},
	UserBusy: {
		Definition: "The called party is busy: in another call, at its call limit, or not to be disturbed.", Remedy: "Call again later, or set a forward for busy.",
		Trigger: "486 or 600 from callee; call limit of the called extension reached, or its do-not-disturb is on, on our side.",
		Produce: "callee simulator answers 486 (and 600 variant; expect response code 600, same reason); second call to an extension with limit 1.",
	},
	OriginatorCancel: {
		Definition: "The caller gave up before the call was answered.", Remedy: "Nothing is wrong with the server; see how long it had been ringing.",
		Trigger: "CANCEL (or pre-answer BYE) from the caller before our final response; 487 sent to the caller.",
		Produce: "caller simulator: INVITE, wait 180, CANCEL; expect 200 to CANCEL and 487 to INVITE.",
	},
	IncompatibleDestination: {
		Definition: "The two sides have no media in common.", Remedy: "Compare the codecs and the encryption that both sides offer.",
		Trigger: "Offer/answer cannot succeed: 488/606 from callee, no common codec, SRTP mandatory mismatch.",
		Produce: "caller simulator offers only codec 125/unknown; or callee simulator answers 488 with Warning: 305.",
	},
	InvalidMsgUnspecified: {
		Definition: "The request was not a valid SIP message.", Remedy: "Read the message in the ladder and correct its sender.",
		Trigger: "Via Q.850;cause=95 (or class 5 unspecified), or our parser rejects the INVITE for no finer reason (400 on the wire).",
		Produce: `callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=95".`,
	},
	MandatoryIEMissing: {
		Definition: "Something that the request must have is missing.", Remedy: "Correct the sender: the evidence names what is missing.",
		Trigger: "Via Q.850;cause=96; natively: INVITE lacking a mandatory header that can still be answered (400 on the wire).",
		Produce: `callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=96"; or caller simulator omits Contact (expect 400).`,
	},
	MessageTypeNonexist: {
		Definition: "The far network does not know this kind of message.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Only via Q.850;cause=97.",
		Produce: `callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=97".`,
	},
	WrongMessage: {
		Definition: "The far network got a message that does not fit its state, or that it does not know.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Via Q.850;cause=98 (message not compatible with call state or not implemented).",
		Produce: `callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=98".`,
	},
	IENonexist: {
		Definition: "The far network does not know a part of the message.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Only via Q.850;cause=99.",
		Produce: `callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=99".`,
	},
	InvalidIEContents: {
		Definition: "A part of the message, such as its SDP, cannot be read.", Remedy: "Correct the sender: the evidence names what cannot be read.",
		Trigger: "Via Q.850;cause=100; natively the caller's SDP or a needed header cannot be parsed (400 on the wire).",
		Produce: `callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=100"; caller simulator sends a broken SDP (expect 400).`,
	},
	WrongCallState: {
		Definition: "The far network was in another state than the message assumes.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Only via Q.850;cause=101.",
		Produce: `callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=101".`,
	},
	BearerNotImpl: {
		Definition: "The called side does not have this kind of media at all.", Remedy: "Call with a media type that the called side has, usually audio alone.",
		Trigger: "Media type not supported at all (Warning 304 media type not available; fax/video to an audio-only target).",
		Produce: `callee simulator answers 488 with "Warning: 304"; or callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=65".`,
	},
	ChanNotImplemented: {
		Definition: "A rule asks for a transport or channel that is not there.", Remedy: "Correct the transport in the dial rule.",
		Trigger: "Dial rule names a channel/transport type the server does not implement.",
		Produce: `Dial rule "sips/unknown-transport:..."; or callee simulator answers the INVITE with 488 and header "Reason: Q.850;cause=66".`,
	},
	FacilityRejected: {
		Definition: "A service that the call asked for was refused by the peer.", Remedy: "Call without the feature, or ask the peer's operator.",
		Trigger: "Supplementary service refused: e.g. REFER/Replaces/INVITE feature rejected by peer before answer.",
		Produce: `callee simulator answers the INVITE with 501 and header "Reason: Q.850;cause=29".`,
	},
	FacilityNotImplemented: {
		Definition: "The call requires an extension of SIP that is not there.", Remedy: "Turn off the required option at the sender; the answer's Unsupported header names it.",
		Trigger: "Via Q.850;cause=69; natively our own 420: the INVITE requires an option tag we lack. A received 420 is INTERWORKING.",
		Produce: `callee simulator answers the INVITE with 501 and header "Reason: Q.850;cause=69"; caller simulator sends Require: foo, expects 420, shown 501.`,
	},
	ServiceNotImplemented: {
		Definition: "The method or the kind of body is not known to the side that answered.", Remedy: "Send the call with a plain SDP body and a method that the peer has.",
		Trigger: "501, 406 or 415 received (RFC 3398), or unsupported method/body.",
		Produce: "callee simulator answers 501; variant 415.",
	},
	DestinationOutOfOrder: {
		Definition: "The called device is registered, but nothing can be delivered to it.", Remedy: "Restart or register the device again; check its network and NAT.",
		Trigger: "A registered phone: transport to its contact fails (refused, closed, ICMP, DNS), or it answers 502.",
		Produce: "Register a TCP contact, close the listener, place a call.",
	},
	NetworkOutOfOrder: {
		Definition: "The trunk, or the network behind it, cannot be reached or says that it is out of order.", Remedy: "Check the trunk's address and the network; add a second route.",
		Trigger: "A trunk: 502 received, or transport to it fails on the last route.",
		Produce: "callee simulator on a trunk leg answers 502.",
	},
	CircuitCongestion: {
		Definition: "No channel was free.", Remedy: "Raise the trunk's channel limit, or wait until calls end.",
		Trigger: "No free channel: trunk channel limit reached on our side, or Q.850;cause=34.",
		Produce: `Trunk limit 1, place two calls; or callee simulator answers the INVITE with 503 and header "Reason: Q.850;cause=34".`,
	},
	TemporaryFailure: {
		Definition: "A server or a network had a temporary failure.", Remedy: "Call again; if it lasts, ask the operator of the side that reported it.",
		Trigger: "503, 500 or 400 received for the INVITE; internal temporary error.",
		Produce: "callee simulator answers 503 (and 500) without Reason.",
	},
	SwitchCongestion: {
		Definition: "A server had more calls than it may take.", Remedy: "Wait as long as Retry-After says; raise the limits if the machine allows.",
		Trigger: "Our server is overloaded: CPU/session/CPS limit; also Q.850;cause=42.",
		Produce: "Set max sessions=1 or CPS=1 and exceed it; expect 503 + Retry-After.",
	},
	RequestedChanUnavail: {
		Definition: "The only trunk that this call may use is switched off.", Remedy: "Enable the trunk, or give the route another one.",
		Trigger: "The only trunk the call may use is disabled by the operator; or Q.850;cause=44. Its channel limit is NORMAL_CIRCUIT_CONGESTION.",
		Produce: `Dial rule pinned to one disabled trunk; or callee simulator answers the INVITE with 503 and header "Reason: Q.850;cause=44".`,
	},
	TimerExpire: {
		Definition: "A timer of the protocol ran out while an answer was due.", Remedy: "See which side fell silent: the evidence names the timer; check its network and NAT.",
		Trigger: "504 received; protocol timer without finer meaning: reliable 18x never PRACKed (RFC 3262: 5xx). Answered: session timer expiry (RFC 4028), no ACK to 2xx in 64*T1, 408/timeout to an in-dialog request, RTP timeout.",
		Produce: "callee simulator answers 504; caller simulator with 100rel never sends PRACK. Answered: caller simulator never ACKs the 200 (expect BYE after 32 s); or stops RTP with media timeout 5 s; or ignores session refresh.",
	},
	CallRejected: {
		Definition: "The called party refused the call.", Remedy: "Nothing is wrong with the server; the called party did not want the call.",
		Trigger: "User pressed reject: 603 (607 too); 403 from a registered phone (RFC 3261 15 recommends 403 for reject-before-answer).",
		Produce: "callee simulator sends 180 then 603; variant 607; variant 403 from a registered UA.",
	},
	TerminatedFromServer: {
		Definition: "The server itself ended the call: shutdown, recovery, or a limit of time or credit.", Remedy: "Call again when the server is up, or raise the limit that was reached.",
		Trigger: "Server itself ends the call with no operator command: graceful shutdown, restart recovery of an orphan, max duration, credit or licence ending during the call. Refused before the first attempt: OUTGOING_CALL_BARRED.",
		Produce: "Answer a call, stop the server gracefully (expect BYE + record 901); kill -9 and restart (record closed at recovery); max duration 3 s.",
	},
	AbandonedIVRMenu: {
		Definition: "The caller hung up while a menu was open.", Remedy: "If it happens often, shorten the menu.",
		Trigger: "Platform answered (200) into an IVR and the caller's BYE arrives while a menu is open (prompting or collecting digits), no leaf reached.",
		Produce: "caller simulator: INVITE to IVR, ACK, BYE while the menu prompt plays.",
	},
	AbandonedOnHold: {
		Definition: "The caller hung up while it was held or waited for a transfer.", Remedy: "If it happens often, shorten the time that callers are held.",
		Trigger: "Caller's BYE while held by an agent or waiting in a transfer consultation.",
		Produce: "caller simulator + agent UAS; agent re-INVITEs with a=sendonly; caller BYE.",
	},
	AbandonedVoicemail: {
		Definition: "The caller reached the mailbox and hung up without leaving a message.", Remedy: "Nothing to do; call back if the number is known.",
		Trigger: "Caller's BYE while voicemail greeting plays, or with a recording shorter than the minimum.",
		Produce: "Callee never answers, voicemail answers, caller simulator BYEs during greeting.",
	},
	CallerLeftVoicemail: {
		Definition: "The caller left a message.", Remedy: "Listen to the message.",
		Trigger: "Recorded length at the end >= the minimum; then BYE, #, silence or maximum length.",
		Produce: "caller simulator sends 3 s RTP after the beep, then BYE; assert message exists; variant #, platform sends BYE.",
	},
	EndInIVR: {
		Definition: "The call came to the end of a menu, or of a feature of the server, as intended.", Remedy: "Nothing to do.",
		Trigger: "IVR reached a leaf (announcement, self-service done, hangup node) and the call ended there, whoever sends BYE.",
		Produce: `IVR leaf "announce+hangup": platform sends BYE; and caller simulator BYEs during leaf announcement.`,
	},
	TransferredFromIVR: {
		Definition: "A menu passed the caller on.", Remedy: "Nothing to do; the call goes on in its next segment.",
		Trigger: "IVR leaf = transfer to destination, so the IVR segment ends and an agent leg starts.",
		Produce: "caller simulator presses digit mapped to an extension; UAS answers; caller BYE.",
	},
	EndedInCallSystem: {
		Definition: "The caller hung up while it waited in a queue.", Remedy: "If it happens often, add agents.",
		Trigger: "Caller's BYE in ACD greeting/queue waiting, before any agent answered.",
		Produce: "caller simulator enters queue, BYE during greeting and while agents ring.",
	},
	TransferredFromCallSystem: {
		Definition: "A queue passed the caller to an agent.", Remedy: "Nothing to do; the call goes on in its next segment.",
		Trigger: "ACD hands the call to an agent (distribution started/agent bridged).",
		Produce: "Queue with one agent UAS who answers.",
	},
	FacilityNotSubscribed: {
		Definition: "The feature exists, but the account does not have it.", Remedy: "Give the account the feature.",
		Trigger: "Feature exists but account lacks it (Q.850;cause=50).",
		Produce: `callee simulator answers the INVITE with 403 and header "Reason: Q.850;cause=50".`,
	},
	ResponseToStatusEnquiry: {
		Definition: "The far network reported a diagnostic instead of a cause.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Only via Q.850;cause=30; a diagnostic of ISDN STATUS, never a release reason by itself.",
		Produce: `callee simulator answers the INVITE with 480 and header "Reason: Q.850;cause=30".`,
	},
	ServiceUnavailable: {
		Definition: "The side that answered does not allow this method or service.", Remedy: "Check that the address called is one that takes calls.",
		Trigger: "405 received for INVITE (RFC 3398) or Q.850;cause=63.",
		Produce: "callee simulator answers 405.",
	},
	InvalidCallReference: {
		Definition: "One side does not know the call that the other one speaks of.", Remedy: "See whether the side that answered 481 was restarted in mid-call.",
		Trigger: "481 in a dialog (peer lost state): re-INVITE/UPDATE/BYE answered 481; INVITE with Replaces that matches no dialog.",
		Produce: "callee simulator answers 481 to a session refresh; caller simulator sends INVITE with unknown Replaces (expect 481).",
	},
	MandatoryIELengthError: {
		Definition: "A part of a message had a wrong length, says the far network.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Only via Q.850;cause=103.",
		Produce: `callee simulator answers the INVITE with 400 and header "Reason: Q.850;cause=103".`,
	},
	ProtocolError: {
		Definition: "The peer broke the protocol in a way without a finer name.", Remedy: "Read the peer's messages in the ladder; ask its operator.",
		Trigger: "Q.850;cause=111 or an unclassified protocol violation by the peer.",
		Produce: `callee simulator answers the INVITE with 500 and header "Reason: Q.850;cause=111".`,
	},
	Interworking: {
		Definition: "The far side could not handle the request, and no repair helped.", Remedy: "See the received code in the evidence, and correct what it names.",
		Trigger: "Q.850;cause=127; 413, 414, 420, 421, 423, 505, 513 or an unnamed 4xx or 6xx received after repair failed.",
		Produce: "callee simulator answers 420 or 513.",
	},
	ManagerRequest: {
		Definition: "An operator or the API hung up the call.", Remedy: "The evidence names who commanded it.",
		Trigger: "API/CLI/operator command that hangs up this call.",
		Produce: "Place call, call the hangup API while ringing and after answer.",
	},
	BlindTransfer: {
		Definition: "One party passed the call on to another number without asking there first, and left.", Remedy: "Nothing to do; the call goes on with the new party.",
		Trigger: "REFER without Replaces accepted; transferor leg is released by BYE after 202/NOTIFY.",
		Produce: "UAS agent sim sends REFER Refer-To: ext; expect 202, NOTIFY sipfrag 200, BYE.",
	},
	AttendedTransfer: {
		Definition: "One party asked at another number first, joined the two others, and left.", Remedy: "Nothing to do; the call goes on between the two others.",
		Trigger: "REFER with Replaces (or API bridge of two legs) completed; both transferor legs released. As a call: the consultation call.",
		Produce: "Agent sim holds A, calls B, REFER with Replaces to join A and B.",
	},
	PickedOff: {
		Definition: "The call was answered at another phone.", Remedy: "Nothing to do; this is not a missed call.",
		Trigger: "Ringing call taken by pickup/intercept from another extension, or another fork branch answered; the ringing leg is CANCELled with Reason SIP;cause=200. As a call: the caller's CANCEL says SIP;cause=200 or Q.850;cause=26.",
		Produce: `Two callee simulators ring, one answers: other must get CANCEL with Reason: SIP;cause=200;text="Call completed elsewhere" and reply 487. Caller simulator sends CANCEL with SIP;cause=200.`,
	},
	UserNotRegistered: {
		Definition: "The called user exists, but no device of it is registered.", Remedy: "Register the device; check its account and network.",
		Trigger: "Called user exists but the registrar has no live contact.",
		Produce: "caller simulator calls extension 1002 that never registered; expect 480.",
	},
	ProgressTimeout: {
		Definition: "The far side gave no sign of progress within the limit.", Remedy: "Check the far side, or raise the progress limit.",
		Trigger: "No 18x within the progress limit (shorter than answer timer): we give up this leg.",
		Produce: "callee simulator sends only 100; progress limit 3 s, answer timer 30 s.",
	},
	GatewayDown: {
		Definition: "Every trunk that the call could use is marked down.", Remedy: "See why the trunk does not answer OPTIONS or its registration fails.",
		Trigger: "Every selected trunk is marked down (OPTIONS ping or registration failing) so no INVITE is sent.",
		Produce: "Trunk sim stops answering OPTIONS, wait for down, place call; expect 503 with no INVITE on the wire.",
	},
	CallForward: {
		Definition: "This leg sent the call to another destination.", Remedy: "Nothing to do; the call goes on with the new destination.",
		Trigger: "Unconditional/busy/no-answer forward sends the call to another (PSTN) number: 302 from phone or server rule.",
		Produce: "callee simulator answers 302 Contact: tel number (recursion on), target UAS answers; caller BYE.",
	},
	ChannelUnacceptable: {
		Definition: "The far network did not accept the channel.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Only via Q.850;cause=6.",
		Produce: `callee simulator answers the INVITE with 500 and header "Reason: Q.850;cause=6".`,
	},
	CallAwardedDelivered: {
		Definition: "The far network delivered the call in a channel that was already up.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Only via Q.850;cause=7.",
		Produce: `callee simulator answers the INVITE with 480 and header "Reason: Q.850;cause=7".`,
	},
	NormalClearing: {
		Definition: "The two parties talked, and one of them hung up.", Remedy: "Nothing to do.",
		Trigger: "BYE after answer from either party with no stage rule (IVR, hold, voicemail, queue, transfer) applying.",
		Produce: "caller simulator BYEs; second run callee simulator BYEs; compare origin caller/callee.",
	},
	AccessInfoDiscarded: {
		Definition: "The far network dropped information that came with the call.", Remedy: "Ask the trunk's operator, with the call's evidence.",
		Trigger: "Only via Q.850;cause=43 (user-to-user info dropped).",
		Produce: `callee simulator answers the INVITE with 500 and header "Reason: Q.850;cause=43".`,
	},
}
