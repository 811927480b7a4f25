package onhook_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// checkPurity holds pure packages to decide and not do.
func checkPurity(f *file) (complaints []string) {
	if f.isTest() || !f.isPure() {
		return nil
	}
	complain := func(n ast.Node, format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf("%s:%d: %s", f.path, f.line(n), fmt.Sprintf(format, args...)))
	}
	timeName := ""
	for _, spec := range f.ast.Imports {
		name := strings.Trim(spec.Path.Value, `"`)
		if name == "time" {
			timeName = "time"
			if spec.Name != nil {
				timeName = spec.Name.Name
			}
		}
		if !pureImport(f.top(), name) {
			complain(spec, "%s is pure and imports %s: pure packages import no clock, socket, lock, log or random source, so that they run live, over a capture and in a simulation", f.top(), name)
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			complain(n, "a goroutine: one loop feeds the machines, so that their order is the order of the packets")
		case *ast.SelectStmt:
			complain(n, "a select: waiting is the loop's")
		case *ast.ChanType:
			complain(n, "a channel: machines return actions, they do not send")
		case *ast.SendStmt:
			complain(n, "a send on a channel: machines return actions, they do not send")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == timeName && x.Obj == nil && slices.Contains(clocks, n.Sel.Name) {
				complain(n, "time.%s: time is an argument here, so that a test runs 32 s in no time and twice the same", n.Sel.Name)
			}
			if strings.HasPrefix(n.Sel.Name, "NewJSEP") {
				complain(n, "%s takes random bits of its own: make the session from the given source", n.Sel.Name)
			}
		}
		return true
	})
	return complaints
}

// pureImport reports whether a pure package may import a path.
func pureImport(top, name string) bool {
	if rest, ours := strings.CutPrefix(name, "onhook/"); ours {
		return slices.Contains(purePackages, strings.SplitN(rest, "/", 2)[0])
	}
	if slices.Contains(morePureImports[top], name) {
		return true
	}
	return slices.ContainsFunc(pureImports, func(allowed string) bool {
		return name == allowed || strings.HasSuffix(allowed, "/") && strings.HasPrefix(name, allowed)
	})
}

// checkVariables finds init functions and package variables that change: state that
// no constructor shows and that two tests would share.
func checkVariables(f *file) (complaints []string) {
	if f.isTest() {
		return nil
	}
	complain := func(n ast.Node, what string) {
		complaints = append(complaints, fmt.Sprintf(
			"%s:%d: %s: cmd wires everything in one function, and package variables are errors and tables only", f.path, f.line(n), what))
	}
	for _, decl := range f.ast.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if ok && function.Recv == nil && function.Name.Name == "init" {
			complain(function, "an init function")
		}
	}
	changed := func(n ast.Node, target ast.Expr) {
		if name, ok := f.packageVariable(target); ok {
			complain(n, "package variable "+name+" is changed")
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				return true
			}
			for _, left := range n.Lhs {
				changed(n, left)
			}
		case *ast.IncDecStmt:
			changed(n, n.X)
		case *ast.UnaryExpr:
			// A pointer to a table is a way to change it from anywhere. Where tables
			// are made of each other it saves a copy.
			if _, index := n.X.(*ast.IndexExpr); n.Op == token.AND && !index && f.inFunction(n) {
				changed(n, n.X)
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "delete" || name.Name == "clear") && len(n.Args) > 0 {
				changed(n, n.Args[0])
			}
		}
		return true
	})
	return complaints
}

// inFunction reports whether a node stands in a function, not in the declaration of
// a package variable.
func (f *file) inFunction(n ast.Node) bool {
	return slices.ContainsFunc(f.ast.Decls, func(decl ast.Decl) bool {
		_, ok := decl.(*ast.FuncDecl)
		return ok && decl.Pos() <= n.Pos() && n.End() <= decl.End()
	})
}

// packageVariable gives the package variable that an expression changes when it is
// assigned to.
func (f *file) packageVariable(e ast.Expr) (string, bool) {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			if !f.variables[x.Name] {
				return "", false
			}
			// The parser resolves names within a file: one that it resolved to
			// something else than the file's own variable is a local one.
			return x.Name, x.Obj == nil || f.ast.Scope.Lookup(x.Name) == x.Obj
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return "", false
		}
	}
}

