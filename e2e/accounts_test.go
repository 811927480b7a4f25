package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onhook/phone"
)

// password is that of an answer which shows one.
func (c *apiClient) password(text string) string {
	c.t.Helper()
	var made struct{ Password string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || len(made.Password) < 16 {
		c.t.Fatalf("%s: %v", text, err)
	}
	return made.Password
}

// registrations waits until an extension has so many devices: a change shows within two seconds.
func (c *apiClient) registrations(user string, n int) {
	c.t.Helper()
	got := ""
	c.seldom(func() bool {
		got = c.read(200, "GET", "/v1/registrations?user="+user)
		return strings.Contains(got, fmt.Sprintf(`"total":%d`, n))
	}, func() string { return fmt.Sprintf("want %d devices: %s", n, got) })
}

// seldom waits for a condition that asks the API, which bounds how often a key may ask.
func (c *apiClient) seldom(ok func() bool, why func() string) {
	c.t.Helper()
	n := 0
	eventually(c.t, time.Minute, func() bool {
		n++
		return n%10 == 1 && ok()
	}, why)
}

// patient gives an office time on a machine that is slow.
func (o *office) patient() {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	o.t.Cleanup(cancel)
	o.ctx = ctx
}

// comes makes a phone of an extension; it has not registered.
func (o *office) comes(name, password string) *phone.Phone {
	o.t.Helper()
	p, err := phone.New(phone.Options{User: name, Password: password, Domain: "example.com", Server: o.udp, T1: 100 * time.Millisecond, Codecs: []string{"PCMA"}})
	o.must(err)
	o.t.Cleanup(func() { _ = p.Close() })
	o.phones[name] = p
	return p
}

const salesGroup = "groups: [{name: \"300\", members: [\"104\"]}]\n"

// TestExtensionMadeByTheAPI makes an extension, which registers, calls and is called
// at once, also as a member of a group and after a kill; then it gets a new password,
// and is removed.
func TestExtensionMadeByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, salesGroup)
	o.patient()
	api := o.api()
	made := api.send(201, "POST", "/v1/users", `{"name":"150","display":"Eve","voicemail":true,"groups":["300"]}`)
	first := api.password(made)
	if !strings.Contains(made, `"source":"api"`) || !strings.Contains(made, `"display":"Eve"`) {
		t.Errorf("%s", made)
	}
	o.must(o.comes("150", first).Register(o.ctx))
	a, b := o.connect("100", "150")
	o.hangsUp(a, b)
	a, b = o.connect("150", "100")
	o.hangsUp(a, b)
	a = o.dial("101", "300") // its group
	b = o.incoming("150")
	o.must(b.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	o.hangsUp(a, b)
	for _, r := range o.records(3) {
		if r.Answered != "party" || r.ByeReason != "NORMAL_CLEARING" {
			t.Errorf("%s to %s: %s %s", r.From.Number, r.To.Number, r.Status, r.ByeReason)
		}
	}
	api.send(409, "POST", "/v1/users", `{"name":"150"}`)
	api.send(409, "POST", "/v1/users", `{"name":"100"}`)
	api.send(409, "POST", "/v1/users", `{"name":"300"}`)
	api.send(422, "POST", "/v1/users", `{"name":"1 2"}`)
	api.send(422, "POST", "/v1/users", `{"name":"151","groups":["none"]}`)

	// A new password ends what registered with the one before.
	second := api.password(api.send(200, "POST", "/v1/users/150/password", ""))
	o.ended(o.dial("100", "150"))
	expected{"Unreachable", "USER_NOT_REGISTERED", "platform", "no", "", 480, 480}.check(t, o.records(4)[3])
	if err := o.comes("150", first).Register(o.ctx); err == nil {
		t.Error("the password before still registers")
	}
	o.must(o.comes("150", second).Register(o.ctx))
	api.send(200, "POST", "/v1/reload", "") // the file does not name it
	a, b = o.connect("150", "100")
	o.hangsUp(a, b)
	o.records(5)

	o.kill()
	o.run()
	o.connectPhones()
	api = o.again(api)
	o.must(o.comes("150", second).Register(o.ctx))
	a, b = o.connect("100", "150")
	o.hangsUp(a, b)
	o.records(6)

	api.send(204, "DELETE", "/v1/users/150", "")
	o.ended(o.dial("100", "150"))
	expected{"Call Failed", "UNALLOCATED_NUMBER", "platform", "no", "", 404, 404}.check(t, o.records(7)[6])
	if err := o.comes("150", second).Register(o.ctx); err == nil {
		t.Error("an extension that is no more registers")
	}
	api.send(404, "GET", "/v1/users/150", "")
	api.registrations("150", 0)
	api.send(404, "DELETE", "/v1/users/150", "")
	api.send(409, "DELETE", "/v1/users/100", "")
}

