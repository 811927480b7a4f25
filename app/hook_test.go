package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// hookServer answers with one text a request and keeps what it was posted.
func hookServer(t *testing.T, answers ...string) (*WebHook, *[]HookRequest) {
	t.Helper()
	var got []HookRequest
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q HookRequest
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		got = append(got, q)
		if len(got) > len(answers) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if a := answers[len(got)-1]; strings.HasPrefix(a, "status ") {
			w.WriteHeader(500)
		} else {
			_, _ = w.Write([]byte(a))
		}
	}))
	t.Cleanup(srv.Close)
	return &WebHook{Name: "test", URL: srv.URL, Library: NewLibrary("", "")}, &got
}

func TestHookCollectsAndSendsOn(t *testing.T) {
	h, got := hookServer(t, `[{"answer":{}},{"play":["welcome","say:12"]},{"collect":{"max":3,"until":"#"}}]`, `[{"transfer":"user:101"}]`)
	f := newFake("42#")
	if err := h.Run(f); err != nil {
		t.Fatal(err)
	}
	if want := "answer / answer / answer / transfer user:101"; f.text() != want {
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

func TestHookThatFails(t *testing.T) {
	for name, answer := range map[string]string{
		"500": "status 500", "rubbish": "<html>", "not a list": `{"answer":{}}`, "unknown verb": `[{"sing":{}}]`, "two in one": `[{"answer":{},"hangup":""}]`,
		"no such prompt": `[{"play":["nothing-of-the-kind"]}]`, "endless": "[" + strings.Repeat(`{"answer":{}},`, 200) + `{"answer":{}}]`,
		"too long": `[{"play":["` + strings.Repeat("x", maxHookAnswer) + `"]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := hookServer(t, answer)
			f := newFake()
			if err := h.Run(f); err != nil || f.said[len(f.said)-1] != "hangup NORMAL_TEMPORARY_FAILURE" {
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
	if err := h.Run(f); err != nil || f.text() != "transfer user:100" {
		t.Errorf("%s, %v", f.text(), err)
	}
}

func TestHookWhoseCallerLeaves(t *testing.T) {
	h, _ := hookServer(t, `[{"collect":{"max":1}}]`)
	if err := h.Run(newFake()); err != ErrHungUp {
		t.Errorf("got %v, want ErrHungUp", err)
	}
}
