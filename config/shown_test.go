package config

import (
	"os"
	"strings"
	"testing"
)

func TestSettingsShowWhatIsInForceAndNoSecret(t *testing.T) {
	c, err := Parse("test.yaml", []byte(`
domain: example.com
users: [{name: "100", password: "swordfish1", pin: "73915", voicemail: true}]
trunks: [{name: carrier, address: "sip.example.net:5070", username: me, password: "opensesame2"}]
timers: {ring: 2m}
rtp: {timeout: 60s}
hep: {listen: ["udp://127.0.0.1:9060"], key: "hushhush3"}
`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Setting{}
	all := ""
	for _, s := range c.Settings() {
		got[s.Path] = s
		all += s.Path + "=" + s.Value + "\n"
	}
	for path, want := range map[string]string{
		"domain": "example.com", "users[0].name": "100", "users[0].password": "[secret]", "users[0].pin": "[secret]",
		"trunks[0].address": "sip.example.net:5070", "trunks[0].password": "[secret]", "timers.ring": "2m", "hep.key": "[secret]",
		"hep.listen": "udp://127.0.0.1:9060", "rtp.ports": "16384-32767", "advertise.media": "",
	} {
		if got[path].Value != want {
			t.Errorf("%s: %q, want %q", path, got[path].Value, want)
		}
	}
	for _, secret := range []string{"swordfish1", "73915", "opensesame2", "hushhush3"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	if !got["rtp.ports"].Default || !got["rtp.timeout"].Default || got["timers.ring"].Default || !got["rtp.ports"].Restart || got["rtp.ports"].Doc == "" {
		t.Errorf("%+v %+v", got["rtp.ports"], got["timers.ring"])
	}
}

func TestSettingsOfTheExampleAreAllShown(t *testing.T) {
	text, err := os.ReadFile("../docs/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("example.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Settings() {
		if s.Doc == "" && !strings.Contains(s.Path, "[") || strings.Contains(s.Value, "0x") || strings.HasPrefix(s.Value, "{") {
			t.Errorf("%s: %q is not as it would be written", s.Path, s.Value)
		}
	}
}