// again is the client of a server that was started a second time.
func (s *server) again(before *apiClient) *apiClient {
	s.t.Helper()
	c := &apiClient{t: s.t, key: before.key}
	eventually(s.t, time.Minute, func() bool {
		_, rest, found := strings.Cut(s.out.String(), "HTTP API: ")
		base, _, ended := strings.Cut(rest, "/docs\n")
		c.base = base
		return found && ended
	}, func() string { return "the server never said where its API is:\n" + s.out.String() + s.log.String() })
	return c
}

// TestTheFileWinsOverAnExtensionOfTheAPI names one in the file that the API has made:
// the file's password counts, and check and serve say so.
func TestTheFileWinsOverAnExtensionOfTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	o.patient()
	api := o.api()
	password := api.password(api.send(201, "POST", "/v1/users", `{"name":"150"}`))
	conf := strings.Replace(o.text, "users:\n", "users:\n  - {name: \"150\", password: \"secret-of-the-file\"}\n", 1)
	o.reload(conf, "the configuration file wins")
	if err := o.comes("150", password).Register(o.ctx); err == nil {
		t.Error("the password of the API registers")
	}
	o.must(o.comes("150", "secret-of-the-file").Register(o.ctx))
	if got := api.read(200, "GET", "/v1/users/150"); !strings.Contains(got, `"source":"config"`) {
		t.Errorf("%s", got)
	}
	// check looks into the folder that the file names.
	file := filepath.Join(t.TempDir(), "onhook.yaml")
	o.must(os.WriteFile(file, []byte("data: "+filepath.Join(o.data, "store")+"\n"+conf), 0o600))
	out, err := exec.Command(binary, "check", "-c", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "extension 150, made by the API, is left out") {
		t.Errorf("%v\n%s", err, out)
	}
	api.send(204, "DELETE", "/v1/users/150", "") // the one of the API, which nobody sees
	out, err = exec.Command(binary, "check", "-c", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "left out") {
		t.Errorf("%v\n%s", err, out)
	}
	api.send(409, "DELETE", "/v1/users/150", "")
	api.registrations("150", 1)
}

// TestSettingsOfAnExtensionByTheAPI sets do not disturb and forwards, which hold at
// once and after a kill, and are told.
func TestSettingsOfAnExtensionByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	o.patient()
	api := o.api()
	api.send(200, "PATCH", "/v1/users/101", `{"dnd":true}`)
	api.missed("1-0", 1, "type=user.changed", "user=101")
	o.ended(o.dial("100", "101"))
	expected{"Busy", "USER_BUSY", "platform", "no", "", 486, 486}.check(t, o.records(1)[0])
	api.send(200, "PATCH", "/v1/users/101", `{"dnd":false,"forward":{"always":"102"}}`)
	for range 2 {
		a := o.dial("100", "101")
		b := o.answers("102")
		o.must(a.WaitAnswered(o.ctx))
		o.hangsUp(a, b)
		o.kill()
		o.run()
		o.connectPhones()
		api = o.again(api)
	}
	if got := api.read(200, "GET", "/v1/users/101"); !strings.Contains(got, `"forward":{"always":"102"}`) || !strings.Contains(got, `"dnd":false`) {
		t.Errorf("%s", got)
	}
	api.send(422, "PATCH", "/v1/users/101", `{"forward":{"busy":"101"}}`)
	api.send(422, "PATCH", "/v1/users/101", `{"forward":{"busy":"9999999"}}`)
	api.send(422, "PATCH", "/v1/users/101", `{"forward":{"busy":"trunk:sipp"}}`)
	api.send(409, "PATCH", "/v1/users/101", `{"display":"Bob"}`)
	api.send(200, "PATCH", "/v1/users/101", `{"dnd":null,"forward":{"always":null}}`)
	if raw, err := os.ReadFile(filepath.Join(o.data, "store", "personal.json")); err != nil || strings.Contains(string(raw), "101") {
		t.Errorf("%v %s", err, raw)
	}
	a, b := o.connect("100", "101")
	o.hangsUp(a, b)
	out, err := exec.Command(binary, "audit", "--data", filepath.Join(o.data, "store")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "change-user") {
		t.Errorf("%v\n%s", err, out)
	}
}
