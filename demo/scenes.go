package demo

import (
	"context"
	"strings"

	"onhook/outcome"
	"onhook/phone"
	"onhook/sip"
)

// scenes are all scenes of the demonstration. They are played at the same time.
func scenes() []scene {
	out := ownRefusals()
	out = append(out, refused()...)
	out = append(out, ends()...)
	out = append(out, mailboxEnds()...)
	out = append(out, inQueues()...)
	out = append(out, inMenus()...)
	out = append(out, attended()...)
	out = append(out, variants()...)
	return out
}

// Who ends a call.
const (
	caller   = "caller"
	callee   = "callee"
	platform = "platform"
	network  = "network"
)

// refused are the calls that the carrier refuses: by a code alone, or by one
// with the ISDN cause that explains it.
func refused() []scene {
	var out []scene
	for _, f := range []struct {
		reason outcome.Reason
		code   int
		cause  int // 0: none
		by     string
		// variant is "carrier" where the server has reasons of its own to refuse so.
		variant string
	}{
		{outcome.OutgoingCallBarred, 403, 0, network, "carrier"},
		{outcome.IncomingCallBarred, 403, 55, network, "carrier"},
		{outcome.BearerNotAuth, 403, 57, network, "carrier"},
		{outcome.BearerNotAvail, 503, 58, network, "carrier"},
		{outcome.NoRouteTransitNet, 404, 2, network, "carrier"},
		{outcome.NumberChanged, 410, 0, network, "carrier"},
		{outcome.SubscriberAbsent, 480, 0, callee, ""},
		{outcome.InvalidNumberFormat, 484, 0, network, "carrier"},
		{outcome.InvalidMsgUnspecified, 488, 95, network, "carrier"},
		{outcome.MessageTypeNonexist, 488, 97, network, ""},
		{outcome.WrongMessage, 488, 98, network, ""},
		{outcome.IENonexist, 488, 99, network, ""},
		{outcome.WrongCallState, 488, 101, network, ""},
		{outcome.ChanNotImplemented, 488, 66, network, "carrier"},
		{outcome.FacilityRejected, 501, 29, network, ""},
		{outcome.ServiceNotImplemented, 501, 0, network, ""},
		{outcome.NetworkOutOfOrder, 502, 0, network, ""},
		{outcome.TemporaryFailure, 500, 0, network, ""},
		{outcome.TimerExpire, 504, 0, network, ""},
		{outcome.FacilityNotSubscribed, 403, 50, network, "carrier"},
		{outcome.ResponseToStatusEnquiry, 480, 30, network, ""},
		{outcome.ServiceUnavailable, 405, 0, network, ""},
		{outcome.InvalidCallReference, 481, 0, network, "carrier"},
		{outcome.MandatoryIELengthError, 400, 103, network, ""},
		{outcome.ProtocolError, 500, 111, network, ""},
		{outcome.Interworking, 420, 0, network, ""},
		{outcome.ChannelUnacceptable, 500, 6, network, ""},
		{outcome.CallAwardedDelivered, 480, 7, network, ""},
		{outcome.AccessInfoDiscarded, 500, 43, network, ""},
	} {
		story := "the carrier answers " + itoa(f.code)
		var headers []sip.Header
		if f.cause != 0 {
			story += " with Q.850 cause " + itoa(f.cause)
			headers = append(headers, q850(f.cause))
		}
		out = append(out, scene{
			reason: f.reason, variant: f.variant, story: story, want: want{by: f.by, code: f.code}, far: refuse(f.code, headers...),
		})
	}
	return append(
		out,
		scene{
			reason: outcome.BearerNotImpl, story: "the carrier answers 488 with Warning 304, media type not available",
			want: want{by: callee, code: 488},
			far:  refuse(488, sip.Header{ID: sip.HWarning, Value: `304 carrier.example "no video"`}),
		},
		scene{
			reason: outcome.IncompatibleDestination, story: "the carrier answers 488 with Warning 305, incompatible media format",
			want: want{by: callee, code: 488},
			far:  refuse(488, sip.Header{ID: sip.HWarning, Value: `305 carrier.example "no such codec"`}),
		},
		scene{
			reason: outcome.Redirection, story: "the carrier answers 302 and does not say where to",
			want: want{by: callee, code: 302}, far: refuse(302),
		},
	)
}

