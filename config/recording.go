package config

import (
	"strconv"
	"strings"
	"time"
)

// Recording is how calls are recorded. Which are, users, trunks, routes and queues say.
type Recording struct {
	Folder   string        `yaml:"folder" restart:"yes" doc:"Where recordings are kept: WAV files of 8 kHz with two channels, the caller left and who was called right, named by the calls' ids. A relative path starts at the working directory. Empty: recordings in the data folder."`
	Code     string        `yaml:"code" default:"*1" doc:"Keys by which an extension that talks starts and stops the recording of its call, where record is on_demand for it or for the call. Empty: there are none."`
	Announce string        `yaml:"announce" default:"recorded" doc:"The prompt that both parties hear when a recording starts. Empty: they hear nothing; in many places that is not allowed."`
	On       string        `yaml:"on" default:"recording-on" doc:"The prompt that an extension hears that has started a recording, where nothing is announced. Empty: none."`
	Off      string        `yaml:"off" default:"recording-off" doc:"The prompt that an extension hears that has stopped it."`
	Keep     time.Duration `yaml:"keep" default:"0s" max:"36500d" doc:"Recordings that ended so long ago are deleted. 0s: they are kept until they are deleted by hand."`
}

// A RecordMode says which calls of somebody or something are recorded.
type RecordMode string

// The values of RecordMode.
const (
	RecordNever    RecordMode = "never"
	RecordOnDemand RecordMode = "on_demand"
	RecordAlways   RecordMode = "always"
)

func (RecordMode) choices() []string {
	return []string{string(RecordNever), string(RecordOnDemand), string(RecordAlways)}
}

// recording checks the code, and that there is sound to be recorded.
func (c *checker) recording() {
	r := &c.config.Recording
	if len(r.Code) > 16 || strings.Trim(r.Code, "0123456789*#ABCD") != "" {
		c.report("recording.code", strconv.Quote(r.Code), "at most 16 of 0-9 * # A-D")
	}
	if c.config.Records() && !c.config.RTP.Relay {
		c.report("rtp.relay", "false", "true where calls are recorded: only sound that passes through the server can be")
	}
}

// Records tells whether any call may be recorded.
func (c *Config) Records() bool {
	on := func(m RecordMode) bool { return m != "" && m != RecordNever }
	for _, u := range c.Users {
		if on(u.Record) {
			return true
		}
	}
	for _, t := range c.Trunks {
		if on(t.Record) {
			return true
		}
	}
	for _, r := range c.Routes {
		if on(r.Record) {
			return true
		}
	}
	for _, q := range c.Queues {
		if on(q.Record) {
			return true
		}
	}
	return false
}

// prompts are the names of the prompts of recordings, by their keys.
func (r *Recording) prompts() map[string]string {
	return map[string]string{"recording.announce": r.Announce, "recording.on": r.On, "recording.off": r.Off}
}
