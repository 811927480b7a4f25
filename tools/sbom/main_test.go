package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const said = "bin/onhook: go1.26.8\n\tpath\tonhook/cmd/onhook\n\tmod\tonhook\tv1.2.3\t\n\tdep\tgithub.com/a/b\tv1.0.0\th1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\tdep\tc.example/d\tv2.0.0\n\t=>\te.example/f\tv2.0.1\th1:x\n\tbuild\tCGO_ENABLED=0\n"

func TestBill(t *testing.T) {
	var out, again strings.Builder
	if err := write(&out, strings.NewReader(said)); err != nil {
		t.Fatal(err)
	}
	if err := write(&again, strings.NewReader(said)); err != nil || again.String() != out.String() {
		t.Errorf("the same program has another bill: %v", err)
	}
	var b bill
	if err := json.Unmarshal([]byte(out.String()), &b); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range b.Components {
		names = append(names, c.PURL)
	}
	if got := strings.Join(names, " "); got != "pkg:golang/std@1.26.8 pkg:golang/github.com/a/b@v1.0.0 pkg:golang/e.example/f@v2.0.1" {
		t.Errorf("got %s", got)
	}
	if h := b.Components[1].Hashes; len(h) != 1 || h[0].Content != strings.Repeat("0", 64) {
		t.Errorf("hashes %v", h)
	}
	if m := b.Metadata.Component; m.Name != "onhook" || m.Version != "v1.2.3" || m.Type != "application" || b.Format != "CycloneDX" {
		t.Errorf("%+v", b)
	}
	if err := write(&out, strings.NewReader("nothing of this kind")); err == nil {
		t.Error("a bill was made of nothing")
	}
}
