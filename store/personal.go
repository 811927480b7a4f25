package store

// A Personal is what an extension has set from its phone, or was set for it by the
// API. A nil field was never set there: the configuration's word counts.
type Personal struct {
	Always      *string `json:"always,omitempty"` // where calls go; empty: nowhere else
	Busy        *string `json:"busy,omitempty"`
	NoAnswer    *string `json:"no_answer,omitempty"`
	Unreachable *string `json:"unreachable,omitempty"`
	DND         *bool   `json:"dnd,omitempty"`
}

// personalName is the file that a data folder keeps them in.
const personalName = "personal.json"

// LoadPersonal reads what the extensions of a data folder have set, by their names.
func LoadPersonal(folder string) (map[string]Personal, error) {
	all := map[string]Personal{}
	if err := LoadWhole(folder, personalName, &all, "what was set by codes is forgotten"); err != nil {
		return nil, err
	}
	return all, nil
}

// SavePersonal puts it on the disk in one piece: after a crash at any moment the
// file is the old or the new one.
func SavePersonal(folder string, all map[string]Personal) error {
	return SaveWhole(folder, personalName, all)
}
