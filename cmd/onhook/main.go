// Command onhook is a SIP call server that says why every call ended.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// Exit codes of every command.
const (
	exitFailed = 1
	exitUsage  = 2
	exitDiffer = 3
)

// commands is the command line; serve is what runs without a word.
type commands struct {
	Serve     serveCmd     `cmd:"" default:"withargs" help:"Run the server. Without a configuration file: a working system on loopback."`
	Check     checkCmd     `cmd:"" help:"Check a configuration file: every error at once."`
	Calls     callsCmd     `cmd:"" help:"Call records: list, show one, hang up one that is up."`
	Password  passwordCmd  `cmd:"" help:"A new password for the web console; it is printed once."`
	Keys      keysCmd      `cmd:"" help:"Keys of the HTTP API: list, make or remove one."`
	Trunks    trunksCmd    `cmd:"" help:"Trunks of the running server: their state and its reason; enable or disable one."`
	Queues    queuesCmd    `cmd:"" help:"Queues of the running server: callers, agents and figures; log an agent in or out."`
	Hours     hoursCmd     `cmd:"" help:"Timetables of the running server: open or closed, and until when; switch one by hand."`
	Voicemail voicemailCmd `cmd:"" help:"Voicemail of the running server: list, fetch, mark or delete messages; greetings."`
	Audit     auditCmd     `cmd:"" help:"Who did what by the API, the command line or the console."`
	Blocks    blocksCmd    `cmd:"" help:"Sources that get no answers, since they sent wrong credentials too often: list, remove one."`
	Outside   outsideCmd   `cmd:"" help:"Calls that leave by trunks: what extensions did there; stop all at once."`
	Explain   explainCmd   `cmd:"" help:"Say why the calls in a capture ended: pcap or pcapng, plain or in gzip."`
	Listen    listenCmd    `cmd:"" help:"Say why the calls of other servers end, as they mirror their SIP to here by HEP."`
	Reasons   reasonsCmd   `cmd:"" help:"What the statuses and Bye Reasons mean."`
	Demo      demoCmd      `cmd:"" help:"See every Bye Reason happen: a server, simulated phones, one call for each, and what was expected."`
	Phone     PhoneCmd     `cmd:"" help:"A small SIP phone for tries and tests."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

func main() {
	var c commands
	parser, err := kong.New(&c, kong.Name("onhook"),
		kong.Description("A SIP call server that says truthfully why every call ended."),
		kong.UsageOnError(), kong.Vars{"scopes": keyScopes()})
	if err != nil {
		fmt.Fprintln(os.Stderr, "onhook:", err)
		os.Exit(exitFailed)
	}
	ctx, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "onhook:", err)
		os.Exit(exitUsage)
	}
	if err := ctx.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "onhook:", err)
		var code interface{ ExitCode() int }
		if errors.As(err, &code) {
			os.Exit(code.ExitCode())
		}
		os.Exit(exitFailed)
	}
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("onhook", version())
	return nil
}

// version is the module's, with the commit where the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += " " + s.Value[:12]
		}
	}
	return v
}
