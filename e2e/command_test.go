package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"onhook/media"
	"onhook/outcome"
)

// upCall is the id of the call of two numbers that is up.
func (c *apiClient) upCall(from, to string) (id string) {
	c.t.Helper()
	var live struct {
		Calls []struct{ ID, From, To string }
	}
	c.get("/v1/live", &live)
	for _, l := range live.Calls {
		if strings.Contains(l.From, from+"@") && strings.Contains(l.To, to+"@") {
			return l.ID
		}
	}
	c.t.Fatalf("no call from %s to %s is up: %+v", from, to, live)
	return ""
}

// commands are what the record says that operators did.
func commands(r outcome.Record) (all []string) {
	for _, e := range r.Evidence {
		if e.Field == "command" {
			all = append(all, strings.TrimSuffix(e.Text, " by key first"))
		}
	}
	return all
}

func TestTransferByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	a, b := o.connect("100", "101")
	o.tone(b, 500)
	o.hears(a, 500)
	id := api.upCall("100", "101")
	api.post(200, "/v1/calls/"+id+"/transfer", `{"to":"102"}`)
	c := o.incoming("102")
	o.hears(a, 425) // ringing tone
	o.loud(b)       // music
	api.post(409, "/v1/calls/"+id+"/transfer", `{"to":"103"}`)
	o.must(c.Answer(o.ctx))
	o.ended(b)
	o.speak(a, c)
	o.hangsUp(c, a)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	if got := legReasons(r); len(got) != 3 || got[1] != "BLIND_TRANSFER" {
		t.Errorf("legs ended with %v, want the transferor's with BLIND_TRANSFER", got)
	}
	if got := commands(r); !slices.Equal(got, []string{"transfer 102"}) {
		t.Errorf("commands %q", got)
	}
}

func TestTransferByTheAPIOfTheCalledParty(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	a, b := o.connect("100", "101")
	id := api.upCall("100", "101")
	api.post(200, "/v1/calls/"+id+"/transfer", `{"to":"102","party":"callee"}`)
	c := o.answers("102")
	o.ended(a)
	o.tone(c, 700)
	o.hears(b, 700)
	o.hangsUp(b, c)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	if got := legReasons(r); got[0] != "BLIND_TRANSFER" {
		t.Errorf("legs ended with %v, want the caller's with BLIND_TRANSFER", got)
	}
}

func TestTransferByTheAPIToABusyPhoneComesBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	a, b := o.connect("100", "101")
	id := api.upCall("100", "101")
	api.post(200, "/v1/calls/"+id+"/transfer", `{"to":"102"}`)
	o.busy("102")
	o.tone(b, 700)
	o.hears(a, 700) // joined again
	api.post(422, "/v1/calls/"+id+"/transfer", `{"to":"999"}`)
	o.hangsUp(b, a)
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, o.record())
}

func TestCallerLeavesWhileTheTargetOfTheAPIRings(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	a, b := o.connect("100", "101")
	api.post(200, "/v1/calls/"+api.upCall("100", "101")+"/transfer", `{"to":"102"}`)
	o.incoming("102")
	o.hears(a, 425)
	o.hangsUp(a, b)
	expected{"Abandoned", "Abandoned_On_Hold", "caller", "party", "", 903, 200}.check(t, o.record())
}

func TestAttendedTransferByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	a, b := o.connect("100", "101")
	o.must(b.Hold(o.ctx))
	b2, c := o.connect("101", "102")
	api.post(200, "/v1/calls/"+api.upCall("100", "101")+"/transfer", `{"with":"`+api.upCall("101", "102")+`"}`)
	o.ended(b)
	o.ended(b2)
	o.speak(a, c)
	o.hangsUp(c, a)
	for _, r := range o.records(2) {
		if r.From.Number == "100" {
			expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
			if got := legReasons(r); len(got) != 3 || got[1] != "ATTENDED_TRANSFER" {
				t.Errorf("legs ended with %v", got)
			}
		} else {
			expected{"Call Ended", "ATTENDED_TRANSFER", "caller", "party", "", 200, 200}.check(t, r)
		}
		if got := commands(r); len(got) != 1 || !strings.HasPrefix(got[0], "join call_") || len(r.Related) != 1 {
			t.Errorf("commands %q, related %v", got, r.Related)
		}
	}
}

func TestHoldAndResumeByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	a, b := o.connect("100", "101")
	o.tone(b, 700)
	o.tone(a, 900)
	o.hears(a, 700)
	id := api.upCall("100", "101")
	api.post(409, "/v1/calls/"+id+"/resume", `{}`)
	api.post(200, "/v1/calls/"+id+"/hold", `{}`)
	o.deaf(a, 700)
	o.loud(a)
	o.deaf(b, 900)
	if live := api.read(200, "GET", "/v1/live"); !strings.Contains(live, `"stage":"hold"`) {
		t.Errorf("%s", live)
	}
	api.post(200, "/v1/calls/"+id+"/resume", `{}`)
	o.hears(a, 700)
	o.hears(b, 900)
	api.post(200, "/v1/calls/"+id+"/hold", `{"party":"caller"}`)
	o.deaf(a, 700)
	o.hangsUp(a, b)
	r := o.record()
	expected{"Abandoned", "Abandoned_On_Hold", "caller", "party", "", 903, 200}.check(t, r)
	if r.HoldMS == 0 || len(commands(r)) != 3 {
		t.Errorf("held %d ms, commands %q", r.HoldMS, commands(r))
	}
}

func TestPlayByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "prompts: {folder: "+promptFolder(t, "notice", 600)+"}\n")
	api := o.api()
	a, b := o.connect("100", "101")
	o.tone(b, 900)
	o.hears(a, 900)
	id := api.upCall("100", "101")
	api.post(404, "/v1/calls/"+id+"/play", `{"prompts":["nothing"]}`)
	api.post(200, "/v1/calls/"+id+"/play", `{"prompts":["notice","notice"],"party":"caller"}`)
	o.hears(a, 600)
	o.hears(a, 900) // and then the other party again
	api.post(200, "/v1/calls/"+id+"/play", `{"prompts":["notice"]}`)
	o.hears(b, 600)
	o.hears(a, 900)
	o.hangsUp(a, b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if got := commands(r); !slices.Equal(got, []string{"play notice notice", "play notice"}) {
		t.Errorf("commands %q", got)
	}
}

// promptFolder is a folder with one prompt, a second of a tone.
func promptFolder(t *testing.T, name string, hertz float64) string {
	t.Helper()
	var wav bytes.Buffer
	if err := media.WriteWAV(&wav, media.Audio{Channels: 1, Samples: media.Tone(8000, 8000, hertz)}, media.WAVUlaw); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name+".wav"), wav.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// origin asks for a call and gives its id.
func (c *apiClient) origin(body string) string {
	c.t.Helper()
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(c.post(201, "/v1/calls", body)), &made); err != nil {
		c.t.Fatal(err)
	}
	return made.ID
}

func TestCallMadeByTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	id := api.origin(`{"from":"100","to":"101"}`)
	a := o.answers("100")
	b := o.incoming("101")
	o.hears(a, 425)
	o.must(b.Answer(o.ctx))
	o.speak(a, b)
	o.hangsUp(a, b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if r.ID != id || r.From.Number != "100" || r.To.Number != "101" || r.User != "100" || len(r.Legs) != 2 || !slices.Equal(commands(r), []string{"originate"}) {
		t.Errorf("%+v", r)
	}
}

