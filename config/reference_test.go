package config

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

const referenceFile = "../docs/configuration.md"

func TestReferenceIsTheDocumentation(t *testing.T) {
	want := Reference()
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/configuration.md is not what the types say: run make docs")
	}
}

// fields calls f for each documented field of a section and those in it.
func fields(t reflect.Type, path string, f func(path string, field reflect.StructField)) {
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() || field.Tag.Get("yaml") == "-" {
			continue
		}
		f(path+field.Name, field)
		of := field.Type
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if isSection(of) {
			fields(of, path+field.Name+".", f)
		}
	}
}

func TestTagsAreWellFormed(t *testing.T) {
	reference := Reference()
	fields(reflect.TypeFor[Config](), "", func(path string, field reflect.StructField) {
		key, doc := field.Tag.Get("yaml"), field.Tag.Get("doc")
		if key == "" || strings.ToLower(key) != key {
			t.Errorf("%s: yaml tag %q, want a key of small letters", path, key)
		}
		if !strings.HasSuffix(doc, ".") {
			t.Errorf("%s: doc tag %q, want a sentence", path, doc)
		}
		if !strings.Contains(reference, "`"+key+"`") || !strings.Contains(reference, strings.ReplaceAll(doc, "|", "\\|")) {
			t.Errorf("%s does not stand in the reference", path)
		}
		for _, bound := range []string{"min", "max"} {
			text := field.Tag.Get(bound)
			if text == "" {
				continue
			}
			v := reflect.New(field.Type).Elem()
			if field.Type.Kind() == reflect.Map {
				v = reflect.New(field.Type.Elem()).Elem()
			}
			if err := setText(v, text); err != nil || !v.CanInt() {
				t.Errorf("%s: %s %q: %v, want a number or a duration", path, bound, text, err)
			}
		}
		if !field.IsExported() || isSection(field.Type) {
			return
		}
		// A default that its own bounds refuse would be a file that cannot be written.
		v := reflect.New(field.Type).Elem()
		if text := field.Tag.Get("default"); text != "" && v.CanInt() {
			if err := setText(v, text); err != nil {
				t.Errorf("%s: default %q: %v", path, text, err)
			} else if want := bounds(v, field.Tag); want != "" {
				t.Errorf("%s: default %q, want %s", path, text, want)
			}
		}
	})
}

func TestNeedsRestart(t *testing.T) {
	parse := func(text string) *Config {
		t.Helper()
		c, err := Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	before := parse("domain: a\ntimers: {t1: 100ms, ring: 5s}\n")
	if got := before.NeedsRestart(parse("domain: a\ntimers: {t1: 100ms, ring: 9s}\nusers: [{name: a, password: abcdefgh}]\n")); len(got) != 0 {
		t.Errorf("got %q for what can be taken over", got)
	}
	got := before.NeedsRestart(parse("domain: a\nlisten: udp://127.0.0.1:5070\nrtp: {ports: 20000-20999}\n"))
	if want := "listen rtp.ports timers.t1"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestDefaultIsAWorkingSystem(t *testing.T) {
	var asked []string
	c, err := Default(func(user string) Secret {
		asked = append(asked, user)
		return Secret("generated-" + user)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(asked, " "); got != "100 101 102" {
		t.Errorf("passwords asked for %s", got)
	}
	for _, l := range c.Listen {
		if !l.Addr.Addr().IsLoopback() {
			t.Errorf("listens on %s, want loopback only", l)
		}
	}
	if len(c.Users) != 3 || c.Users[2].Password != "generated-102" || c.Timers.T1 != 500*time.Millisecond || len(c.Warnings) != 0 {
		t.Errorf("got %+v", c)
	}
	if _, err := Default(func(string) Secret { return "" }); err == nil {
		t.Error("extensions without passwords were accepted")
	}
}
