// Package api is how people and programs speak with a running server: HTTP
// with JSON. The handlers of the control socket, a unix socket in the data
// folder that only its owner may open, are those that a network API uses.
//
// It reaches the exchange by commands only, and the queues by their Floor. Errors are problem documents
// (RFC 9457). Nouns: Server, Problem.
package api
