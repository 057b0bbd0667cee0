package poller_test

import (
	"math"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
)

// batchCases: more is ready than the slice holds.
var batchCases = []contractCase{
	{"A5/others_before_the_same_again", func(t *testing.T, e *env) {
		const ready, batch = 16, 4
		for i := range ready {
			a, b := sockettest.Pair(t)
			e.add(a, uint64(i), rd)
			e.write(b, "x")
		}
		seen := make(map[uint64]int)
		for range ready / batch {
			for _, ev := range e.waitFor(make([]poller.Event, batch), patience) {
				seen[ev.Token]++
			}
		}
		if len(seen) != ready {
			t.Errorf("%d of %d were reported in %d waits: %v", len(seen), ready, ready/batch, seen)
		}
	}},
	{"A5/one_at_a_time", func(t *testing.T, e *env) {
		for i := range 5 {
			a, b := sockettest.Pair(t)
			e.add(a, uint64(i), rd)
			e.write(b, "x")
		}
		seen := make(map[uint64]int)
		for range 5 {
			for _, ev := range e.waitFor(make([]poller.Event, 1), patience) {
				seen[ev.Token]++
			}
		}
		if len(seen) != 5 {
			t.Errorf("got %v", seen)
		}
	}},
	{"A5/newcomer_under_load", func(t *testing.T, e *env) {
		const hot = 8
		var hotFDs []int
		for i := range hot {
			a, b := sockettest.Pair(t)
			e.add(a, uint64(i), rd)
			e.write(b, "x")
			hotFDs = append(hotFDs, a)
		}
		e.waitFor(make([]poller.Event, 2), patience)
		a, b := sockettest.Pair(t)
		e.add(a, 99, rd)
		e.write(b, "x")
		for range hot {
			for _, ev := range e.waitFor(make([]poller.Event, 2), patience) {
				if ev.Token == 99 {
					return
				}
				e.rearm(hotFDs[ev.Token], ev.Token, rd)
			}
		}
		t.Errorf("not reported in %d waits", hot)
	}},
	{"A5/slice_of_any_size", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		e.add(a, 1, rd)
		for _, size := range []int{1, 300, 2, 1024} {
			got := e.waitFor(make([]poller.Event, size), patience)
			if len(got) != 1 || got[0].Token != 1 {
				t.Errorf("size %d: got %v", size, show(got))
			}
			e.modify(a, 1, rd)
		}
	}},
}

// timeCases: how long Wait waits, and what it costs.
var timeCases = []contractCase{
	{"K4/rounded_up_and_clamped", func(t *testing.T, e *env) {
		const ms = time.Millisecond
		e.k.onWait = func() sys.Errno { return unix.EINTR } // only look at the timeout
		for _, c := range []struct {
			d       time.Duration
			msec    int64
			nanosec int64
		}{
			{-1, -1, -1}, {math.MinInt64, -1, -1}, {0, 0, 0},
			{1, 1, 1}, {ms - 1, 1, int64(ms - 1)}, {ms, 1, int64(ms)}, {ms + 1, 2, int64(ms + 1)},
			{1500 * time.Microsecond, 2, 1500000},
			{math.MaxInt32 * ms, math.MaxInt32, 1e15}, {1 << 62, math.MaxInt32, 1e15}, {math.MaxInt64, math.MaxInt32, 1e15},
		} {
			want := c.msec
			if e.backend == poller.Kqueue {
				want = c.nanosec
			}
			if e.wait(c.d); e.k.timeout != want {
				t.Errorf("%d: the kernel was given %d, want %d", c.d, e.k.timeout, want)
			}
		}
	}},
	{"K4/never_early_when_idle", func(t *testing.T, e *env) {
		const d = 20 * time.Millisecond
		start := time.Now()
		for e.interrupted(d) { // by a signal: start again
			start = time.Now()
		}
		if took := time.Since(start); took < d {
			t.Errorf("a wait of %v took %v", d, took)
		}
	}},
	{"K4/zero_does_not_wait", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		start := time.Now()
		for range 100 {
			e.wait(0)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("100 polls took %v", took)
		}
		e.write(b, "x")
		if got := e.wait(0); len(got) != 1 {
			t.Errorf("got %v: what is ready is reported also without waiting", show(got))
		}
	}},
	{"K4/huge_timeout_waits", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		after := time.AfterFunc(quietTime, func() { unix.Write(b, []byte("x")) })
		defer after.Stop()
		var got []poller.Event
		for len(got) == 0 {
			got = e.wait(1 << 62)
		}
		if got[0].Token != 1 {
			t.Errorf("got %v", show(got))
		}
	}},
	{"K4/interrupted", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.write(b, "x")
		calls := 0
		e.k.onWait = func() sys.Errno { calls++; return unix.EINTR }
		if got := e.wait(time.Hour); len(got) != 0 || calls != 1 {
			t.Errorf("got %v in %d calls, want one call and its caller told", show(got), calls)
		}
		e.k.onWait = nil
		e.expect(a, 1, rd, poller.Readable)
	}},
	{"K4/wait_fails", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.add(a, 1, rd)
		e.write(b, "x")
		e.k.onWait = func() sys.Errno { return unix.EBADF }
		if n, err := e.p.Wait(make([]poller.Event, 1), -1); n != 0 || err != unix.EBADF {
			t.Errorf("%d, %v, want the bare errno", n, err)
		}
		e.k.onWait = nil
		e.expect(a, 1, rd, poller.Readable)
	}},
	{"K5/idle_does_not_return", func(t *testing.T, e *env) {
		for i := range 10 {
			a, _ := sockettest.Pair(t)
			e.add(a, uint64(i), rd)
		}
		before := e.k.returns
		if got := e.wait(10 * quietTime); len(got) != 0 || e.k.returns != before {
			t.Errorf("%d returns, events %v", e.k.returns-before, show(got))
		}
	}},
	{"K5/wait_allocates_nothing", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		e.write(b, "x")
		e.add(a, 1, rd|wr)
		events := make([]poller.Event, 8)
		e.waitFor(events, 0)
		allocs := testing.AllocsPerRun(100, func() {
			e.p.Wait(events, 0)
			e.p.Wake()
			e.p.Wait(events, time.Millisecond)
			if e.backend != poller.Kqueue { // the model allocates its knotes
				e.rearm(a, 1, rd|wr)
			}
		})
		if allocs != 0 {
			t.Errorf("%v allocations", allocs)
		}
	}},
}

