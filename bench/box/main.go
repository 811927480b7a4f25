package box

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Main is the main function of a measurement: it reads the flags and runs it.
func Main(name string, run func() error) {
	flag.Parse()
	end(name, run())
}

// PinnedMain is Main on core 1: core 0 is that of the server.
func PinnedMain(name string, run func() error) {
	pinned := flag.Bool("pinned", false, "this process is on its core already")
	flag.Parse()
	if !*pinned {
		run = again
	}
	end(name, run())
}

func end(name string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Command is how a measurement was started, with its flags.
func Command(name string) string {
	words := []string{"go run", name}
	for _, w := range os.Args[1:] {
		if w != "-pinned" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// again runs this program on core 1.
func again() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command("taskset", append([]string{"-c", "1", self, "-pinned"}, os.Args[1:]...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// Program is the server's binary: the given one or, if that is empty, one built
// in dir from the sources beside the measurements.
func Program(given, dir string) (string, error) {
	if given != "" {
		return given, nil
	}
	return Build(dir, "../")
}
