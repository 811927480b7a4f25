package api

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"onhook/app"
	"onhook/capture"
	"onhook/exchange"
	"onhook/outcome"
	"onhook/wire"
)

// everyMetric is what /metrics says of a server in which all has happened, by name.
func everyMetric(t *testing.T) (text string, names map[string]bool) {
	t.Helper()
	s, keys := newSite(t)
	lame := capture.Sender{Packets: 1}
	lame.Dropped[capture.CutShort] = 1
	s.Metrics.AttachParts(Parts{
		Queues: s.Queues, Webhooks: s.Webhooks,
		Wire:   func() wire.Counters { return wire.Counters{PacketsIn: 3, SendErrors: 2} },
		HEP:    func() []capture.Sender { return []capture.Sender{{Packets: 5, Items: 4}, lame} },
		Mirror: func() capture.MirrorStats { return capture.MirrorStats{Sent: 8, Dropped: 1} },
	})
	s.Hub.Listen(s.Metrics.ObserveEvent)
	s.Metrics.Answered("carrier", 30*time.Millisecond)
	s.life(0)
	r := testRecord(1)
	r.Answered, r.TalkMS = "party", 5000
	s.Hub.Watch(exchange.CallEvent{Type: exchange.CallEnded, At: t0, Call: exchange.LiveCall{ID: r.ID}, Record: &r})
	s.Hub.Notify(exchange.Notice{Type: exchange.Registered, At: t0, Registration: &exchange.RegistrationChange{User: "100", Contact: "sip:100@192.0.2.1"}})
	s.Hub.Notify(exchange.Notice{Type: exchange.TrunkDown, At: t0, Trunk: &exchange.TrunkChange{Name: "carrier", State: "down", Reason: "no answer"}})
	s.Hub.Queued(app.Event{At: t0, Kind: app.CallerAnswered, Queue: "support", Caller: "4930123456", Waited: 3 * time.Second})
	s.Hub.Queued(app.Event{At: t0, Kind: app.AgentLogin, Agent: "100"})
	s.Hub.Flush()
	text = s.ask("GET", "/metrics", keys["metrics:read"], "").body
	names = map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		if rest, found := strings.CutPrefix(line, "# TYPE "); found {
			name, kind, _ := strings.Cut(rest, " ")
			names[name] = true
			if kind == "histogram" {
				names[name+"_bucket"], names[name+"_sum"], names[name+"_count"] = true, true, true
			}
		}
	}
	return text, names
}

func TestMetricsOfEverythingElse(t *testing.T) {
	text, _ := everyMetric(t)
	for _, want := range []string{
		`onhook_registration_changes_total{change="registered"} 1`,
		`onhook_trunk_changes_total{state="down",trunk="carrier"} 1`,
		`onhook_trunk_options_seconds_bucket{trunk="carrier",le="0.05"} 1`,
		`onhook_queue_callers_total{event="caller_answered",queue="support"} 1`,
		`onhook_queue_wait_seconds_sum{event="caller_answered",queue="support"} 3`,
		`onhook_queue_agent_events_total{event="agent_login"} 1`,
		`onhook_queue_waiting{queue="support"} 1`,
		`onhook_webhook_messages_total{result="delivered",webhook="crm"} 0`,
		`onhook_wire_messages_total{direction="in"} 3`,
		`onhook_wire_errors_total{kind="send"} 2`,
		`onhook_hep_packets_total 6`,
		`onhook_hep_unsent_total 1`,
		`onhook_retransmissions_total{direction="out"} 0`,
		`onhook_talk_seconds_sum{direction="internal",trunk=""} 5`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it lacks %s", want)
		}
	}
	for _, bad := range []string{`"4930123456"`, `"call_`, `"sip:`, `192.0.2.1`} {
		if strings.Contains(text, bad) {
			t.Errorf("a label has %s", bad)
		}
	}
}

var metricName = regexp.MustCompile(`\b(onhook|process|go)_[a-z0-9_]+|\bonhook:[a-z0-9_:]+`)

// TestRulesAndDashboardNameMetricsThatExist reads the files that operators load.
func TestRulesAndDashboardNameMetricsThatExist(t *testing.T) {
	_, names := everyMetric(t)
	names["process_cpu_seconds_total"], names["process_resident_memory_bytes"] = true, true
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct{ Record, Alert, Expr string }
		}
	}
	raw, err := os.ReadFile("../deploy/prometheus/onhook.rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(raw, &rules); err != nil {
		t.Fatal(err)
	}
	var exprs []string
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if (r.Record == "") == (r.Alert == "") || r.Expr == "" {
				t.Errorf("%s: %+v", g.Name, r)
			}
			if r.Record != "" {
				names[r.Record] = true
			}
			exprs = append(exprs, r.Expr)
		}
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	raw, err = os.ReadFile("../deploy/grafana/onhook.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, g := range p.Targets {
			exprs = append(exprs, g.Expr)
		}
	}
	if len(exprs) < 40 {
		t.Fatalf("only %d expressions were found", len(exprs))
	}
	for _, e := range exprs {
		for _, m := range regexp.MustCompile(`status=~"([^"]*)"`).FindAllStringSubmatch(e, -1) {
			for status := range strings.SplitSeq(m[1], "|") {
				if _, known := outcome.ParseStatus(status); !known {
					t.Errorf("%s: there is no status %s", e, status)
				}
			}
		}
		found := metricName.FindAllString(e, -1)
		for _, n := range found {
			if !names[n] {
				t.Errorf("%s: there is no metric %s", e, n)
			}
		}
		if len(found) == 0 && !strings.HasPrefix(e, "up{") || strings.Count(e, "(") != strings.Count(e, ")") || strings.Count(e, "{") != strings.Count(e, "}") {
			t.Errorf("%s: names no metric, or its brackets do not match", e)
		}
	}
}

// TestTheMetricsPageNamesEveryMetric holds docs/metrics.md against what there is.
func TestTheMetricsPageNamesEveryMetric(t *testing.T) {
	_, names := everyMetric(t)
	raw, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile("`(onhook_[a-z_]+)`").FindAllStringSubmatch(string(raw), -1)
	var page []string
	for _, m := range said {
		page = append(page, m[1])
		if !names[m[1]] {
			t.Errorf("the page names %s, which does not exist", m[1])
		}
	}
	for n := range names {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(n, "_bucket"), "_sum"), "_count")
		if strings.HasPrefix(n, "onhook_") && !slices.Contains(page, n) && !slices.Contains(page, base) {
			t.Errorf("the page does not name %s", n)
		}
	}
}
