package sockettest

import (
	"fmt"
	"testing"
	"time"
)

// Eventually waits until cond holds and fails the test at once if it does
// not within d; msg and args say, as for fmt.Sprintf, what was waited for.
// cond runs on the calling goroutine, first without any delay, and is asked
// once more when d has passed. Prefer a channel where the event can send on
// one.
func Eventually(t testing.TB, d time.Duration, cond func() bool, msg string, args ...any) {
	t.Helper()
	if !poll(d, cond) {
		t.Fatalf("not within %v: %s", d, fmt.Sprintf(msg, args...))
	}
}

// poll asks cond until it holds or d has passed, at growing intervals of 50
// microseconds to 10 milliseconds, and reports whether it held.
func poll(d time.Duration, cond func() bool) bool {
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	for pause := 50 * time.Microsecond; ; pause = min(2*pause, 10*time.Millisecond) {
		if cond() {
			return true
		}
		select {
		case <-deadline.C:
			return cond()
		case <-time.After(pause):
		}
	}
}
