package config

import (
	"slices"
	"strings"
	"testing"
)

func TestOutside(t *testing.T) {
	const trunk = "users: [{name: \"100\", password: abcdefgh}]\ntrunks: [{name: c, address: 192.0.2.1}]\n"
	cfg, err := Parse("f", []byte("domain: a\n"+trunk))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(cfg.Outside.Premium, "+979*") || !slices.Contains(cfg.Outside.Always, "112") {
		t.Errorf("the defaults: %+v", cfg.Outside)
	}
	if len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0], "outside.home") {
		t.Errorf("warnings: %q", cfg.Warnings)
	}
	for _, more := range []string{"outside: {home: \"+49\"}\n", "policies: {outgoing: [{numbers: [\"00*\"]}]}\n"} {
		if cfg, err := Parse("f", []byte("domain: a\n"+trunk+more)); err != nil || len(cfg.Warnings) != 0 {
			t.Errorf("%q: %v, %+v", more, err, cfg)
		}
	}
	for text, want := range map[string]string{
		`{home: "49"}`: "outside.home", `{home: "+"}`: "outside.home", `{home: "+0"}`: "outside.home", `{home: "+49a"}`: "outside.home", `{home: "+49123"}`: "outside.home",
		`{abroad: ["+43*"]}`: "outside.abroad", `{home: "+49", abroad: ["4 4"]}`: "outside.abroad[0]", `{premium: ["a b"]}`: "outside.premium[0]", `{calls: -1}`: "outside.calls",
	} {
		if _, err := Parse("f", []byte("domain: a\noutside: "+text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
