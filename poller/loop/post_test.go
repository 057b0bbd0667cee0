package loop_test

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

func TestPostOrder(t *testing.T) {
	s := step(t, loop.Config{}, nil, tcpAddr, always(echo{}))
	var got []int
	for i := range 5 {
		must(t, s.l.Post(func() {
			got = append(got, i)
			if i == 0 { // runs behind what was posted before
				must(t, s.l.Post(func() { got = append(got, 5) }))
			}
		}))
	}
	if len(got) > 0 {
		t.Fatal("Post runs a function before the loop's turn")
	}
	s.turns(2)
	if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("order %v", got)
	}
}

func TestPostIsBounded(t *testing.T) {
	const limit = 10
	var conn loop.Conn
	s := step(t, loop.Config{Limits: loop.Limits{MaxPosts: limit}}, nil, tcpAddr, always(&calls{open: func(c loop.Conn) { conn = c }}))
	c := s.connect()
	s.turns(2)
	ran := 0
	for i := range limit {
		if err := s.l.Post(func() { ran++ }); err != nil {
			t.Fatalf("Post %d: %v", i, err)
		}
	}
	if err := s.l.Post(func() { t.Error("a refused function ran") }); err != loop.ErrPostQueueFull {
		t.Errorf("Post over the limit: %v", err)
	}
	if err := conn.Send([]byte("refused")); err != loop.ErrPostQueueFull {
		t.Errorf("Send over the limit: %v", err)
	}
	if n := conn.Queued(); n != 0 {
		t.Errorf("a refused Send leaves %d bytes reserved", n)
	}
	if n := s.l.StatsNow().Queued; n != 0 {
		t.Errorf("a refused Send leaves %d bytes reserved of the loop", n)
	}
	s.turns(1)
	must(t, s.l.Post(func() { ran++ }))
	must(t, conn.Send([]byte("taken")))
	if got := s.collect(c, 5); string(got) != "taken" || ran != limit+1 {
		t.Errorf("got %q, %d functions ran", got, ran)
	}
}

// What is posted before the loop ends runs; afterwards everything is refused.
func TestPostAtTheEnd(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		g, err := loop.New(loop.Config{Backend: w.backend})
		must(t, err)
		conns := make(chan loop.Conn, 1)
		s := run(t, g, tcpAddr, always(&calls{open: func(c loop.Conn) { conns <- c }}))
		s.dial()
		conn := receive(t, conns, "OnOpen")
		l := g.Loops()[0]
		var taken, ran atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					switch err := l.Post(func() { ran.Add(1) }); {
					case err == loop.ErrClosed:
						return
					case err == loop.ErrPostQueueFull:
						runtime.Gosched()
					default:
						taken.Add(1)
					}
				}
			})
		}
		must(t, g.Close())
		wg.Wait()
		receive(t, s.ended, "Run returns")
		if taken.Load() != ran.Load() {
			t.Errorf("%d functions were taken, %d ran", taken.Load(), ran.Load())
		}
		if err := conn.Send([]byte("x")); err != loop.ErrClosed {
			t.Errorf("Send: %v", err)
		}
		if err := l.Step(); err != loop.ErrClosed {
			t.Errorf("Step: %v", err)
		}
	})
}

// Eight goroutines post to a loop that sleeps and wakes; every function runs
// once, each goroutine's in order.
func TestConcurrentPosts(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		const posters, each = 8, 10_000
		s := serve(t, loop.Config{Backend: w.backend, BusyPoll: -1}, tcpAddr, always(echo{}))
		l := s.Loops()[0]
		var next [posters]int // the loop's
		wrong := false
		var left atomic.Int64
		left.Store(posters * each)
		done := make(chan struct{})
		for id := range posters {
			go func() {
				for i := range each {
					fn := func() {
						wrong = wrong || next[id] != i
						next[id]++
						if left.Add(-1) == 0 {
							close(done)
						}
					}
					for l.Post(fn) == loop.ErrPostQueueFull {
						runtime.Gosched()
					}
				}
			}()
		}
		receive(t, done, "all functions")
		result := make(chan bool, 1)
		must(t, l.Post(func() { result <- wrong }))
		if receive(t, result, "the last one") {
			t.Error("out of order")
		}
	})
}

