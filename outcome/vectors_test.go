package outcome

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onhook/call"
)

var update = flag.Bool("update", false, "write the vectors anew; the rows' own expectations still have to hold")

// A vectorFile is a file of testdata/vectors, as docs/events.md describes it.
type vectorFile struct {
	Format  string   `json:"format"`
	Version int      `json:"version"`
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

// TestVectors holds the published vectors: each was made of a row whose outcome
// was written by hand, and is read back and folded as a stranger would.
func TestVectors(t *testing.T) {
	for _, g := range []struct {
		file, source string
		cases        []hardCase
	}{
		{"two_party", "live", twoPartyCases},
		{"reasons", "live", reasonCases},
		{"section_7", "live", section7Cases},
		{"stages", "live", stageCases},
		{"api_calls", "live", apiCases},
		{"captures", "pcap", captureCases},
		{"section_9", "live", peerCases},
	} {
		t.Run(g.file, func(t *testing.T) {
			name := filepath.Join("..", "testdata", "vectors", g.file+".json")
			if *update {
				writeVectors(t, name, g.source, g.cases)
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var f vectorFile
			if err := json.Unmarshal(data, &f); err != nil {
				t.Fatal(err)
			}
			if f.Format != vectorFormat || f.Version != call.EventsVersion || len(f.Vectors) != len(g.cases) {
				t.Fatalf("%s: %s version %d with %d vectors, want %d", name, f.Format, f.Version, len(f.Vectors), len(g.cases))
			}
			for i, v := range f.Vectors {
				want := g.cases[i]
				if v.Name != want.name || outcomeLine(&v.Record) != want.want {
					t.Errorf("%s: the file says %q %s, its row %s", v.Name, want.name, outcomeLine(&v.Record), want.want)
				}
				got := Fold(v.Events, Meta{ID: v.Record.ID, Source: v.Source})
				if diff := cmp.Diff(v.Record, got); diff != "" {
					t.Errorf("%s (-file +folded):\n%s", v.Name, diff)
				}
			}
		})
	}
}

// writeVectors writes a file with an event a line, so that a change can be read.
func writeVectors(t *testing.T, name, source string, cases []hardCase) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`{"format":"` + vectorFormat + `","version":1,"vectors":[`)
	for i, x := range cases {
		evs := events(t, x.script)
		r := Fold(evs, Meta{ID: "call_01", Source: source})
		if got := outcomeLine(&r); got != x.want {
			t.Fatalf("%s: %s, its row wants %s: not written", x.name, got, x.want)
		}
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n\n{\"name\":" + jsonText(t, x.name) + ",\"source\":\"" + source + "\",\"events\":[")
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
