package outcome

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onhook/call"
)

var update = flag.Bool("update", false, "write the vectors and the reference page anew and, with -v, show what changed; the rows' own expectations still have to hold")

// A vectorFile is a file of testdata/vectors, as docs/events.md describes it.
type vectorFile struct {
	Format  string   `json:"format"`
	Version int      `json:"version"`
	Subject string   `json:"subject"`
	Vectors []vector `json:"vectors"`
}

// A vector is the events of one call and the record that they give.
type vector struct {
	Name   string       `json:"name"`
	Source string       `json:"source"`
	Events []call.Event `json:"events"`
	Record Record       `json:"record"`
}

const vectorFormat = "onhook-outcome-vectors"

// A vectorGroup is what goes into one file.
type vectorGroup struct {
	file, subject, source string
	cases                 []hardCase
}

// vectorGroups lists every file: one for each reason, one for each row of
// section 7, and those of the other tables.
func vectorGroups() []vectorGroup {
	groups := []vectorGroup{
		{"two_party", "endings of a plain call", "live", twoPartyCases},
		{"endings", "other endings", "live", endingCases},
		{"stages", "section 3 rule 3: the stage comes first", "live", stageCases},
		{"api_calls", "section 2: calls made through the API", "live", apiCases},
		{"captures", "section 3a: what a capture can know", "pcap", captureCases},
		{"section_9", "section 9: what peers get wrong", "live", peerCases},
	}
	for _, x := range append(slices.Clone(reasonCases), legReasonCases...) {
		groups = append(groups, vectorGroup{"reasons/" + x.name, x.name, "live", []hardCase{x}})
	}
	for _, x := range cutCases {
		groups = append(groups, vectorGroup{"reasons/" + x.name, x.name, "pcap", []hardCase{x}})
	}
	for _, row := range section7Rows {
		groups = append(groups, vectorGroup{"section_7/" + row.file, row.cell, "live", row.cases})
	}
	return groups
}

var vectorDir = filepath.Join("..", "testdata", "vectors")

// TestVectors holds the published vectors: each was made of a row whose outcome
// was written by hand, and is read back and folded as a stranger would.
func TestVectors(t *testing.T) {
	for _, g := range vectorGroups() {
		t.Run(g.file, func(t *testing.T) {
			name := filepath.Join(vectorDir, filepath.FromSlash(g.file)+".json")
			if *update {
				writeVectors(t, name, g)
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var f vectorFile
			if err := json.Unmarshal(data, &f); err != nil {
				t.Fatal(err)
			}
			if f.Format != vectorFormat || f.Version != call.EventsVersion || f.Subject != g.subject || len(f.Vectors) != len(g.cases) {
				t.Fatalf("%s: %s version %d, %q, with %d vectors, want %d", name, f.Format, f.Version, f.Subject, len(f.Vectors), len(g.cases))
			}
			for i, v := range f.Vectors {
				if v.Name != g.cases[i].name {
					t.Errorf("vector %d is %q, want %q", i+1, v.Name, g.cases[i].name)
				}
				checkOutcome(t, &v.Record, g.cases[i].want)
				got := Fold(v.Events, Meta{ID: v.Record.ID, Source: v.Source})
				if diff := cmp.Diff(v.Record, got); diff != "" {
					t.Errorf("%s (-file +folded):\n%s", v.Name, diff)
				}
			}
		})
	}
}

// TestVectors_EachReasonHasAFile: the file of a reason shows a call, a leg or a
// segment that ended so; and no file is there that no table made.
func TestVectors_EachReasonHasAFile(t *testing.T) {
	known := map[string]bool{}
	for _, g := range vectorGroups() {
		if known[g.file] {
			t.Errorf("%s is there twice", g.file)
		}
		known[g.file] = true
	}
	for r := range Reason(Reasons) {
		data, err := os.ReadFile(filepath.Join(vectorDir, "reasons", r.String()+".json"))
		if err != nil {
			t.Error(err)
			continue
		}
		var f vectorFile
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		shown := false
		for _, v := range f.Vectors {
			shown = shown || v.Record.ByeReason == r.String() && r.Scope() != ScopeLeg
			for _, l := range v.Record.Legs {
				shown = shown || l.Reason == r.String()
			}
		}
		if !shown {
			t.Errorf("no vector of %s shows it", r)
		}
	}
	err := filepath.WalkDir(vectorDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(vectorDir, path)
		if !known[strings.TrimSuffix(filepath.ToSlash(name), ".json")] && name != "README.md" {
			t.Errorf("%s: no table makes this file", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// writeVectors writes a file with an event a line, so that a change can be
// read, and logs what changed.
func writeVectors(t *testing.T, name string, g vectorGroup) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`{"format":"` + vectorFormat + `","version":1,"subject":` + jsonText(t, g.subject) + `,"vectors":[`)
	for i, x := range g.cases {
		evs := events(t, x.script)
		r := Fold(evs, Meta{ID: "call_01", Source: g.source})
		checkOutcome(t, &r, x.want)
		if t.Failed() {
			t.Fatalf("%s: its row does not hold: not written", x.name)
		}
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n\n{\"name\":" + jsonText(t, x.name) + ",\"source\":\"" + g.source + "\",\"events\":[")
		for j := range evs {
			if j > 0 {
				b.WriteString(",")
			}
			b.WriteString("\n" + jsonText(t, evs[j]))
		}
		b.WriteString("],\n\"record\":" + jsonText(t, r) + "}")
	}
	b.WriteString("\n]}\n")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(name)
	switch {
	case err != nil:
		t.Logf("%s is new", name)
	case !bytes.Equal(old, b.Bytes()):
		t.Logf("%s (-before +after):\n%s", name, cmp.Diff(strings.Split(string(old), "\n"), strings.Split(b.String(), "\n")))
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
