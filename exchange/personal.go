package exchange

import (
	"context"
	"maps"
	"slices"

	"onhook/app"
	"onhook/registrar"
	"onhook/route"
)

// MayForward says whether an extension's calls may go to a number: as if it had
// dialled it. The error is app.ErrNotAllowed where they may not.
func (x *Exchange) MayForward(ctx context.Context, user, number string) error {
	refused := false
	err := x.do(ctx, func(x *Exchange) {
		as := route.Caller{User: user}
		p := x.set.Routes.Plan(x.moment(), as, number)
		refused = number == user || p.Refused() || isCode(p) || x.mayCall(as, number, p).cause != "" ||
			x.set.Policies.Feature(as, number).Cause != "" || x.set.Policies.Number(number).Cause != ""
	})
	if err == nil && refused {
		err = app.ErrNotAllowed
	}
	return err
}

// Unregister takes away the registrations of an extension, or the one with this
// contact, and tells how many there were. A device that registers again is
// registered again. ErrNotFound: there is no such extension.
func (x *Exchange) Unregister(ctx context.Context, user, contact, by string) (n int, err error) {
	found := false
	err = x.do(ctx, func(x *Exchange) {
		if found = x.users[user] != nil; !found {
			return
		}
		n = x.reg.State()
		x.registrar(registrar.Input{Kind: registrar.InRemove, AOR: x.aor(user), Contact: contact}, nil)
		n -= x.reg.State()
		x.log.Info("registrations taken away", "user", user, "number", n, "by", by)
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	return n, err
}

// forgetDevices takes away the registrations of extensions that are no more.
func (x *Exchange) forgetDevices(before map[string]*User) {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if x.users[name] != nil {
			continue
		}
		n := x.reg.State()
		x.registrar(registrar.Input{Kind: registrar.InRemove, AOR: x.aor(name)}, nil)
		if n -= x.reg.State(); n > 0 {
			x.log.Info("registrations taken away: the extension is no more", "user", name, "number", n)
		}
	}
}

// Personalise changes what an extension may and wants, for calls from now on.
// ErrNotFound: there is no such extension.
func (x *Exchange) Personalise(ctx context.Context, user string, change func(*Rights)) error {
	found := false
	err := x.do(ctx, func(x *Exchange) {
		if u := x.users[user]; u != nil {
			found = true
			change(&u.Rights)
		}
	})
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}
