package api

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/config"
)

func TestWhoDidWhatCanBeAsked(t *testing.T) {
	s, keys := newSite(t)
	s.ask("GET", "/v1/live", keys["all"], "")
	s.ask("POST", "/v1/calls/"+liveID+"/hangup", keys[config.CallsControl], "")
	s.clock = s.clock.Add(time.Minute)
	s.ask("POST", "/v1/calls/"+liveID+"/hangup", keys[config.CallsRead], "")
	s.ask("POST", "/v1/calls/call_none/hangup", keys["all"], "")
	s.ask("GET", "/v1/calls/"+liveID+"/messages", keys["all"], "")
	ask := func(query string) []AuditEntry {
		return decode[AuditEntries](t, s.ask("GET", "/v1/audit"+query, keys[config.AuditRead], "")).Entries
	}
	all := ask("")
	if len(all) != 4 || all[0].Operation != "get-messages" || all[3].By != "key calls-control" || all[3].Status != 200 || all[3].From != "127.0.0.1" ||
		all[2].Status != 403 || all[1].Status != 404 || !strings.Contains(all[3].Path, liveID) {
		t.Errorf("%+v", all)
	}
	page := decode[AuditEntries](t, s.ask("GET", "/v1/audit?limit=3", keys[config.AuditRead], ""))
	rest := decode[AuditEntries](t, s.ask("GET", "/v1/audit?limit=3&cursor="+page.NextCursor, keys[config.AuditRead], ""))
	if len(page.Entries) != 3 || len(rest.Entries) != 1 || rest.NextCursor != "" || rest.Entries[0] != all[3] {
		t.Errorf("pages: %+v, then %+v", page, rest)
	}
	if r := s.ask("GET", "/v1/audit?cursor=first", keys[config.AuditRead], ""); r.status != 422 {
		t.Errorf("a cursor that is none: %d", r.status)
	}
	for query, want := range map[string]int{
		"?by=key+all": 2, "?operation=hang-up": 3, "?path=" + liveID: 3, "?limit=1": 1, "?since=30s": 3, "?until=30s": 1, "?by=nobody": 0,
	} {
		if got := ask(query); len(got) != want {
			t.Errorf("%s: %d entries, want %d", query, len(got), want)
		}
	}
}

func TestTheAuditOutlivesTheServerAndIsBounded(t *testing.T) {
	dir := t.TempDir()
	a, err := OpenAudit(dir)
	if err != nil {
		t.Fatal(err)
	}
	e := AuditEntry{At: t0, By: "key a", Operation: "hang-up", Path: "/v1/calls/" + strings.Repeat("x", 3000)}
	for range 2*auditFile/3000 + 100 {
		if err := a.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	for _, end := range []string{"", ".1"} {
		st, err := os.Stat(filepath.Join(dir, AuditName+end))
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Fatal(st, err)
		}
		size += st.Size()
	}
	if size > 2*auditFile+8192 {
		t.Errorf("%d bytes are kept", size)
	}
	f, err := os.OpenFile(filepath.Join(dir, AuditName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString(`{"at":"2026-`) // as a crash leaves it
	_ = f.Close()
	again, err := OpenAudit(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	every := func(*AuditEntry) bool { return true }
	if got := again.List(every, 10); len(got) != 10 || got[0].By != "key a" {
		t.Errorf("%d entries", len(got))
	}
	// Pages go on where they were, whatever is added or let go of meanwhile.
	first, next := again.Page(every, 0, 10)
	for i := range 2 * auditKept {
		if err := again.Add(AuditEntry{At: t0.Add(time.Duration(i)), By: "key b", Operation: "hang-up"}); err != nil {
			t.Fatal(err)
		}
	}
	if second, end := again.Page(every, next, 10); len(first) != 10 || len(second) != 0 || end != 0 {
		t.Errorf("%d entries of what was let go of, next %d", len(second), end)
	}
	_, next = again.Page(every, 0, 1)
	if older, _ := again.Page(every, next, 1); len(older) != 1 || !older[0].At.Equal(t0.Add(2*auditKept-2)) {
		t.Errorf("%+v", older)
	}
}
