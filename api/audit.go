package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
)

// AuditName is the file in the data folder that says who did what, a line of
// JSON each; the one before it has .1 at its end.
const AuditName = "audit.jsonl"

// Bounds of an Audit: the bytes of one file, and how many entries are found again.
const (
	auditFile = 8 << 20
	auditKept = 20_000
)

// An AuditEntry is one thing that somebody did, or was refused.
type AuditEntry struct {
	At        time.Time `json:"at"`
	By        string    `json:"by" doc:"the key, or who uses the control socket"`
	From      string    `json:"from,omitempty" doc:"the address that the request came from; none: the control socket"`
	Operation string    `json:"operation" doc:"as /openapi.json names it"`
	Path      string    `json:"path"`
	Status    int       `json:"status" doc:"the HTTP status of the answer: 403 where the key may not do it"`
}

// An Audit keeps who did what. All methods may be called from any goroutine.
type Audit struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int64
	kept []AuditEntry // the newest at the end
	gone int          // entries that were let go of: the first in kept has this number
}

// OpenAudit goes on with the files of a data folder.
func OpenAudit(data string) (*Audit, error) {
	a := &Audit{path: filepath.Join(data, AuditName)}
	for _, p := range [...]string{a.path + ".1", a.path} {
		if err := a.load(p); err != nil {
			return nil, err
		}
	}
	if err := a.open(); err != nil {
		return nil, err
	}
	return a, nil
}

// load takes what a file holds; a last line that a crash has cut is passed over.
func (a *Audit) load(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e AuditEntry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Operation != "" {
			a.keep(e)
		}
	}
	return lines.Err()
}

func (a *Audit) keep(e AuditEntry) {
	if a.kept = append(a.kept, e); len(a.kept) >= 2*auditKept {
		a.kept = slices.Clone(a.kept[auditKept:])
		a.gone += auditKept
	}
}

func (a *Audit) open() error {
	f, err := os.OpenFile(a.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	a.file, a.size = f, info.Size()
	return nil
}

// Add writes down one thing. The error is the disk's; the entry can be found all the same.
func (a *Audit) Add(e AuditEntry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keep(e)
	if a.size > auditFile {
		err = errors.Join(a.file.Close(), os.Rename(a.path, a.path+".1"), a.open())
	}
	if err == nil {
		_, err = a.file.Write(append(line, '\n'))
		a.size += int64(len(line)) + 1
	}
	return err
}

// List gives the newest entries that match first.
func (a *Audit) List(match func(*AuditEntry) bool, limit int) []AuditEntry {
	out, _ := a.Page(match, 0, limit)
	return out
}

// Page gives entries that match and are older than the one of number before, the
// newest first; 0: from the newest. next is the number of the last, where older
// ones match too, else 0. Numbers hold until the server ends.
func (a *Audit) Page(match func(*AuditEntry) bool, before, limit int) (out []AuditEntry, next int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	end := len(a.kept)
	if before > 0 {
		end = min(end, max(before-1-a.gone, 0)) // numbers count from 1
	}
	for i := end - 1; i >= 0; i-- {
		if !match(&a.kept[i]) {
			continue
		}
		if len(out) == limit {
			return out, next
		}
		out, next = append(out, a.kept[i]), a.gone+i+1
	}
	return out, 0
}

// Close ends it.
func (a *Audit) Close() error { return a.file.Close() }

// audited tells which operations are written down: those that change something, and
// those that show what people have said or sent.
func audited(o *huma.Operation) bool {
	scope := scopeOf(o)
	return o.Method != http.MethodGet || scope == config.PcapRead || scope == config.RecordingsRead || o.OperationID == "get-audio"
}

// Audited are the operations that the audit can hold, by their names, with what they do.
func (s *Server) Audited() map[string]string {
	out := map[string]string{}
	for _, p := range s.OpenAPI().Paths {
		for _, o := range []*huma.Operation{p.Get, p.Put, p.Post, p.Patch, p.Delete} {
			if o != nil && audited(o) {
				out[o.OperationID] = o.Summary
			}
		}
	}
	return out
}

// note writes down what somebody did, or wanted to.
func (s *Server) note(ctx huma.Context, o *huma.Operation, status int) {
	if s.Audit == nil || !audited(o) {
		return
	}
	e := AuditEntry{At: s.now().UTC(), By: by(ctx.Context()), Operation: o.OperationID, Path: clip(ctx.URL().Path), Status: status}
	if c := callerOf(ctx.Context()); c != nil {
		e.From = c.from
	}
	if err := s.Audit.Add(e); err != nil && s.Log != nil {
		s.Log.Error("audit", "err", err)
	}
}

// clip bounds what a stranger's path takes of the file.
func clip(path string) string {
	if len(path) > 256 {
		return strings.ToValidUTF8(path[:256], "") + "..."
	}
	return path
}

// AuditEntries are what somebody did.
type AuditEntries struct {
	Entries    []AuditEntry `json:"entries" doc:"the newest first"`
	NextCursor string       `json:"next_cursor,omitempty" doc:"for the older ones; left out: there are none"`
}

type auditInput struct {
	By        string `query:"by" doc:"only of this key, such as key first"`
	Operation string `query:"operation" doc:"only this operation, such as hang-up"`
	Path      string `query:"path" doc:"only paths with this in them, such as the id of a call"`
	Since     string `query:"since" doc:"at or after: RFC 3339, or a duration such as 24h for so long ago"`
	Until     string `query:"until" doc:"before: RFC 3339, or a duration"`
	Limit     int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor    string `query:"cursor" doc:"next_cursor of the page before"`
}

func (s *Server) registerAudit(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/audit", "list-audit", "Security", config.AuditRead, "List who changed what by the API, the console or the command line, the newest first"),
		func(_ context.Context, in *auditInput) (*body[AuditEntries], error) {
			p := &paramReader{now: s.now()}
			since, until := p.time("since", in.Since), p.time("until", in.Until)
			if err := p.problem(); err != nil {
				return nil, err
			}
			before := 0
			if in.Cursor != "" {
				n, err := strconv.Atoi(in.Cursor)
				if err != nil || n <= 0 {
					return nil, invalid("query.cursor", "expected next_cursor of a page before")
				}
				before = n
			}
			list, next := s.Audit.Page(func(e *AuditEntry) bool {
				return (in.By == "" || e.By == in.By) && (in.Operation == "" || e.Operation == in.Operation) && strings.Contains(e.Path, in.Path) &&
					!e.At.Before(since) && (until.IsZero() || e.At.Before(until))
			}, before, in.Limit)
			out := AuditEntries{Entries: listed(list)}
			if next > 0 {
				out.NextCursor = strconv.Itoa(next)
			}
			return &body[AuditEntries]{out}, nil
		})
}
