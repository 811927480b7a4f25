package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"onhook/call"
	"onhook/capture"
	"onhook/sip"
)

// savePcap writes the messages of a call to a capture file and says so to out,
// or writes them to out for "-".
func savePcap(path string, events []call.Event, out io.Writer) (err error) {
	w := out
	if path != "-" {
		// Messages tell who calls whom, and with which credentials.
		f, opening := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if opening != nil {
			return opening
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		w = f
	}
	b := bufio.NewWriter(w)
	n, err := writePcap(b, events)
	if err == nil {
		err = b.Flush()
	}
	if err == nil && path != "-" {
		fmt.Fprintf(out, "%d messages in %s\n", n, path)
	}
	return err
}

// writePcap writes each message of the events, those that came or went again
// too, and returns how many.
func writePcap(w io.Writer, events []call.Event) (n int, err error) {
	file, err := capture.NewWriter(w, capture.Pcapng)
	if err != nil {
		return 0, err
	}
	first := make(map[uint32]*call.Event)
	for i := range events {
		e, at := &events[i], events[i].At
		if e.Kind == call.EvRetransmitted {
			if e = first[e.Of]; e == nil {
				continue
			}
		}
		if e.Msg == "" {
			continue
		}
		first[e.Seq] = e
		r, ok := recordOf(e.Flow)
		if !ok {
			continue // what came from nowhere: an application's leg
		}
		r.At, r.Payload = at, []byte(e.Msg)
		if err := file.Write(r); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// recordOf reads a flow as the events have it: "udp 192.0.2.1:5060>192.0.2.2:5060".
func recordOf(flow string) (r capture.Record, ok bool) {
	name, way, _ := strings.Cut(flow, " ")
	from, to, _ := strings.Cut(way, ">")
	src, err1 := netip.ParseAddrPort(from)
	dst, err2 := netip.ParseAddrPort(to)
	if err1 != nil || err2 != nil {
		return r, false
	}
	return capture.Record{Transport: sip.ParseTransport(name), Src: src, Dst: dst}, true
}
