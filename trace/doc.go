// Package trace sends a trace of each call that is over to a collector of
// OpenTelemetry: OTLP by HTTP, in its JSON form, which every receiver of
// OTLP/HTTP takes. The trace's id is the call's, so that one is found by the other.
//
// Spans are made of the record alone, after the call: tracing costs a call
// nothing, and says what the record says. It is off unless a collector is named.
package trace
