package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"onhook/call"
	"onhook/outcome"
	"onhook/route"
	"onhook/sip"
)

// Outside bounds what extensions may do to others' bills: calls that leave by a
// trunk with the rights of an extension, whether it dialled, was forwarded, or
// transferred them. Numbers are judged as they leave and as they were before the trunk's rules, 00 read as +.
type Outside struct {
	Home      string        // the country's code, +49; empty: no number is another country's
	Abroad    route.Numbers // of other countries, those that may be called
	Premium   route.Numbers // never
	Always    route.Numbers // whatever else is said: emergency numbers
	Calls     int           // most calls of an extension at the same time; 0: no bound
	PerMinute int           // most new ones of an extension in a minute; 0: no bound
	Minutes   int           // most of talk of an extension in a day (UTC); 0: no bound
}

// An account is what an extension has done outside.
type account struct {
	minute  int64 // since 1970
	begun   int   // in that minute
	day     int64
	talked  time.Duration // in that day
	refused int           // since the start
	alarms  map[string]time.Time
}

// alarmEvery is how often the log tells of one extension and one limit.
const alarmEvery = 10 * time.Minute

// spending is what is known of calls outside while the server runs.
type spending struct {
	stopped  bool // nothing leaves
	accounts map[string]*account
}

func (s *spending) of(user string) *account {
	a := s.accounts[user]
	if a == nil {
		if s.accounts == nil {
			s.accounts = map[string]*account{}
		}
		a = &account{alarms: map[string]time.Time{}}
		s.accounts[user] = a
	}
	return a
}

// recall takes over what extensions talked outside before a restart, on the same day.
func (s *spending) recall(now time.Time, talked map[string]time.Duration) {
	for user, d := range talked {
		a := s.of(user)
		a.turn(now)
		a.talked = d
	}
}

// outside says why a call may not leave by a trunk; numbers are whom it is for, as
// the route has it and as it would leave: a carrier may want it without the + that
// tells a country. A trunk's own calls, where a route lets them through, have no account.
func (x *Exchange) outside(as route.Caller, numbers ...string) refusal {
	o := &x.set.Outside
	is := func(f func(plain string) bool) bool {
		return slices.ContainsFunc(numbers, func(n string) bool { return f(dialable(n)) })
	}
	switch {
	case is(o.Always.Has):
		return refusal{}
	case x.spent.stopped:
		return x.refuseOutside(as.User, "outside_stopped")
	case as.User == "":
		return refusal{}
	case is(o.Premium.Has):
		return x.refuseOutside(as.User, "outside_premium")
	case is(o.abroad):
		return x.refuseOutside(as.User, "outside_abroad")
	}
	return x.roomOutside(as.User)
}

// abroad tells whether a number is one of another country that may not be called.
func (o *Outside) abroad(plain string) bool {
	return o.Home != "" && strings.HasPrefix(plain, "+") && !strings.HasPrefix(plain, o.Home) && !o.Abroad.Has(plain)
}

// roomOutside says why an extension may not have one more call outside now.
func (x *Exchange) roomOutside(user string) refusal {
	o := &x.set.Outside
	if o.Calls > 0 && x.inUse[outsideKey(user)] >= o.Calls {
		return x.refuseOutside(user, "outside_calls")
	}
	if o.PerMinute == 0 && o.Minutes == 0 {
		return refusal{}
	}
	a := x.spent.of(user)
	a.turn(x.now)
	switch {
	case o.PerMinute > 0 && a.begun >= o.PerMinute:
		return x.refuseOutside(user, "outside_per_minute")
	case o.Minutes > 0 && a.talked+x.talking(user) >= time.Duration(o.Minutes)*time.Minute:
		return x.refuseOutside(user, "outside_minutes")
	}
	return refusal{}
}

func outsideKey(user string) string { return "outside " + user }

// turn begins a new minute and a new day.
func (a *account) turn(now time.Time) {
	if m := now.Unix() / 60; m != a.minute {
		a.minute, a.begun = m, 0
	}
	if d := now.Unix() / 86400; d != a.day {
		a.day, a.talked = d, 0
	}
}

// talking is for how long the calls of an extension that are up outside have been, in all.
func (x *Exchange) talking(user string) (sum time.Duration) {
	for _, c := range x.calls.calls {
		if c != nil && c.account == user && c.call.Answered() {
			sum += x.now.Add(c.shift).Sub(c.events[0].At)
		}
	}
	return sum
}

// refuseOutside refuses, counts it and tells the log of it now and then.
func (x *Exchange) refuseOutside(user, limit string) refusal {
	x.count.Outside++
	a := x.spent.of(user)
	a.refused++
	x.alarm(user, limit)
	return refusal{cause: "OUTGOING_CALL_BARRED", detail: limit}
}