// interrupted waits for d and says whether a signal cut it short.
func (e *env) interrupted(d time.Duration) (cut bool) {
	e.t.Helper()
	before := e.k.eintr
	e.wait(d)
	return e.k.eintr != before
}

// lifeCases: making and closing a Poller.
var lifeCases = []contractCase{
	{"B7/close_releases_all", func(t *testing.T, e *env) {
		a, b := sockettest.Pair(t)
		before := sockettest.OpenFDs(t)
		p, err := poller.NewKernel(e.kernel(), e.backend)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Add(a, 1, rd, e.mode); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if now := sockettest.OpenFDs(t); now != before {
			t.Errorf("%d descriptors, %d before", now, before)
		}
		e.write(b, "x") // a is the caller's and still open
		if got := e.read(a, 8); got != "x" {
			t.Errorf("read %q", got)
		}
	}},
	{"B7/closed", func(t *testing.T, e *env) {
		a, _ := sockettest.Pair(t)
		e.add(a, 1, rd)
		if err := e.p.Close(); err != nil {
			t.Fatal(err)
		}
		e.wantErr("Add", e.p.Add(a, 1, rd, e.mode), os.ErrClosed)
		e.wantErr("Modify", e.p.Modify(a, 1, rd, e.mode), os.ErrClosed)
		e.wantErr("Remove", e.p.Remove(a), os.ErrClosed)
		_, err := e.p.Wait(make([]poller.Event, 1), -1)
		e.wantErr("Wait", err, os.ErrClosed)
		e.wantErr("Wake", e.p.Wake(), os.ErrClosed)
		e.wantErr("Close", e.p.Close(), os.ErrClosed)
	}},
	{"B7/failed_open_leaks_nothing", func(t *testing.T, e *env) {
		before := sockettest.OpenFDs(t)
		for failing := range 4 {
			calls := 0
			k := &probe{Kernel: e.kernel()}
			fault := func() sys.Errno {
				if calls++; calls-1 == failing {
					return unix.EMFILE
				}
				return 0
			}
			k.onOpen = func(string) sys.Errno { return fault() }
			k.onCtl = func(int) sys.Errno { return fault() }
			p, err := poller.NewKernel(k, e.backend)
			if err == nil {
				if calls > failing {
					t.Errorf("call %d failed and nobody said so", failing)
				}
				p.Close()
			} else {
				e.wantErr("New", err, unix.EMFILE)
			}
			if now := sockettest.OpenFDs(t); now != before {
				t.Errorf("call %d failed: %d descriptors, %d before", failing, now, before)
			}
		}
	}},
}
