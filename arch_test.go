// Package onhook_test holds the tests of the tree as a whole: who imports whom,
// what pure packages do without, and that the documents are true.
package onhook_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// importLines are the packages from the bottom up. A package may import those on
// earlier lines, never its own line or a later one: so that what decides never
// depends on what does, and each line can be read with the earlier ones alone.
var importLines = [][]string{
	{"sip"},
	{"digest", "txn", "dialog", "registrar", "route", "capture"},
	{"wire", "stack", "call", "config"},
	{"outcome", "media"},
	{"app", "ladder", "store", "cluster", "trace"},
	{"analyse", "exchange", "webhook", "phone"},
	{"api"},
	{"console", "demo"},
	{"cmd"},
}

// testOnly may import anything and are imported by nothing.
var testOnly = []string{"sim", "e2e", "bench"}

// purePackages are functions of (input, time): the same code runs live, over a
// capture and in a simulated network.
var purePackages = []string{"sip", "digest", "txn", "dialog", "stack", "registrar", "route", "call", "outcome", "ladder"}

// pureImports are what a pure package may import besides pure packages of ours. A
// trailing slash stands for everything below.
var pureImports = []string{
	"bytes", "cmp", "encoding/", "errors", "fmt", "hash", "hash/", "iter", "maps", "math", "math/bits", "net/netip", "net/url",
	"slices", "sort", "strconv", "strings", "time", "unicode", "unicode/",
}

// morePureImports are exceptions for one package, each with its reason.
var morePureImports = map[string][]string{
	"digest": {"crypto/md5", "crypto/sha256", "crypto/sha512", "crypto/hmac", "crypto/subtle"}, // digests are what it computes
	"call":   {"github.com/pion/sdp/v3"},                                                       // call decides codecs and direction: values in, values out
	"route":  {"regexp", "regexp/syntax"},                                                      // rules are RE2 patterns: linear time, no state, no clock
}

// forbiddenImports are imports that the lines would allow and that must not be.
var forbiddenImports = []struct {
	from   []string
	to     string
	reason string
}{
	{
		[]string{"outcome", "media", "app", "ladder", "store", "cluster", "analyse", "webhook", "trace", "phone", "console", "demo"},
		"config",
		"only exchange, api and cmd import config: every other package has options of its own, which cmd fills",
	},
	{[]string{"media"}, "sip", "media never sees SIP: only exchange joins the two"},
	{[]string{"phone"}, "call", "the user agent must not share the code that it is to test"},
	{[]string{"phone", "demo"}, "exchange", "the user agent talks to the server over sockets like any other"},
	{[]string{"app"}, "sip", "an app sees call as verbs, so that a menu is tested without SIP"},
	{[]string{"app"}, "dialog", "an app sees call as verbs, so that a menu is tested without SIP"},
	{[]string{"app"}, "stack", "an app sees call as verbs, so that a menu is tested without SIP"},
	{[]string{"outcome", "ladder"}, "stack", "outcome and ladder see call events only, so that a capture gives the same record as a live call"},
	{[]string{"outcome", "ladder"}, "dialog", "outcome and ladder see call events only, so that a capture gives the same record as a live call"},
	{[]string{"outcome", "ladder"}, "txn", "outcome and ladder see call events only, so that a capture gives the same record as a live call"},
}

// clocks are the functions of package time that a pure package does without: time
// is an argument, so that a test runs 32 s in no time and twice the same.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"}

// maxLines is the longest file that is not a test.
const maxLines = 600

// A file is one source file of ours, parsed.
type file struct {
	path  string // cmd/onhook/main.go
	fset  *token.FileSet
	ast   *ast.File
	lines int
	// variables are the package variables of the whole package.
	variables map[string]bool
}

func (f *file) top() string         { return strings.SplitN(f.path, "/", 2)[0] }
func (f *file) isTest() bool        { return strings.HasSuffix(f.path, "_test.go") }
func (f *file) isPure() bool        { return slices.Contains(purePackages, f.top()) }
func (f *file) line(n ast.Node) int { return f.fset.Position(n.Pos()).Line }

// parseFile reads one file. src may be nil for the file on disk.
func parseFile(name string, src any) (*file, error) {
	f := &file{path: filepath.ToSlash(name), fset: token.NewFileSet()}
	parsed, err := parser.ParseFile(f.fset, name, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	f.ast = parsed
	f.lines = f.fset.File(parsed.FileStart).LineCount()
	return f, nil
}

// join gives the files of each package the variables of the whole package.
func join(files []*file) {
	packages := make(map[string]map[string]bool)
	for _, f := range files {
		dir := path.Dir(f.path)
		if packages[dir] == nil {
			packages[dir] = make(map[string]bool)
		}
		f.variables = packages[dir]
		if f.isTest() {
			continue
		}
		for _, decl := range f.ast.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok || general.Tok != token.VAR {
				continue
			}
			for _, spec := range general.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					f.variables[name.Name] = name.Name != "_"
				}
			}
		}
	}
}