// K1: a wake-up that the kernel refuses is not the last one.
func TestFailedWakeIsMadeGood(t *testing.T) {
	for _, errno := range []sys.Errno{unix.EINTR, unix.EAGAIN, unix.EIO, unix.EBADF} {
		t.Run(errno.Error(), func(t *testing.T) {
			eachBackend(t, func(t *testing.T, w way) { failedWake(t, w, errno) })
		})
	}
}

func failedWake(t *testing.T, w way, errno sys.Errno) {
	var fail, failed atomic.Bool
	g, err := loop.NewGroup(loop.Config{Backend: w.backend, BusyPoll: -1}, func() sys.Kernel {
		return &kernel{Kernel: sys.NewHost(), write: func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
			if fail.CompareAndSwap(true, false) {
				failed.Store(true)
				return 0, errno
			}
			return host.Write(fd, p)
		}}
	})
	must(t, err)
	s := run(t, g, tcpAddr, always(echo{}))
	l := s.Loops()[0]
	ran := make(chan int, 10)
	for i := range 3 {
		must(t, l.Post(func() { ran <- 2 * i }))
		receive(t, ran, "a function posted while all is well")
		fail.Store(true)
		failed.Store(false)
		// The loop may be awake, so that the wake-up is not needed.
		err := l.Post(func() { ran <- 2*i + 1 })
		if err != nil && !errors.Is(err, errno) {
			t.Errorf("Post: %v", err)
		}
		must(t, l.Post(func() { ran <- -1 }))
		if got := receive(t, ran, "the function whose wake-up failed"); got != 2*i+1 {
			t.Errorf("function %d ran first", got)
		}
		receive(t, ran, "the function after it")
	}
	if !failed.Load() {
		t.Error("no wake-up was made to fail")
	}
}

// Timers fire in order and not early, counted from the call and not from the
// beginning of a turn that takes long.
func TestTimers(t *testing.T) {
	var clock time.Duration
	k := &kernel{now: func(sys.Kernel) int64 { return int64(clock) }}
	s := step(t, loop.Config{}, k, tcpAddr, always(echo{}))
	var fired []string
	after := func(d time.Duration, name string) *loop.Timer {
		return s.l.AfterFunc(d, func() { fired = append(fired, name) })
	}
	var stopped, self *loop.Timer
	must(t, s.l.Post(func() {
		clock += 100 * time.Millisecond // this turn takes long
		after(50*time.Millisecond, "50")
		after(20*time.Millisecond, "20")
		stopped = after(30*time.Millisecond, "stopped")
		after(math.MaxInt64, "never")
		after(0, "0")
		after(-time.Second, "-1")
		self = s.l.AfterFunc(10*time.Millisecond, func() {
			fired = append(fired, "10")
			if self.Stop() {
				t.Error("Stop of the running timer says that it kept it from running")
			}
			s.l.AfterFunc(0, func() { fired = append(fired, "again") })
		})
	}))
	wants := func(want ...string) {
		t.Helper()
		s.turns(2)
		if !slices.Equal(fired, want) {
			t.Errorf("at %v: %v, want %v", clock, fired, want)
		}
		fired = nil
	}
	s.turns(1)
	clock += 2 * time.Millisecond
	wants("0", "-1")
	if !stopped.Stop() || stopped.Stop() {
		t.Error("Stop does not say what it did")
	}
	clock += 7 * time.Millisecond
	wants()
	clock += 3 * time.Millisecond
	s.turns(1)
	if len(fired) != 1 {
		t.Errorf("%v in one turn, want a timer that is armed in it to wait for the next", fired)
	}
	clock += 2 * time.Millisecond
	wants("10", "again")
	clock += 35 * time.Millisecond
	wants("20")
	clock += 3 * time.Millisecond
	wants("50")
	clock += 1000 * time.Hour
	wants()
}

// A sleeping loop wakes for its timers.
func TestTimerWakesLoop(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := serve(t, loop.Config{Backend: w.backend}, tcpAddr, always(echo{}))
		l := s.Loops()[0]
		took := make(chan time.Duration, 1)
		must(t, l.Post(func() {
			start := time.Now()
			l.AfterFunc(5*time.Millisecond, func() { took <- time.Since(start) })
		}))
		if d := receive(t, took, "the timer"); d < 5*time.Millisecond {
			t.Errorf("fired after %v, before its time", d)
		}
	})
}
