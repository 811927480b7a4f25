package exchange

import (
	"encoding/xml"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"onhook/call"
	"onhook/route"
	"onhook/sip"
)

// dialogName is the name of the event package of busy lamp fields.
const dialogName = "dialog"

// A Watch says what an extension lets others know of its calls.
type Watch string

// The values of a Watch. The extension's own phones are told all.
const (
	WatchDetails Watch = "details" // those in a common ring group are told all, others whether it has a call; the empty value, too
	WatchState   Watch = "state"   // all are told whether it has a call
	WatchNobody  Watch = "nobody"  // nobody may watch
)

// dialogInfo tells phones what calls an extension has (RFC 4235). Section 3.10:
// "It is RECOMMENDED that the server not generate notifications for a single
// subscriber faster than once every 1 second."
func dialogInfo() eventPackage {
	return eventPackage{
		name: dialogName, accept: "application/dialog-info+xml", pace: time.Second,
		subject: (*Exchange).watchedUser, body: (*Exchange).dialogs, news: (*Exchange).dialogNews,
	}
}

// watchedUser is the extension that a phone asks about. RFC 4235 section 3.6: "It is
// RECOMMENDED that, if the policy of user B is that user A is allowed to call them,
// dialog subscriptions from user A be allowed."
func (x *Exchange) watchedUser(user *User, number string) (string, int) {
	of := x.users[number]
	switch {
	case of == nil:
		return "", 404
	case of == user:
		return number, 0
	case of.Rights.Watch == WatchNobody || of.Rights.Blocked.Has(user.Name),
		x.set.Policies.Closed(route.Caller{User: user.Name}, route.Target{Kind: route.ToUser, Name: number}).Cause != "":
		return "", 403
	}
	return number, 0
}

// tellsAll reports whether a watcher is told who talks with whom. The others, RFC
// 4235 section 3.6, "should not be able to find out any more information than if
// they sent an INVITE".
func (x *Exchange) tellsAll(w *watcher) bool {
	of := x.users[w.subject]
	return w.user == w.subject || of != nil && (of.Rights.Watch == WatchDetails || of.Rights.Watch == "") && x.set.Routes.Together(w.user, w.subject)
}

// A dialogState is one dialog as a watcher is told of it.
type dialogState struct {
	id, state string
	attrs     string // of the element, beside its id
	inner     string // behind the state
}

// String is the element.
func (d *dialogState) String() string {
	return `<dialog id="` + d.id + `"` + d.attrs + "><state>" + d.state + "</state>" + d.inner + "</dialog>\n"
}

// virtual is the id of the one dialog that stands for all (RFC 4235 section 3.7.2).
const virtual = "calls"

// dialogsOf are the dialogs of whom a watcher watches, as it may see them.
func (x *Exchange) dialogsOf(w *watcher) (all []dialogState) {
	details := x.tellsAll(w)
	best := -1
	for _, c := range x.lamps.of[w.subject] {
		for i := range c.lit {
			if l := &c.lit[i]; l.user == w.subject {
				best = max(best, int(l.state))
				if details {
					all = append(all, x.dialogState(c, l))
				}
			}
		}
	}
	if !details && best >= 0 {
		all = append(all, dialogState{id: virtual, state: seatStates[best]})
	}
	return all
}

// seatStates are the names of a call.SeatState.
var seatStates = [...]string{call.SeatTrying: "trying", call.SeatEarly: "early", call.SeatConfirmed: "confirmed"}

// dialogNews tells whether anything has changed for a watcher.
func (x *Exchange) dialogNews(w *watcher) bool {
	all := x.dialogsOf(w)
	if len(all) != len(w.told) {
		return true
	}
	return slices.ContainsFunc(all, func(d dialogState) bool { return w.told[d.id] != d.String() })
}

// dialogs is the body of a NOTIFY: all dialogs, or those that have changed since the last one.
func (x *Exchange) dialogs(w *watcher) (string, bool) {
	if x.users[w.subject] == nil {
		return "", false
	}
	all := x.dialogsOf(w)
	kind := "partial"
	if w.whole {
		kind = "full"
	}
	var b strings.Builder
	b.WriteString(xml.Header + `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="` + strconv.FormatUint(uint64(w.version), 10) +
		`" state="` + kind + `" entity="` + attribute(x.aor(w.subject)) + "\">\n")
	told := map[string]string{}
	for _, d := range all {
		told[d.id] = d.String()
		if w.whole || w.told[d.id] != told[d.id] {
			b.WriteString(told[d.id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.told)) {
		if _, still := told[id]; !still && !w.whole {
			gone := dialogState{id: id, state: "terminated"}
			b.WriteString(gone.String())
		}
	}
	b.WriteString("</dialog-info>\n")
	w.told = told
	w.version++
	return b.String(), true
}

// dialogState describes one dialog whole (RFC 4235 section 4.1).
func (x *Exchange) dialogState(c *live, l *lamp) dialogState {
	d := dialogState{id: strconv.FormatUint(legRef(c, l.leg), 36), state: seatStates[l.state], attrs: ` direction="initiator"`}
	if l.called {
		d.attrs = ` direction="recipient"`
	}
	if r, ok := x.ep.Replaces(l.dialog); ok && l.called && l.state == call.SeatEarly {
		// A phone that watches takes the call by an INVITE with Replaces (RFC 5359 section
		// 2.16) of this: the tags are the observed phone's and ours. One that is answered is nobody's to take.
		d.attrs += ` call-id="` + attribute(r.CallID) + `" local-tag="` + attribute(r.ToTag) + `" remote-tag="` + attribute(r.FromTag) + `"`
	}
	side := func(name string, who identity) {
		uri := "sip:anonymous@anonymous.invalid"
		if !who.withheld && who.number != "" {
			uri = x.aor(sip.EscapeUser(who.number))
		}
		display := ""
		if who.name != "" && !who.withheld {
			display = ` display="` + attribute(who.name) + `"`
		}
		uri = attribute(uri)
		d.inner += "<" + name + "><identity" + display + ">" + uri + "</identity><target uri=\"" + uri + "\"/></" + name + ">"
	}
	side("local", x.identityOf(l.user))
	side("remote", l.remote)
	return d
}

// attribute escapes text for XML.
func attribute(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes all
	return b.String()
}

// identityOf is an extension as others are told of it.
func (x *Exchange) identityOf(user string) identity {
	id := identity{number: user}
	if u := x.users[user]; u != nil {
		id.name = u.Display
	}
	return id
}

// ringingNamed finds the ringing dialog that a Replaces names as a busy lamp field
// does: to-tag is the tag of the phone that rings, and from-tag ours, since such
// an INVITE would replace a call at that phone.
func (x *Exchange) ringingNamed(r sip.Replaces) (uint64, bool) {
	r.ToTag, r.FromTag = r.FromTag, r.ToTag
	ref, ok := x.ep.Replaced(r)
	if !ok {
		return 0, false
	}
	c, leg := x.calls.get(ref)
	return ref, c != nil && !c.call.Answered() && c.call.Takes(leg)
}
