package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Reference is the documentation of the configuration file, in Markdown, made from
// the types.
func Reference() string {
	var b strings.Builder
	b.WriteString(`# The configuration file

<!-- Made by "make docs" from the types in config/. Edit them, not this file. -->

One YAML file, given by ` + "`onhook serve -c FILE`" + `; ` + "`onhook check -c FILE`" + ` reports everything that is wrong
with it at once. It is strict: a key that is not listed here is an error. Anchors, aliases, tags and
includes are not used. The file holds passwords, so it should be readable by its owner only (mode 0600).

A duration is a number with a unit: ` + "`500ms`, `5s`, `2h`, `90d`" + `. A size is ` + "`512MiB`" + ` or ` + "`2GB`" + `. Text that looks
like a number (` + "`name: 0100`" + `) is taken as it is spelt; true, false and null as text need quotes. A list of one
may be written without the list.

On SIGHUP the file is read again without touching calls. A file with errors changes nothing.
`)
	section(&b, "Top level", "", reflect.TypeFor[Config]())
	b.WriteString(laterText())
	return b.String()
}

// section writes the table of one section and then the sections in it.
func section(b *strings.Builder, title, path string, t reflect.Type) {
	fmt.Fprintf(b, "\n## %s\n\n| key | what | default | meaning |\n| --- | --- | --- | --- |\n", title)
	type inner struct {
		path, doc string
		t         reflect.Type
	}
	var below []inner
	for i := range t.NumField() {
		field := t.Field(i)
		name := field.Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		of, full := field.Type, path+name
		if of.Kind() == reflect.Slice && isSection(of.Elem()) {
			of, full = of.Elem(), full+"[]"
		}
		what := kindName(field.Type)
		if isSection(of) {
			below = append(below, inner{full, field.Tag.Get("doc"), of})
			what = "[" + what + "](#" + anchor(full) + ")"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, what, defaultText(field), strings.ReplaceAll(meaning(field), "|", "\\|"))
	}
	for _, in := range below {
		section(b, "`"+in.path+"`", in.path+".", in.t)
	}
}

// anchor is the fragment that Markdown makes of a heading.
func anchor(heading string) string {
	return strings.NewReplacer(".", "", "[]", "").Replace(heading)
}

func defaultText(field reflect.StructField) string {
	if field.Tag.Get("need") == "yes" {
		return "must be given"
	}
	if text := field.Tag.Get("default"); text != "" {
		return "`" + text + "`"
	}
	return ""
}

// meaning is the documentation of a field with its bounds.
func meaning(field reflect.StructField) string {
	doc, low, high := field.Tag.Get("doc"), field.Tag.Get("min"), field.Tag.Get("max")
	if field.Tag.Get("restart") == "yes" {
		doc += " A change takes effect at the next start."
	}
	switch {
	case low != "" && high != "":
		return fmt.Sprintf("%s From %s to %s.", doc, low, high)
	case low != "":
		return fmt.Sprintf("%s At least %s.", doc, low)
	case high != "":
		return fmt.Sprintf("%s At most %s.", doc, high)
	}
	return doc
}

// laterText says what is refused since it is not there yet.
func laterText() string {
	var b strings.Builder
	b.WriteString("\n## Not supported by this version\n\nThese keys are known and refused, so that none looks as if it worked: ")
	first := true
	for _, where := range []string{"", "users[]", "trunks[]"} {
		for _, key := range laterKeys[where] {
			if !first {
				b.WriteString(", ")
			}
			first = false
			if where != "" {
				key = where + "." + key
			}
			b.WriteString("`" + key + "`")
		}
	}
	b.WriteString(". So are the transports TLS and WebSocket.\n")
	return b.String()
}