// ourFiles parses all Go files of this module; folders with a go.mod of their own
// and testdata are left out.
func ourFiles(t *testing.T) []*file {
	t.Helper()
	var files []*file
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			own, _ := filepath.Glob(filepath.Join(name, "go.mod"))
			if name != "." && (len(own) > 0 || entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parseFile(name, nil)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	join(files)
	return files
}

// rules are all the checks of a file, by name.
var rules = map[string]func(*file) []string{
	"imports":   checkImports,
	"purity":    checkPurity,
	"variables": checkVariables,
	"size":      checkSize,
	"words":     checkWords,
	"sleeps":    checkSleeps,
}

func TestArchitecture(t *testing.T) {
	files := ourFiles(t)
	if len(files) < 10 {
		t.Fatalf("only %d files were found: the test looks in the wrong place", len(files))
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, f := range files {
				for _, complaint := range rule(f) {
					t.Error(complaint)
				}
			}
		})
	}
}

func TestEveryPackageHasADocGo(t *testing.T) {
	documented := make(map[string]bool)
	for _, f := range ourFiles(t) {
		dir := path.Dir(f.path)
		if f.isTest() || dir == "." {
			continue
		}
		base := path.Base(f.path)
		if (base == "doc.go" || f.top() == "cmd" && base == "main.go") && f.ast.Doc != nil {
			documented[dir] = true
		} else if !documented[dir] {
			documented[dir] = false
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no doc.go with a package comment: what it is, its nouns, its RFCs, what it does not do", dir)
		}
	}
}

// lineOf is the import line of a package, -1 if it has none.
func lineOf(top string) int {
	return slices.IndexFunc(importLines, func(line []string) bool { return slices.Contains(line, top) })
}

func checkImports(f *file) (complaints []string) {
	if f.isTest() || path.Dir(f.path) == "." || slices.Contains(testOnly, f.top()) {
		return checkPhones(f)
	}
	from := lineOf(f.top())
	if from < 0 {
		return []string{fmt.Sprintf("%s: package %s stands on no import line: say in arch_test.go and ARCHITECTURE.md what it may import", f.path, f.top())}
	}
	for _, spec := range f.ast.Imports {
		top, ours := ourImport(spec)
		if !ours || top == f.top() {
			continue
		}
		to := lineOf(top)
		switch {
		case slices.Contains(testOnly, top):
			complaints = append(complaints, fmt.Sprintf("%s:%d imports %s, which is for tests only", f.path, f.line(spec), top))
		case to < 0 || to >= from:
			complaints = append(complaints, fmt.Sprintf(
				"%s:%d: %s imports %s, which does not stand on an earlier import line: what decides must not depend on what does", f.path, f.line(spec), f.top(), top))
		}
		for _, rule := range forbiddenImports {
			if slices.Contains(rule.from, f.top()) && rule.to == top {
				complaints = append(complaints, fmt.Sprintf("%s:%d: %s imports %s: %s", f.path, f.line(spec), f.top(), top, rule.reason))
			}
		}
	}
	return complaints
}

// checkPhones holds the scripted phones of sim apart from the code that they test.
func checkPhones(f *file) (complaints []string) {
	if f.top() != "sim" || f.isTest() || !strings.HasPrefix(path.Base(f.path), "phone") {
		return nil
	}
	for _, spec := range f.ast.Imports {
		if top, ours := ourImport(spec); ours && top != "sip" && top != "sim" {
			complaints = append(complaints, fmt.Sprintf(
				"%s:%d imports %s: sim's phones import sip alone, so that a mistake is not made on both sides", f.path, f.line(spec), top))
		}
	}
	return complaints
}

// ourImport gives the first part of an import of this module.
func ourImport(spec *ast.ImportSpec) (top string, ours bool) {
	rest, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), "onhook/")
	return strings.SplitN(rest, "/", 2)[0], ours
}

func checkSize(f *file) []string {
	if f.isTest() || f.lines <= maxLines {
		return nil
	}
	return []string{fmt.Sprintf("%s has %d lines, at most %d: one noun a file", f.path, f.lines, maxLines)}
}

// checkWords finds words that say that something is not done.
func checkWords(f *file) (complaints []string) {
	for _, group := range f.ast.Comments {
		for _, comment := range group.List {
			for _, word := range []string{"TO" + "DO", "FIX" + "ME", "X" + "XX"} {
				if strings.Contains(comment.Text, word) {
					complaints = append(complaints, fmt.Sprintf("%s:%d: %s: what is not done belongs in an issue, not in the code", f.path, f.line(comment), word))
				}
			}
		}
	}
	return complaints
}

// checkSleeps keeps real waiting out of unit tests: it is slow where it is long and
// fails on a busy machine where it is short. In a synctest bubble time is not real.
func checkSleeps(f *file) (complaints []string) {
	imported := func(name string) bool {
		return slices.ContainsFunc(f.ast.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"`+name+`"` })
	}
	if !f.isTest() || f.top() == "e2e" || f.top() == "bench" || !imported("time") || imported("testing/synctest") {
		return nil
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
				complaints = append(complaints, fmt.Sprintf("%s:%d: time.Sleep in a test: give the machine a time, or wait for a condition", f.path, f.line(s)))
			}
		}
		return true
	})
	return complaints
}
