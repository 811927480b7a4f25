package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"onhook/call"
	"onhook/capture"
	"onhook/config"
	"onhook/exchange"
	"onhook/ladder"
	"onhook/outcome"
	"onhook/sip"
	"onhook/store"
)

// A Message is one SIP message of a call as it was on the wire.
type Message struct {
	Seq       uint32    `json:"seq" doc:"the event's number in the call, as evidence names it"`
	At        time.Time `json:"at"`
	Leg       int       `json:"leg"`
	Direction string    `json:"direction" enum:"in,out" doc:"in: the server received it"`
	Transport string    `json:"transport,omitempty"`
	From      string    `json:"from,omitempty" doc:"address and port"`
	To        string    `json:"to,omitempty"`
	Text      string    `json:"text" doc:"bytes that are not UTF-8 are replaced; raw has them"`
	Raw       []byte    `json:"raw,omitempty" doc:"the message in base64, where it is not UTF-8"`
	Repeats   int       `json:"repeats,omitempty" doc:"how often it was retransmitted"`
	Proof     bool      `json:"proof,omitempty" doc:"it decided a field of the record"`
}

// Messages are those of a call.
type Messages struct {
	ID       string    `json:"id"`
	Messages []Message `json:"messages"`
}

type callID struct {
	ID string `path:"id" maxLength:"64" doc:"the call's id"`
}

type shownCall struct {
	ID     string `path:"id" maxLength:"64" doc:"the call's id"`
	Format string `query:"format" doc:"the form; else the Accept header decides"`
	Accept string `header:"Accept"`
}

func (s *Server) registerCall(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/calls/{id}", "get-call", "Calls", config.CallsRead, "Read the record of a call that is over"),
		func(_ context.Context, in *callID) (*body[outcome.Record], error) {
			r, err := s.Store.Get(in.ID)
			if err != nil {
				return nil, fail(err)
			}
			return &body[outcome.Record]{r}, nil
		})
	drawn := []form{{"text", "text/plain", textSchema()}, {"svg", "image/svg+xml", textSchema()}, {"mermaid", "text/vnd.mermaid", textSchema()}}
	huma.Register(a, produces(op(a, "GET", "/v1/calls/{id}/ladder", "get-ladder", "Calls", config.CallsRead, "Draw the messages of a call, of one that is up too"), drawn...),
		func(ctx context.Context, in *shownCall) (*huma.StreamResponse, error) {
			f, err := choose(in.Format, in.Accept, drawn)
			if err != nil {
				return nil, err
			}
			events, proof, err := s.evidence(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return send(f.media+"; charset=utf-8", []byte(draw(f.name, events, proof))), nil
		})
	huma.Register(a, op(a, "GET", "/v1/calls/{id}/messages", "get-messages", "Calls", config.PcapRead, "Read the messages of a call, of one that is up too"),
		func(ctx context.Context, in *callID) (*body[Messages], error) {
			events, proof, err := s.evidence(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &body[Messages]{Messages{ID: in.ID, Messages: messagesOf(events, proof)}}, nil
		})
	files := []form{{"pcap", "application/vnd.tcpdump.pcap", binarySchema()}, {"pcapng", "application/x-pcapng", binarySchema()}}
	huma.Register(a, produces(op(a, "GET", "/v1/calls/{id}/pcap", "get-pcap", "Calls", config.PcapRead, "Download the messages of a call as a capture file"), files...),
		func(ctx context.Context, in *shownCall) (*huma.StreamResponse, error) {
			f, err := choose(in.Format, in.Accept, files)
			if err != nil {
				return nil, err
			}
			events, _, err := s.evidence(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			raw, err := captureOf(events, f.name)
			if err != nil {
				return nil, fail(err)
			}
			r := send(f.media, raw)
			r.Body = withHeader(r.Body, "Content-Disposition", `attachment; filename="`+fileName(in.ID)+"."+f.name+`"`)
			return r, nil
		})
}

// body is an answer in JSON.
type body[T any] struct{ Body T }

// send answers with bytes of a media type.
func send(media string, raw []byte) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", media)
		ctx.SetStatus(http.StatusOK)
		_, _ = ctx.BodyWriter().Write(raw) // the client has gone if this fails
	}}
}

