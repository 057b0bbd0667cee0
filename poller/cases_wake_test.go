package poller_test

import (
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

// wake calls Wake and fails the test if that fails.
func (e *env) wake() {
	e.t.Helper()
	if err := e.p.Wake(); err != nil {
		e.t.Fatalf("Wake: %v", err)
	}
}

// woken checks that a Wait ends because of a wake, which is no event.
func (e *env) woken() {
	e.t.Helper()
	before := e.k.returns
	for end := time.Now().Add(patience); e.k.returns == before; {
		if got := e.wait(time.Until(end)); len(got) != 0 {
			e.t.Fatalf("events %v of a wake", show(got))
		}
		if time.Now().After(end) {
			e.t.Fatal("not woken")
		}
	}
}

// wakeCases: Wake coalesces and is never lost.
var wakeCases = []contractCase{
	{"K1/before_wait", func(t *testing.T, e *env) {
		e.wake()
		e.woken()
		e.quiet()
	}},
	{"K1/during_wait", func(t *testing.T, e *env) {
		for range 20 {
			done := make(chan error, 1)
			time.AfterFunc(time.Millisecond, func() { done <- e.p.Wake() })
			e.woken()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	}},
	{"K1/each_after_a_return", func(t *testing.T, e *env) {
		for range 1000 {
			e.wake()
			e.woken()
		}
		e.quiet()
	}},
	{"K1/with_events", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.write(b, "x")
		e.wake()
		e.expect(a, 1, rd, poller.Readable)
		e.read(a, 8)
		for e.k.returns < 1 { // the wake may have been a return of its own
			e.wait(0)
		}
		e.wake()
		e.woken()
	}},
	{"K1/slice_of_one", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.write(b, "x")
		e.wake()
		for range 3 { // the wake takes at most one place, once
			if len(e.waitFor(make([]poller.Event, 1), quietTime)) == 1 {
				return
			}
		}
		t.Error("the wake keeps the event from being reported")
	}},
	{"K3/coalesces", func(t *testing.T, e *env) {
		for range 1000 {
			e.wake()
		}
		if n := e.k.signals.Load(); n != 1 {
			t.Errorf("%d signals for 1000 wakes, want 1", n)
		}
		e.woken()
		e.quiet()
	}},
	{"K3/from_many", func(t *testing.T, e *env) {
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if err := e.p.Wake(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		e.woken()
		e.wait(0) // two may have signalled at once
		e.quiet()
	}},
	{"K1/signal_interrupted", func(t *testing.T, e *env) {
		faults := 3
		e.k.onSignal = func() sys.Errno {
			if faults--; faults >= 0 {
				return unix.EINTR
			}
			return 0
		}
		e.wake()
		e.woken()
	}},
	{"K1/signal_fails", func(t *testing.T, e *env) {
		e.k.onSignal = func() sys.Errno { return unix.EIO }
		for range 3 {
			e.wantErr("Wake", e.p.Wake(), unix.EIO)
		}
		e.quiet()
		e.k.onSignal = nil
		e.wake()
		e.woken()
	}},
	{"K1/signal_would_block", func(t *testing.T, e *env) {
		// What a full eventfd or pipe answers, once. Where the descriptor stays
		// ready until it is read, that means that a signal is there already;
		// else the Wake must get one through. Either way later ones work.
		e.wake()
		faults := 1
		e.k.onSignal = func() sys.Errno {
			if faults--; faults >= 0 {
				return unix.EAGAIN
			}
			return 0
		}
		e.woken()
		e.p.Wake()
		for range 3 {
			e.wait(0)
			e.wake()
			e.woken()
		}
	}},
	{"K2/counter_full", func(t *testing.T, e *env) {
		if e.k.wakeR == e.k.wakeW {
			full := binary.NativeEndian.AppendUint64(nil, 1<<64-2)
			if _, errno := e.k.Kernel.Write(e.k.wakeW, full); errno != 0 {
				t.Fatal(errno)
			}
		} else {
			fillPipe(t, e)
		}
		e.woken() // by the filling
		for range 3 {
			e.wake()
			e.woken()
		}
	}},
	{"K1/failing_signal_misleads_nobody", func(t *testing.T, e *env) {
		// One goroutine's signal is on its way to fail while another one wakes:
		// the second must not rely on the first.
		entered, fail := make(chan struct{}), make(chan struct{})
		var first atomic.Bool
		e.k.onSignal = func() sys.Errno {
			if first.CompareAndSwap(false, true) {
				close(entered)
				<-fail
				return unix.EIO
			}
			return 0
		}
		result := make(chan error)
		go func() { result <- e.p.Wake() }()
		<-entered
		e.wake()
		close(fail)
		e.wantErr("the failing Wake", <-result, unix.EIO)
		e.woken()
		e.wake()
		e.woken()
	}},
	{"K1/slow_signal_hides_no_later_wake", func(t *testing.T, e *env) {
		// A signal is given, used up by the owner, and only then does its Wake
		// come to its end: it must not mark the new epoch as signalled.
		entered, goOn := make(chan struct{}), make(chan struct{})
		var first atomic.Bool
		e.k.afterSignal = func() {
			if first.CompareAndSwap(false, true) {
				close(entered)
				<-goOn
			}
		}
		result := make(chan error)
		go func() { result <- e.p.Wake() }()
		<-entered
		e.woken()
		close(goOn)
		if err := <-result; err != nil {
			t.Fatal(err)
		}
		e.wake()
		e.woken()
	}},
	{"K1/stress", func(t *testing.T, e *env) { stress(t, e, nil) }},
	{"K1/stress_with_faults", func(t *testing.T, e *env) {
		var n atomic.Uint64
		stress(t, e, func() sys.Errno {
			switch n.Add(1) % 5 {
			case 1:
				return unix.EINTR
			case 3:
				return unix.EIO
			}
			return 0
		})
	}},
	{"K5/wake_races_close", func(t *testing.T, e *env) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for end := time.Now().Add(patience); time.Now().Before(end); {
					if err := e.p.Wake(); err != nil {
						if !errors.Is(err, os.ErrClosed) {
							t.Errorf("Wake: %v", err)
						}
						return
					}
				}
				t.Error("Wake goes on after Close")
			})
		}
		for range 50 {
			e.wait(time.Millisecond)
		}
		if err := e.p.Close(); err != nil {
			t.Error(err)
		}
		signals := e.k.signals.Load()
		wg.Wait()
		if n := e.k.signals.Load(); n != signals {
			t.Errorf("%d signals after Close, to a number that may be another's", n-signals)
		}
	}},
}

