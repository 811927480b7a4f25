package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheListFitsTheProgram: each line is there once, and at least thirty faults are made.
func TestTheListFitsTheProgram(t *testing.T) {
	text, err := os.ReadFile("faults.txt")
	if err != nil {
		t.Fatal(err)
	}
	faults, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]int{}
	for _, f := range faults {
		packages[filepath.Dir(f.file)]++
		source, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(f.file)))
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := f.apply(string(source)); err != nil {
			t.Error(err)
		}
	}
	if len(faults) < 30 {
		t.Errorf("%d faults, want at least 30", len(faults))
	}
	for _, p := range []string{"txn", "dialog", "outcome", "digest", "store", "call", "exchange", "app"} {
		if packages[p] == 0 {
			t.Errorf("no fault in %s", p)
		}
	}
}

func TestAListThatIsNotOneIsRefused(t *testing.T) {
	for _, text := range []string{"- a\n+ b\n", "x.go\n+ b\n", "x.go\n- a\n", "x.go\n- a\n- b\n+ c\n", "nonsense\n"} {
		if got, err := parse(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestFaultsAreTold: one that is noticed, one that is not, one that is no program.
func TestFaultsAreTold(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module m\n\ngo 1.26\n",
		"a.go":        "package m\n\nfunc Half(n int) int {\n\treturn n / 2\n}\n\nfunc Third(n int) int {\n\treturn n / 3\n}\n\nfunc unused() int {\n\treturn 1\n}\n\nvar _ = unused\n",
		"a_test.go":   "package m\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif Half(8) != 4 {\n\t\tt.Error(Half(8))\n\t}\n}\n",
		"b/b_test.go": "package b\n\nimport (\n\t\"testing\"\n\n\t\"m\"\n)\n\nfunc TestThird(t *testing.T) {\n\tif m.Third(9) != 3 {\n\t\tt.Error(m.Third(9))\n\t}\n}\n",
		"list":        "a.go\n- return n / 2\n+ return n / 3\n- return 1\n+ return 2\n- return 1\n+ return nothing\na.go b\n- return n / 3\n+ return n / 4\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	err := run(&out, root, filepath.Join(root, "list"), "", time.Minute)
	if err == nil || err.Error() != "2 faults were not caught" {
		t.Errorf("%v", err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{
		"caught ", "by TestHalf", "SURVIVED ", "NO PROGRAM ", "by ", "caught ", "by TestThird", "",
		".            4 faults,   2 caught", "SURVIVED   a.go: return 1  ->  return 2", "NO PROGRAM a.go: return 1  ->  return nothing",
		"4 faults, 2 caught (0 of them by the time limit alone), 2 not, in ", "",
	} {
		if i >= len(lines) || !strings.HasPrefix(strings.TrimSpace(lines[i]), want) {
			t.Fatalf("line %d is not %q:\n%s", i+1, want, out.String())
		}
	}
}

// TestWhatFailsWithoutAFaultCatchesNothing: a package whose tests fail as it is stops the run.
func TestWhatFailsWithoutAFaultCatchesNothing(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module m\n\ngo 1.26\n",
		"a.go":      "package m\n\nfunc Half(n int) int {\n\treturn n / 2\n}\n",
		"a_test.go": "package m\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) { t.Error(Half(8)) }\n",
		"list":      "a.go\n- return n / 2\n+ return n / 3\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	err := run(&out, root, filepath.Join(root, "list"), "", time.Minute)
	if err == nil || !strings.Contains(err.Error(), "fail without a fault: caught: TestHalf") || out.Len() != 0 {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestWhoFailsOnlyOnceHasNoticedNothing: a test that fails whenever it is not asked alone.
func TestWhoFailsOnlyOnceHasNoticedNothing(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module m\n\ngo 1.26\n",
		"a.go":   "package m\n\nfunc Half(n int) int {\n\treturn n / 2\n}\n",
		"a_test.go": "package m\n\nimport (\n\t\"flag\"\n\t\"testing\"\n)\n\n" +
			"func TestHalf(t *testing.T) {\n\tif Half(8) != 4 && flag.Lookup(\"test.run\").Value.String() == \"\" {\n\t\tt.Error(Half(8))\n\t}\n}\n",
		"list": "a.go\n- return n / 2\n+ return n / 3\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	err := run(&out, root, filepath.Join(root, "list"), "", time.Minute)
	if err == nil || !strings.HasPrefix(out.String(), "UNSTEADY ") || !strings.Contains(out.String(), "1 faults, 0 caught") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestVerdicts(t *testing.T) {
	for _, x := range []struct {
		said   string
		killed bool
		want   result
		by     string
	}{
		{"--- FAIL: TestA (0.00s)\n    a_test.go:1: no\n--- FAIL: TestB (0.00s)\nFAIL\n", false, caught, "TestA"},
		{"--- FAIL: TestA/part (0.00s)\n", false, caught, "TestA/part"},
		{"panic: assignment to entry in nil map [recovered]\n", false, caught, "panic: assignment to entry in nil map [recovered]"},
		{"fatal error: all goroutines are asleep - deadlock!\n", false, caught, "fatal error: all goroutines are asleep - deadlock!"},
		{"panic: test timed out after 1m0s\n\trunning tests:\n\t\tTestA (1m0s)\n", false, hung, "TestA (1m0s)"},
		{"--- FAIL: TestA (0.00s)\npanic: test timed out after 1m0s\n\trunning tests:\n\t\tTestB (1m0s)\n", false, caught, "TestA"},
		{"", true, hung, ""},
		{"# m\n./a.go:4:9: undefined: nothing\nFAIL\tm [build failed]\n", false, noFault, "# m ./a.go:4:9: undefined: nothing FAIL m"},
	} {
		if r, by := verdict(x.said, x.killed); r != x.want || by != x.by {
			t.Errorf("%q: %s by %q, want %s by %q", x.said, r, by, x.want, x.by)
		}
	}
}
