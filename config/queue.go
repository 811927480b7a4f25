package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"onhook/route"
)

// A Queue is where callers wait for agents.
type Queue struct {
	Name      string            `yaml:"name" need:"yes" doc:"Routes and menus lead to it as queue:NAME."`
	Strategy  QueueStrategy     `yaml:"strategy" default:"longest_idle" doc:"Which of the free agents the caller is offered to."`
	Agents    []string          `yaml:"agents" need:"yes" doc:"The users who take its callers."`
	LoggedIn  bool              `yaml:"logged_in" default:"true" doc:"Its agents are logged in until they say otherwise; what they said last outlives a restart."`
	Ring      time.Duration     `yaml:"ring" default:"15s" min:"1s" max:"5m" doc:"How long an agent rings before the next one does."`
	Retry     time.Duration     `yaml:"retry" default:"10s" min:"1s" max:"1h" doc:"How long an agent who did not answer is left alone."`
	WrapUp    time.Duration     `yaml:"wrap_up" default:"5s" max:"1h" doc:"How long an agent is left alone after a call."`
	Greeting  []string          `yaml:"greeting" default:"queue-welcome" doc:"Prompts that a caller hears first."`
	Music     string            `yaml:"music" doc:"The prompt that is played to those who wait. Empty: that of prompts.music."`
	Every     time.Duration     `yaml:"every" default:"1m" max:"1h" doc:"How often callers are told their place and waiting time. 0s: never."`
	SayPlace  bool              `yaml:"say_place" default:"true" doc:"Callers are told their place."`
	SayWait   bool              `yaml:"say_wait" default:"true" doc:"Callers are told how long it may take, by how long calls have taken."`
	MaxWait   time.Duration     `yaml:"max_wait" default:"10m" max:"24h" doc:"How long a caller may wait before it goes where overflow says. 0s: as long as it likes."`
	MaxLength int               `yaml:"max_length" default:"100" min:"0" doc:"How many callers may wait. 0: any number."`
	Keys      []QueueKey        `yaml:"keys" doc:"What a caller who waits may press to go elsewhere; a key ends greeting and announcements then."`
	Overflow  route.Destination `yaml:"overflow" doc:"Where callers go when the longest wait is over, when too many wait or no agent is logged in. Empty: their call ends."`
	Hours     string            `yaml:"hours" doc:"The name of one of hours: outside it nobody may come and wait; who waits already may go on. Empty: always open."`
	Closed    route.Destination `yaml:"closed" doc:"Where callers go outside the hours. Empty: they hear the prompt closed and are hung up."`
	Full      []string          `yaml:"full" doc:"Prompts for callers who find too many others. Without them and without overflow they are refused with 503."`
	Absent    []string          `yaml:"absent" doc:"Prompts for callers who find no agent logged in. Without them and without overflow they are refused with 480."`
	Late      []string          `yaml:"late" doc:"Prompts when the longest wait is over."`
	Record    RecordMode        `yaml:"record" default:"never" doc:"Which of its calls are recorded, from when an agent answers: always, or those for which the agent presses recording.code."`
	Level     time.Duration     `yaml:"service_level" default:"20s" max:"1h" doc:"The service level is the share of callers who are answered within this time."`
}

// A QueueKey is a way out of a queue.
type QueueKey struct {
	Key string            `yaml:"key" need:"yes" doc:"What is pressed: one of 0-9 * #. An agent who rings stops."`
	To  route.Destination `yaml:"to" need:"yes" doc:"Where it leads."`
}

// Agents are the numbers that agents dial.
type Agents struct {
	Login  string `yaml:"login" default:"*51" doc:"Logs the caller in at all its queues. Empty: no such number. A route to agent:login, or agent:login:QUEUE for one queue, does the same."`
	Logout string `yaml:"logout" default:"*52" doc:"Logs the caller out."`
	Pause  string `yaml:"pause" default:"*53" doc:"No more callers are offered to the caller until it resumes."`
	Resume string `yaml:"resume" default:"*54" doc:"Ends a pause or wrap-up."`
}

