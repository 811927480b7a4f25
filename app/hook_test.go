package app

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// hookServer answers with one text a request and keeps what it was posted.
func hookServer(t *testing.T, answers ...string) (*WebHook, *[]HookRequest) {
	t.Helper()
	var got []HookRequest
	const secret = "whsec_dGhpcyBpcyBhIHNlY3JldA=="
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q HookRequest
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &q)
		}
		if err != nil {
			t.Error(err)
		}
		if verifier, err := standardwebhooks.NewWebhook(secret); err != nil || verifier.Verify(body, r.Header) != nil {
			t.Errorf("request %d is not signed", len(got)+1)
		}
		got = append(got, q)
		if len(got) > len(answers) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if a := answers[len(got)-1]; strings.HasPrefix(a, "status ") {
			code, _ := strconv.Atoi(a[len("status "):])
			w.Header().Set("Location", "/other")
			w.WriteHeader(code)
		} else {
			_, _ = w.Write([]byte(a))
		}
	}))
	t.Cleanup(srv.Close)
	return &WebHook{Name: "test", URL: srv.URL, Secret: secret, Library: NewLibrary("", "")}, &got
}

func TestHookCollectsAndSendsOn(t *testing.T) {
	h, got := hookServer(t, `[{"answer":{}},{"play":["welcome","say:12"]},{"collect":{"max":3,"until":"#"}}]`, `[{"transfer":"user:101"}]`)
	f := newFake("42#")
	if err := h.Run(f); err != nil {
		t.Fatal(err)
	}
	if want := "stage menu / answer / node collect / transfer user:101"; f.text() != want {
		t.Errorf("got %s, want %s", f.text(), want)
	}
	if len(*got) != 2 || (*got)[0].Call.From != "100" || (*got)[0].Sequence != 1 || (*got)[1].Result == nil || (*got)[1].Result.Digits != "42" {
		t.Errorf("posted %+v", *got)
	}
}

func TestHookDialsAndHearsWhy(t *testing.T) {
	h, got := hookServer(t, `[{"dial":{"to":["user:101"],"ring_ms":500}}]`, `[{"hangup":"USER_BUSY"}]`)
	f := newFake()
	f.dial = DialResult{Reason: "USER_BUSY", Code: 486}
	if err := h.Run(f); err != nil || f.text() != "dial user:101 / hangup USER_BUSY" {
		t.Errorf("%s, %v", f.text(), err)
	}
	if r := (*got)[1].Result; r == nil || r.Reason != "USER_BUSY" || r.Code != 486 {
		t.Errorf("result %+v", r)
	}
}

// That a caller speaks no codec of ours is not the application's fault: it is refused as everywhere, and goes to no fallback.
func TestHookWithACallerWithoutSound(t *testing.T) {
	for _, answer := range []string{`[{"answer":{}}]`, `[{"play":["welcome"]}]`} {
		h, _ := hookServer(t, answer)
		h.Fallback = "user:109"
		f := newFake()
		f.answer = ErrNoMedia
		if err := h.Run(f); err != nil || f.text() != "stage menu / answer / hangup INCOMPATIBLE_DESTINATION" {
			t.Errorf("%s: %s, %v", answer, f.text(), err)
		}
	}
}

func TestHookThatFails(t *testing.T) {
	for name, answer := range map[string]string{
		"500": "status 500", "rubbish": "<html>", "not a list": `{"answer":{}}`, "unknown verb": `[{"sing":{}}]`, "two in one": `[{"answer":{},"hangup":""}]`,
		"no such prompt": `[{"play":["nothing-of-the-kind"]}]`, "endless": "[" + strings.Repeat(`{"answer":{}},`, 200) + `{"answer":{}}]`,
		"two lists": `[][]`, "no such mailbox": `[{"record":{"mailbox":"999"}}]`, "a redirect": "status 302",
		"too long": `[{"play":["` + strings.Repeat("x", maxHookAnswer) + `"]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := hookServer(t, answer)
			f := newFake()
			if err := h.Run(f); err != nil || f.said[len(f.said)-1] != "hangup NORMAL_TEMPORARY_FAILURE hook_failed" {
				t.Errorf("%v, %v", f.said, err)
			}
			h, _ = hookServer(t, answer)
			h.Fallback = "user:100"
			f = newFake()
			if err := h.Run(f); err != nil || f.said[len(f.said)-1] != "transfer user:100" {
				t.Errorf("%v, %v", f.said, err)
			}
		})
	}
}

func TestHookThatHangs(t *testing.T) {
	block := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	defer srv.Close()
	defer close(block)
	h := &WebHook{URL: srv.URL, Timeout: 20 * time.Millisecond, Library: NewLibrary("", ""), Fallback: "user:100"}
	f := newFake()
	if err := h.Run(f); err != nil || f.text() != "node failed: no answer in time / transfer user:100" {
		t.Errorf("%s, %v", f.text(), err)
	}
}

func TestHookWhoseCallerLeaves(t *testing.T) {
	h, _ := hookServer(t, `[{"collect":{"max":1}}]`)
	if err := h.Run(newFake()); err != ErrHungUp {
		t.Errorf("got %v, want ErrHungUp", err)
	}
}

func TestHookRecordsAMessage(t *testing.T) {
	boxes, _ := openBoxes(t, t.TempDir())
	box := &Voicemail{Mailbox: "101", Boxes: boxes, Library: NewLibrary("", ""), Least: time.Second, Longest: time.Minute}
	h, got := hookServer(t, `[{"record":{"mailbox":"101","max_ms":5000}}]`, `[{"hangup":""}]`)
	h.Mailbox = func(name string) *Voicemail {
		if name == "101" {
			return box
		}
		return nil
	}
	f := newFake()
	f.tapes = []cassette{{3 * time.Second, "key"}}
	if err := h.Run(f); err != nil {
		t.Fatal(err)
	}
	list := boxes.List("101")
	if len(list) != 1 || list[0].Length != 3000 {
		t.Fatalf("the mailbox holds %+v", list)
	}
	want := "stage voicemail / answer / node record / record / stored 101 " + list[0].ID + " 3s / hangup "
	if f.text() != want {
		t.Errorf("got %s, want %s", f.text(), want)
	}
	if r := (*got)[1].Result; r == nil || r.Message != list[0].ID || r.Length != 3000 || r.End != "key" {
		t.Errorf("result %+v", r)
	}
}

// TestHookExamples: what docs/hooks.md shows as answers are lists of verbs.
func TestHookExamples(t *testing.T) {
	page, err := os.ReadFile("../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```json\n(\\[.*?)```").FindAllSubmatch(page, -1)
	if len(found) < 3 {
		t.Fatalf("got %d examples of answers, want more", len(found))
	}
	for _, m := range found {
		if _, err := ParseHookVerbs(m[1]); err != nil {
			t.Errorf("%v:\n%s", err, m[1])
		}
	}
}

func FuzzHookVerbs(f *testing.F) {
	f.Add([]byte(`[{"answer":{}},{"collect":{"max":3,"until":"#"}},{"hangup":""}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		verbs, err := ParseHookVerbs(text)
		if err == nil && len(verbs) > maxHookVerbs {
			t.Errorf("%d verbs", len(verbs))
		}
	})
}
