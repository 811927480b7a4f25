package exchange

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"onhook/sip"
	"onhook/stack"
)

// A watcher is a subscription (RFC 6665) outside of calls: a phone that is told
// whenever the state of something changes.
type watcher struct {
	id      uint64
	pack    eventPackage
	user    string // who subscribed
	subject string // whose state it is told of
	until   time.Time

	// The dialog, by what the SUBSCRIBE said.
	tag, callID, peerTag string
	local, remote        string // From and To of the NOTIFYs
	target, event        string
	routes               []sip.Header
	flow                 sip.Flow
	heard, said          uint32 // the CSeq numbers
	waits, stale         bool   // a NOTIFY is under way; the state has changed since
	over                 string // why it has ended, once it has

	// What packages with partial state keep of what was told.
	version uint32
	whole   bool // the next NOTIFY tells all
	told    map[string]string
	after   time.Time // when the next NOTIFY may go, of a package with a pace
}

// An eventPackage is a sort of state that can be subscribed to.
type eventPackage struct {
	name, accept string
	// subject is whose state a SUBSCRIBE asks for; code is a refusal, 0: none.
	subject func(x *Exchange, user *User, number string) (subject string, code int)
	body    func(x *Exchange, w *watcher) (text string, ok bool)
	// news tells whether there is something to tell where nobody has asked; nil: each change is.
	news func(x *Exchange, w *watcher) bool
	pace time.Duration // the least time between two NOTIFYs of changes
}

// eventPackages are the packages that there are.
func eventPackages() []eventPackage { return []eventPackage{messageSummary(), dialogInfo()} }

