package onhook_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sandbox is what the unit has to say; SECURITY.md promises it.
var sandbox = []string{
	"DynamicUser=yes", "CapabilityBoundingSet=", "AmbientCapabilities=", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes",
	"PrivateTmp=yes", "PrivateDevices=yes", "PrivateMounts=yes", "PrivateUsers=yes", "ProtectKernelTunables=yes", "ProtectKernelModules=yes",
	"ProtectControlGroups=yes", "RestrictNamespaces=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
	"SystemCallFilter=@system-service", "SystemCallArchitectures=native", "UMask=0077", "StateDirectoryMode=0700", "LimitCORE=0",
}

// TestTheServiceIsInASandbox: the unit says all that is promised, nothing twice
// in two ways, and systemd, where it is installed, finds no fault with it.
func TestTheServiceIsInASandbox(t *testing.T) {
	text := readText(t, "deploy/onhook.service")
	said := map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		said[line] = true
	}
	for _, want := range sandbox {
		if !said[want] {
			t.Errorf("the unit does not say %s", want)
		}
	}
	// Both of its commands run a program that is no part of the source.
	runs := regexp.MustCompile(`(?m)^(ExecStart|ExecStartPre)=/usr/local/bin/onhook .*$`)
	if n := len(runs.FindAllString(text, -1)); n != 2 {
		t.Fatalf("%d commands run the program, want 2", n)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not installed: what it would find is not looked for")
		return
	}
	unit := filepath.Join(t.TempDir(), "onhook.service")
	if err := os.WriteFile(unit, []byte(runs.ReplaceAllString(text, "$1=/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	// What is wrong with other units of this machine is not of interest, nor the exit code for that.
	if out, _ := exec.Command(analyze, "verify", unit).CombinedOutput(); strings.Contains(string(out), "onhook.service:") {
		t.Errorf("systemd-analyze verify:\n%s", out)
	}
	version, err := exec.Command(analyze, "--version").Output()
	if n := regexp.MustCompile(`^systemd (\d+)`).FindSubmatch(version); err != nil || n == nil || string(n[1]) < "250" {
		t.Logf("systemd-analyze of before 250 judges no file: %v %s", err, version)
		return
	}
	// 20 of 100: "OK" begins at 20, "medium" at 50.
	if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", unit).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}