func (x *Exchange) alarm(user, limit string) {
	a := x.spent.of(user)
	if last, ok := a.alarms[limit]; ok && x.now.Sub(last) < alarmEvery {
		return
	}
	a.alarms[limit] = x.now
	x.log.Warn("call outside refused, or nearly: this may be fraud", "user", user, "limit", limit, "refused", a.refused)
	x.tellOutside(OutsideLimited, OutsideChange{User: user, Limit: limit, Refused: a.refused})
}

// goOutside counts an attempt by a trunk on its account, or says why it may not
// be made: its plan may be older than what has been done since.
func (x *Exchange) goOutside(c *live, l *liveLeg, uri string) refusal {
	if x.spent.stopped && !x.emergency(uri) {
		return x.refuseOutside(c.account, "outside_stopped")
	}
	if c.account == "" {
		return refusal{}
	}
	if !c.charged { // one call is one, however many trunks are tried
		if r := x.roomOutside(c.account); r.cause != "" && !x.emergency(uri) {
			return r
		}
		a := x.spent.of(c.account)
		a.turn(x.now)
		a.begun++
		c.charged = true
	}
	l.owner, l.account = c.account, outsideKey(c.account)
	x.hold(c, l.account)
	return refusal{}
}

// emergency tells whether an address is one of Outside.Always.
func (x *Exchange) emergency(uri string) bool {
	u, err := sip.ParseURI(uri)
	return err == nil && x.set.Outside.Always.Has(dialable(sip.Unescape(u.User)))
}

// wasOutside adds the talk of a call that is over to its account.
func (x *Exchange) wasOutside(c *live, rec *outcome.Record) {
	if c.account == "" || rec.Direction != "outbound" || rec.TalkMS == 0 {
		return
	}
	a := x.spent.of(c.account)
	a.turn(x.now)
	a.talked += time.Duration(rec.TalkMS) * time.Millisecond
	if o := x.set.Outside.Minutes; o > 0 && a.talked >= time.Duration(o)*time.Minute*8/10 {
		x.alarm(c.account, "outside_minutes")
	}
}

// dialable is a number without what people put between digits, in the international form where it begins so.
func dialable(number string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./()", r) {
			return -1
		}
		return r
	}, number)
	if rest, ok := strings.CutPrefix(plain, "00"); ok {
		return "+" + rest
	}
	return plain
}

// An OutsideState is what extensions do outside.
type OutsideState struct {
	Stopped  bool             `json:"stopped" doc:"an operator lets no call leave by a trunk"`
	Accounts []OutsideAccount `json:"accounts" doc:"extensions that called outside, or wanted to, since the start"`
}

// An OutsideAccount is what one extension did outside.
type OutsideAccount struct {
	User    string  `json:"user"`
	Calls   int     `json:"calls" doc:"that are up"`
	Minutes float64 `json:"minutes" doc:"of talk of today (UTC), of calls that are over"`
	Refused int     `json:"refused" doc:"calls that were refused since the start"`
}

// Outside tells what extensions do outside.
func (x *Exchange) Outside(ctx context.Context) (OutsideState, error) {
	s := OutsideState{Accounts: []OutsideAccount{}}
	err := x.do(ctx, func(x *Exchange) {
		s.Stopped = x.spent.stopped
		for user, a := range x.spent.accounts {
			a.turn(x.now)
			s.Accounts = append(s.Accounts, OutsideAccount{User: user, Calls: x.inUse[outsideKey(user)], Minutes: a.talked.Minutes(), Refused: a.refused})
		}
	})
	slices.SortFunc(s.Accounts, func(a, b OutsideAccount) int { return strings.Compare(a.User, b.User) })
	return s, err
}

// StopOutside lets no call leave by a trunk from now on, or again; but for
// Outside.Always. With hangup those that did, and are up, are ended.
func (x *Exchange) StopOutside(ctx context.Context, stop, hangup bool, by string) error {
	return x.do(ctx, func(x *Exchange) {
		x.spent.stopped = stop
		x.log.Warn("calls outside", "stopped", stop, "hangup", hangup, "by", by)
		what := OutsideStarted
		if stop {
			what = OutsideStopped
		}
		x.tellOutside(what, OutsideChange{By: by})
		if !stop || !hangup {
			return
		}
		for _, c := range x.calls.calls {
			if c != nil && c.meta.Direction == "outbound" {
				x.step(c, call.Input{Kind: call.InCommand, Name: "hangup", By: by})
			}
		}
	})
}