// TestTheRulesCanFail holds each rule against a source that breaks it and one that
// does not.
func TestTheRulesCanFail(t *testing.T) {
	long := strings.Repeat("// line\n", maxLines)
	tests := []struct {
		rule, path, src string
		want            int // complaints
	}{
		{"imports", "txn/a.go", `package txn; import "onhook/sip"`, 0},
		{"imports", "txn/a.go", `package txn; import "onhook/dialog"`, 1},
		{"imports", "sip/a.go", `package sip; import "onhook/txn"`, 1},
		{"imports", "sip/a.go", `package sip; import "onhook/sip/internal/x"`, 0},
		{"imports", "sip/a.go", `package sip; import "onhook/sim"`, 1},
		{"imports", "sip/a_test.go", `package sip; import "onhook/sim"`, 0},
		{"imports", "store/a.go", `package store; import "onhook/config"`, 1},
		{"imports", "exchange/a.go", `package exchange; import "onhook/config"`, 0},
		{"imports", "media/a.go", `package media; import "onhook/sip"`, 1},
		{"imports", "phone/a.go", `package phone; import "onhook/call"`, 1},
		{"imports", "outcome/a.go", `package outcome; import "onhook/stack"`, 1},
		{"imports", "util/a.go", `package util`, 1},
		{"imports", "cmd/onhook/a.go", `package main; import ("onhook/exchange"; "onhook/unknown")`, 1},
		{"imports", "sim/phone.go", `package sim; import "onhook/txn"`, 1},
		{"imports", "sim/network.go", `package sim; import "onhook/txn"`, 0},
		{"purity", "txn/a.go", `package txn; import ("time"; "strings"; "encoding/hex"; "onhook/sip")`, 0},
		{"purity", "txn/a.go", `package txn; import "math/rand"`, 1},
		{"purity", "txn/a.go", `package txn; import "sync"`, 1},
		{"purity", "txn/a.go", `package txn; import "regexp"`, 1},
		{"purity", "route/a.go", `package route; import "regexp"`, 0},
		{"purity", "digest/a.go", `package digest; import "crypto/md5"`, 0},
		{"purity", "txn/a.go", `package txn; import "crypto/md5"`, 1},
		{"purity", "stack/a.go", `package stack; import "onhook/wire"`, 1},
		{"purity", "wire/a.go", `package wire; import "net"; func f() { go f() }`, 0},
		{"purity", "txn/a.go", `package txn; import "time"; var zero = time.Unix(0, 0)`, 0},
		{"purity", "txn/a.go", `package txn; import "time"; func f() time.Time { return time.Now() }`, 1},
		{"purity", "txn/a.go", `package txn; import clock "time"; func f() { clock.Sleep(1) }`, 1},
		{"purity", "txn/a.go", `package txn; func f() { go f() }`, 1},
		{"purity", "txn/a.go", `package txn; func f(c chan int) { c <- 1; select {} }`, 3},
		{"purity", "call/a.go", `package call; import "github.com/pion/sdp/v3"; func f() { sdp.NewJSEPSessionDescription(false) }`, 1},
		{"purity", "txn/a_test.go", `package txn; import "time"; func f() { time.Now() }`, 0},
		{"variables", "wire/a.go", `package wire; func init() {}`, 1},
		{"variables", "wire/a.go", `package wire; type t int; func (t) init() {}`, 0},
		{"variables", "wire/a.go", `package wire; var n int; func f() { n = 1; n++ }`, 2},
		{"variables", "wire/a.go", `package wire; var n int; func f() { n := 1; n = 2; _ = n }`, 0},
		{"variables", "wire/a.go", `package wire; var m map[int]int; func f() { m[1] = 2; delete(m, 1) }`, 2},
		{"variables", "wire/a.go", `package wire; var p struct{ x int }; func f() *int { p.x = 2; return &p.x }`, 2},
		{"variables", "wire/a.go", `package wire; var _ = 1; func f() { _ = f; _, _ = 1, 2 }`, 0},
		{"variables", "wire/a.go", `package wire; var table = []int{1}; func f() int { return table[0] }`, 0},
		{"variables", "wire/a.go", `package wire; var a = [2]int{}; var b = len(&a)`, 0},
		{"size", "wire/a.go", long + "package wire", 1},
		{"size", "wire/a_test.go", long + "package wire", 0},
		{"size", "wire/a.go", "package wire", 0},
		{"sleeps", "wire/a_test.go", `package wire; import "time"; func f() { time.Sleep(1) }`, 1},
		{"sleeps", "wire/a_test.go", `package wire; import ("testing/synctest"; "time"); func f() { time.Sleep(1); synctest.Wait() }`, 0},
		{"sleeps", "e2e/a_test.go", `package e2e; import "time"; func f() { time.Sleep(1) }`, 0},
		{"words", "wire/a.go", "package wire // TO" + "DO: more", 1},
		{"words", "wire/a.go", "package wire // done", 0},
	}
	for _, tt := range tests {
		f, err := parseFile(tt.path, tt.src)
		if err != nil {
			t.Fatal(err)
		}
		join([]*file{f})
		if got := rules[tt.rule](f); len(got) != tt.want {
			t.Errorf("%s of %s in %.90q: got %d complaints, want %d: %q", tt.rule, tt.path, tt.src, len(got), tt.want, got)
		}
	}
}

func TestTheRulesSeeVariablesOfOtherFiles(t *testing.T) {
	a, err := parseFile("wire/a.go", `package wire; var n int`)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parseFile("wire/b.go", `package wire; func f() { n = 1 }; func g(n int) { n = 1 }`)
	if err != nil {
		t.Fatal(err)
	}
	join([]*file{a, b})
	if got := checkVariables(b); len(got) != 1 {
		t.Errorf("got %q, want one complaint, for f", got)
	}
}
