package config

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// scalar reads a single value.
func (w *walk) scalar(n ast.Node, v reflect.Value, s spot) {
	t := v.Type()
	k, special := kinds[t]
	value, ok := text(n)
	switch {
	case !ok:
		w.report(n, s, describe(n, s), wantOf(t))
		return
	case v.Kind() == reflect.Bool:
		b, isBool := n.(*ast.BoolNode)
		if !isBool {
			w.report(n, s, describe(n, s), "true or false")
			return
		}
		v.SetBool(b.Value)
		return
	case v.Kind() == reflect.Int && !special:
		if _, quoted := n.(*ast.StringNode); quoted {
			w.report(n, s, describe(n, s), "a whole number")
			return
		}
	}
	if isBool(n) {
		w.report(n, s, describe(n, s), wantOf(t)+" in quotes")
		return
	}
	if words := wordsOf(t); words != nil {
		w.word(n, v, s, value, words)
		return
	}
	if err := setText(v, value); err != nil {
		w.report(n, s, describe(n, s), wantOf(t))
		w.last().Why = reason(err)
		if k.nearest != nil {
			w.last().Nearest = k.nearest(value)
		}
		return
	}
	if v.CanInt() {
		if want := bounds(v, s.tag); want != "" {
			w.report(n, s, value, want)
		}
	}
}

// word reads a value that is one of a few words.
func (w *walk) word(n ast.Node, v reflect.Value, s spot, value string, words []string) {
	if slices.Contains(words, value) {
		v.SetString(value)
		return
	}
	w.report(n, s, strconv.Quote(value), strings.Join(words, " or "))
	if slices.Contains(laterWords[s.form], value) {
		w.last().Why = value + " is " + errLater.Error()
		return
	}
	w.last().Nearest = nearest(value, words)
}

// reason is what an error adds to what was got and wanted.
func reason(err error) string {
	switch {
	case errors.Is(err, strconv.ErrRange):
		return "the number is too large"
	case errors.Is(err, strconv.ErrSyntax), errors.Is(err, errNothingToAdd):
		return ""
	}
	return err.Error()
}

func wantOf(t reflect.Type) string {
	if k, ok := kinds[t]; ok {
		return k.want
	}
	switch t.Kind() {
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	}
	if words := wordsOf(t); words != nil {
		return strings.Join(words, " or ")
	}
	return "text"
}

func isBool(n ast.Node) bool {
	_, ok := n.(*ast.BoolNode)
	return ok
}

// text gives a scalar as it is spelt in the file: 0100 stays 0100, since numbers of
// telephones and passwords look like numbers and are none.
func text(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	case *ast.MappingNode:
		if len(n.Values) == 1 {
			return joined(n.Values[0])
		}
	case *ast.MappingValueNode:
		return joined(n)
	}
	return "", false
}

// joined puts a:b together again. A colon without a blank behind it belongs to a
// plain scalar (YAML 1.2 section 7.3.3), but the parser takes it for a key in a list
// within braces: {to: [user:100, trunk:carrier]}.
func joined(n *ast.MappingValueNode) (string, bool) {
	if n.Start == nil || n.Key == nil || n.Value == nil {
		return "", false
	}
	key, keyOK := text(n.Key)
	value, valueOK := text(n.Value)
	from, colon, to := place(n.Key), tokenPlace(n.Start), place(n.Value)
	adjacent := from.line == colon.line && colon.line == to.line &&
		from.column+len([]rune(key)) == colon.column && colon.column+1 == to.column
	return key + ":" + value, keyOK && valueOK && adjacent && plain(n.Key) && plain(n.Value)
}

// plain reports whether a scalar stands without quotes.
func plain(n ast.Node) bool {
	tk := n.GetToken()
	return tk != nil && tk.Type != token.SingleQuoteType && tk.Type != token.DoubleQuoteType
}

// describe says what stands at a node, in a few words and without secrets.
func describe(n ast.Node, s spot) string {
	value, scalar := text(n)
	switch {
	case !scalar:
		return shape(n)
	case isSecret(s.form):
		return "a secret"
	}
	if len(value) > 80 {
		value = strings.ToValidUTF8(value[:80], "") + "..."
	}
	return strconv.Quote(value)
}

// shape names what is no scalar.
func shape(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	}
	return "something else"
}

// isSecret reports whether a path's value must not be printed.
func isSecret(form string) bool {
	for _, end := range [...]string{".password", ".pin", ".secret"} {
		if strings.HasSuffix(form, end) {
			return true
		}
	}
	return strings.Contains(form, ".ha1")
}
