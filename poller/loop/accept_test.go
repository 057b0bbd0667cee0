//go:build linux

package loop_test

import (
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/poller/loop"
)

// acceptRig is a stepped echo server whose accept calls fail as a script says,
// on a clock that the test moves.
type acceptRig struct {
	*stepper
	script
	clock   atomic.Int64
	reports []error
}

func newAcceptRig(t testing.TB, cfg loop.Config, errs ...sys.Errno) *acceptRig {
	t.Helper()
	r := &acceptRig{script: script{call: "accept", errs: errs}}
	r.clock.Store(int64(time.Hour))
	cfg.OnError = func(err error) { r.reports = append(r.reports, err) }
	k := &faulty{clock: &r.clock, fail: r.script.fail}
	r.stepper = stepOn(t, cfg, k, tcpAddr, always(echo{}))
	return r
}

// wait moves the clock and makes the turns in which what is due then happens.
func (r *acceptRig) wait(d time.Duration) {
	r.t.Helper()
	r.clock.Add(int64(d))
	r.turns(3)
}

// served checks that a client gets its echo.
func (r *acceptRig) served(c net.Conn) {
	r.t.Helper()
	served(r.t, c, func(cond func() bool) { r.until(cond, "the echo") })
}

func (r *acceptRig) wantReports(want ...sys.Errno) {
	r.t.Helper()
	var got []sys.Errno
	for _, err := range r.reports {
		var le *loop.ListenError
		var e sys.Errno
		if !errors.As(err, &le) || le.Call != "accept" || le.Address != r.lis.String() || !errors.As(err, &e) {
			r.t.Errorf("reported %T %v", err, err)
		}
		got = append(got, e)
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("reported %v, want %v", got, want)
	}
}

// acceptErrnos has every errno that accept(2) and its page name, and one that
// is in no page.
var acceptErrnos = []struct {
	verdict string
	errs    []sys.Errno
}{
	{"retry", []sys.Errno{
		unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENOPROTOOPT, unix.ENETDOWN, unix.ENETUNREACH,
		unix.EHOSTDOWN, unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENONET,
	}},
	{"back off", []sys.Errno{
		unix.ENOBUFS, unix.ENOMEM, unix.EPERM, unix.ENOSR, unix.ESOCKTNOSUPPORT, unix.EPROTONOSUPPORT,
		unix.ETIMEDOUT, unix.ENOSYS, unix.EIO, unix.Errno(512),
	}},
	{"shed", []sys.Errno{unix.EMFILE, unix.ENFILE}},
	{"fatal", []sys.Errno{unix.EBADF, unix.EINVAL, unix.ENOTSOCK, unix.EFAULT}},
}

func TestEveryErrnoOfAccept(t *testing.T) {
	check := map[string]func(r *acceptRig, e sys.Errno, c net.Conn){
		"retry": (*acceptRig).checkRetry, "back off": (*acceptRig).checkBackOff,
		"shed": (*acceptRig).checkShed, "fatal": (*acceptRig).checkFatal,
	}
	for _, backend := range []poller.Backend{bestPoll, poller.Poll} {
		for _, row := range acceptErrnos {
			for _, e := range row.errs {
				t.Run(string(backend)+row.verdict+"/"+e.Error(), func(t *testing.T) {
					r := newAcceptRig(t, loop.Config{Backend: backend}, e)
					check[row.verdict](r, e, r.dial())
				})
			}
		}
	}
}

func (r *acceptRig) checkRetry(_ sys.Errno, c net.Conn) {
	r.served(c)
	r.wantReports()
	if s := r.l.StatsNow(); s.AcceptErrors != 1 || s.Accepted != 1 {
		r.t.Errorf("%d errors, %d accepted; want 1, 1", s.AcceptErrors, s.Accepted)
	}
}

func (r *acceptRig) checkBackOff(e sys.Errno, c net.Conn) {
	r.until(func() bool { return r.asked == 1 }, "the first accept")
	r.turns(10)
	r.wait(5*time.Millisecond - 1)
	if r.asked != 1 {
		r.t.Errorf("%d calls of accept before the back-off is over", r.asked)
	}
	r.wait(1)
	r.served(c)
	r.wantReports(e)
	if s := r.l.StatsNow(); s.AcceptErrors != 1 || s.Accepted != 1 {
		r.t.Errorf("%d errors, %d accepted; want 1, 1", s.AcceptErrors, s.Accepted)
	}
}

func (r *acceptRig) checkShed(_ sys.Errno, c net.Conn) {
	r.until(func() bool { return r.l.StatsNow().Shed == 1 }, "the client is turned away")
	hungUp(r.t, c)
	r.served(r.dial())
	r.wantReports()
	if s := r.l.StatsNow(); s.AcceptErrors != 1 || s.Accepted != 1 || s.Shed != 1 {
		r.t.Errorf("%d errors, %d accepted, %d shed; want 1 of each", s.AcceptErrors, s.Accepted, s.Shed)
	}
}

func (r *acceptRig) checkFatal(e sys.Errno, c net.Conn) {
	first := r.lis
	r.until(func() bool { return len(r.reports) > 0 }, "the report")
	hungUp(r.t, c)
	r.turns(20)
	r.wait(time.Hour)
	r.wantReports(e)
	if r.asked != 1 {
		r.t.Errorf("%d calls of accept, want 1", r.asked)
	}
	r.listen(tcpAddr, always(echo{}))
	r.served(r.dial())
	must(r.t, first.Close())
	r.turns(2)
	if s := r.l.StatsNow(); s.AcceptErrors != 1 || s.Ignored != 0 {
		r.t.Errorf("%d errors, %d ignored; want 1, 0", s.AcceptErrors, s.Ignored)
	}
}

