package onhook_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func exists(name string) bool {
	_, err := os.Stat(filepath.FromSlash(name))
	return err == nil
}

func TestLinksOfTheDocumentsLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)\s]*)?\)`)
	found := 0
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules" || name != "." && strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(name) != ".md" {
			return nil
		}
		for _, m := range link.FindAllStringSubmatch(readText(t, name), -1) {
			found++
			if target := filepath.Join(filepath.Dir(name), filepath.FromSlash(m[1])); !exists(target) {
				t.Errorf("%s: the link to %s leads nowhere", name, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 5 {
		t.Errorf("only %d links were found: the test looks in the wrong place", found)
	}
}

// checkRFCs gives what is wrong with a table of RFCs.
func checkRFCs(text string) (complaints []string, rows int) {
	number := regexp.MustCompile(`^\d{4}(, \d{4})*$`)
	name := regexp.MustCompile("`([^`]+)`")
	for line := range strings.SplitSeq(text, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| RFC") || strings.HasPrefix(line, "| ---") {
			continue
		}
		rows++
		if strings.HasSuffix(line, "| |") {
			cells = append(cells[:len(cells):len(cells)], "")
			cells[2] = strings.Trim(cells[2], "| ")
		}
		if len(cells) != 4 || !number.MatchString(cells[0]) || cells[1] == "" {
			complaints = append(complaints, line+": want RFC, section, status, where")
			continue
		}
		if !slices.Contains([]string{"yes", "part", "no"}, cells[2]) {
			complaints = append(complaints, line+": the status is yes, part or no")
		}
		named := name.FindAllStringSubmatch(cells[3], -1)
		if cells[2] != "no" && len(named) == 0 {
			complaints = append(complaints, line+": no file is named")
		}
		for _, m := range named {
			if !exists(m[1]) {
				complaints = append(complaints, line+": there is no "+m[1])
			}
		}
	}
	return complaints, rows
}

func TestListOfRFCsIsTrue(t *testing.T) {
	complaints, rows := checkRFCs(readText(t, "RFCS.md"))
	for _, c := range complaints {
		t.Error(c)
	}
	if rows < 5 {
		t.Errorf("only %d rows were found", rows)
	}
	for _, bad := range []string{
		"| 3261 | 7 | yes | |", "| 3261 | 7 | yes | somewhere |", "| 3261 | 7 | done | `route` |", "| x | 7 | yes | `route` |",
		"| 3261 | 7 | part | `route/none.go` |", "| 3261 | yes | `route` |", "| 3261 | 7 | no | `nowhere` |",
	} {
		if complaints, _ := checkRFCs(bad); len(complaints) == 0 {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestArchitectureNamesTheImportLines(t *testing.T) {
	var want strings.Builder
	for _, line := range importLines {
		want.WriteString(strings.Join(line, " ") + "\n")
	}
	if !strings.Contains(readText(t, "ARCHITECTURE.md"), "```\n"+want.String()+"```\n") {
		t.Errorf("ARCHITECTURE.md has other import lines than arch_test.go:\n%s", want.String())
	}
}

// shellCommands gives the lines of the sh blocks of a document.
func shellCommands(text string) (commands []string) {
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		commands = append(commands, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	return commands
}

func TestReadmeHasTwoSetUpCommands(t *testing.T) {
	want := []string{"go run ./cmd/onhook", "./test"}
	if got := shellCommands(readText(t, "README.md")); !slices.Equal(got, want) {
		t.Errorf("the README sets up with %q, want %q", got, want)
	}
	info, err := os.Stat("test")
	if err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("./test is not there or cannot be run: %v", err)
	}
	// The programs come last to a new tree: what has no cmd/ at all has none to run yet.
	if exists("cmd") && !exists("cmd/onhook/main.go") {
		t.Error("there is no cmd/onhook/main.go to run")
	}
	if ci := readText(t, ".ci/run"); !strings.Contains(ci, "\nexec ./test\n") {
		t.Error(".ci/run does not call the README's test command")
	}
}

func TestArchitectureTableNamesEveryPackage(t *testing.T) {
	text := readText(t, "ARCHITECTURE.md")
	for _, f := range ourFiles(t) {
		top := f.top()
		if top == f.path || top == "cmd" {
			continue
		}
		if !strings.Contains(text, "`"+top+"`") {
			t.Errorf("ARCHITECTURE.md does not name package %s", top)
		}
	}
}
