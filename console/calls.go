package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"onhook/api"
	"onhook/outcome"
)

// callsInPage is how many calls a page of the list has.
const callsInPage = 50

func callsPage() page {
	return page{pattern: "GET /calls", file: "calls", nav: "Calls", key: "c", icon: "calls", show: (*Server).calls}
}

// A callsView is what the page of calls that are over shows.
type callsView struct {
	Search   string
	Columns  []column
	Choices  []choice // of columns
	Calls    []outcome.Record
	Next     string // address of the next page; empty: this is the last
	First    string // address of the first page; empty: this is it
	CSV      string
	NDJSON   string
	Query    string // of this search, to be saved
	Statuses []choice
	Times    []choice
	Fields   []field
	Opened   bool // more fields are shown
	Terms    []term
	Saved    []savedFilter
	Problem  *api.Problem // the search cannot be understood
	Hidden   []field      // what the form of the columns keeps
	Kept     []field      // what the form of the filters keeps
}

// PageSize is how many calls a page has at most.
func (v *callsView) PageSize() int { return callsInPage }

// A choice is one that is taken or not.
type choice struct {
	Name, Key, Link string
	Chosen          bool
}

// A field is one more filter.
type field struct {
	Name, Label, Value, Hint string
	Options                  []string // a list to choose from; none: free text
}

// A term is one condition of the search, with the address of the list without it.
type term struct{ Name, Value, Without string }

// search is what an address of the list asks the API for.
func search(q url.Values) url.Values {
	v := parseSearch(q.Get("q"))
	for _, name := range searchParams {
		for _, value := range q[name] {
			if value != "" {
				v.Add(name, value)
			}
		}
	}
	return v
}

func (s *Server) calls(r *http.Request) (*view, error) {
	q := r.URL.Query()
	for name := range q { // an address holds what counts only
		if q.Get(name) == "" && len(q[name]) < 2 {
			q.Del(name)
		}
	}
	q.Del("said")
	out := &callsView{Search: q.Get("q")}
	if id := callID(out.Search); id != "" {
		return nil, moved("/calls/" + id)
	}
	ask := search(q)
	export := ask.Encode()
	ask.Set("limit", number(callsInPage))
	if c := q.Get("cursor"); c != "" {
		ask.Set("cursor", c)
		out.First = "/calls?" + without(q, "cursor").Encode()
	}
	var got api.CallPage
	if err := s.read(r, "/v1/calls?"+ask.Encode(), &got); err != nil {
		if !understandable(err, &out.Problem) {
			return nil, err
		}
	}
	out.Calls = got.Calls
	if got.NextCursor != "" {
		out.Next = "/calls?" + with(q, "cursor", got.NextCursor).Encode()
	}
	out.CSV, out.NDJSON = "/v1/calls?format=csv&"+export, "/v1/calls?format=ndjson&"+export
	base := without(q, "cursor")
	out.Query = base.Encode()
	var keys []string
	out.Columns, keys = chosenColumns(strings.Join(q["columns"], ","))
	for _, c := range columnsOf() {
		out.Choices = append(out.Choices, choice{Name: c.Name, Key: c.Key, Chosen: slices.Contains(keys, c.Key)})
	}
	out.filters(base)
	var err error
	if out.Saved, err = s.saved.list(); err != nil {
		return nil, err
	}
	return &view{Title: "Calls", Search: out.Search, Data: out}, nil
}

// filters fills the choices of a search.
func (v *callsView) filters(q url.Values) {
	for st := outcome.CallEnded; st.String() != ""; st++ {
		name := st.String()
		typed := slices.Contains(parseSearch(q.Get("q"))["status"], name)
		c := choice{Name: name, Key: tone(name), Chosen: typed || slices.Contains(q["status"], name)}
		next := without(q, "status")
		if typed {
			next.Del("q")
		}
		for _, old := range q["status"] {
			if old != name {
				next.Add("status", old)
			}
		}
		if !c.Chosen {
			next.Add("status", name)
		}
		c.Link = "/calls?" + next.Encode()
		v.Statuses = append(v.Statuses, c)
	}
	for _, t := range []struct{ name, since string }{{"Hour", "1h"}, {"Day", "24h"}, {"Week", "168h"}, {"Month", "720h"}, {"All", ""}} {
		next := without(q, "since")
		if t.since != "" {
			next.Set("since", t.since)
		}
		v.Times = append(v.Times, choice{Name: t.name, Link: "/calls?" + next.Encode(), Chosen: q.Get("since") == t.since})
	}
	v.Fields = fieldsOf(q)
	v.Hidden = hidden(q, func(name string) bool { return name == "columns" })
	v.Kept = hidden(q, func(name string) bool {
		return slices.ContainsFunc(v.Fields, func(f field) bool { return f.Name == name })
	})
	for _, f := range v.Fields {
		v.Opened = v.Opened || f.Value != ""
	}
	for name, values := range search(q) {
		for _, value := range values {
			next := without(q, name, "q")
			v.Terms = append(v.Terms, term{Name: words(name), Value: value, Without: "/calls?" + next.Encode()})
		}
	}
	slices.SortFunc(v.Terms, func(a, b term) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
}

// fieldsOf are the further filters with what is asked for now.
func fieldsOf(q url.Values) []field {
	out := []field{
		{Name: "from", Label: "From", Hint: "100 or +49*"},
		{Name: "to", Label: "To", Hint: "101 or +49*"},
		{Name: "bye_reason", Label: "Bye Reason", Options: reasonNames()},
		{Name: "code", Label: "Last response code", Hint: "486"},
		{Name: "ended_by", Label: "Ended by", Options: []string{"caller", "callee", "platform", "network", "unknown"}},
		{Name: "answered", Label: "Answered", Options: []string{"no", "platform", "party"}},
		{Name: "stage", Label: "Stage", Options: []string{"routing", "ringing", "menu", "queue", "talking", "hold", "consult", "voicemail"}},
		{Name: "direction", Label: "Direction", Options: []string{"internal", "inbound", "outbound"}},
		{Name: "confidence", Label: "Confidence", Options: []string{"certain", "likely", "guess"}},
		{Name: "source", Label: "Source", Options: []string{"live", "pcap", "hep"}},
		{Name: "trunk", Label: "Trunk"},
		{Name: "queue", Label: "Queue"},
		{Name: "user", Label: "User"},
		{Name: "detail", Label: "Detail", Hint: "no_ack"},
		{Name: "min_talk", Label: "Talk at least", Hint: "15s"},
		{Name: "max_talk", Label: "Talk at most", Hint: "15s"},
		{Name: "min_duration", Label: "Duration at least", Hint: "5s"},
		{Name: "max_duration", Label: "Duration at most", Hint: "5s"},
	}
	for i := range out {
		out[i].Value = q.Get(out[i].Name)
	}
	return out
}

func reasonNames() (out []string) {
	for r := range outcome.Reasons {
		out = append(out, outcome.Reason(r).String())
	}
	slices.Sort(out)
	return out
}

func with(q url.Values, name, value string) url.Values {
	out := without(q, name)
	out.Set(name, value)
	return out
}

func without(q url.Values, names ...string) url.Values {
	out := url.Values{}
	for name, values := range q {
		if !slices.Contains(names, name) {
			out[name] = slices.Clone(values)
		}
	}
	return out
}

// hidden are the parameters that a form keeps, those that it asks for excepted.
func hidden(q url.Values, asked func(name string) bool) (out []field) {
	for name, values := range q {
		for _, value := range values {
			if !asked(name) {
				out = append(out, field{Name: name, Value: value})
			}
		}
	}
	slices.SortFunc(out, func(a, b field) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	return out
}