// packageNames is what Allow-Events says.
func packageNames() string {
	var names []string
	for _, p := range eventPackages() {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// watchers are the subscriptions there are, by id and by our tag.
type watchers struct {
	byID  map[uint64]*watcher
	byTag map[string]*watcher
	of    map[[2]string][]*watcher // by package and subject, in the order in which they began
	last  uint64
	next  time.Time // when a NOTIFY that was held back may go; zero: none was
}

// watcherRef marks the references of NOTIFYs, which are of no call and no trunk.
const watcherRef = notCall | 1<<62

// Bounds of subscriptions.
const (
	usualWatch  = time.Hour // RFC 3842 section 3.4: "The default subscription duration for this event package is one hour"
	longestTime = 24 * time.Hour
	leastTime   = time.Minute
	maxWatchers = 200 // of one user, whose phone may have as many lamps; the oldest goes
)

// subscribe takes a SUBSCRIBE: a new subscription, or a refresh of one.
func (x *Exchange) subscribe(a *stack.Action) {
	user := x.owner(a)
	if user == nil {
		return
	}
	m := a.Msg
	ev, ok := m.Event()
	packs := eventPackages()
	i := slices.IndexFunc(packs, func(p eventPackage) bool { return p.name == ev.Package })
	if !ok || i < 0 {
		// RFC 6665 section 4.2.1.1: "the notifier SHOULD return a 489 (Bad Event) response to indicate that the specified
		// event/event class is not understood".
		x.reply(a.Txn, 489, "Bad Event", sip.Header{ID: sip.HAllowEvents, Value: packageNames()})
		return
	}
	pack := packs[i]
	lasts, ok := m.Expires()
	d := time.Duration(lasts) * time.Second
	switch {
	case !ok:
		d = usualWatch
	case d > 0 && d < leastTime:
		// RFC 6665 section 4.2.1.1: "If and only if the expiration interval is greater than zero AND smaller than one hour
		// AND less than a notifier-configured minimum, the notifier MAY return a 423".
		x.reply(a.Txn, 423, "Interval Too Brief", sip.Header{ID: sip.HMinExpires, Value: itoa(int(leastTime / time.Second))})
		return
	}
	d = min(d, longestTime)
	if m.ToTag() != "" {
		x.refreshWatcher(a, pack, user, d)
		return
	}
	x.newWatcher(a, pack, user, d)
}

// newWatcher begins a subscription.
func (x *Exchange) newWatcher(a *stack.Action, pack eventPackage, user *User, lasts time.Duration) {
	m := a.Msg
	u, err := sip.ParseURI(m.URI)
	contact, errC := sip.ParseNameAddr(m.Get(sip.HContact))
	seq, errS := m.CSeq()
	if err != nil || errC != nil || errS != nil || m.FromTag() == "" {
		x.reply(a.Txn, 400, "Bad Contact")
		return
	}
	if m.Has(sip.HAccept) && !accepts(m, pack.accept) {
		x.reply(a.Txn, 406, "Not Acceptable")
		return
	}
	subject, code := pack.subject(x, user, sip.Unescape(u.User))
	if ev, _ := m.Event(); code == 0 && pack.name == dialogName && ev.Params.Has("call-id") {
		// RFC 4235 section 3.7.2: "it is RECOMMENDED that subscriptions to an individual dialog or to a specific set of dialogs be forbidden".
		code = 403
	}
	if code != 0 {
		x.reply(a.Txn, code, map[int]string{403: "Forbidden", 404: "Not Found"}[code])
		return
	}
	w := &watcher{
		pack: pack, user: user.Name, subject: subject,
		callID: m.CallID(), peerTag: m.FromTag(), remote: m.Get(sip.HFrom), target: contact.URIText, event: m.Get(sip.HEvent),
		tag: strconv.FormatUint(x.opt.Rand.Uint64()|1<<63, 16), flow: a.Flow, heard: seq.Seq,
	}
	w.local = m.Get(sip.HTo) + ";tag=" + w.tag
	// RFC 3261 section 12.1.1: the route set is the Record-Route, in order.
	for r := range m.Lines(sip.HRecordRoute) {
		w.routes = append(w.routes, sip.Header{ID: sip.HRoute, Value: r})
	}
	x.keepWatcher(w)
	x.watch(a, w, lasts)
}

// accepts tells whether a request takes bodies of a type.
func accepts(m *sip.Message, typ string) bool {
	for v := range m.Values(sip.HAccept) {
		v, _, _ = strings.Cut(v, ";")
		if v = strings.TrimSpace(v); strings.EqualFold(v, typ) || v == "*/*" || strings.EqualFold(v, "application/*") {
			return true
		}
	}
	return false
}

// keepWatcher takes up a subscription; one phone too many of a user takes the place of the oldest.
func (x *Exchange) keepWatcher(w *watcher) {
	s := &x.watchers
	if s.byID == nil {
		s.byID, s.byTag, s.of = map[uint64]*watcher{}, map[string]*watcher{}, map[[2]string][]*watcher{}
	}
	var oldest *watcher
	n := 0
	for _, o := range s.byID {
		if o.user == w.user {
			if n++; oldest == nil || o.id < oldest.id {
				oldest = o
			}
		}
	}
	if n >= maxWatchers {
		x.dropWatcher(oldest)
	}
	s.last++
	w.id = s.last
	s.byID[w.id], s.byTag[w.tag] = w, w
	s.of[w.key()] = append(s.of[w.key()], w)
	if w.pack.name == dialogName {
		x.watchLamps(1)
	}
}

// key is by which those who watch the same are found.
func (w *watcher) key() [2]string { return [2]string{w.pack.name, w.subject} }

func (x *Exchange) dropWatcher(w *watcher) {
	s := &x.watchers
	if s.byID[w.id] != w {
		return
	}
	delete(s.byID, w.id)
	delete(s.byTag, w.tag)
	s.of[w.key()] = slices.DeleteFunc(slices.Clone(s.of[w.key()]), func(o *watcher) bool { return o == w })
	if len(s.of[w.key()]) == 0 {
		delete(s.of, w.key())
	}
	if w.pack.name == dialogName {
		x.watchLamps(-1)
	}
}

// refreshWatcher takes a SUBSCRIBE in the dialog of a subscription.
func (x *Exchange) refreshWatcher(a *stack.Action, pack eventPackage, user *User, lasts time.Duration) {
	m := a.Msg
	w := x.watchers.byTag[m.ToTag()]
	seq, err := m.CSeq()
	switch {
	case w == nil || w.callID != m.CallID() || w.peerTag != m.FromTag() || w.user != user.Name || w.pack.name != pack.name:
		// RFC 6665 section 4.1.2.2: a 481 tells the subscriber that there is no such subscription any more.
		x.reply(a.Txn, 481, "Subscription Does Not Exist")
		return
	case err != nil || seq.Seq <= w.heard:
		// RFC 3261 section 12.2.2: "the request is out of order and MUST be rejected with a 500".
		x.reply(a.Txn, 500, "CSeq Out Of Order")
		return
	}
	w.heard, w.flow = seq.Seq, a.Flow
	if c, err := sip.ParseNameAddr(m.Get(sip.HContact)); err == nil {
		w.target = c.URIText
	}
	x.watch(a, w, lasts)
}

// watch accepts a subscription for so long and tells the state at once. RFC 6665
// section 4.2.2: "the notifier MUST immediately construct and send a NOTIFY request".
func (x *Exchange) watch(a *stack.Action, w *watcher, lasts time.Duration) {
	w.until = x.now.Add(lasts)
	x.reply(
		a.Txn, 200, "OK",
		sip.Header{ID: sip.HTo, Value: w.local},
		sip.Header{ID: sip.HExpires, Value: itoa(int(lasts / time.Second))},
	)
	if lasts == 0 {
		w.over = "timeout"
	}
	w.whole, w.after = true, time.Time{}
	x.notify(w)
}

// changed tells who watches a subject that its state, of this package, is another.
func (x *Exchange) changed(pack, subject string) {
	for _, w := range x.watchers.of[[2]string{pack, subject}] {
		x.notify(w)
	}
}

// tooSoon keeps a NOTIFY back that would come too soon after the last one.
func (x *Exchange) tooSoon(w *watcher) bool {
	if !w.after.After(x.now) {
		return false
	}
	w.stale = true
	if s := &x.watchers; s.next.IsZero() || w.after.Before(s.next) {
		s.next = w.after
	}
	return true
}

// notifyLate sends what was held back.
func (x *Exchange) notifyLate() {
	s := &x.watchers
	if s.next.IsZero() || s.next.After(x.now) {
		return
	}
	s.next = time.Time{}
	for _, w := range s.sorted() {
		if w.stale {
			x.notify(w)
		}
	}
}

// sorted is the subscriptions in the order in which they began.
func (s *watchers) sorted() []*watcher {
	return slices.SortedFunc(maps.Values(s.byID), func(a, b *watcher) int { return cmp.Compare(a.id, b.id) })
}

// notify sends the state to one watcher, after the NOTIFY that is under way.
func (x *Exchange) notify(w *watcher) {
	if w.waits {
		w.stale = true
		return
	}
	if !w.whole && w.over == "" {
		if w.pack.news != nil && !w.pack.news(x, w) {
			w.stale = false
			return
		}
		if x.tooSoon(w) {
			return
		}
	}
	text, ok := w.pack.body(x, w)
	if !ok && w.over == "" {
		w.over = "noresource"
	}
	w.said++
	w.waits, w.stale, w.whole, w.after = true, false, false, x.now.Add(w.pack.pace)
	m := &sip.Message{Method: sip.NOTIFY, URI: w.target, Headers: make([]sip.Header, 0, 12)}
	m.Headers = append(m.Headers, w.routes...)
	m.Add(sip.HFrom, w.local)
	m.Add(sip.HTo, w.remote)
	m.Add(sip.HCallID, w.callID)
	m.Add(sip.HCSeq, sip.CSeq{Seq: w.said, Method: sip.NOTIFY}.String())
	m.Add(sip.HEvent, w.event)
	state := sip.SubscriptionState{State: "active", Expires: uint32(max(0, w.until.Sub(x.now)/time.Second)), HasExpires: true}
	if w.over != "" {
		state = sip.SubscriptionState{State: "terminated", Reason: w.over}
	}
	m.Add(sip.HSubscriptionState, state.String())
	if ok {
		m.Add(sip.HContentType, w.pack.accept)
		m.Body = text
	}
	dest := w.flow
	if len(w.routes) > 0 {
		dest = sip.Flow{} // the route set says where
	}
	ref := watcherRef | w.id
	if w.over != "" {
		x.dropWatcher(w)
	}
	x.feed(stack.Input{Kind: stack.InRequest, Ref: ref, Msg: m, Dest: dest})
}

// notified takes what came of a NOTIFY.
func (x *Exchange) notified(ref uint64, code int) {
	if ref&watcherRef != watcherRef || code < 200 {
		return
	}
	w := x.watchers.byID[ref&^watcherRef]
	if w == nil {
		return
	}
	w.waits = false
	switch {
	case lastsNot(code):
		x.dropWatcher(w)
	case w.stale:
		x.notify(w)
	}
}

// lastsNot tells whether the answer to a NOTIFY ends its subscription. RFC 6665
// section 4.2.2 lists the codes; no answer (408) and no way (503) end it, too.
func lastsNot(code int) bool {
	switch code {
	case 404, 405, 408, 410, 416, 489, 501, 503, 604:
		return true
	}
	return code >= 480 && code <= 485
}

// expireWatchers ends the subscriptions whose time is over.
func (x *Exchange) expireWatchers() {
	for _, w := range x.watchers.sorted() {
		if w.over == "" && !w.until.After(x.now) {
			w.over = "timeout"
			x.notify(w)
		}
	}
}
