package api

import (
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// bodyFields are the fields of an operation's body, for the readable page.
func (s *Server) bodyFields(o *huma.Operation) (out []parameter) {
	if o.RequestBody == nil {
		return nil
	}
	for media, m := range o.RequestBody.Content {
		schema := m.Schema
		if schema != nil && schema.Ref != "" {
			schema = s.openapi.Components.Schemas.SchemaFromRef(schema.Ref)
		}
		if schema == nil || len(schema.Properties) == 0 {
			out = append(out, parameter{media, "body", ""})
			continue
		}
		for name, p := range schema.Properties {
			place := "body"
			if slices.Contains(schema.Required, name) {
				place = "body, needed"
			}
			doc := p.Description
			if len(p.Enum) > 0 {
				doc = strings.TrimPrefix(doc+"; "+enumText(p.Enum), "; ")
			}
			out = append(out, parameter{name, place, doc})
		}
	}
	slices.SortFunc(out, func(a, b parameter) int { return strings.Compare(b.In+"\x00"+b.Name, a.In+"\x00"+a.Name) })
	return out
}

// enumText lists the values that a field may have.
func enumText(values []any) string {
	var words []string
	for _, v := range values {
		if w, ok := v.(string); ok {
			words = append(words, w)
		}
	}
	return "one of " + strings.Join(words, ", ")
}