// codes are the numbers by what they do.
func (a *Agents) codes() [][2]string {
	return [][2]string{{"login", a.Login}, {"logout", a.Logout}, {"pause", a.Pause}, {"resume", a.Resume}}
}

// queueApps are the applications that queues bring.
func queueApps(c *Config) (names []string) {
	if len(c.Queues) == 0 {
		return nil
	}
	for _, code := range c.Agents.codes() {
		names = append(names, "agent:"+code[0])
	}
	for _, q := range c.Queues {
		names = append(names, "queue:"+q.Name)
		for _, code := range c.Agents.codes() {
			names = append(names, "agent:"+code[0]+":"+q.Name)
		}
	}
	return names
}

// agentRules are the routes of the numbers that agents dial, after those of the file.
func (c *Config) agentRules() (rules []route.Rule) {
	if len(c.Queues) == 0 {
		return nil
	}
	for _, code := range c.Agents.codes() {
		if code[1] != "" {
			to := route.Destination{Kind: route.ToApp, Text: "agent:" + code[0]}
			rules = append(rules, route.Rule{Match: regexp.QuoteMeta(code[1]), To: []route.Destination{to}})
		}
	}
	return rules
}

// queueKeys checks the ways out of a queue.
func (c *checker) queueKeys(path string, q Queue) {
	pressed := make(map[string]bool)
	for j, k := range q.Keys {
		at := fmt.Sprintf("%s.keys[%d]", path, j)
		switch {
		case k.Key == "" || c.bad(at+".key"):
		case len(k.Key) != 1 || !strings.Contains("0123456789*#", k.Key):
			c.report(at+".key", strconv.Quote(k.Key), "one of 0-9 * #")
		case pressed[k.Key]:
			c.report(at+".key", strconv.Quote(k.Key)+" a second time", "each key once")
		}
		pressed[k.Key] = true
		c.destination(at+".to", k.To)
		if k.To.Text == "queue:"+q.Name {
			c.report(at+".to", strconv.Quote(k.To.String()), "a destination other than the queue itself")
		}
	}
}

// queues checks names, agents and where queues overflow to.
func (c *checker) queues() {
	taken, users := make(map[string]bool), userNames(c.config)
	for i, q := range c.config.Queues {
		path := fmt.Sprintf("queues[%d]", i)
		c.ownName(path+".name", q.Name, taken)
		seen := make(map[string]bool)
		for j, agent := range q.Agents {
			at := c.item(path+".agents", j)
			switch {
			case c.bad(at):
			case seen[agent]:
				c.report(at, strconv.Quote(agent)+" a second time", "each agent once")
			case !slices.Contains(users, agent):
				c.report(at, strconv.Quote(agent), "the name of a user").Nearest = nearest(agent, users)
			}
			seen[agent] = true
		}
		c.queueKeys(path, q)
		c.open(path, q.Hours, q.Closed)
		c.destination(path+".closed", q.Closed)
		if q.Closed.Text == "queue:"+q.Name {
			c.report(path+".closed", strconv.Quote(q.Closed.String()), "a destination other than the queue itself")
		}
		c.destination(path+".overflow", q.Overflow)
		if q.Overflow.Text == "queue:"+q.Name {
			c.report(path+".overflow", strconv.Quote(q.Overflow.String()), "a destination other than the queue itself")
		}
	}
	numbers := make(map[string]bool)
	for _, code := range c.config.Agents.codes() {
		path := "agents." + code[0]
		switch {
		case code[1] == "" || c.bad(path):
		case strings.Trim(code[1], "0123456789*#") != "" || len(code[1]) > 16:
			c.report(path, strconv.Quote(code[1]), "at most 16 of 0-9 * #")
		case numbers[code[1]]:
			c.report(path, strconv.Quote(code[1])+" a second time", "a number of its own")
		}
		numbers[code[1]] = true
	}
}