// ownRefusals are the calls that the server itself refuses.
func ownRefusals() []scene {
	return append(policyRefusals(), []scene{
		{
			reason: outcome.UnallocatedNumber, story: "an extension is dialled that does not exist",
			want: want{by: platform}, to: "9099",
		},
		{
			reason: outcome.NoRouteDestination, story: "a number is dialled that no route matches",
			want: want{by: platform}, to: "5551234567",
		},
		{
			reason: outcome.ExchangeRoutingError, story: "the call arrives with Max-Forwards 0",
			want: want{by: platform}, to: "9001", call: header(sip.HMaxForwards, "0"),
		},
		{
			reason: outcome.FacilityNotImplemented, story: "the caller requires an extension of SIP that the server lacks",
			want: want{by: platform}, to: "9001", call: header(sip.HRequire, "foo"),
		},
		{
			reason: outcome.MandatoryIEMissing, story: "the INVITE has no Contact",
			want: want{by: platform}, to: "9001", caller: "no Contact",
		},
		{
			reason: outcome.InvalidMsgUnspecified, story: "the INVITE has a line that is no header",
			want: want{by: platform}, to: "9001", caller: "no header",
		},
		{
			reason: outcome.InvalidIEContents, story: "the session description cannot be read",
			want: want{by: platform}, to: "9001",
			call: phone.CallOptions{Body: strings.Repeat("this is no session description\r\n", 2)},
		},
		{
			reason: outcome.RequestedChanUnavail, story: "the trunk is disabled",
			want: want{by: platform}, to: "741",
		},
		{
			reason: outcome.CircuitCongestion, story: "the trunk's only channel is in use",
			want: want{by: platform}, play: fullTrunk,
		},
		{
			reason: outcome.GatewayDown, story: "the trunk answers 503 when it is asked whether it is there",
			want: want{by: platform}, play: trunkDown,
		},
		{
			reason: outcome.UserNotRegistered, story: "9006 has no phone",
			want: want{by: platform}, to: "9006",
		},
		{
			reason: outcome.SwitchCongestion, story: "the server has as many calls as it may",
			want: want{by: platform}, play: elsewhere,
		},
		{
			reason: outcome.BearerNotAvail, story: "all RTP ports are in use",
			want: want{by: platform}, play: elsewhere,
		},
		{
			reason: outcome.InvalidCallReference, story: "the call is to replace another (Replaces), which there is not",
			want: want{by: platform}, to: "9001", call: header(sip.HReplaces, "nothing@"+domain+";to-tag=a;from-tag=b"),
		},
	}...)
}

// header is an INVITE with a header of its own.
func header(id sip.HeaderID, v string) phone.CallOptions {
	return phone.CallOptions{Headers: []sip.Header{{ID: id, Value: v}}}
}

// policyRefusals are the calls that the number plan and the policies do not allow.
func policyRefusals() []scene {
	return []scene{
		{
			reason: outcome.OutgoingCallBarred, story: "the caller dials 0900..., which the policies bar",
			want: want{by: platform}, to: "0900123",
		},
		{
			reason: outcome.IncomingCallBarred, story: "9011 wants no calls from 1000",
			want: want{by: platform}, to: "9011",
		},
		{
			reason: outcome.BearerNotAuth, story: "a caller without the right offers video",
			want: want{by: platform}, to: "9001", caller: "no video", call: phone.CallOptions{Body: videoOffer},
		},
		{
			reason: outcome.NoRouteTransitNet, story: "the route chooses a carrier that there is not",
			want: want{by: platform}, to: "7591",
		},
		{
			reason: outcome.NumberChanged, story: "9012 has moved",
			want: want{by: platform}, to: "9012",
		},
		{
			reason: outcome.InvalidNumberFormat, story: "the number is longer than any may be",
			want: want{by: platform}, to: "012345678901234567890",
		},
		{
			reason: outcome.ChanNotImplemented, story: "the route leads to a transport that the server lacks",
			want: want{by: platform}, to: "761",
		},
		{
			reason: outcome.FacilityNotSubscribed, story: "the feature *55 is not the caller's",
			want: want{by: platform}, to: "*55",
		},
	}
}

// Session descriptions that phones do not make here.
const (
	offerHead = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	// videoOffer has a stream of video beside the sound.
	videoOffer = offerHead + "m=audio 9 RTP/AVP 8\r\nm=video 9 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
	// strangeOffer has a codec that nobody here speaks.
	strangeOffer = offerHead + "m=audio 9 RTP/AVP 125\r\na=rtpmap:125 EVS/16000\r\n"
)

// ends are the calls that were put through, or nearly.
func ends() []scene {
	return []scene{
		{reason: outcome.NormalClearing, story: "9001 answers, the caller hangs up", want: want{by: caller, answered: true}, to: "9001", near: hangUp},
		{reason: outcome.CallRejected, story: "9002 rings and refuses with 603", want: want{by: callee, code: 603}, to: "9002"},
		{reason: outcome.UserBusy, story: "9003 answers 486", want: want{by: callee, code: 486}, to: "9003"},
		{reason: outcome.NoAnswer, story: "9004 rings for 5 s and nobody answers", want: want{by: platform}, to: "9004"},
		{reason: outcome.OriginatorCancel, story: "9005 rings, the caller hangs up", want: want{by: caller}, to: "9005", near: giveUp},
		{reason: outcome.NoUserResponse, story: "nothing comes back from the trunk", want: want{by: network}, to: "711"},
		{reason: outcome.ProgressTimeout, story: "the carrier says 100 and nothing more for " + progress.String(), want: want{by: platform}, far: wait},
		{
			reason: outcome.DestinationOutOfOrder, story: "9010 registered by TCP and its connection and port are gone",
			want: want{by: network}, play: phoneGone,
		},
		{reason: outcome.ManagerRequest, story: "the operator hangs up while it rings", want: want{by: platform}, play: commanded},
		{reason: outcome.TerminatedFromServer, story: "the server is stopped while two people talk", want: want{by: platform, answered: true}, play: stopped},
		{
			reason: outcome.CallForward, story: "the carrier answers 302 to extension 9001, which answers", leg: true,
			want: want{by: callee, code: 302}, far: refuse(302, sip.Header{ID: sip.HContact, Value: "<sip:9001@" + domain + ">"}), near: hangUp,
		},
		{
			reason: outcome.PickedOff, story: "two phones ring, one answers: the other's leg", leg: true,
			want: want{by: platform, code: 487}, to: "9100", near: hangUp,
		},
	}
}

// elsewhere is the play of a scene whose call another scene places.
func elsewhere(context.Context, *stage, *scene) error { return nil }
