//go:build !linux

package store

import "os"

// reserve gives the file its size and its blocks, so that a later write into it
// does not find the disk full.
func reserve(f *os.File, size int64) error { return fill(f, size) }

// syncData waits until the data of the file is on disk.
func syncData(f *os.File) error { return f.Sync() }
