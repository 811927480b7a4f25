//go:build !unix

package main

// descriptorLimit is not known here.
func descriptorLimit() (n int, ok bool) { return 0, false }
