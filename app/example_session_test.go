package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"onhook/app"
	"onhook/media"
)

// A scripted Session prints what it is asked for; its caller presses what it is told to.
type scripted struct {
	app.Session
	presses []string
}

func (s *scripted) Stage(name string) error { return said("stage", name) }
func (s *scripted) Answer() error           { return said("answer") }
func (s *scripted) Hangup(c string) error   { return said("hangup", c) }
func (s *scripted) Transfer(to string) error {
	return said("transfer", to)
}

func (s *scripted) Play(app.PlayOptions, ...media.Source) error { return said("play") }

func (s *scripted) Digits(app.DigitOptions) (string, error) {
	next := s.presses[0]
	s.presses = s.presses[1:]
	return next, nil
}

func (s *scripted) Dial(o app.DialOptions) (app.DialResult, error) {
	return app.DialResult{Reason: "NO_ANSWER", Code: 480}, said("dial", o.To)
}

func said(words ...any) error {
	_, err := fmt.Println(words...)
	return err
}

// TestTheDocumentedApplicationIsTheTestedOne: docs/apps.md shows the code of ExampleApp, and names each verb.
func TestTheDocumentedApplicationIsTheTestedOne(t *testing.T) {
	page, err := os.ReadFile("../docs/apps.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(source), "// An OrderLine")
	code, _, _ = strings.Cut(code, "// The verbs of a Session")
	if !strings.Contains(string(page), "```go\n// An OrderLine"+strings.TrimSpace(code)+"\n```") {
		t.Error("docs/apps.md shows another program than app/example_test.go: copy it there")
	}
	verbs, err := os.ReadFile("session.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(verbs), "type Session interface {")
	body, _, _ = strings.Cut(body, "\n}")
	for line := range strings.Lines(body) {
		name, _, method := strings.Cut(strings.TrimSpace(line), "(")
		if method && !strings.HasPrefix(name, "//") && !strings.Contains(string(page), "| `"+name+"(") {
			t.Errorf("docs/apps.md does not tell of %s", name)
		}
	}
}