// A spurious event: nobody waits, or somebody else took the connection.
func TestAcceptFindsNobody(t *testing.T) {
	r := newAcceptRig(t, loop.Config{}, unix.EAGAIN)
	first := r.dial()
	r.until(func() bool { return r.asked == 1 }, "the first accept")
	r.served(r.dial())
	r.served(first)
	r.wantReports()
	if s := r.l.StatsNow(); s.AcceptErrors != 0 {
		t.Errorf("%d errors", s.AcceptErrors)
	}
}

func TestBackOffDoublesUpToASecond(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		var errs []sys.Errno
		for range 11 {
			errs = append(errs, unix.ENOBUFS)
		}
		r := newAcceptRig(t, loop.Config{Backend: w.backend}, errs...)
		c := r.dial()
		r.until(func() bool { return r.asked == 1 }, "the first accept")
		pause := 5 * time.Millisecond
		for i := range 10 {
			r.wait(pause - time.Millisecond)
			if r.asked != i+1 {
				t.Fatalf("back-off %d ends before %v: %d calls", i, pause, r.asked)
			}
			if r.wait(time.Millisecond); r.asked != i+2 {
				t.Fatalf("back-off %d does not end after %v: %d calls", i, pause, r.asked)
			}
			pause = min(2*pause, time.Second)
		}
		if pause != time.Second {
			t.Fatalf("the test ends at %v", pause)
		}
		r.wait(time.Second)
		r.served(c)
		r.wantReports(unix.ENOBUFS)

		// What works in between starts it anew.
		r.errs = []sys.Errno{unix.ENOMEM}
		c = r.dial()
		r.until(func() bool { return len(r.errs) == 0 }, "the next error")
		r.wait(5 * time.Millisecond)
		r.served(c)
		r.wantReports(unix.ENOBUFS, unix.ENOMEM)
	})
}

// The listener goes off the poller for good, wherever in a back-off it ends.
func TestFatalAfterBackOff(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		r := newAcceptRig(t, loop.Config{Backend: w.backend}, unix.ENOMEM, unix.EINVAL)
		c := r.dial()
		r.until(func() bool { return r.asked == 1 }, "the first accept")
		r.wait(5 * time.Millisecond)
		r.until(func() bool { return len(r.reports) == 2 }, "the end of the listener")
		hungUp(t, c)
		r.wantReports(unix.ENOMEM, unix.EINVAL)
		before := r.l.StatsNow()
		r.turns(100)
		if s := r.l.StatsNow(); s.Events != before.Events || s.Ignored != 0 {
			t.Errorf("%d events from a closed listener, %d ignored errors", s.Events-before.Events, s.Ignored)
		}
		for range 3 { // one of them gets the closed listener's number
			r.listen(tcpAddr, always(echo{}))
			r.served(r.dial())
		}
	})
}

func TestCloseOfAListenerThatBacksOff(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		r := newAcceptRig(t, loop.Config{Backend: w.backend}, unix.ENOMEM)
		before := sockettest.OpenFDs(t)
		r.dial()
		r.until(func() bool { return r.asked == 1 }, "the first accept")
		must(t, r.lis.Close())
		r.turns(1)
		r.wait(time.Second)
		if s := r.l.StatsNow(); r.asked != 1 || s.Ignored != 0 {
			t.Errorf("%d calls of accept, want 1; %d ignored errors", r.asked, s.Ignored)
		}
		if now := sockettest.OpenFDs(t); now != before { // a client more, a listener less
			t.Errorf("%d descriptors, want %d", now, before)
		}
	})
}

// An errno that is retried may come without end; that must not be a spin.
func TestEndlessRetriesBackOff(t *testing.T) {
	r := newAcceptRig(t, loop.Config{})
	for range 1 << 16 {
		r.errs = append(r.errs, unix.ENETDOWN)
	}
	c := r.dial()
	r.until(func() bool { return r.asked > 0 }, "the first accept")
	r.turns(100)
	if r.asked > 200 {
		t.Fatalf("%d calls of accept in 100 turns", r.asked)
	}
	r.errs = nil
	r.wait(time.Second)
	r.served(c)
}

// A queue that is shed to its end is no reason to back off: the next client is
// told at once as well, and no error is reported. accept(2) says EMFILE before
// it looks whether anybody waits.
func TestShedToTheEnd(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		var full, spareGiven bool
		k := &faulty{clock: new(atomic.Int64)}
		cfg := loop.Config{Backend: w.backend, OnError: func(err error) { t.Errorf("reported: %v", err) }}
		s := stepOn(t, cfg, k, tcpAddr, always(echo{}))
		k.fail = func(call string, fd int) sys.Errno {
			switch {
			case call == "close":
				spareGiven = true
			case call == "socket":
				spareGiven = false
			case call == "accept" && full && !spareGiven:
				return unix.EMFILE
			}
			return 0
		}
		full = true
		for i := range 5 {
			c := s.dial()
			s.until(func() bool { return s.l.StatsNow().Shed == uint64(i+1) }, "the client is turned away")
			hungUp(t, c)
		}
		full = false
		c := s.dial()
		served(t, c, func(cond func() bool) { s.until(cond, "the echo") })
	})
}
