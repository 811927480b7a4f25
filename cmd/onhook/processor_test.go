package main

import (
	"runtime"
	"testing"
)

func TestASecondProcessorForSound(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	t.Setenv("GOMAXPROCS", "1")
	secondProcessor()
	if n := runtime.GOMAXPROCS(0); n != 1 {
		t.Errorf("GOMAXPROCS=1 became %d", n)
	}
	t.Setenv("GOMAXPROCS", "")
	secondProcessor()
	if n := runtime.GOMAXPROCS(0); n != 2 {
		t.Errorf("%d processors, want 2", n)
	}
	runtime.GOMAXPROCS(3)
	secondProcessor()
	if n := runtime.GOMAXPROCS(0); n != 3 {
		t.Errorf("%d processors, want the 3 there were", n)
	}
}
