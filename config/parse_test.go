package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onhook/route"
)

// lines gives the errors of a file, one line each.
func lines(t *testing.T, file string) []string {
	t.Helper()
	_, err := Parse("x.yaml", []byte(file))
	if err == nil {
		return nil
	}
	var errs Errors
	if !errors.As(err, &errs) {
		t.Fatalf("%T is not Errors: %v", err, err)
	}
	return strings.Split(errs.Error(), "\n")
}

func TestExampleLoads(t *testing.T) {
	data, err := os.ReadFile("../docs/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("example.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	ignore := cmp.Options{cmpopts.IgnoreUnexported(Config{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })}
	want := &Config{
		Domain: "example.com",
		Data:   "onhook-data",
		Listen: []Listen{{"udp", netip.MustParseAddrPort("0.0.0.0:5060")}, {"tcp", netip.MustParseAddrPort("0.0.0.0:5060")}},
		RTP:    RTP{Ports: Ports{20000, 20999}, Timeout: time.Minute, Relay: true},
		Auth:   Auth{MD5: true},
		Timers: Timers{T1: 500 * time.Millisecond, Ring: time.Minute, MaxCall: 12 * time.Hour, Session: 30 * time.Minute},
		Limits: Limits{Calls: 10000, PerSecond: 1000, Memory: 1 << 30},
		Users: []User{
			{Name: "100", Password: "choose-your-own-1", Display: "Reception", Video: true, Fax: true, Watch: "details", Record: RecordNever},
			{Name: "101", Password: "choose-your-own-2", Display: "Workshop", Video: true, Fax: true, Watch: "details", Record: RecordNever},
			{Name: "102", Password: "choose-your-own-3", Display: "Office", MD5First: true, Video: true, Fax: true, Watch: "details", Record: RecordNever},
		},
		Groups: []Group{{Name: "200", Members: []string{"100", "101"}, Strategy: InTurn, Ring: 15 * time.Second}},
		Trunks: []Trunk{{
			Name: "carrier", Address: HostPort{Host: "sip.carrier.example"}, Username: "office", Password: "choose-your-own-4",
			Channels: 30, DownAfter: 2, UpAfter: 2, Register: Register{Expires: time.Hour}, Options: 30 * time.Second, Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Record: RecordNever, CallerID: CallerID{Diversion: true},
		}},
		Outside: Outside{
			Home: "+49", Calls: 5, PerMinute: 10, Minutes: 300,
			Premium: []string{"+979*", "+870*", "+878*", "+881*", "+882*", "+883*", "0900*", "1900*", "+1900*"},
			Always:  []string{"110", "112", "911", "999", "000"},
		},
		Routes: []Route{
			{Match: `^9(\d+)$`, To: []route.Destination{{Kind: route.ToTrunk, Text: "carrier"}}, Number: "+$1", Record: RecordNever, Transfer: "nobody"},
			{Match: "600", To: []route.Destination{{Kind: route.ToEcho}}, Record: RecordNever, Transfer: "nobody"},
			{Match: `^7(\d{4})(.*)$`, To: []route.Destination{{Kind: route.ToSIP, Text: "sip:p$2@127.0.0.1:$1"}}, Ring: 8 * time.Second, Record: RecordNever, Transfer: "nobody"},
		},
		Agents:    Agents{Login: "*51", Logout: "*52", Pause: "*53", Resume: "*54"},
		Recording: Recording{Code: "*1", Announce: "recorded", On: "recording-on", Off: "recording-off"},
		Voicemail: Voicemail{
			Greeting: []string{"unavailable", "leave-message"}, Min: 2 * time.Second, Max: 3 * time.Minute, Silence: 5 * time.Second,
			Messages: 100, Size: 100 << 20, From: "onhook@localhost", Timeout: 10 * time.Second,
		},
		Parking: Parking{Timeout: 2 * time.Minute},
		Codes: Codes{
			ForwardAlways: "*21", ForwardBusy: "*67", ForwardNoAnswer: "*61", ForwardUnreachable: "*62", ForwardOff: "#21",
			DNDOn: "*78", DNDOff: "*79", Park: "*70", Pickup: "*8",
		},
		Prompts:  Prompts{Language: "en"},
		Policies: Policies{Numbers: Numbers{Shortest: 1, Longest: 128}, Redirects: 5},
		API:      API{Listen: netip.MustParseAddrPort("127.0.0.1:8080")},
		Store:    Store{Driver: SQLite, OnDiskFull: Refuse},
		HEP:      HEP{ID: 1},
		Log:      Log{Level: "info", Format: "text"},
	}
	if diff := cmp.Diff(want, c, ignore); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := strings.Count(string(data), "\n"); n > 25 {
		t.Errorf("the example has %d lines, it should fit a small office in about 20", n)
	}
	if _, err := route.New(c.RouteOptions()); err != nil {
		t.Errorf("its routes make no table: %v", err)
	}
}

func TestEmptyFilesAreTheDefaults(t *testing.T) {
	for _, file := range []string{"", "\n", "# nothing\n", "---\n", "users:\ntrunks: []\nrtp:\n"} {
		c, err := Parse("x.yaml", []byte(file))
		if err != nil {
			t.Errorf("%q: %v", file, err)
			continue
		}
		if len(c.Listen) != 2 || c.Listen[0].String() != "udp://127.0.0.1:5060" || c.Timers.T1 != 500*time.Millisecond || c.Realm() != "localhost" || !c.RTP.Relay {
			t.Errorf("%q: got %+v, want the defaults", file, c)
		}
	}
}

func TestAllErrorsAtOnceWithTheirPlaces(t *testing.T) {
	got := lines(t, `domian: example.com
listen: [udp://0.0.0.0:5060, upd://0.0.0.0:5061, tcp://localhost:5060]
timers:
  t1: 5
  rings: 20s
  session: 30s
limits: {calls: many, per_user: -1}
users:
  - {name: "100", password: secret-enough, voicemail: true}
  - {name: "100", password: secret-enough, password_file: x}
  - name: a b
    ha1: {sha256: abc}
groups:
  - {name: g, members: ["100", "10"], strategy: in-turn}
trunks:
  - {name: carrier, address: "sip.example:0", channels: "30", sources: [192.0.2.1/24]}
routes:
  - {match: "^9(", to: trunk:carrier}
  - {match: "1", to: trunk:carier}
  - {match: "2", to: queue:support}
  - {match: "3", to: "trnk:carrier"}
  - {match: "4", to: "trunk:$1"}
  - {to: echo}
cluster: {}
store: {driver: postgres, on_disk_full: stop}
`)
	want := []string{
		`x.yaml:1:1: got the unknown key "domian" (did you mean domain?)`,
		`x.yaml:2:30: listen[1]: got "upd://0.0.0.0:5061", want an address such as udp://0.0.0.0:5060 or tcp://[::]:5060 (there is no transport "upd")`,
		`x.yaml:2:50: listen[2]: got "tcp://localhost:5060", want an address such as udp://0.0.0.0:5060 or tcp://[::]:5060 (after :// comes an IP address and a port)`,
		`x.yaml:4:7: timers.t1: got "5", want a duration such as 500ms, 5s, 2h or 90d (a duration is a number with a unit)`,
		`x.yaml:5:3: timers: got the unknown key "rings" (did you mean ring?)`,
		`x.yaml:6:12: timers.session: got 30s, want at least 90s`,
		`x.yaml:7:17: limits.calls: got "many", want a whole number`,
		`x.yaml:7:33: limits.per_user: got -1, want at least 0`,
		`x.yaml:10:5: users[1]: got 2 of password, password_file and ha1, want exactly one`,
		`x.yaml:10:12: users[1].name: got "100" a second time, want a name of its own: users[0] has this one`,
		`x.yaml:11:11: users[2].name: got "a b", want a name of at most 64 letters, digits and - _ . + * #`,
		`x.yaml:12:19: users[2].ha1.sha256: got a secret, want 64 hexadecimal digits`,
		`x.yaml:14:32: groups[0].members[1]: got "10", want the name of a user or a group (did you mean 100?)`,
		`x.yaml:14:49: groups[0].strategy: got "in-turn", want together or in_turn (did you mean in_turn?)`,
		`x.yaml:16:30: trunks[0].address: got "sip.example:0", want a host such as sip.example.com, 192.0.2.1:5060 or [2001:db8::1]:5060 (a port is a number from 1 to 65535)`,
		`x.yaml:16:57: trunks[0].channels: got "30", want a whole number`,
		`x.yaml:16:73: trunks[0].sources[0]: got "192.0.2.1/24", want a network such as 192.0.2.0/24, or an IP address (the network is 192.0.2.0/24)`,
		"x.yaml:18:13: routes[0].match: got \"^9(\", want a regular expression over the whole number (not a regular expression: error parsing regexp: missing closing ): `^9(`)",
		`x.yaml:19:22: routes[1].to: got "trunk:carier", want the name of a trunk that is configured (did you mean trunk:carrier?)`,
		`x.yaml:20:22: routes[2].to: got "queue:support", want an application that is configured`,
		`x.yaml:21:22: routes[3].to: got "trnk:carrier", want user:NAME, group:NAME, trunk:NAME, menu:NAME, voicemail:NAME, queue:NAME, hook:NAME, app:NAME, room:NAME, agent:ACTION, sip:ADDRESS, voicemail or echo (did you mean trunk:carrier?)`,
		`x.yaml:22:22: routes[4].to: got "trunk:$1" ("$1" names group 1, but the pattern has no groups (write them in brackets))`,
		`x.yaml:23:5: routes[5].match: got nothing, want a value: this key must be given`,
		`x.yaml:24:1: got the key "cluster", want it left out: it is not supported by this version`,
		`x.yaml:25:17: store.driver: got "postgres", want sqlite (postgres is not supported by this version)`,
		`x.yaml:25:41: store.on_disk_full: got "stop", want refuse or continue`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestYAMLThatIsRefused(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"a key twice", "domain: a\ndomain: b\n", `x.yaml:2:1: domain: got this key a second time, want each key once`},
		{"an anchor", "domain: &x a\n", `x.yaml:1:9: domain: got an anchor, want plain values`},
		{"an alias", "domain: &x a\ndata: *x\n", `x.yaml:2:7: data: got an alias, want plain values`},
		{"a tag", "domain: !!str a\n", `x.yaml:1:9: domain: got a tag, want plain values`},
		{"a merge key", "rtp:\n  <<: {timeout: 1s}\n", `x.yaml:2:3: rtp: got a merge key`},
		{"two documents", "domain: a\n---\ndomain: b\n", `got a second document`},
		{"no mapping", "- a\n", `x.yaml:1:1: got a list, want keys with values`},
		{"a scalar alone", "hello\n", `got "hello", want keys with values`},
		{"a list for a text", "domain: [a]\n", `domain: got a list, want text`},
		{"a text for a section", "rtp: on\n", `rtp: got "on", want keys with values`},
		{"a text for a list of sections", "users: none\n", `users: got "none", want list of section`},
		{"a word for a bool", "rtp: {relay: yes}\n", `rtp.relay: got "yes", want true or false`},
		{"a quoted bool", "rtp: {relay: \"true\"}\n", `rtp.relay: got "true", want true or false`},
		{"a bool for a text", "users: [{name: true, password: abcdefgh}]\n", `users[0].name: got "true", want text in quotes`},
		{"null for a text", "domain: null\n", `domain: got nothing, want text`},
		{"a number as key", "1: a\n", `got the key 1, want a key of letters`},
		{"an unclosed bracket", "listen: [a\n", `got something that is not YAML, want a YAML file`},
		{"a bad indent", "rtp:\n  timeout: 1s\n ports: 1\n", `got something that is not YAML`},
		{"brackets without end", strings.Repeat("[", 100000), `got values nested too deep, want at most 64 levels`},
		{"hyphens without end", strings.Repeat("- ", 100000), `got values nested too deep, want at most 64 levels`},
		{"a large file", "# " + strings.Repeat("x", MaxFile), `want at most 1048576`},
		{"a large number", "limits: {calls: 99999999999999999999}\n", `limits.calls: got`},
		{"a port in the domain", "domain: example.com:5060\n", `domain: got "example.com:5060", want a host name or an IP address, without a port`},
		{"privileged ports", "rtp: {ports: 80-2000}\n", `rtp.ports: got "80-2000", want a range of ports such as 16384-32767 (ports below 1024 belong to the system)`},
		{"ports the wrong way round", "rtp: {ports: 3000-2000}\n", `(the first port is above the last)`},
		{"an address twice", "listen: [\"udp://[::]:5060\", \"udp://[::]:5060\"]\n", `listen[1]: got "udp://[::]:5060" a second time`},
		{"nowhere to listen", "listen: []\n", `listen: got nothing`},
		{"TLS", "listen: tls://0.0.0.0:5061\n", `(tls: is not supported by this version)`},
		{"a user without a password", "users: [{name: a}]\n", `users[0]: got none of password, password_file and ha1, want exactly one`},
		{"a user without a name", "users: [{password: abcdefgh}]\n", `users[0].name: got nothing`},
		{"an empty name", "users: [{name: \"\", password: abcdefgh}]\n", `users[0].name: got nothing`},
		{"a group with the name of a user", "users: [{name: a, password: abcdefgh}]\ngroups: [{name: a, members: [a]}]\n", `groups[0].name: got "a" a second time, want a name of its own: users[0] has this one`},
		{"a group of itself", "groups: [{name: a, members: [b]}, {name: b, members: [a]}]\n", `groups[0].members: got a -> b -> a, want members that do not lead back`},
		{"a member twice", "users: [{name: a, password: abcdefgh}]\ngroups: [{name: g, members: [a, a]}]\n", `groups[0].members[1]: got "a" a second time`},
		{"a trunk's password without its user", "trunks: [{name: t, address: a, password: x}]\n", `trunks[0]: got a password without a username`},
		{"a wire code that is no refusal", "outcome: {wire_codes: {NO_ANSWER: 200}}\n", `outcome.wire_codes.NO_ANSWER: got 200, want at least 400`},
		{"a wire code that asks for credentials", "outcome: {wire_codes: {NO_ANSWER: 407}}\n", `outcome.wire_codes.NO_ANSWER: got 407, want a final code`},
		{"no destination", "routes: [{match: \"1\", to: []}]\n", `routes[0].to: got nothing`},
		{"a bad second destination", "routes: [{match: \"1\", to: [echo, user:9]}]\n", `routes[0].to[1]: got "user:9", want the name of a user that is configured`},
		{"md5 first but not at all", "auth: {md5: false, md5_first: true}\n", `auth.md5_first: got true, want false where auth.md5 is false`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(lines(t, tt.file), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("got:\n%s\nwant a line with:\n%s", got, tt.want)
			}
		})
	}
}

