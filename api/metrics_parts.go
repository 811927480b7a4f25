package api

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"onhook/app"
	"onhook/capture"
	"onhook/wire"
)

// eventMetrics count what is told as events, beside calls.
type eventMetrics struct {
	registrations *prometheus.CounterVec
	trunks        *prometheus.CounterVec
	options       *prometheus.HistogramVec
	queue         *prometheus.CounterVec
	agents        *prometheus.CounterVec
	wait          *prometheus.HistogramVec
}

func newEventMetrics(r *prometheus.Registry) eventMetrics {
	c := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "onhook", Name: name, Help: help}, labels)
	}
	h := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "onhook", Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := eventMetrics{
		registrations: c("registration_changes_total", "Devices that registered, expired or were removed.", "change"),
		trunks:        c("trunk_changes_total", "How often a trunk came up or went down.", "trunk", "state"),
		options:       h("trunk_options_seconds", "How long good answers to OPTIONS took.", []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 4, 8, 16, 32}, "trunk"),
		queue:         c("queue_callers_total", "What happened to callers in queues.", "queue", "event"),
		agents:        c("queue_agent_events_total", "What agents did.", "event"),
		wait:          h("queue_wait_seconds", "How long callers waited, by what ended it.", []float64{1, 5, 10, 20, 30, 45, 60, 120, 300, 600, 1800}, "queue", "event"),
	}
	r.MustRegister(m.registrations, m.trunks, m.options, m.queue, m.agents, m.wait)
	return m
}

// ObserveEvent counts what has happened outside calls; it is given to Hub.Listen.
func (m *Metrics) ObserveEvent(e *Event) {
	switch {
	case e.Registration != nil:
		m.events.registrations.WithLabelValues(changeOf(e.Type)).Inc()
	case e.Trunk != nil:
		m.events.trunks.WithLabelValues(e.Trunk.Name, e.Trunk.State).Inc()
	case e.Queue != nil:
		m.observeQueue(app.EventKind(changeOf(e.Type)), e.Queue)
	}
}

// changeOf is the last word of a type of events.
func changeOf(kind string) string {
	for i := range kind {
		if kind[i] == '.' {
			return kind[i+1:]
		}
	}
	return kind
}

func (m *Metrics) observeQueue(kind app.EventKind, q *QueueEvent) {
	switch kind {
	case app.AgentLogin, app.AgentLogout, app.AgentPause, app.AgentResume, app.AgentWrapUp:
		m.events.agents.WithLabelValues(string(kind)).Inc()
		return
	}
	m.events.queue.WithLabelValues(q.Queue, string(kind)).Inc()
	switch kind {
	case app.CallerAnswered, app.CallerAbandoned, app.CallerTimeout:
		m.events.wait.WithLabelValues(q.Queue, string(kind)).Observe(seconds(q.WaitedMS))
	}
}

// Answered takes how long a trunk took to answer OPTIONS; it is what exchange.Options.Answered wants.
func (m *Metrics) Answered(trunk string, took time.Duration) {
	m.events.options.WithLabelValues(trunk).Observe(took.Seconds())
}

// A Parts is what else counts; a nil one is left out.
type Parts struct {
	Queues   Queues
	Webhooks Webhooks
	Wire     func() wire.Counters
	HEP      func() []capture.Sender
	Mirror   func() capture.MirrorStats
}

// AttachParts adds what the parts of the server count themselves.
func (m *Metrics) AttachParts(p Parts) { m.registry.MustRegister(&partCounts{p}) }

// partCounts asks the parts when Prometheus does.
type partCounts struct{ Parts }

// Describe says nothing: what there is depends on the configuration.
func (*partCounts) Describe(chan<- *prometheus.Desc) {}

// A tell gives one value.
type tell func(kind prometheus.ValueType, name, help string, v float64, labels ...string)

// Collect gives the counters of the parts. Labels come in pairs of name and value.
func (p *partCounts) Collect(to chan<- prometheus.Metric) {
	say := func(kind prometheus.ValueType, name, help string, v float64, labels ...string) {
		var names, values []string
		for i := 0; i+1 < len(labels); i += 2 {
			names, values = append(names, labels[i]), append(values, labels[i+1])
		}
		to <- prometheus.MustNewConstMetric(counted(name, help, names...), kind, v, values...)
	}
	if p.Queues != nil {
		p.queues(say)
	}
	if p.Webhooks != nil {
		p.webhooks(say)
	}
	if p.Wire != nil {
		wireCounts(say, p.Wire())
	}
	if p.HEP != nil {
		hepCounts(say, p.HEP())
	}
	if p.Mirror != nil {
		s := p.Mirror()
		say(prometheus.CounterValue, "hep_sent_total", "SIP messages mirrored to the collector.", float64(s.Sent))
		say(prometheus.CounterValue, "hep_unsent_total", "SIP messages that the collector did not take in time.", float64(s.Dropped))
	}
}

