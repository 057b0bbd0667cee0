package loop_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/poller/loop"
)

// after waits until d has passed, for tests of what must not happen in it.
func after(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// An idle loop makes no turn at all and no system call, however busily it
// polls when there is something to do.
func TestIdleLoopSleeps(t *testing.T) {
	for _, cfg := range []loop.Config{
		{BusyPoll: -1}, {BusyPoll: 0}, {BusyPoll: 100 * time.Microsecond},
		{BusyPoll: -1, Backend: poller.Poll}, {BusyPoll: 0, Backend: poller.Poll},
	} {
		cfg.Loops = 2
		var waits atomic.Int64
		s := runOn(t, cfg, func(k *faulty) {
			k.fail = func(call string, _ int) sys.Errno {
				if call == "wait" {
					waits.Add(1)
				}
				return 0
			}
		}, tcpAddr, always(echo{}))
		c := s.dial()
		for range 100 {
			served(t, c, nil)
		}
		asleep := func() bool {
			before := waits.Load()
			after(t, 20*time.Millisecond)
			return waits.Load() == before
		}
		sockettest.Eventually(t, patience, asleep, "the loops sleep")
		before, stats := waits.Load(), s.Stats()
		after(t, 150*time.Millisecond)
		if n := waits.Load() - before; n > 0 {
			t.Errorf("%+v: %d waits while idle", cfg.BusyPoll, n)
		}
		if now := s.Stats(); now.Turns != stats.Turns || now.Calls.Total() != stats.Calls.Total() {
			t.Errorf("%v: %d turns, %d calls while idle", cfg.BusyPoll, now.Turns-stats.Turns, now.Calls.Total()-stats.Calls.Total())
		}
		served(t, c, nil)
	}
}

// sleeper is a kernel in whose time a call takes a microsecond and a sleep what it was asked for.
type sleeper struct {
	sys.Kernel
	now    time.Duration
	sleeps int
}

func (k *sleeper) Now() int64 {
	k.now += time.Microsecond
	return int64(k.now)
}

func (k *sleeper) EpollWait(epfd int, events []sys.EpollEvent, msec int) (int, sys.Errno) {
	if msec > 0 {
		k.now += time.Duration(msec) * time.Millisecond
		k.sleeps++
	}
	return k.Kernel.EpollWait(epfd, events, 0)
}

// A loop that is woken now and then, and never soon, spins seldom: for 100 timers it spins before sleep 1, 3, 7, 15, 31 and 63.
func TestAdaptiveSpinningIsSeldom(t *testing.T) {
	k := &sleeper{Kernel: sys.NewHost()}
	g, err := loop.NewGroup(loop.Config{}, func() sys.Kernel { return k })
	must(t, err)
	defer g.Close()
	l := g.Loops()[0]
	left := 100
	var again func()
	again = func() {
		if left--; left > 0 {
			l.AfterFunc(time.Millisecond, again)
		}
	}
	must(t, l.Post(again))
	for turn := 0; left > 0; turn++ {
		if turn > 1000 {
			t.Fatalf("%d timers are left after %d turns", left, turn)
		}
		must(t, l.Step())
	}
	const one = 50 // polls in the 50 µs of one spin
	if spins := l.Stats().Spins; k.sleeps < 90 || spins < 5*one || spins > 8*one {
		t.Errorf("%d polls while spinning, %d sleeps for 100 timers", spins, k.sleeps)
	}
}

// Timers never fire early: what the poller cannot express is rounded up.
func TestTimersAreNotEarly(t *testing.T) {
	for _, busyPoll := range []time.Duration{-1, 0, time.Millisecond} {
		s := serve(t, loop.Config{BusyPoll: busyPoll}, tcpAddr, always(echo{}))
		l := s.Loops()[0]
		for _, d := range []time.Duration{1, time.Microsecond, 700 * time.Microsecond, 1100 * time.Microsecond, 3 * time.Millisecond} {
			took := make(chan time.Duration, 1)
			before := l.Stats().Turns
			must(t, l.Post(func() {
				start := time.Now()
				l.AfterFunc(d, func() { took <- time.Since(start) })
			}))
			if got := receive(t, took, "the timer"); got < d {
				t.Errorf("%v fired after %v", d, got)
			}
			if n := l.Stats().Turns - before; n > 20 {
				t.Errorf("%v took %d turns", d, n)
			}
		}
	}
}

// A timer that is made late in a turn waits its whole time, too.
func TestTimerOfALongTurn(t *testing.T) {
	var clock atomic.Int64
	fired := int64(-1)
	s := stepOn(t, loop.Config{}, &faulty{clock: &clock}, tcpAddr, always(echo{}))
	var made int64
	must(t, s.l.Post(func() {
		clock.Add(int64(50 * time.Millisecond))
		made = clock.Load()
		s.l.AfterFunc(20*time.Millisecond, func() { fired = clock.Load() })
	}))
	for range 100 {
		s.turns(1)
		clock.Add(int64(time.Millisecond))
	}
	if late := time.Duration(fired - made - int64(20*time.Millisecond)); fired < 0 || late < 0 || late > 3*time.Millisecond {
		t.Errorf("fired %v after its time", late)
	}
}

// Many goroutines post one function after another, each when the last was run:
// whether the loop spins, is about to sleep or sleeps, none may be lost.
func TestBusyPollLosesNoPost(t *testing.T) {
	for _, cfg := range []loop.Config{{}, {BusyPoll: 20 * time.Microsecond}, {BusyPoll: -1}, {Backend: poller.Poll}} {
		s := serve(t, cfg, tcpAddr, always(echo{}))
		l := s.Loops()[0]
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				ran := make(chan bool)
				for i := range 2000 {
					if err := l.Post(func() { ran <- true }); err != nil {
						t.Errorf("Post: %v", err)
						return
					}
					select {
					case <-ran:
					case <-time.After(patience):
						t.Errorf("post %d was lost", i)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}