// The parser calls itself for levels and keys, and a stack that overflows cannot be
// recovered: these must be refused before they reach it.
func TestFilesThatWouldExhaustTheParser(t *testing.T) {
	for _, unit := range []string{
		"!a\n", "&a\n", "? \n", "a: &b\n", "a: !b\n", "*a\n", "%a\n", "a:\n", ":\n", "<<: a\n", "a: b: ", "[\n", "{a: \n", "- - \n", "[", "{", "- ", "\"a\": 1\n", "  a: 1\n", "- a:\n",
	} {
		got := lines(t, strings.Repeat(unit, (1<<18)/len(unit)))
		if len(got) != 1 || !strings.Contains(got[0], "got values nested too deep") && !strings.Contains(got[0], "got too many") {
			t.Errorf("a file of %q: got %.200q", unit, got)
		}
	}
}

func TestNumbersAreSpeltAsTheyStand(t *testing.T) {
	c, err := Parse("x.yaml", []byte("users:\n  - name: 0100\n    password: 00012345678\n    display: 1.10\n"))
	if err != nil {
		t.Fatal(err)
	}
	if u := c.Users[0]; u.Name != "0100" || string(u.Password) != "00012345678" || u.Display != "1.10" {
		t.Errorf("got %q %q %q, want them as written", u.Name, string(u.Password), u.Display)
	}
}