func TestAPICallEnds(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		do   func(o *office, api *apiClient, id string)
		want expected
	}{
		"first busy": {func(o *office, _ *apiClient, _ string) {
			o.busy("100")
		}, expected{"Busy", "USER_BUSY", "callee", "no", "", 486, 486}},
		"first rings out": {func(o *office, _ *apiClient, _ string) {
			o.ended(o.incoming("100"))
		}, expected{"Not Answered", "NO_ANSWER", "platform", "no", "", 480, 487}},
		"second busy": {func(o *office, _ *apiClient, _ string) {
			a := o.answers("100")
			o.busy("101")
			o.ended(a)
		}, expected{"Busy", "USER_BUSY", "callee", "platform", "", 486, 200}},
		"first leaves": {func(o *office, _ *apiClient, _ string) {
			a := o.answers("100")
			b := o.incoming("101")
			o.hears(a, 425)
			o.hangsUp(a, b)
		}, expected{"Cancelled", "ORIGINATOR_CANCEL", "caller", "platform", "", 487, 200}},
		"hung up, first rings": {func(o *office, api *apiClient, id string) {
			a := o.incoming("100")
			api.post(200, "/v1/calls/"+id+"/hangup", "")
			o.ended(a)
		}, expected{"Cancelled", "MANAGER_REQUEST", "platform", "no", "", 480, 487}},
		"hung up, second rings": {func(o *office, api *apiClient, id string) {
			a := o.answers("100")
			b := o.incoming("101")
			api.post(200, "/v1/calls/"+id+"/hangup", "")
			o.ended(a)
			o.ended(b)
		}, expected{"Cancelled", "MANAGER_REQUEST", "platform", "platform", "", 480, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "")
			api := o.api()
			id := api.origin(`{"from":"100","to":"101","timeout":"3s"}`)
			x.do(o, api, id)
			x.want.check(t, o.record())
		})
	}
}

func TestCallMadeByTheAPIToNobody(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"100": "dnd: true"}, "", "")
	o.apart = true // nobody is sent anything
	api := o.api()
	api.post(422, "/v1/calls", `{"from":"999","to":"101"}`)
	api.post(422, "/v1/calls", `{"from":"101","to":"999"}`)
	api.post(422, "/v1/calls", `{"from":"600","to":"101"}`)
	api.origin(`{"from":"100","to":"101"}`)
	expected{"Busy", "USER_BUSY", "platform", "no", "dnd", 486, 0}.check(t, o.record())
}

func TestCallMadeByTheAPIToAnApplication(t *testing.T) {
	t.Parallel()
	menu := fmt.Sprintf("prompts: {folder: %s}\nmenus:\n  - {name: main, greeting: [notice], ask: [notice], wait: 20s, keys: [{key: \"1\", to: \"user:102\"}]}\n", promptFolder(t, "notice", 600))
	o := newOffice(t, menu)
	api := o.api()
	api.origin(`{"from":"100","to":"menu:main"}`)
	a := o.answers("100")
	o.hears(a, 600)
	o.must(a.Hangup(o.ctx))
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 0}.check(t, r)
	if r.To.Number != "100" || r.Stage != "menu" {
		t.Errorf("%+v", r)
	}
}

func TestCommandsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(binary, append(append([]string{"calls"}, args...), "--data", filepath.Join(o.data, "store"))...).CombinedOutput()
		if err != nil {
			t.Fatalf("calls %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	id := run("make", "100", "101", "--caller-id", "5551", "--timeout", "20s")
	a := o.answers("100")
	b := o.answers("101")
	o.tone(b, 700)
	o.hears(a, 700)
	if got := run("hold", id); got != "held "+id {
		t.Error(got)
	}
	o.deaf(a, 700)
	run("resume", id)
	o.hears(a, 700)
	run("transfer", id, "102")
	c := o.answers("102")
	o.ended(b)
	o.tone(c, 500)
	o.hears(a, 500)
	if got := api.upCall("100", "101"); got != id {
		t.Errorf("%s is up, want %s", got, id)
	}
	run("hangup", id)
	o.ended(a)
	o.ended(c)
	r := o.record()
	expected{"Call Ended", "MANAGER_REQUEST", "platform", "party", "", 200, 200}.check(t, r)
	if len(r.Legs) != 3 {
		t.Errorf("%d legs", len(r.Legs))
	}
	for _, e := range r.Evidence {
		if e.Field == "command" && !strings.HasSuffix(e.Text, "by command line") {
			t.Errorf("%s", e.Text)
		}
	}
}
