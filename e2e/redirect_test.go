package e2e

import (
	"slices"
	"strings"
	"testing"
)

// ringing is the id of the one call that rings.
func (c *apiClient) ringing() (id string) {
	c.t.Helper()
	c.seldom(func() bool {
		var live struct {
			Calls []struct{ ID, Stage string }
		}
		c.get("/v1/live", &live)
		for _, l := range live.Calls {
			if l.Stage == "ringing" {
				id = l.ID
			}
		}
		return id != ""
	}, func() string { return "no call rings" })
	return id
}

// TestRedirectByTheAPI sends a call on that rings: a forward that an operator has made.
func TestRedirectByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "groups: [{name: \"300\", members: [\"101\", \"103\"]}]\n")
	o.patient()
	api := o.api()
	// It is answered at the other extension.
	a := o.dial("100", "101")
	first := o.incoming("101")
	id := api.ringing()
	if got := api.post(422, "/v1/calls/"+id+"/redirect", `{"to":"9999999"}`); !strings.Contains(got, "NO_ROUTE_DESTINATION") && !strings.Contains(got, "UNALLOCATED_NUMBER") {
		t.Errorf("%s", got)
	}
	api.post(422, "/v1/calls/"+id+"/redirect", `{"to":"101"}`) // where it rings already
	api.post(200, "/v1/calls/"+id+"/redirect", `{"to":"102"}`)
	b := o.incoming("102")
	o.ended(first)
	o.must(b.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	api.post(409, "/v1/calls/"+id+"/redirect", `{"to":"103"}`) // it does not ring
	o.hangsUp(a, b)
	r := o.records(1)[0]
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if got := legReasons(r)[1:]; !slices.Equal(got, []string{"CALL_FORWARD", "NORMAL_CLEARING"}) {
		t.Errorf("legs %q", got)
	}
	if got := commands(r); !slices.Equal(got, []string{"redirect 102"}) {
		t.Errorf("commands %q", got)
	}
	// The whole of a group, to one who is busy: that one's word counts.
	a = o.dial("100", "300")
	first, second := o.incoming("101"), o.incoming("103")
	api.post(200, "/v1/calls/"+api.ringing()+"/redirect", `{"to":"104"}`)
	o.busy("104")
	o.ended(a)
	o.ended(first)
	o.ended(second)
	r = o.records(2)[1]
	expected{"Busy", "USER_BUSY", "callee", "no", "", 486, 486}.check(t, r)
	if got := legReasons(r)[1:]; !slices.Equal(got, []string{"CALL_FORWARD", "CALL_FORWARD", "USER_BUSY"}) {
		t.Errorf("legs %q", got)
	}
	// The caller leaves while it rings there.
	a = o.dial("100", "101")
	first = o.incoming("101")
	api.post(200, "/v1/calls/"+api.ringing()+"/redirect", `{"to":"102"}`)
	b = o.incoming("102")
	o.ended(first)
	o.hangsUp(a, a)
	o.ended(b)
	r = o.records(3)[2]
	expected{"Cancelled", "ORIGINATOR_CANCEL", "caller", "no", "", 487, 487}.check(t, r)
	if got := legReasons(r)[1:]; len(got) != 2 || got[0] != "CALL_FORWARD" {
		t.Errorf("legs %q", got)
	}
}
