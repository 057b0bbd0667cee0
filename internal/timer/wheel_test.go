package timer

import (
	"math"
	"slices"
	"testing"
	"unsafe"
)

const ms = Tick

// log returns a timer that appends name to *l when it fires.
func log(l *[]string, name string) *Timer {
	return &Timer{Handler: Func(func(int64) { *l = append(*l, name) })}
}

func TestFiresAtTheEndOfItsTick(t *testing.T) {
	for _, c := range []struct {
		name             string
		start, when      int64
		quiet, fires     int64
		firesAtNextCheck bool
	}{
		{"on a tick", 0, 5 * ms, 5*ms - 1, 5 * ms, false},
		{"just after a tick", 0, 5*ms + 1, 6*ms - 1, 6 * ms, false},
		{"next nanosecond", 7, 8, ms - 1, ms, false},
		{"slot boundary", 0, 64 * ms, 64*ms - 1, 64 * ms, false},
		{"level boundary", 63 * ms, 4096 * ms, 4096*ms - 1, 4096 * ms, false},
		{"odd start", 12345678, 999999999999, 999999999999, 1000000 * ms, false},
		{"a century", ms, 100 * 365 * 86400 * 1000 * ms, 100*365*86400*1000*ms - 1, 100 * 365 * 86400 * 1000 * ms, false},
		{"last whole tick", 0, math.MaxInt64 / ms * ms, math.MaxInt64/ms*ms - 1, math.MaxInt64, false},
		{"now", 5*ms + 3, 5*ms + 3, -1, 5*ms + 3, true},
		{"past", 5 * ms, 1, -1, 5 * ms, true},
		{"negative", 5 * ms, math.MinInt64, -1, 5 * ms, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var fired []string
			w, tm := New(c.start), log(&fired, "t")
			w.Arm(tm, c.when)
			if !c.firesAtNextCheck {
				w.Advance(c.quiet)
				if len(fired) != 0 || !tm.Armed() || w.Len() != 1 {
					t.Fatalf("fired early: %v, armed %v, len %d", fired, tm.Armed(), w.Len())
				}
			}
			w.Advance(c.fires)
			if len(fired) != 1 || tm.Armed() || w.Len() != 0 || tm.When() != c.when {
				t.Fatalf("at %d: fired %v, armed %v, len %d, when %d", c.fires, fired, tm.Armed(), w.Len(), tm.When())
			}
			w.Advance(math.MaxInt64)
			if len(fired) != 1 {
				t.Fatal("fired twice")
			}
		})
	}
}

func TestLastIncompleteTickNeverEnds(t *testing.T) {
	var fired []string
	w, tm := New(0), log(&fired, "t")
	w.Arm(tm, math.MaxInt64)
	if when, ok := w.Next(); when > math.MaxInt64/ms*ms || !ok {
		t.Fatalf("Next = %d, %v", when, ok)
	}
	w.Advance(math.MaxInt64)
	if when, ok := w.Next(); when != math.MaxInt64 || !ok || len(fired) != 0 {
		t.Fatalf("Next = %d, %v; fired %v", when, ok, fired)
	}
	if !w.Cancel(tm) || w.Len() != 0 {
		t.Fatal("not cancelled")
	}
}

func TestOrder(t *testing.T) {
	var fired []string
	w := New(10 * ms)
	w.Arm(log(&fired, "c"), 200*ms)
	w.Arm(log(&fired, "b1"), 100*ms)
	w.Arm(log(&fired, "b2"), 100*ms-5)
	w.Arm(log(&fired, "now"), 10*ms)
	w.Arm(log(&fired, "a"), 12*ms)
	w.Arm(log(&fired, "past"), 3*ms)
	moved := log(&fired, "d")
	w.Arm(moved, 11*ms)
	w.Arm(moved, 5000*ms)
	if w.Len() != 7 {
		t.Fatalf("Len = %d", w.Len())
	}
	w.Advance(6000 * ms)
	if want := []string{"now", "past", "a", "b1", "b2", "c", "d"}; !slices.Equal(fired, want) {
		t.Fatalf("fired %v, want %v", fired, want)
	}
}

func TestRearmForNowWaitsForNextAdvance(t *testing.T) {
	var tm Timer
	n, w := 0, New(0)
	tm.Handler = Func(func(now int64) { n++; w.Arm(&tm, now) })
	w.Arm(&tm, 0)
	for turn := 1; turn <= 3; turn++ {
		w.Advance(0)
		if n != turn {
			t.Fatalf("fired %d times in %d turns", n, turn)
		}
		if when, ok := w.Next(); when > w.Now() || !ok {
			t.Fatalf("Next = %d, %v", when, ok)
		}
	}
}

