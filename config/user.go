package config

import (
	"time"

	"onhook/route"
)

// A User is an extension.
type User struct {
	Name         string `yaml:"name" need:"yes" doc:"The number or name that it registers and is dialled by."`
	Password     Secret `yaml:"password" doc:"Its password. Exactly one of password, password_file and ha1 is needed."`
	PasswordFile string `yaml:"password_file" doc:"A file whose first line is the password; a relative path starts at the configuration file's folder."`
	HA1          HA1    `yaml:"ha1" doc:"Hashes instead of the password."`
	Display      string `yaml:"display" doc:"The name shown to others."`
	MD5First     bool   `yaml:"md5_first" default:"false" doc:"As auth.md5_first, for this extension."`

	Calls   int      `yaml:"calls" default:"0" min:"0" max:"10000" doc:"Calls at the same time; one more finds it busy, and one more of its own is refused with 403. 0: as limits.per_user."`
	DND     bool     `yaml:"dnd" default:"false" doc:"Do not disturb: whoever calls finds it busy."`
	Forward Forward  `yaml:"forward" doc:"Where its calls go. What the extension has set or cleared by codes comes before that."`
	Moved   string   `yaml:"moved" doc:"The extension has moved, and this is its new number: whoever calls gets NUMBER_CHANGED, 410. Empty: it has not."`
	Blocked []string `yaml:"blocked" doc:"Callers that it does not want: numbers, or beginnings of numbers with a * behind them; anonymous is a caller who gives none. They get INCOMING_CALL_BARRED, 403."`
	Video   bool     `yaml:"video" default:"true" doc:"It may have calls with video. Without it an offer of video, by it or to it, gets BEARERCAPABILITY_NOTAUTH, 403."`
	Fax     bool     `yaml:"fax" default:"true" doc:"It may have calls with fax (T.38). Without it an offer of fax, by it or to it, gets BEARERCAPABILITY_NOTAUTH, 403."`

	Watch Watch `yaml:"watch" default:"details" doc:"What busy lamp fields of others may know of its calls. details: those in a ring group with it see whom it talks with and can take its call while it rings; others see that it has one. state: all see only that it has one. nobody: nothing. Its own phones see all."`

	Record RecordMode `yaml:"record" default:"never" doc:"Which of its calls are recorded: always, or those for which it presses recording.code. Of user, trunk, route and queue the strongest word counts."`

	Voicemail bool   `yaml:"voicemail" default:"false" doc:"It has a mailbox: routes lead to voicemail:NAME, and its owner hears it by the destination voicemail."`
	PIN       Secret `yaml:"pin" doc:"Digits that its owner must enter to hear the mailbox, 4 to 16. Empty: its phone alone is enough."`
	Email     string `yaml:"email" doc:"Where its messages are sent, as voicemail.hook and voicemail.smtp do."`
}

// HA1 are the hashes of user:realm:password (RFC 7616 section 3.4.2). They are
// worth as much as the password itself.
type HA1 struct {
	SHA256 Hash `yaml:"sha256" doc:"SHA-256 of name:realm:password, 64 hexadecimal digits."`
	MD5    Hash `yaml:"md5" doc:"MD5 of name:realm:password, 32 hexadecimal digits. Needed only where auth.md5 is on."`
}

// A Group is a set of extensions that ring for one number.
type Group struct {
	Name     string            `yaml:"name" need:"yes" doc:"The number or name that it is dialled by."`
	Members  []string          `yaml:"members" need:"yes" doc:"Names of users or of other groups."`
	Strategy Strategy          `yaml:"strategy" default:"together" doc:"Whether they ring at the same time or one after the other."`
	Ring     time.Duration     `yaml:"ring" default:"20s" min:"1s" max:"1h" doc:"How long the group rings; in_turn: how long each member rings."`
	Hours    string            `yaml:"hours" doc:"The name of one of hours: outside it nobody of the group rings. Empty: always open."`
	Closed   route.Destination `yaml:"closed" doc:"Where callers of the group go outside the hours; needed with hours. A group within another one just does not ring then."`
	Delay    time.Duration     `yaml:"delay" default:"0s" max:"1h" doc:"together: each member starts so much later than the one before it."`
}
