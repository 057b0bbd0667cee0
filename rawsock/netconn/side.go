package netconn

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// side is one direction of a socket: the calls that wait until it is readable, or
// writable. They are made one after the other, by who has the turn. Handing the
// runtime a closure that is made anew for each call would allocate, so there is one
// for all of them, and the call's arguments and results lie beside it.
type side struct {
	turn turn
	wait func(func(uintptr) bool) error // of a syscall.RawConn: Read or Write
	try  func(uintptr) bool             // attempt

	deadline deadline

	// These belong to who has the turn.
	call func(*side, rawsock.FD) (int, error)
	n    int
	err  error
	// Arguments of whatever call is made, and further results.
	p     []byte
	msg   *rawsock.Msghdr
	bufs  [][]byte
	sock  *rawsock.Sock
	flags int
	done  int // how much earlier attempts have done
	fd    rawsock.FD
	sa    rawsock.Sockaddr
	to    netip.AddrPort // what sa was made of, if that holds still
}

func (s *side) init(wait func(func(uintptr) bool) error, set func(time.Time) error) {
	s.turn.wake = make(chan struct{}, 1)
	s.wait, s.try, s.deadline.set = wait, s.attempt, set
}

// begin waits for the turn. Who has it may sleep, but ends with the same deadline
// and the same Close.
func (s *side) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.turn.take(ctx)
}

// end gives the turn away, and what the call referred to.
func (s *side) end() {
	s.p, s.msg, s.bufs, s.sock = nil, nil, nil, nil
	s.turn.give()
}

// run makes the call, waiting between attempts, and leaves its count in n.
func (s *side) run(ctx context.Context) error {
	s.n, s.err, s.done = 0, nil, 0
	if ctx.Done() == nil {
		return s.outcome(s.wait(s.try))
	}
	w := s.deadline.follow(ctx)
	err := s.outcome(s.wait(s.try))
	w.end()
	if ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}

func (s *side) outcome(waiting error) error {
	if waiting != nil {
		return waiting
	}
	return s.err
}

// attempt makes the call, and reports whether that was the last time. The runtime
// poller tells of changes only, so that nothing but EAGAIN may lead to waiting.
// EINPROGRESS comes from connect, and from a send that begins a TCP Fast Open.
func (s *side) attempt(fd uintptr) bool {
	for {
		s.n, s.err = s.call(s, rawsock.FD(fd))
		switch s.err {
		case unix.EINTR:
		case unix.EAGAIN, unix.EINPROGRESS:
			return false
		default:
			return true
		}
	}
}

// deadline is the user's deadline of a side, which a context that is done
// overrules for as long as the one call lasts that it was given to.
type deadline struct {
	set func(time.Time) error // the runtime's

	mu        sync.Mutex
	at        time.Time
	overruled bool
}

// past is before every time, but not the zero time, which is no deadline.
var past = time.Unix(1, 0)

func (d *deadline) Set(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = t
	if d.overruled {
		return nil
	}
	return d.set(t)
}

func (d *deadline) passed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.at.IsZero() && !time.Now().Before(d.at)
}

// watch overrules a deadline when a context is done.
type watch struct {
	d     *deadline
	stop  func() bool
	ended bool
}

func (d *deadline) follow(ctx context.Context) *watch {
	w := &watch{d: d}
	w.stop = context.AfterFunc(ctx, w.overrule)
	return w
}

func (w *watch) overrule() {
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	if !w.ended {
		w.d.overruled = true
		_ = w.d.set(past) // fails only if the socket is closed, which ends the call too
	}
}

// end gives the deadline back. From here on overrule, which may be on its way,
// does nothing.
func (w *watch) end() {
	w.stop()
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	w.ended = true
	if w.d.overruled {
		w.d.overruled = false
		_ = w.d.set(w.d.at)
	}
}