func TestHandlersChangeTheRunningBatch(t *testing.T) {
	var fired []string
	var first Timer
	w := New(0)
	cancelled, moved, last := log(&fired, "cancelled"), log(&fired, "moved"), log(&fired, "last")
	first.Handler = Func(func(now int64) {
		if !w.Cancel(cancelled) || w.Cancel(cancelled) || w.Cancel(&first) {
			t.Error("Cancel in a handler")
		}
		w.Arm(moved, now+ms)
	})
	for _, tm := range []*Timer{&first, cancelled, moved, last} {
		w.Arm(tm, ms)
	}
	w.Advance(2 * ms)
	if want := []string{"last"}; !slices.Equal(fired, want) || w.Len() != 1 {
		t.Fatalf("fired %v, want %v; Len %d", fired, want, w.Len())
	}
	w.Advance(3 * ms)
	if want := []string{"last", "moved"}; !slices.Equal(fired, want) {
		t.Fatalf("fired %v, want %v", fired, want)
	}
}

func TestPanicLeavesTheRestToTheNextAdvance(t *testing.T) {
	var fired []string
	w := New(0)
	w.Arm(&Timer{Handler: Func(func(int64) { panic("handler") })}, ms)
	w.Arm(log(&fired, "after"), ms)
	func() {
		defer func() { _ = recover() }()
		w.Advance(ms)
	}()
	if when, ok := w.Next(); len(fired) != 0 || w.Len() != 1 || when > w.Now() || !ok {
		t.Fatalf("fired %v, Len %d, Next %d %v", fired, w.Len(), when, ok)
	}
	w.Advance(ms)
	if len(fired) != 1 || w.Len() != 0 {
		t.Fatalf("fired %v, Len %d", fired, w.Len())
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	var fired []string
	w := New(100 * ms)
	w.Advance(5 * ms)
	w.Advance(math.MinInt64)
	if w.Now() != 100*ms {
		t.Fatalf("Now = %d", w.Now())
	}
	w.Arm(log(&fired, "due"), 50*ms)
	w.Advance(0)
	if len(fired) != 1 {
		t.Fatal("a due timer waits for the clock")
	}
	if New(-5).Now() != 0 {
		t.Fatal("negative start")
	}
}

// Waiting for Next and advancing to it reaches any timer exactly, in a few steps.
func TestNextReachesTheDeadline(t *testing.T) {
	if when, ok := New(5).Next(); ok {
		t.Fatalf("empty wheel: Next = %d", when)
	}
	for shift := range 63 {
		var fired []string
		w := New(987654321)
		deadline := w.Now() + 1<<shift
		if deadline < 0 {
			break
		}
		w.Arm(log(&fired, "t"), deadline)
		steps := 0
		for len(fired) == 0 {
			when, ok := w.Next()
			if !ok || when <= w.Now() || steps > levels {
				t.Fatalf("1<<%d: Next = %d, %v at %d after %d steps", shift, when, ok, w.Now(), steps)
			}
			w.Advance(when)
			steps++
		}
		if late := w.Now() - deadline; late < 0 || late >= Tick {
			t.Fatalf("1<<%d: %d ns late", shift, late)
		}
	}
}

func TestArmWithoutHandlerPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	New(0).Arm(new(Timer), 1)
}

func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(Timer{}); n > 64 {
		t.Errorf("a Timer takes %d bytes", n)
	}
	if n := unsafe.Sizeof(Wheel{}); n > 8<<10 {
		t.Errorf("a Wheel takes %d bytes", n)
	}
}

type counter struct {
	idle, stall Timer
	n           int
}

func (c *counter) OnTimer(*Timer, int64) { c.n++ }

func TestDoesNotAllocate(t *testing.T) {
	w, c := New(0), new(counter)
	c.idle.Handler, c.stall.Handler = c, c
	if n := testing.AllocsPerRun(1000, func() {
		w.Arm(&c.idle, w.Now()+5*ms)
		w.Arm(&c.stall, w.Now()+60_000*ms)
		w.Arm(&c.idle, w.Now()+100*ms)
		w.Cancel(&c.stall)
		when, _ := w.Next()
		w.Advance(when)
		w.Advance(w.Now() + 100*ms)
	}); n != 0 {
		t.Errorf("%v allocations a run", n)
	}
	if c.n == 0 {
		t.Error("never fired")
	}
}