func (p *partCounts) queues(say tell) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	state, err := p.Queues.State(ctx)
	if err != nil {
		return
	}
	for i := range state.Queues {
		q := &state.Queues[i]
		say(prometheus.GaugeValue, "queue_waiting", "Callers who wait now.", float64(len(q.Waiting)), "queue", q.Name)
		say(prometheus.GaugeValue, "queue_longest_wait_seconds", "How long the first of them has waited.", seconds(q.Longest), "queue", q.Name)
		say(prometheus.GaugeValue, "queue_agents_logged_in", "Agents who are logged in.", float64(q.LoggedIn), "queue", q.Name)
		say(prometheus.GaugeValue, "queue_agents_free", "Of those, the ones who can take a call.", float64(q.Free), "queue", q.Name)
		say(prometheus.GaugeValue, "queue_service_level_ratio", "Share of callers answered in time, since the start.", q.Level, "queue", q.Name)
	}
}

func (p *partCounts) webhooks(say tell) {
	say(prometheus.CounterValue, "webhook_lost_total", "Messages that could not be written to the file.", float64(p.Webhooks.Lost()))
	for _, w := range p.Webhooks.List() {
		say(prometheus.CounterValue, "webhook_attempts_total", "Requests that were made.", float64(w.Attempts), "webhook", w.Name)
		say(prometheus.CounterValue, "webhook_messages_total", "What became of messages.", float64(w.Delivered), "webhook", w.Name, "result", "delivered")
		say(prometheus.CounterValue, "webhook_messages_total", "What became of messages.", float64(w.Failed), "webhook", w.Name, "result", "failed")
		say(prometheus.CounterValue, "webhook_messages_total", "What became of messages.", float64(w.Dropped), "webhook", w.Name, "result", "dropped")
		say(prometheus.GaugeValue, "webhook_pending", "Messages that are to be delivered.", float64(w.Pending), "webhook", w.Name)
		off := 0.0
		if w.Disabled != "" {
			off = 1
		}
		say(prometheus.GaugeValue, "webhook_disabled", "1: nothing is sent to it.", off, "webhook", w.Name)
	}
}

func wireCounts(say tell, c wire.Counters) {
	for _, n := range []struct {
		name, help, label string
		v                 uint64
	}{
		{"wire_bytes_total", "Bytes of SIP.", "in", c.BytesIn},
		{"wire_bytes_total", "Bytes of SIP.", "out", c.BytesOut},
		{"wire_messages_total", "Packets and messages of SIP.", "in", c.PacketsIn},
		{"wire_messages_total", "Packets and messages of SIP.", "out", c.PacketsOut},
		{"wire_connections_total", "Connections by TCP.", "in", c.StreamsIn},
		{"wire_connections_total", "Connections by TCP.", "out", c.StreamsOut},
	} {
		say(prometheus.CounterValue, n.name, n.help, float64(n.v), "direction", n.label)
	}
	for _, n := range []struct {
		kind string
		v    uint64
	}{
		{"send", c.SendErrors},
		{"read", c.ReadErrors},
		{"unreachable", c.Unreachable},
		{"dropped", c.Dropped},
		{"connection_refused", c.StreamsRefused},
		{"connection_cut", c.StreamsCut},
	} {
		say(prometheus.CounterValue, "wire_errors_total", "What went wrong on the network: messages that could not be sent, ICMP that answered, datagrams without room, connections over a limit or cut for what their peer did.", float64(n.v), "kind", n.kind)
	}
	say(prometheus.GaugeValue, "wire_connections", "Connections by TCP that are open.", float64(c.Streams))
}

// hepCounts adds up all senders: their addresses are no labels.
func hepCounts(say tell, senders []capture.Sender) {
	var packets, items uint64
	drops := map[string]uint64{}
	for i := range senders {
		s := &senders[i]
		packets, items = packets+s.Packets, items+s.Items
		for r, n := range s.Dropped {
			if r == 0 {
				continue // no reason
			}
			drops[capture.DropReason(r).String()] += n
		}
	}
	say(prometheus.CounterValue, "hep_packets_total", "HEP packets that came.", float64(packets))
	say(prometheus.CounterValue, "hep_messages_total", "SIP messages taken from them.", float64(items))
	for why, n := range drops {
		say(prometheus.CounterValue, "hep_dropped_total", "HEP packets that gave nothing, by why.", float64(n), "why", why)
	}
	say(prometheus.GaugeValue, "hep_senders", "Capture agents that have sent something.", float64(len(senders)))
}
