package console

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// encode writes what is sent to the API.
func encode(b *bytes.Buffer, v any) error { return json.NewEncoder(b).Encode(v) }

// decode reads an answer of the API.
func decode(raw []byte, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("an answer of the API: %w", err)
	}
	return nil
}
