package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A Setting is one value of a configuration, as people are shown it.
type Setting struct {
	Path    string `json:"path" doc:"where it stands in the file, such as trunks[0].address"`
	Value   string `json:"value" doc:"as it would be written; a secret is [secret]"`
	Default bool   `json:"default" doc:"it is what holds where the file says nothing"`
	Restart bool   `json:"restart,omitempty" doc:"a change needs a restart"`
	Doc     string `json:"doc,omitempty" doc:"what it means"`
}

// File is the name of the file that it was read from, empty where there is none.
func (c *Config) File() string { return c.file }

// Settings lists what is in force, defaults too, in the order of the documentation.
// Secrets are hidden, and lists that are empty left out.
func (c *Config) Settings() []Setting {
	return shownSection(nil, reflect.ValueOf(c).Elem(), "")
}

func shownSection(out []Setting, v reflect.Value, path string) []Setting {
	t := v.Type()
	for i := range t.NumField() {
		field := t.Field(i)
		name := field.Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		out = shownField(out, v.Field(i), path+name, field.Tag)
	}
	return out
}

func shownField(out []Setting, v reflect.Value, path string, tag reflect.StructTag) []Setting {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return out
		}
		v = v.Elem()
	}
	switch {
	case isSection(v.Type()):
		return shownSection(out, v, path+".")
	case v.Kind() == reflect.Slice && isSection(v.Type().Elem()):
		for i := range v.Len() {
			out = shownSection(out, v.Index(i), fmt.Sprintf("%s[%d].", path, i))
		}
		return out
	case v.Kind() == reflect.Map && v.Len() == 0:
		return out
	}
	value := shownValue(v)
	return append(out, Setting{
		Path: path, Value: value, Default: value == tag.Get("default") || isDefault(v, tag.Get("default")),
		Restart: tag.Get("restart") == "yes", Doc: tag.Get("doc"),
	})
}

// isDefault reports whether a value is what the file has as the default, however
// that is spelt there.
func isDefault(v reflect.Value, text string) bool {
	if text == "" {
		return v.IsZero()
	}
	d := reflect.New(v.Type()).Elem()
	return v.Kind() != reflect.Slice && setText(d, text) == nil && reflect.DeepEqual(d.Interface(), v.Interface())
}

// shownValue writes a value as it would stand in the file.
func shownValue(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = shownValue(v.Index(i))
		}
		return strings.Join(parts, ", ")
	}
	x := v.Interface()
	switch x := x.(type) {
	case time.Duration:
		return shownDuration(x)
	case fmt.Stringer:
		if v.IsZero() && v.Kind() == reflect.Struct { // an address that is not given
			return ""
		}
		return x.String()
	}
	return fmt.Sprint(x)
}

// shownDuration drops what time.Duration adds of zeros: 2m0s is 2m.
func shownDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
