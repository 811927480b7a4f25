package config

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// Bounds of what is given to the parser of YAML. It calls itself for each level and
// for each key of a mapping, and a stack that overflows ends the process, whatever
// is recovered.
const (
	maxDepth = 64     // levels of brackets, or list items begun on one line, or anchors, tags and the like
	maxKeys  = 512    // keys of one mapping
	maxItems = 50_000 // items of all lists; the parser's time for empty ones grows with their square
)

// tooMuch finds what would make the parser call itself too often, and says what was
// got and wanted; nothing for all other files. Nesting by indentation needs ever
// longer lines, so that the size of the file bounds it.
func tooMuch(tokens token.Tokens) (at position, got, want string) {
	brackets, items, prefixes, line, all := 0, 0, 0, 0, 0
	keys := make(map[int]int) // of the mappings that are open, by column
	for _, tk := range tokens {
		if tk.Position.Line != line {
			items, line = 0, tk.Position.Line
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets = max(0, brackets-1)
		case token.SequenceEntryType:
			items++
			if all++; all > maxItems {
				return tokenPlace(tk), "too many items in lists", fmt.Sprintf("at most %d", maxItems)
			}
			closeMappings(keys, tk.Position.Column)
		case token.MappingValueType:
			if brackets > 0 {
				break
			}
			items++
			column := tk.Position.Column
			if tk.Prev != nil && tk.Prev.Position.Line == line {
				column = tk.Prev.Position.Column
			}
			closeMappings(keys, column)
			if keys[column]++; keys[column] > maxKeys {
				return tokenPlace(tk), "too many keys in one section", fmt.Sprintf("at most %d", maxKeys)
			}
		case token.AnchorType, token.AliasType, token.TagType, token.MappingKeyType, token.MergeKeyType, token.DirectiveType:
			// These may nest from line to line without end. None is of use here: the
			// walk refuses each, as long as they are few.
			prefixes++
		}
		if brackets > maxDepth || items > maxDepth || prefixes > maxDepth {
			return tokenPlace(tk), "values nested too deep", fmt.Sprintf("at most %d levels", maxDepth)
		}
	}
	return position{}, "", ""
}

// closeMappings forgets the mappings to the right of a column.
func closeMappings(keys map[int]int, column int) {
	for c := range keys {
		if c > column {
			delete(keys, c)
		}
	}
}
