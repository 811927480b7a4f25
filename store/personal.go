package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Personal is what an extension has set from its phone. A nil field was never
// set there: the configuration's word counts.
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
	path := filepath.Join(folder, personalName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; without the file what was set by codes is forgotten", path, err)
	}
	return all, nil
}

// SavePersonal puts it on the disk in one piece: after a crash at any moment the
// file is the old or the new one.
func SavePersonal(folder string, all map[string]Personal) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(folder, personalName)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}
