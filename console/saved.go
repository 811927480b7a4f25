package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// SavedName is the file in the data folder that holds the saved filters.
const SavedName = "console-filters.json"

// Bounds of saved filters.
const (
	mostSaved      = 50
	longestName    = 40   // characters
	longestFilters = 2000 // of a query, bytes
)

// A savedFilter is a search that got a name.
type savedFilter struct {
	Name  string `json:"name"`
	Query string `json:"query"`
}

// Link is the address of what it finds.
func (f savedFilter) Link() string { return "/calls?" + f.Query }

// savedFilters are those of a data folder.
type savedFilters struct {
	mu  sync.Mutex
	dir string
}

func (f *savedFilters) list() ([]savedFilter, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

func (f *savedFilters) read() (out []savedFilter, err error) {
	raw, err := os.ReadFile(filepath.Join(f.dir, SavedName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("saved filters: %w", err)
	}
	return out, nil
}

// keep adds a filter or replaces the one of its name; without a query it goes.
func (f *savedFilters) keep(name, query string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, err := f.read()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(x savedFilter) bool { return x.Name == name })
	if query != "" {
		if len(all) >= mostSaved {
			return fmt.Errorf("there are %d saved filters: remove one first", mostSaved)
		}
		all = append(all, savedFilter{name, query})
	}
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	t, err := os.CreateTemp(f.dir, ".console-filters-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	_, err = t.Write(append(raw, '\n'))
	if err := errors.Join(err, t.Close()); err != nil {
		return err
	}
	return os.Rename(t.Name(), filepath.Join(f.dir, SavedName))
}

func saveFilterAction() page {
	return page{pattern: "POST /calls/filters", act: (*Server).saveFilter}
}

// saveFilter gives the search that is shown a name, or takes one away.
func (s *Server) saveFilter(r *http.Request) (string, error) {
	name := strings.TrimSpace(r.FormValue("name"))
	query := r.FormValue("query")
	if r.FormValue("remove") != "" {
		if err := s.saved.keep(r.FormValue("remove"), ""); err != nil {
			return "", err
		}
		return "/calls?" + query, nil
	}
	if n := utf8.RuneCountInString(name); n == 0 || n > longestName || !utf8.ValidString(name) {
		return "", invalid(fmt.Sprintf("The name of a filter has 1 to %d characters.", longestName))
	}
	if _, err := url.ParseQuery(query); err != nil || len(query) > longestFilters || query == "" {
		return "", invalid("Search for something first: this filter is empty or too long.")
	}
	if err := s.saved.keep(name, query); err != nil {
		return "", err
	}
	return "/calls?" + query, nil
}
