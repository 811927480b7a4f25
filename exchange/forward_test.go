package exchange

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"onhook/app"
	"onhook/call"
	"onhook/route"
)

// chain has n extensions, u0 to un-1, each of which sends its calls to the next one; the last one's phone is not there.
func chain(t *testing.T, n int) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		var names []string
		for i := range n {
			u := User{Name: fmt.Sprintf("u%d", i)}
			if i < n-1 {
				u.Rights.Forward.Always = fmt.Sprintf("u%d", i+1)
			}
			s.Users = append(s.Users, u)
			names = append(names, u.Name)
		}
		var err error
		s.Routes, err = route.New(route.Options{Users: names, Apps: []string{"code:dnd_on"}, Local: []string{"10.0.0.1"}, Codes: []route.Rule{{Match: `\*78`, To: []route.Destination{{Kind: route.ToApp, Text: "code:dnd_on"}}}}})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestACallIsSentOnTenTimesAtMost(t *testing.T) {
	for n, want := range map[int]string{
		11: "Unreachable USER_NOT_REGISTERED 480",
		12: "Call Failed EXCHANGE_ROUTING_ERROR 483",
	} {
		r := chain(t, n)
		r.from(trunkAddr, request("INVITE", "u0", "c", "", 1, sdpText))
		r.from(trunkAddr, request("ACK", "u0", "c", r.last(trunkAddr).ToTag(), 1, ""))
		r.idle()
		r.one(want)
	}
}

func TestForwardsUnderConditions(t *testing.T) {
	f := Forward{Always: "a", Busy: "b", NoAnswer: "n", Unreachable: "u"}
	for when, want := range map[call.When]string{
		call.WhenAlways: "a", call.WhenBusy: "b", call.WhenDND: "b", call.WhenNoAnswer: "n", call.WhenUnreachable: "u", call.WhenRedirected: "",
	} {
		if got := f.to(when); got != want {
			t.Errorf("condition %d leads to %q, want %q", when, got, want)
		}
	}
	if got := f.conditions(); got != call.WhenAny {
		t.Errorf("conditions are %b, want %b", got, call.WhenAny)
	}
}

func TestWhereAnExtensionMayForwardItsCallsTo(t *testing.T) {
	r := chain(t, 3)
	go r.x.Run()
	defer r.x.Stop()
	for number, want := range map[string]error{"u1": nil, "u0": app.ErrNotAllowed, "u9": app.ErrNotAllowed, "*78": app.ErrNotAllowed, "": app.ErrNotAllowed} {
		if err := r.x.MayForward(context.Background(), "u0", number); !errors.Is(err, want) {
			t.Errorf("to %q: %v, want %v", number, err, want)
		}
	}
	if err := r.x.Personalise(context.Background(), "nobody", func(*Rights) {}); !errors.Is(err, ErrNotFound) {
		t.Errorf("settings of nobody: %v", err)
	}
}
