package route

// A Cause says why a number leads nowhere. It is spelt as the Bye Reason of the
// call's record, so that nothing has to be translated on the way there.
type Cause string

// The causes that routing itself can find.
const (
	// NoRouteDestination: no rule matches the number.
	NoRouteDestination Cause = "NO_ROUTE_DESTINATION"
	// UnallocatedNumber: a rule or the local domain matches, but there is no such extension.
	UnallocatedNumber Cause = "UNALLOCATED_NUMBER"
	// InvalidNumberFormat: the number is not well formed, or makes a bad address of its rule.
	InvalidNumberFormat Cause = "INVALID_NUMBER_FORMAT"
	// NoRouteTransitNet: the rule names a trunk that does not exist.
	NoRouteTransitNet Cause = "NO_ROUTE_TRANSIT_NET"
	// ChanNotImplemented: the rule names a transport that this server lacks.
	ChanNotImplemented Cause = "CHAN_NOT_IMPLEMENTED"
	// ExchangeRoutingError: the route leads back to itself.
	ExchangeRoutingError Cause = "EXCHANGE_ROUTING_ERROR"
	// SubscriberAbsent: outside the hours of the group nobody is there.
	SubscriberAbsent Cause = "SUBSCRIBER_ABSENT"
	// OutgoingCallBarred: the caller may not call the number, or a call that came in by a trunk may not leave by one.
	OutgoingCallBarred Cause = "OUTGOING_CALL_BARRED"
	// IncomingCallBarred: the extension may not get the call.
	IncomingCallBarred Cause = "INCOMING_CALL_BARRED"
	// FacilityNotSubscribed: the number is a feature that the caller does not have.
	FacilityNotSubscribed Cause = "FACILITY_NOT_SUBSCRIBED"
)

// A Refusal is a cause with one sentence for the record. The zero value is no refusal.
type Refusal struct {
	Cause Cause
	Text  string // what was found where, for a person
}
