package console

import (
	"net/http"
	"net/url"
	"time"

	"onhook/api"
	"onhook/outcome"
)

func dashboardPage() page {
	return page{pattern: "GET /dashboard", file: "dashboard", nav: "Dashboard", key: "d", icon: "chart", show: (*Server).dashboard}
}

// A spanOfTime is what the dashboard may look at, in steps that the sums are kept for.
type spanOfTime struct {
	Key, Name string
	Long      time.Duration
	Step      time.Duration
	Parameter string // of the API
	Chosen    bool
	Link      string
}

func spansOfTime() []spanOfTime {
	const day = 24 * time.Hour
	return []spanOfTime{
		{Key: "hour", Name: "Hour", Long: time.Hour, Step: 5 * time.Minute, Parameter: "5m"},
		{Key: "day", Name: "Day", Long: day, Step: 30 * time.Minute, Parameter: "30m"},
		{Key: "week", Name: "Week", Long: 7 * day, Step: 3 * time.Hour, Parameter: "3h"},
		{Key: "month", Name: "Month", Long: 30 * day, Step: day, Parameter: "24h"},
		{Key: "quarter", Name: "Quarter", Long: 90 * day, Step: 2 * day, Parameter: "48h"},
	}
}

// A dashboardView is what the page shows.
type dashboardView struct {
	Spans    []spanOfTime
	Span     spanOfTime
	Trunks   []string
	Trunk    string
	Stats    api.Statistics
	Figures  []figure
	Statuses *chart
	Delay    *chart
	Ring     *chart
	Reasons  []share
	ByTrunk  []api.Slice
	Notes    map[string]string
	Since    time.Time
}

// A figure is one number with how it comes about.
type figure struct{ Name, Value, Formula, Note string }

// A share is a row of what happened most often.
type share struct {
	Name, Status, Link string
	Calls, Of          int64
}

func (s *Server) dashboard(r *http.Request) (*view, error) {
	q := r.URL.Query()
	out := &dashboardView{Trunk: q.Get("trunk")}
	for _, t := range spansOfTime() {
		t.Chosen = t.Key == q.Get("span") || q.Get("span") == "" && t.Key == "day"
		t.Link = "/dashboard?" + url.Values{"span": {t.Key}, "trunk": {out.Trunk}}.Encode()
		if t.Chosen {
			out.Span = t
		}
		out.Spans = append(out.Spans, t)
	}
	if out.Span.Key == "" {
		return nil, &api.Problem{Status: http.StatusNotFound, Title: "There is no such span of time", Detail: "It is one of hour, day, week, month and quarter."}
	}
	// The last step is the one that is going on.
	out.Since = s.opt.Now().UTC().Truncate(out.Span.Step).Add(out.Span.Step - out.Span.Long)
	ask := url.Values{"since": {out.Since.Format(time.RFC3339)}}
	var trunks api.Statistics
	if err := s.read(r, "/v1/stats?"+with(ask, "by", "trunk").Encode(), &trunks); err != nil {
		return nil, err
	}
	for _, g := range trunks.Groups {
		if g.Value != "" {
			out.Trunks, out.ByTrunk = append(out.Trunks, g.Value), append(out.ByTrunk, g)
		}
	}
	if out.Trunk != "" {
		ask.Set("trunk", out.Trunk)
	}
	by := with(ask, "by", "status")
	by.Set("interval", out.Span.Parameter)
	if err := s.read(r, "/v1/stats?"+by.Encode(), &out.Stats); err != nil {
		return nil, err
	}
	var reasons api.Statistics
	if err := s.read(r, "/v1/stats?"+with(ask, "by", "bye_reason").Encode(), &reasons); err != nil {
		return nil, err
	}
	for _, g := range reasons.Groups[:min(len(reasons.Groups), 12)] {
		link := with(ask, "bye_reason", g.Value)
		out.Reasons = append(out.Reasons, share{Name: g.Value, Link: "/calls?" + link.Encode(), Calls: g.Sums.Calls, Of: reasons.Sums.Calls})
	}
	out.figures()
	out.charts()
	return &view{Title: "Dashboard", Data: out}, nil
}

