package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// smallDisk puts a small file system at a folder, for root; it goes with the test.
func smallDisk(t *testing.T, dir, options string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, for a small file system")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	switch err := syscall.Mount("onhook", dir, "tmpfs", 0, options); {
	case errors.Is(err, syscall.EPERM):
		t.Skip("needs root that may mount a small file system: ", err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// fill takes all the room that a disk has left.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<16)
	for n := len(block); n > 0; {
		if _, err := f.Write(block[:n]); err != nil {
			n /= 2
		}
	}
}

// TestChaosOnAFullDisk: the disk becomes full under load, the server is killed
// and comes back on the full disk, and at last there is room again. What was
// answered with 100 has its record all the same.
func TestChaosOnAFullDisk(t *testing.T) {
	// With room for all the calls that come: it is the filler that takes it.
	c := startChaos(t, func(folder string) { smallDisk(t, folder, fmt.Sprintf("size=%dm", 128+4**kills)) })
	c.load()
	filler := filepath.Join(c.data, "store", "filler")
	for range max(1, *kills/5) {
		time.Sleep(1500 * time.Millisecond)
		fill(t, filler)
		time.Sleep(1500 * time.Millisecond)
		fill(t, filler) // what the server gave back
		c.again()
		time.Sleep(1500 * time.Millisecond)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		c.again()
	}
	time.Sleep(time.Second)
	c.quiet()
	c.judge(c.witnesses(), c.all())
}
