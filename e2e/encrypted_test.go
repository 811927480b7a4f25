package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// speaks waits until the phone has kept so much of what it hears.
func (p *baresip) speaks(bytes int64) {
	p.t.Helper()
	eventually(p.t, 20*time.Second, func() bool {
		files, _ := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
		if len(files) != 1 {
			return false
		}
		i, err := os.Stat(files[0])
		return err == nil && i.Size() >= bytes
	}, p.out.String)
}

// Two foreign phones that encrypt their sound (SDES, RFC 4568) hear each other by the server, which says that it cannot record or hold them.
func TestEncryptedSoundOfForeignPhones(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, map[string]string{"100": "record: always"}, "", "")
	o.patient()
	o.must(o.phones["100"].Close())
	o.must(o.phones["101"].Close())
	b := runBaresip(t, o.server, "101", "secret-of-101", 880, "", ";mediaenc=srtp-mand")
	b.says("200 OK")
	a := runBaresip(t, o.server, "100", "secret-of-100", 440, "sip:101@example.com", ";mediaenc=srtp-mand")
	a.says("Call established")
	a.speaks(48_000)
	b.speaks(48_000)
	id := o.live()
	o.api().post(409, "/v1/calls/"+id+"/hold", "{}")
	o.api().read(409, "POST", "/v1/calls/"+id+"/recording/start")
	a.quit()
	b.says("terminated")
	b.quit()
	a.heard(880)
	b.heard(440)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if !hasNote(r.Notes, "not recorded: ") {
		t.Errorf("notes %q, want that it was not recorded", r.Notes)
	}
}