func (v *dashboardView) figures() {
	f, st := &v.Stats.Figures, &v.Stats
	for _, x := range []struct {
		short, note string
		r           api.Ratio
	}{
		{"ASR", "asr", f.ASR}, {"NER", "ner", f.NER}, {"SER", "ser", f.SER}, {"SEER", "seer", f.SEER}, {"ISA", "isa", f.ISA}, {"ACD", "acd", f.ACD},
	} {
		one := figure{Name: x.short, Formula: x.r.Formula, Note: x.r.Name + ". " + st.Notes[x.note], Value: percent(x.r.Value)}
		if x.r.Unit == "ms" && x.r.Value != nil {
			one.Value = span(int64(*x.r.Value))
		}
		v.Figures = append(v.Figures, one)
	}
	for _, x := range []struct {
		name, note string
		s          api.Spread
	}{{"Post-dial delay", "post_dial_ms", st.PostDial}, {"Ringing", "ring_ms", st.Ring}, {"Talk", "talk_ms", st.Talk}} {
		v.Figures = append(v.Figures, figure{
			Name: x.name, Value: took(&x.s, x.s.P50), Note: st.Notes[x.note],
			Formula: "median; 90 %: " + took(&x.s, x.s.P90) + ", 95 %: " + took(&x.s, x.s.P95) + ", 99 %: " + took(&x.s, x.s.P99),
		})
	}
}

func (v *dashboardView) charts() {
	steps := int(v.Span.Long / v.Span.Step)
	at := map[int64]*api.Slice{}
	for i := range v.Stats.Times {
		if t, err := time.Parse(time.RFC3339, v.Stats.Times[i].Value); err == nil {
			at[t.Unix()] = &v.Stats.Times[i]
		}
	}
	take := func(value func(*api.Slice) int64) []int64 {
		out := make([]int64, steps)
		for i := range out {
			if x := at[v.Since.Add(time.Duration(i)*v.Span.Step).Unix()]; x != nil {
				out[i] = value(x)
			}
		}
		return out
	}
	v.Statuses = &chart{Title: "Calls by status", From: v.Since, Step: v.Span.Step, Steps: steps}
	for st := outcome.CallEnded; st.String() != ""; st++ {
		v.Statuses.Series = append(v.Statuses.Series, series{Name: st.String(), Class: "fill " + colour(st), Value: take(func(x *api.Slice) int64 { return partOf(x, st.String()) })})
	}
	quantiles := func(title string, of func(*api.Slice) *api.Spread) *chart {
		return &chart{Title: title, Unit: "ms", From: v.Since, Step: v.Span.Step, Steps: steps, Lines: true, Series: []series{
			{Name: "95 %", Class: "line-high", Value: take(func(x *api.Slice) int64 { return drawn(of(x), of(x).P95) })},
			{Name: "median", Class: "line-low", Value: take(func(x *api.Slice) int64 { return drawn(of(x), of(x).P50) })},
		}}
	}
	v.Delay = quantiles("Post-dial delay", func(x *api.Slice) *api.Spread { return &x.PostDial })
	v.Ring = quantiles("Ringing", func(x *api.Slice) *api.Spread { return &x.Ring })
}

// took is a quantile; of no call there is none.
func took(s *api.Spread, ms int64) string {
	if s.Calls > 0 && ms == 0 {
		return "under 1 ms"
	}
	return span(ms)
}

// drawn is a quantile as a line has it, where 0 stands for no call.
func drawn(s *api.Spread, ms int64) int64 {
	if s.Calls == 0 {
		return 0
	}
	return max(ms, 1)
}

// colour is the tone of a status, or one of its own where two have the same.
func colour(st outcome.Status) string {
	if st == outcome.Declined {
		return "declined"
	}
	return tone(st.String())
}

func partOf(x *api.Slice, value string) int64 {
	for _, p := range x.Parts {
		if p.Value == value {
			return p.Calls
		}
	}
	return 0
}
