package route_test

import (
	"testing"

	"onhook/outcome"
	"onhook/route"
)

func TestCausesAreByeReasons(t *testing.T) {
	for _, cause := range []route.Cause{
		route.NoRouteDestination, route.UnallocatedNumber, route.InvalidNumberFormat, route.NoRouteTransitNet,
		route.ChanNotImplemented, route.ExchangeRoutingError, route.OutgoingCallBarred,
		route.IncomingCallBarred, route.FacilityNotSubscribed,
	} {
		if _, ok := outcome.ParseReason(string(cause)); !ok {
			t.Errorf("%s is no Bye Reason", cause)
		}
	}
}
