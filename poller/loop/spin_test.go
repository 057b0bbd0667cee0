package loop

import (
	"testing"
	"time"
)

func TestSpinnerFixed(t *testing.T) {
	s := newSpinner(time.Millisecond)
	for range 20 {
		if got := s.budget(-1); got != time.Millisecond {
			t.Fatalf("budget %v", got)
		}
		s.missed()
	}
	if got := s.budget(10 * time.Microsecond); got != 10*time.Microsecond {
		t.Errorf("budget %v beyond the timeout", got)
	}
}

func TestSpinnerOff(t *testing.T) {
	s := newSpinner(-1)
	for range 3 {
		if got := s.budget(-1); got != 0 {
			t.Errorf("budget %v", got)
		}
		s.missed()
		s.found()
	}
}

// After each miss the adaptive spinner leaves out twice as many spins, up to a
// bound; one success brings it back at once.
func TestSpinnerAdapts(t *testing.T) {
	s := newSpinner(0)
	skipped := func() (n int) {
		for s.budget(-1) == 0 {
			n++
		}
		return n
	}
	if skipped() != 0 || s.length != defaultBusyPoll {
		t.Fatalf("does not begin with a spin of %v: %+v", defaultBusyPoll, s)
	}
	for want := 1; want <= 255; want = 2*want + 1 {
		s.missed()
		if n := skipped(); n != want {
			t.Fatalf("%d spins left out, want %d", n, want)
		}
	}
	s.missed()
	if n := skipped(); n != 255 {
		t.Fatalf("%d spins left out beyond the bound", n)
	}
	s.found()
	for range 10 {
		if n := skipped(); n != 0 {
			t.Fatalf("%d spins left out after a success", n)
		}
		s.found()
	}
	s.missed()
	if n := skipped(); n != 1 {
		t.Errorf("%d spins left out after a success and a miss", n)
	}
}