func withHeader(next func(huma.Context), name, value string) func(huma.Context) {
	return func(ctx huma.Context) {
		ctx.SetHeader(name, value)
		next(ctx)
	}
}

func binarySchema() *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: "binary"} }

// evidence gives the events of a call that is over or up, and which of them decided.
func (s *Server) evidence(ctx context.Context, id string) (events []call.Event, proof []uint32, err error) {
	rec, err := s.Store.Get(id)
	if errors.Is(err, store.ErrNotFound) {
		events, err = s.Exchange.LiveEvidence(ctx, id)
		if errors.Is(err, exchange.ErrNotFound) {
			err = store.ErrNotFound
		}
		return events, nil, fail(err)
	}
	if err != nil {
		return nil, nil, fail(err)
	}
	for _, e := range rec.Evidence {
		proof = append(proof, e.Message)
	}
	events, err = s.Store.Evidence(id)
	return events, proof, fail(err)
}

func draw(name string, events []call.Event, proof []uint32) string {
	l := ladder.Layout(events, ladder.Options{Proof: proof})
	switch name {
	case "svg":
		return l.SVG()
	case "mermaid":
		return l.Mermaid()
	}
	return l.Text(ladder.TextOptions{Width: 100})
}

// A flow is how a message travelled, as the journal writes it: "udp 192.0.2.1:5060>192.0.2.2:5060".
type flow struct{ transport, from, to string }

func parseFlow(s string) flow {
	transport, rest, _ := strings.Cut(s, " ")
	from, to, _ := strings.Cut(rest, ">")
	return flow{transport, from, to}
}

func messagesOf(events []call.Event, proof []uint32) []Message {
	out := []Message{}
	place := map[uint32]int{}
	for i := range events {
		e := &events[i]
		if e.Kind == call.EvRetransmitted {
			if at, ok := place[e.Of]; ok {
				out[at].Repeats = max(out[at].Repeats, e.N)
			}
			continue
		}
		if e.Kind != call.EvReceived && e.Kind != call.EvSent {
			continue
		}
		f := parseFlow(e.Flow)
		m := Message{Seq: e.Seq, At: e.At.UTC(), Leg: int(e.Leg), Direction: "in", Transport: f.transport, From: f.from, To: f.to, Text: e.Msg}
		if e.Kind == call.EvSent {
			m.Direction = "out"
		}
		if !utf8.ValidString(e.Msg) {
			m.Text, m.Raw = strings.ToValidUTF8(e.Msg, "\uFFFD"), []byte(e.Msg)
		}
		for _, p := range proof {
			m.Proof = m.Proof || p == e.Seq
		}
		place[e.Seq] = len(out)
		out = append(out, m)
	}
	return out
}

// captureOf writes the messages as a capture file, retransmissions each at its time.
func captureOf(events []call.Event, name string) ([]byte, error) {
	var b bytes.Buffer
	format := capture.Pcap
	if name == "pcapng" {
		format = capture.Pcapng
	}
	w, err := capture.NewWriter(&b, format)
	if err != nil {
		return nil, err
	}
	first := map[uint32]*call.Event{}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case call.EvReceived, call.EvSent:
			first[e.Seq] = e
		case call.EvRetransmitted:
		default:
			continue
		}
		from := e
		if e.Kind == call.EvRetransmitted {
			if from = first[e.Of]; from == nil {
				continue
			}
		}
		f := parseFlow(from.Flow)
		src, err1 := netip.ParseAddrPort(f.from)
		dst, err2 := netip.ParseAddrPort(f.to)
		if err1 != nil || err2 != nil {
			continue // a message that never left has no addresses
		}
		if err := w.Write(capture.Record{At: e.At, Transport: sip.ParseTransport(f.transport), Src: src, Dst: dst, Payload: []byte(from.Msg)}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// fileName keeps of an id what a file name may have.
func fileName(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, id)
}
