package exchange

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestALongDrainEndsTheCallsThatAreStillUp: the calls may go on for half a
// minute, longer than any one command may take.
func TestALongDrainEndsTheCallsThatAreStillUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.now = time.Now()
		r.talk("c")
		r.x.opt.Now = time.Now
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.x.Run()
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		begun := time.Now()
		if err := r.x.Drain(ctx); err != nil {
			t.Errorf("drain: %v", err)
		}
		if took := time.Since(begun); took < 30*time.Second {
			t.Errorf("it took %s: calls may go on for 30 s", took)
		}
		r.x.Stop()
		<-ended
		for _, to := range []string{trunkAddr, phoneAddr} {
			if !strings.Contains(strings.Join(r.log, "\n"), "send "+to+" BYE ") {
				t.Errorf("no BYE went to %s: %q", to, r.log)
			}
		}
		r.one("Call Ended Terminated_From_Server 200")
	})
}
