// Package e2e holds the tests over real sockets: a built server against
// programs that this project did not write (sipp, baresip, tshark).
//
// Each test starts a server of its own on free ports with T1 = 100 ms, unless
// the test is about the RFC's own times. What is asserted is the call's
// record, the final on the wire and the messages.
package e2e
