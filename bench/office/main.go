// Command office measures sound that begins or ends in the server, as calls over SIP through all of it, on one core: callers who wait in one
// queue while agents take them, menus that play to callers and hear them, calls that are recorded, messages that are left; each, and then all
// at once, beside calls that are only relayed, in the same run of the same process. The parties have the other core, and count each frame that
// comes late or not at all by the kernel's word. It prints Markdown.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"onhook/bench/box"
	"onhook/media"
)

var (
	callers  = flag.Int("callers", 500, "callers who wait in the queue")
	seats    = flag.Int("agents", 50, "agents of the queue")
	talk     = flag.Duration("talk", 10*time.Second, "how long an agent talks")
	menus    = flag.Int("menus", 200, "callers in a menu; as many leave a message")
	recorded = flag.Int("recorded", 100, "calls that are recorded")
	length   = flag.Duration("time", 8*time.Second, "how long each is measured")
	rounds   = flag.Int("rounds", 2, "rounds, all in turn")
	procs    = flag.Int("procs", 0, "GOMAXPROCS of the server; 0: as many as cores that it may use, which is one")
	profile  = flag.String("cpu-profile", "", "where to write a CPU profile of the server")
	program  = flag.String("onhook", "", "the server's binary; empty: it is built")
	only     = flag.String("only", "", "measure these only, such as relay,menu, with what each is held against; empty: all")
)

func main() { box.PinnedMain("office", run) }

// configuration is a small office: numbers that are relayed to the callee, with and without a recording, a menu, a mailbox, a queue.
func configuration(dir string, callee string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `domain: bench.example
log: {level: warn}
rtp: {ports: 30000-39999}
limits: {calls: 100000, per_second: 100000, per_user: 10000}
api: {listen: "off"}
prompts: {folder: %q}
recording: {announce: ""}
voicemail: {greeting: [short], messages: 0, size: 0, max: 10m}
trunks: [{name: callers, address: %s, sources: [%s/32]}]
menus: [{name: main, greeting: [long], ask: [long], tries: 20, keys: [{key: "1", to: "user:agent0"}]}]
routes:
  - {match: "100", to: "sip:office@%s"}
  - {match: "101", to: "sip:office@%s", record: always}
  - {match: "200", to: "menu:main"}
  - {match: "300", to: "voicemail:agent0"}
  - {match: "500", to: "queue:all"}
users:
`, dir, callersHost, callersHost, callee, callee)
	var names []string
	for i := range *seats {
		fmt.Fprintf(&b, "  - {name: %q, password: %q, voicemail: %v}\n", agentName(i), "secret-of-"+agentName(i), i == 0)
		names = append(names, `"`+agentName(i)+`"`)
	}
	fmt.Fprintf(&b, "queues: [{name: all, agents: [%s], wrap_up: 1s, every: 20s, max_length: 0, greeting: [queue-welcome]}]\n", strings.Join(names, ", "))
	return b.String()
}

// prompts writes what the menu and the mailbox say.
func prompts(dir string) error {
	for name, seconds := range map[string]int{"long": 60, "short": 1} {
		var wav bytes.Buffer
		if err := media.WriteWAV(&wav, media.Audio{Channels: 1, Samples: media.Tone(8000*seconds, 8000, 440)}, media.WAVUlaw); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".wav"), wav.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func run() error {
	runtime.GOMAXPROCS(2) // the thread of the parties sleeps often; who places calls does not wait for it
	dir, err := os.MkdirTemp("", "onhook-office-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *program, err = box.Program(*program, dir); err != nil {
		return err
	}
	if err := prompts(dir); err != nil {
		return err
	}
	var env, args []string
	if *procs > 0 {
		env = append(env, fmt.Sprint("GOMAXPROCS=", *procs))
	}
	if *profile != "" {
		args = append(args, "--cpu-profile", *profile)
	}
	callee := fmt.Sprintf("%s:%d", calleesHost, box.FreePort())
	cmd, port, err := box.Start(*program, dir, configuration(dir, callee), env, args...)
	if err != nil {
		return err
	}
	defer box.End(cmd)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := fmt.Sprint("127.0.0.1:", port)
	d, err := newDesk(ctx, server, callee)
	if err != nil {
		return err
	}
	defer d.close()
	o := &office{desk: d, pid: cmd.Process.Pid}
	if err := agents(ctx, server, *seats, *talk, &o.answered); err != nil {
		return err
	}
	all := kinds()
	if *only != "" {
		all = slices.DeleteFunc(all, func(k *kind) bool { return !slices.Contains(strings.Split(*only, ","), k.name) })
	}
	for range *rounds {
		for _, k := range all {
			f, err := o.measure(ctx, k)
			if err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			k.figures = append(k.figures, f)
			fmt.Fprintf(os.Stderr, "%s: %.2f us a packet, %.0f %% of a core, %d frames, %d lost, %d late, %d calls lost\n", k.name, f.us, 100*f.core, f.Frames, f.Lost, f.Late, f.lost)
		}
	}
	report(all, box.RSS(cmd.Process.Pid), o.answered.Load())
	return nil
}

// An office is the server with those who call it.
type office struct {
	desk     *desk
	pid      int
	answered atomic.Int64
}