func TestColonsWithoutBlanksBelongToTheText(t *testing.T) {
	want := []route.Destination{{Kind: route.ToTrunk, Text: "a"}, {Kind: route.ToUser, Text: "100"}, {Kind: route.ToSIP, Text: "sip:x@192.0.2.1:5070"}, {Kind: route.ToEcho}}
	for _, file := range []string{
		"- {match: \"1\", to: [trunk:a, user:100, sip:x@192.0.2.1:5070, echo]}",
		"- {to: [trunk:a, user:100, \"sip:x@192.0.2.1:5070\", echo], match: \"1\"}",
		"- match: \"1\"\n  to: [trunk:a, user:100, sip:x@192.0.2.1:5070, echo]",
		"- match: \"1\"\n  to:\n    - trunk:a\n    - user:100\n    - sip:x@192.0.2.1:5070\n    - echo",
	} {
		c, err := Parse("x.yaml", []byte("users: [{name: 100, password: abcdefgh}]\ntrunks: [{name: a, address: b}]\nroutes:\n"+file+"\n"))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if diff := cmp.Diff(want, c.Routes[0].To); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	if got := lines(t, "routes: [{match: \"1\", to: [trunk: a]}]"); len(got) != 1 || !strings.Contains(got[0], "got keys with values") {
		t.Errorf("got %v, want a key with a blank after its colon refused", got)
	}
}

func TestWarnings(t *testing.T) {
	c, err := Parse("x.yaml", []byte("users: [{name: a, password: a}]\nroutes:\n  - {match: \"1\", to: sips:a@b}\n  - {match: \"2\", to: \"sip:a@b;transport=ws\"}\n  - {match: \"3\", to: \"sip:a@b;transport=udp\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) != 3 || !strings.Contains(c.Warnings[0], "will be guessed") || !strings.Contains(c.Warnings[1], "x.yaml:3:") || !strings.Contains(c.Warnings[2], "x.yaml:4:") {
		t.Errorf("got %q, want warnings for the password and the first two routes", c.Warnings)
	}
}

func TestLoadReadsPasswordFilesAndWarnsOfReaders(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("pw", "hush-hush\r\nmore\n", 0o600)
	write("open", "hush-hush\n", 0o640)
	write("empty", "\n", 0o600)
	load := func(text string, mode os.FileMode) (*Config, error) {
		write("c.yaml", text, mode)
		return Load(filepath.Join(dir, "c.yaml"))
	}

	c, err := load("users: [{name: a, password_file: pw}]\n", 0o644)
	if err != nil || c.Users[0].Password != "hush-hush" || len(c.Warnings) != 0 {
		t.Errorf("got %+v, %v, want the password of the file and no warning", c, err)
	}
	c, err = load("users: [{name: a, password_file: open}]\n", 0o644)
	if err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "chmod 600") {
		t.Errorf("got %+v, %v, want a warning for the password file", c, err)
	}
	c, err = load("users: [{name: a, password: hush-hush}]\n", 0o644)
	if err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "mode 0644") {
		t.Errorf("got %+v, %v, want a warning for the file", c, err)
	}
	c, err = load("users: [{name: a, password: hush-hush}]\n", 0o600)
	if err != nil || len(c.Warnings) != 0 {
		t.Errorf("got %+v, %v, want no warning", c, err)
	}
	_, err = load("users:\n  - {name: a, password_file: none}\n  - {name: b, password_file: empty}\n", 0o600)
	var errs Errors
	if !errors.As(err, &errs) || len(errs) != 2 || errs[0].Line != 2 || errs[0].Path != "users[0].password_file" || !strings.Contains(errs[1].Why, "empty") {
		t.Errorf("got %v, want an error for each file", err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("a folder was read as a configuration")
	}
	if _, err := Load(filepath.Join(dir, "missing.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}

func TestCheckReasons(t *testing.T) {
	c, err := Parse("x.yaml", []byte("outcome:\n  wire_codes:\n    NO_ANSWR: 486\n    USER_BUSY: 600\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = c.CheckReasons([]string{"NO_ANSWER", "USER_BUSY"})
	if err == nil || err.Error() != `x.yaml:3:15: outcome.wire_codes.NO_ANSWR: got "NO_ANSWR", want the name of a Bye Reason (did you mean NO_ANSWER?)` {
		t.Errorf("got %v", err)
	}
	if err := c.CheckReasons([]string{"NO_ANSWR", "USER_BUSY"}); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"domain: a\n", "users: [{name: a, password: b}]\n", "routes:\n  - {match: \"1(\", to: [trunk:$1]}\n", "a: &b\n  - *b\n", "? a\n: b\n",
		"a: |\n  b\n", "{", "[[[", "- - -", "%YAML 1.2\n---\n", "a: !x b", "\xff", "listen: 5", "groups: [{name: a, members: [a]}]",
	} {
		f.Add([]byte(s))
	}
	if example, err := os.ReadFile("../docs/example.yaml"); err == nil {
		f.Add(example)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		c, err := Parse("f", data)
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v", c, err)
		}
		if err != nil {
			var errs Errors
			if !errors.As(err, &errs) || len(errs) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if _, err := route.New(c.RouteOptions()); err != nil {
			t.Fatalf("accepted, but: %v", err)
		}
	})
}
