package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/route"
)

func TestExampleOfHooksLoads(t *testing.T) {
	data, err := os.ReadFile("../docs/hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("hooks.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	orders, office := c.Hooks[0], c.Hooks[1]
	if orders.Timeout != 3*time.Second || orders.Fallback.String() != "user:100" || orders.Private != nil {
		t.Errorf("orders is %+v", orders)
	}
	if office.Timeout != 5*time.Second || len(office.Private) != 1 || office.Private[0].String() != "10.1.2.0/24" {
		t.Errorf("office is %+v", office)
	}
	if !slices.Contains(c.Apps(), "hook:orders") || c.Menus[0].Keys[0].To.Kind != route.ToApp || c.Queues[0].Overflow.Text != "hook:office" {
		t.Error("a hook is a destination of routes, menus and queues")
	}
	if strings.Contains(strings.Join(c.Apps(), " "), "whsec") || orders.Secret.String() != "[secret]" {
		t.Error("the secret can be printed")
	}
}

func TestWrongHooks(t *testing.T) {
	for text, want := range map[string]string{
		`hooks: [{name: "a b", url: "http://x"}]`:                                                  "hooks[0].name",
		`hooks: [{name: a, url: "http://x"}, {name: a, url: "http://x"}]`:                          "hooks[1].name",
		`hooks: [{name: a, url: "ftp://x"}]`:                                                       "hooks[0].url",
		`hooks: [{name: a}]`:                                                                       "hooks[0].url",
		`hooks: [{name: a, url: "http://x", secret: "short"}]`:                                     "hooks[0].secret",
		`hooks: [{name: a, url: "http://x", secret: "c2hvcnQ="}]`:                                  "hooks[0].secret",
		`hooks: [{name: a, url: "http://x", fallback: "hook:a"}]`:                                  "hooks[0].fallback",
		`hooks: [{name: a, url: "http://x", fallback: "user:nobody"}]`:                             "hooks[0].fallback",
		`hooks: [{name: a, url: "http://x", timeout: 1h}]`:                                         "hooks[0].timeout",
		`hooks: [{name: a, url: "http://x", private: ["here"]}]`:                                   "hooks[0].private",
		"hooks: [{name: orders, url: \"http://x\"}]\nroutes: [{match: \"7\", to: \"hook:order\"}]": "routes[0].to",
	} {
		_, err := Parse("onhook.yaml", []byte(text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: got %v, want an error about %s, without the secret", text, err, want)
		}
	}
}

func TestSecretOfAHookFromAFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	conf := write("onhook.yaml", "hooks: [{name: a, url: \"http://x\", secret_file: key}]\n")
	write("key", "whsec_Y2hvb3NlIHlvdXIgb3duOiAzMiByYW5kb20gYnl0ZXM=\n")
	if c, err := Load(conf); err != nil || !strings.HasPrefix(string(c.Hooks[0].Secret), "whsec_Y2") {
		t.Errorf("got %v", err)
	}
	write("key", "nonsense\n")
	if _, err := Load(conf); err == nil || !strings.Contains(err.Error(), "hooks[0].secret_file") || strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got %v, want an error about the file, without what it holds", err)
	}
}
