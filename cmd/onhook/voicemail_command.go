package main

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"onhook/app"
)

type voicemailCmd struct {
	List     voicemailListCmd     `cmd:"" default:"withargs" help:"List the mailboxes, or the messages of one."`
	Get      voicemailGetCmd      `cmd:"" help:"Write the sound of a message to a WAV file."`
	Heard    voicemailHeardCmd    `cmd:"" help:"Mark a message as heard."`
	Delete   voicemailDeleteCmd   `cmd:"" help:"Delete a message."`
	Greeting voicemailGreetingCmd `cmd:"" help:"Give a mailbox a greeting of its own, or the usual one again."`
}

// boxPath is the address of a mailbox, or of one of its messages.
func boxPath(box, id string) string {
	p := "/v1/voicemail/" + url.PathEscape(box)
	if id != "" {
		p += "/messages/" + url.PathEscape(id)
	}
	return p
}

type voicemailListCmd struct {
	dataFlags
	Box string `arg:"" optional:"" help:"The extension."`
}

func (c voicemailListCmd) Run() error {
	if c.Box == "" {
		var list struct {
			Mailboxes []struct {
				Name  string
				Fresh int `json:"new"`
				Heard int
			}
		}
		if err := c.ask("GET", "/v1/voicemail", &list); err != nil {
			return err
		}
		w := table("MAILBOX\tNEW\tHEARD")
		for _, m := range list.Mailboxes {
			fmt.Fprintf(w, "%s\t%d\t%d\n", m.Name, m.Fresh, m.Heard)
		}
		return w.Flush()
	}
	var list struct{ Messages []app.Message }
	if err := c.ask("GET", boxPath(c.Box, "")+"/messages", &list); err != nil {
		return err
	}
	w := table("AT\tFROM\tLENGTH\tHEARD\tID")
	for _, m := range list.Messages {
		heard := "no"
		if m.Heard {
			heard = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.At.Local().Format("01-02 15:04:05"), printable(m.Caller), (time.Duration(m.Length) * time.Millisecond).Round(time.Second), heard, m.ID)
	}
	return w.Flush()
}

// oneMessage says which message is meant.
type oneMessage struct {
	dataFlags
	Box string `arg:"" help:"The extension."`
	ID  string `arg:"" help:"The message's id, as the list prints it."`
}

func (m oneMessage) send(method, more string, in io.Reader, out any) error {
	return m.askWith(method, boxPath(m.Box, m.ID)+more, in, out)
}

type voicemailGetCmd struct {
	oneMessage
	File string `arg:"" help:"The WAV file to write; - for the standard output."`
}

func (c voicemailGetCmd) Run() error {
	var sound bytes.Buffer
	if err := c.send("GET", "/audio", nil, &sound); err != nil {
		return err
	}
	if c.File == "-" {
		_, err := os.Stdout.Write(sound.Bytes())
		return err
	}
	return os.WriteFile(c.File, sound.Bytes(), 0o600)
}

type voicemailHeardCmd struct{ oneMessage }

func (c voicemailHeardCmd) Run() error {
	return c.send("PATCH", "", bytes.NewReader([]byte(`{"heard":true}`)), nil)
}

type voicemailDeleteCmd struct{ oneMessage }

func (c voicemailDeleteCmd) Run() error { return c.send("DELETE", "", nil, nil) }

type voicemailGreetingCmd struct {
	dataFlags
	Box  string `arg:"" help:"The extension."`
	File string `arg:"" optional:"" help:"A WAV file of 8 kHz; none: the usual greeting again."`
}

func (c voicemailGreetingCmd) Run() error {
	path := boxPath(c.Box, "") + "/greeting"
	if c.File == "" {
		return c.ask("DELETE", path, nil)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.askWith("PUT", path, f, nil)
}
