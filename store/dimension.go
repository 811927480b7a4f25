package store

import (
	"strconv"

	"onhook/outcome"
)

// A dimension is what calls can be grouped by.
type dimension struct {
	name   string
	column string
	// number names it in the rollups and is part of the stored form; 0: it has
	// none there. Numbers and users have none: of many values each has few calls,
	// and what is counted may be kept for longer than whom it was about.
	number int64
	of     func(*outcome.Record) string
	// take returns the values that a filter asks for, and asks for them no more.
	take func(*Filter) []string
}

// dimensions are all of them, in the order in which they are shown.
var dimensions = []dimension{
	{"status", "status", 1, func(r *outcome.Record) string { return r.Status }, func(f *Filter) []string { return takeList(&f.Status) }},
	{"code", "last_response_code", 2, func(r *outcome.Record) string { return strconv.Itoa(r.LastResponseCode) }, takeCodes},
	{"bye_reason", "bye_reason", 3, func(r *outcome.Record) string { return r.ByeReason }, func(f *Filter) []string { return takeList(&f.ByeReason) }},
	{"ended_by", "ended_by", 4, func(r *outcome.Record) string { return r.EndedBy }, func(f *Filter) []string { return takeList(&f.EndedBy) }},
	{"direction", "direction", 5, func(r *outcome.Record) string { return r.Direction }, func(f *Filter) []string { return takeOne(&f.Direction) }},
	{"trunk", "trunk", 6, func(r *outcome.Record) string { return r.Trunk }, func(f *Filter) []string { return takeOne(&f.Trunk) }},
	{"queue", "queue", 7, func(r *outcome.Record) string { return r.Queue }, func(f *Filter) []string { return takeOne(&f.Queue) }},
	{name: "user", column: "username"},
	{"stage", "stage", 8, func(r *outcome.Record) string { return r.Stage }, func(f *Filter) []string { return takeList(&f.Stage) }},
	{"answered", "answered", 9, func(r *outcome.Record) string { return r.Answered }, func(f *Filter) []string { return takeList(&f.Answered) }},
	{"source", "source", 10, func(r *outcome.Record) string { return r.Source }, func(f *Filter) []string { return takeOne(&f.Source) }},
	{name: "from", column: "from_number"},
	{name: "to", column: "to_number"},
}

// Dimensions lists what calls can be grouped by.
func Dimensions() []string {
	names := make([]string, len(dimensions))
	for i, d := range dimensions {
		names[i] = d.name
	}
	return names
}

func dimensionOf(name string) *dimension {
	for i := range dimensions {
		if dimensions[i].name == name {
			return &dimensions[i]
		}
	}
	return nil
}

func takeList(list *[]string) []string {
	v := *list
	*list = nil
	return v
}

func takeOne(s *string) []string {
	v := *s
	if *s = ""; v == "" {
		return nil
	}
	return []string{v}
}

func takeCodes(f *Filter) (values []string) {
	for _, c := range f.Code {
		values = append(values, strconv.Itoa(c))
	}
	f.Code = nil
	return values
}
