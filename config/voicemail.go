package config

import (
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Voicemail are the mailboxes of users.
type Voicemail struct {
	Greeting []string      `yaml:"greeting" default:"unavailable, leave-message" doc:"Prompts where the mailbox has no greeting of its own, which its owner records by phone."`
	Min      time.Duration `yaml:"min" default:"2s" min:"100ms" max:"1m" doc:"A message that is shorter is not kept, and the call counts as one without a message."`
	Max      time.Duration `yaml:"max" default:"3m" min:"1s" max:"30m" doc:"The longest message."`
	Silence  time.Duration `yaml:"silence" default:"5s" max:"5m" doc:"So much silence ends a message. 0s: it does not."`
	Messages int           `yaml:"messages" default:"100" min:"0" max:"100000" doc:"Messages in a mailbox; a caller is told when it is full. 0: no limit."`
	Size     Size          `yaml:"size" default:"100MiB" doc:"Sound in a mailbox, 16 kB a second; a caller is told when it is full. 0: no limit."`
	Unasked  bool          `yaml:"unasked" default:"false" doc:"Phones that register are told of messages though they have not subscribed: for those that want it so. One that has subscribed is told once."`
	Hook     string        `yaml:"hook" doc:"An http or https address to which each message of a user with an email is posted, as multipart/form-data: message (JSON) and sound (WAV). Empty: none."`
	SMTP     HostPort      `yaml:"smtp" doc:"A mail server that takes each message of a user with an email, with its sound, without a password; STARTTLS is used where it is offered. Empty: none."`
	From     string        `yaml:"from" default:"onhook@localhost" doc:"The sender of mail."`
	Timeout  time.Duration `yaml:"timeout" default:"10s" min:"100ms" max:"5m" doc:"How long one try of hook or smtp may take. There are three."`
}

// Mailboxes are the users who have one.
func (c *Config) Mailboxes() (names []string) {
	for _, u := range c.Users {
		if u.Voicemail {
			names = append(names, u.Name)
		}
	}
	return names
}

// mailboxNames are the destinations of mailboxes; the one without a name is the caller's own.
func mailboxNames(c *Config) (names []string) {
	for _, n := range c.Mailboxes() {
		names = append(names, "voicemail:"+n)
	}
	if len(names) > 0 {
		names = append(names, "voicemail")
	}
	return names
}

// voicemail checks pins, addresses and the hook.
func (c *checker) voicemail() {
	for i, u := range c.config.Users {
		path := fmt.Sprintf("users[%d]", i)
		if u.PIN != "" && (len(u.PIN) < 4 || len(u.PIN) > 16 || strings.Trim(string(u.PIN), "0123456789") != "") {
			c.report(path+".pin", "a secret", "4 to 16 digits")
		}
		if u.Email != "" {
			c.email(path+".email", u.Email)
		}
		if !u.Voicemail && (u.PIN != "" || u.Email != "") {
			c.report(path, "pin or email without a mailbox", "voicemail: true")
		}
	}
	v := c.config.Voicemail
	if v.Min > v.Max {
		c.report("voicemail.min", v.Min.String(), "at most voicemail.max, "+v.Max.String())
	}
	if u, err := url.Parse(v.Hook); v.Hook != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		c.report("voicemail.hook", strconv.Quote(v.Hook), "an address such as https://mail.example.com/voicemail")
	}
	c.email("voicemail.from", v.From)
}

// email checks an address of the form that SMTP takes: no name, one line.
func (c *checker) email(path, text string) {
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text || strings.ContainsAny(text, "\r\n\x00") {
		c.report(path, strconv.Quote(text), "a mail address such as anna@example.com")
	}
}