// stress posts from 8 goroutines to a queue that the owner empties after each
// Wait. Each waits until its item was taken before it posts the next one, so
// one lost wake stops it for good.
func stress(t *testing.T, e *env, fault func() sys.Errno) {
	const goroutines, items = 8, 300
	e.k.onSignal = fault
	var mu sync.Mutex
	var queue []chan struct{}
	for range goroutines {
		go func() {
			taken := make(chan struct{}, 1)
			for range items {
				mu.Lock()
				queue = append(queue, taken)
				mu.Unlock()
				for e.p.Wake() != nil {
				}
				<-taken
			}
		}()
	}
	for done := 0; done < goroutines*items; {
		before := e.k.returns
		start := time.Now()
		e.wait(patience)
		mu.Lock()
		batch := queue
		queue = nil
		mu.Unlock()
		if e.k.returns == before && time.Since(start) >= patience {
			t.Fatalf("a wake was lost: %d items done, %d are queued", done, len(batch))
		}
		for _, taken := range batch {
			taken <- struct{}{}
		}
		done += len(batch)
	}
}

func fillPipe(t *testing.T, e *env) {
	t.Helper()
	page := make([]byte, 4096)
	for {
		if _, errno := e.k.Kernel.Write(e.k.wakeW, page); errno != 0 {
			if errno != unix.EAGAIN {
				t.Fatal(errno)
			}
			return
		}
	}
}
