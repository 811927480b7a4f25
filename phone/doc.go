// Package phone is a small SIP user agent: it registers, calls, answers,
// refuses, holds, transfers, joins two calls, sends digits, plays and records. It is what
// `onhook phone` and the demonstration are made of, and what tests call with.
//
//	p, err := phone.New(phone.Options{User: "100", Password: "secret", Server: "127.0.0.1:5060"})
//	defer p.Close()
//	err = p.Register(ctx)
//	c, err := p.Call(ctx, "101")
//	err = c.WaitAnswered(ctx)
//	err = c.Hangup(ctx)
//
// One goroutine owns all signalling: a stack.Endpoint, the calls and the
// registration. Verbs are closures in its mailbox, packets and media events
// come the same way; the methods of Phone and Call may be called from any
// goroutine and wait for what they say, or for their context.
//
// Nouns: Phone, Call, Info (what is known of a call), Event, Refused (the error
// that says how a call or request failed), Script. RFC 3261, 2617 and 7616
// (answers to challenges), 3264, 3515 and 5589 (transfer), 3891 (Replaces), 4733 (digits),
// 8866 (by pion/sdp).
//
// Tests and the demonstration make a phone with faults of it: Options.Pass
// loses messages, Options.Rewrite spoils them, CallOptions.Body and
// Call.Respond say what no phone would say.
//
// The package shares the stack, wire and media with the server but never its
// calls: it talks to it over sockets like any other phone. It does no video, no
// encryption of media, no conference.
package phone
