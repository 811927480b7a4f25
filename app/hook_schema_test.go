package app

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/hooks.schema.json anew")

const schemaFile = "../docs/hooks.schema.json"

// schemaOf is the JSON Schema of a type, whose fields have doc tags.
func schemaOf(t *testing.T, of reflect.Type) map[string]any {
	switch of.Kind() {
	case reflect.Pointer:
		return schemaOf(t, of.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t, of.Elem())}
	case reflect.Struct:
	default:
		t.Fatalf("there is no schema for %s", of)
	}
	properties := map[string]any{}
	required := []string{}
	for i := range of.NumField() {
		f := of.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := schemaOf(t, f.Type)
		doc := f.Tag.Get("doc")
		if !strings.HasSuffix(doc, ".") {
			t.Errorf("%s.%s: doc tag %q, want a sentence", of, f.Name, doc)
		}
		p["description"] = doc
		properties[name] = p
		if options == "" {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	switch of {
	case reflect.TypeFor[HookVerb]():
		s["minProperties"], s["maxProperties"] = 1, 1
	case reflect.TypeFor[HookRequest](), reflect.TypeFor[HookCall](), reflect.TypeFor[HookResult]():
		// What we say; a later version may say more.
		s["required"] = required
		delete(s, "additionalProperties")
	}
	return s
}

func TestHookSchemaIsTheTypes(t *testing.T) {
	verbs := schemaOf(t, reflect.TypeFor[[]HookVerb]())
	verbs["maxItems"] = maxHookVerbs
	text, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "A web hook of onhook: what it is posted (request) and what it answers (answer)",
		"$ref":    "#/$defs/answer",
		"$defs":   map[string]any{"request": schemaOf(t, reflect.TypeFor[HookRequest]()), "answer": verbs},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(schemaFile); err != nil || !bytes.Equal(got, text) {
		t.Errorf("docs/hooks.schema.json is not what the types say: run make docs (%v)", err)
	}
}
