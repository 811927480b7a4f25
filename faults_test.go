package onhook_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	faultRow   = regexp.MustCompile(`^\| (\d+) \| ([^|]+) \| ([^|]+) \|$`)
	faultTest  = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)\\w+)`")
	notBuilt   = regexp.MustCompile("part not built yet: [^(`]+ \\(`([a-z0-9_./]+)`\\)")
	noTestYet  = regexp.MustCompile(`^no test yet: .{20,}$`)
	faultParts = []struct {
		heading string
		rows    int
	}{{"## Classes", 46}, {"## Scenarios", 47}}
)

// checkFaults gives what is wrong with a page of faults; has says whether a
// package has a test, built whether a path is there.
func checkFaults(text string, has func(dir, name string) bool, built func(path string) bool) (complaints []string) {
	complain := func(s ...string) { complaints = append(complaints, strings.Join(s, " ")) }
	for _, part := range faultParts {
		_, section, found := strings.Cut(text, part.heading+"\n")
		if !found {
			complain("no section", part.heading)
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		rows := 0
		for line := range strings.SplitSeq(section, "\n") {
			m := faultRow.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			rows++
			if m[1] != strconv.Itoa(rows) {
				complain(part.heading, "row", m[1], "stands at", strconv.Itoa(rows))
			}
			tests, parts := faultTest.FindAllStringSubmatch(m[3], -1), notBuilt.FindAllStringSubmatch(m[3], -1)
			if len(tests)+len(parts) == 0 && !noTestYet.MatchString(m[3]) {
				complain(line, "names no test")
			}
			for _, x := range tests {
				if !has(x[1], x[2]) {
					complain(part.heading, m[1], "there is no test", x[1]+"."+x[2])
				}
			}
			for _, x := range parts {
				if built(x[1]) {
					complain(part.heading, m[1], x[1], "is built, so it needs a test")
				}
			}
		}
		if rows != part.rows {
			complain(part.heading, "has", strconv.Itoa(rows), "rows, want", strconv.Itoa(part.rows))
		}
	}
	return complaints
}

// hasTest tells whether a package has a test or fuzz target.
func hasTest(dir, name string) bool {
	files, _ := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil && strings.Contains(string(text), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}

func TestFaultsHaveTests(t *testing.T) {
	for _, c := range checkFaults(readText(t, "docs/faults.md"), hasTest, exists) {
		t.Error(c)
	}
}

// TestFaultsThatHaveNone holds that the check of the page can fail.
func TestFaultsThatHaveNone(t *testing.T) {
	var page strings.Builder
	for _, part := range faultParts {
		page.WriteString(part.heading + "\n")
		for i := range part.rows {
			page.WriteString("| " + strconv.Itoa(i+1) + " | x | `p.TestX` |\n")
		}
	}
	good := page.String()
	yes := func(string, string) bool { return true }
	no := func(string) bool { return false }
	if got := checkFaults(good, yes, no); len(got) != 0 {
		t.Errorf("a good page: %v", got)
	}
	for name, text := range map[string]string{
		"a row is missing":    strings.Replace(good, "| 7 | x | `p.TestX` |\n", "", 1),
		"no test is named":    strings.Replace(good, "| 7 | x | `p.TestX` |", "| 7 | x | soon |", 1),
		"a built part":        strings.Replace(good, "| 7 | x | `p.TestX` |", "| 7 | x | part not built yet: TLS (`built`) |", 1),
		"no reason":           strings.Replace(good, "| 7 | x | `p.TestX` |", "| 7 | x | no test yet: later |", 1),
		"a section is gone":   strings.Replace(good, "## Scenarios", "## Others", 1),
		"a test is not there": strings.Replace(good, "| 7 | x | `p.TestX` |", "| 7 | x | `p.TestY` |", 1),
	} {
		if got := checkFaults(text, func(_, n string) bool { return n == "TestX" }, func(p string) bool { return p == "built" }); len(got) == 0 {
			t.Errorf("%s: nothing is said of it", name)
		}
	}
}
