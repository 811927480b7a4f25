package store

import (
	"slices"
	"strings"
)

// An access is an index by which the calls that a filter asks for are found.
type access struct {
	index  string
	where  string // what of the calls it has, as the table of the index says; empty: all
	column string
	values []any   // that the column may have
	prefix string  // or what it begins with
	also   *access // by which the rest of the calls is found
}

// fewCalls is up to how many calls an index is taken for the one that finds least.
const fewCalls = 1000

// accesses are the indexes that have all calls which a filter asks for.
func accesses(f *Filter) (out []access) {
	add := func(index, column string, most []string, where string, wanted []string) {
		if len(wanted) == 0 || slices.ContainsFunc(wanted, func(v string) bool { return slices.Contains(most, v) }) {
			return
		}
		out = append(out, access{index: index, where: where, column: column, values: anys(wanted)})
	}
	one := func(v string) []string { return slices.DeleteFunc([]string{v}, func(s string) bool { return s == "" }) }
	out = number(out, "calls_from", "from_number", f.From)
	out = number(out, "calls_to", "to_number", f.To)
	if either := number(number(nil, "calls_from", "from_number", f.Party), "calls_to", "to_number", f.Party); len(either) == 2 {
		either[0].also = &either[1]
		out = append(out, either[0])
	}
	add("calls_user", "username", nil, "username <> ''", one(f.User))
	add("calls_queue", "queue", nil, "queue <> ''", one(f.Queue))
	add("calls_detail", "detail", nil, "detail <> ''", one(f.Detail))
	add("calls_reason", "bye_reason", []string{"NORMAL_CLEARING"}, "bye_reason <> 'NORMAL_CLEARING'", f.ByeReason)
	if len(f.Code) > 0 && !slices.Contains(f.Code, 200) {
		out = append(out, access{index: "calls_code", where: "last_response_code <> 200", column: "last_response_code", values: anys(f.Code)})
	}
	add("calls_status", "status", []string{"Call Ended"}, "status <> 'Call Ended'", f.Status)
	add("calls_trunk", "trunk", nil, "trunk <> ''", one(f.Trunk))
	add("calls_stage", "stage", []string{"routing", "ringing", "talking"}, "stage NOT IN ('routing', 'ringing', 'talking')", f.Stage)
	add("calls_ended_by", "ended_by", []string{"caller", "callee"}, "ended_by NOT IN ('caller', 'callee')", f.EndedBy)
	add("calls_confidence", "confidence", []string{"certain"}, "confidence <> 'certain'", f.Confidence)
	return out
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// number is the access by the number of a party; there is none by its URI.
func number(out []access, index, column, wanted string) []access {
	if wanted == "" || strings.Contains(wanted, ":") {
		return out
	}
	a := access{index: index, column: column}
	if prefix, ok := strings.CutSuffix(wanted, "*"); ok {
		if a.prefix = prefix; prefix == "" {
			return out
		}
	} else {
		a.values = []any{wanted}
	}
	return append(out, a)
}

// condition is what the index is asked for.
func (a *access) condition(c *clause) {
	if a.where != "" {
		c.and(a.where)
	}
	if a.prefix != "" {
		c.and(a.column+" >= ? AND "+a.column+" < ?", a.prefix, a.prefix+"\xff") // no UTF-8 has this byte
		return
	}
	among(c, a.column, a.values)
}

// parts are the queries that find the calls one after the other, each in order:
// of each value an index has the calls by time, of several together it has not.
func (a *access) parts() (out []access) {
	for ; a != nil; a = a.also {
		one := *a
		one.also = nil
		if len(a.values) < 2 {
			out = append(out, one)
			continue
		}
		for _, v := range a.values {
			one.values = []any{v}
			out = append(out, one)
		}
	}
	return out
}

// count is how many calls are found, up to fewCalls.
func (a *access) count(q queryer, f *Filter) (total int, err error) {
	for _, p := range a.parts() {
		var c clause
		p.condition(&c)
		f.times(&c)
		var n int
		if err := q.QueryRow("SELECT count(*) FROM (SELECT 1 FROM calls INDEXED BY "+p.index+" WHERE "+c.text.String()+" LIMIT ?)", append(c.args, fewCalls)...).Scan(&n); err != nil {
			return 0, err
		}
		total += n
	}
	return min(total, fewCalls), nil
}

// chooseAccess finds the index by which the fewest calls are read, or none.
func chooseAccess(q queryer, f *Filter) (*access, error) {
	all := accesses(f)
	if len(all) == 1 && all[0].prefix == "" {
		return &all[0], nil
	}
	var best *access
	least := fewCalls
	for i := range all {
		a := &all[i]
		n, err := a.count(q, f)
		if err != nil {
			return nil, err
		}
		// What begins alike is not in the order of time: of many calls all would have to be sorted.
		if n < least || best == nil && a.prefix == "" {
			best, least = a, n
		}
	}
	return best, nil
}
