package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// A walk goes over the nodes of a file and the fields of a Config side by side and
// gathers every error.
type walk struct {
	file   string
	errors Errors
	at     positions
}

// A spot is a place of the walk: where it is in the file, and how it is documented.
type spot struct {
	path string            // trunks[0].address
	form string            // the same without numbers: trunks[].address
	tag  reflect.StructTag // of the field
}

func (s spot) key(name string) spot {
	if s.path == "" {
		return spot{path: name, form: name}
	}
	return spot{path: s.path + "." + name, form: s.form + "." + name}
}

func (s spot) item(i int) spot {
	return spot{path: s.path + "[" + strconv.Itoa(i) + "]", form: s.form + "[]", tag: s.tag}
}

// report notes an error at a node.
func (w *walk) report(n ast.Node, s spot, got, want string) {
	at := place(n)
	w.errors = append(w.errors, Error{File: w.file, Path: s.path, Line: at.line, Column: at.column, Got: got, Want: want})
}

// last is the error noted last, to add to it.
func (w *walk) last() *Error { return &w.errors[len(w.errors)-1] }

// place is where a node starts.
func place(n ast.Node) position {
	var tk *token.Token
	switch n := n.(type) {
	case nil:
		return position{}
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return place(n.Values[0].Key)
		}
		tk = n.Start
	case *ast.MappingValueNode:
		return place(n.Key)
	default:
		tk = n.GetToken()
	}
	if tk == nil || tk.Position == nil {
		return position{}
	}
	return position{tk.Position.Line, tk.Position.Column}
}

// value reads a node into a value.
func (w *walk) value(n ast.Node, v reflect.Value, s spot) {
	w.at[s.path] = place(n)
	if what := refused(n); what != "" {
		w.report(n, s, what, "plain values: anchors, aliases, tags and merge keys are not used here")
		return
	}
	switch {
	case isSection(v.Type()):
		w.section(n, v, s)
	case v.Kind() == reflect.Map:
		w.numbers(n, v, s)
	case v.Kind() == reflect.Slice && wordsOf(v.Type()) == nil:
		w.list(n, v, s)
	default:
		w.scalar(n, v, s)
	}
}

// refused names the parts of YAML that a configuration does without, empty for the others.
func refused(n ast.Node) string {
	switch n.(type) {
	case *ast.AnchorNode:
		return "an anchor"
	case *ast.AliasNode:
		return "an alias"
	case *ast.TagNode:
		return "a tag"
	case *ast.MergeKeyNode:
		return "a merge key"
	case *ast.DirectiveNode:
		return "a directive"
	}
	return ""
}

// entries gives the entries of a mapping; ok is false, and an error noted, for
// anything else.
func (w *walk) entries(n ast.Node, s spot) (entries []*ast.MappingValueNode, ok bool) {
	switch n := n.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil, true // a key with nothing behind it: the defaults stay
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	w.report(n, s, describe(n, s), "keys with values")
	return nil, false
}

// section reads a mapping into a struct.
func (w *walk) section(n ast.Node, v reflect.Value, s spot) {
	entries, ok := w.entries(n, s)
	if !ok {
		return
	}
	fields := fieldsOf(v.Type())
	seen := make(map[string]bool)
	for _, entry := range entries {
		name, ok := w.keyName(entry, s, seen)
		if !ok {
			continue
		}
		index, known := fields[name]
		if !known {
			w.unknownKey(entry.Key, name, s, fields)
			continue
		}
		field := v.Type().Field(index)
		at := s.key(name)
		at.tag = field.Tag
		before := len(w.errors)
		w.value(entry.Value, v.Field(index), at)
		if field.Tag.Get("need") == "yes" && v.Field(index).IsZero() && len(w.errors) == before {
			w.report(entry.Key, at, "nothing", "a value: this key must be given")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !seen[name] && v.Type().Field(fields[name]).Tag.Get("need") == "yes" {
			w.report(n, s.key(name), "nothing", "a value: this key must be given")
		}
	}
}

// keyName reads a key and finds it doubled.
func (w *walk) keyName(entry *ast.MappingValueNode, s spot, seen map[string]bool) (string, bool) {
	if entry.Key.IsMergeKey() {
		w.report(entry.Key, s, "a merge key", "plain values: anchors, aliases, tags and merge keys are not used here")
		return "", false
	}
	text, ok := entry.Key.(*ast.StringNode)
	if !ok {
		w.report(entry.Key, s, "the key "+entry.Key.GetToken().Value, "a key of letters")
		return "", false
	}
	if seen[text.Value] {
		w.report(entry.Key, s.key(text.Value), "this key a second time", "each key once")
		return "", false
	}
	seen[text.Value] = true
	return text.Value, true
}

func (w *walk) unknownKey(n ast.Node, name string, s spot, fields map[string]int) {
	names := slices.Sorted(maps.Keys(fields))
	if slices.Contains(laterKeys[s.form], name) {
		w.report(n, s, fmt.Sprintf("the key %q", name), "it left out: it is "+errLater.Error())
		return
	}
	w.report(n, s, fmt.Sprintf("the unknown key %q", name), "one of "+strings.Join(names, ", "))
	if w.last().Nearest = nearest(name, names); w.last().Nearest != "" {
		w.last().Want = ""
	}
}

// fieldsOf gives the keys of a section and the fields that they are.
func fieldsOf(t reflect.Type) map[string]int {
	fields := make(map[string]int)
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = i
		}
	}
	return fields
}

// numbers reads a mapping of names of its own to numbers.
func (w *walk) numbers(n ast.Node, v reflect.Value, s spot) {
	entries, ok := w.entries(n, s)
	if !ok {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	seen := make(map[string]bool)
	for _, entry := range entries {
		name, ok := w.keyName(entry, s, seen)
		if !ok {
			continue
		}
		element := reflect.New(v.Type().Elem()).Elem()
		at := s.key(name)
		at.tag = s.tag
		w.value(entry.Value, element, at)
		v.SetMapIndex(reflect.ValueOf(name), element)
	}
}

// list reads a sequence. A list of one scalar may be written as the scalar alone.
func (w *walk) list(n ast.Node, v reflect.Value, s spot) {
	element := v.Type().Elem()
	v.Set(reflect.Zero(v.Type()))
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		if _, null := n.(*ast.NullNode); null || n == nil {
			return
		}
		if _, scalar := text(n); !scalar || isSection(element) {
			w.report(n, s, describe(n, s), kindName(v.Type())+", with a hyphen before each or in [brackets]")
			return
		}
		one := reflect.New(element).Elem()
		w.value(n, one, s)
		v.Set(reflect.Append(v, one))
		return
	}
	for i, item := range sequence.Values {
		one := reflect.New(element).Elem()
		if isSection(element) {
			if err := applyDefaults(one); err != nil {
				w.report(n, s, "a default that cannot be read", err.Error())
			}
		}
		w.value(item, one, s.item(i))
		v.Set(reflect.Append(v, one))
	}
}
