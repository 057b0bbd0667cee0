// Package poller tells which descriptors are ready: epoll(7) on Linux,
// kqueue(2) on darwin and the BSDs, poll(2) everywhere. It is for people who
// write their own loop; it runs no goroutine, calls no user code, logs nothing
// and reads or writes no descriptor but its own.
//
// This comment is the contract that every backend keeps and that one suite of
// tests checks on each of them.
//
// # Readiness
//
// An event is a hint that a call is worth trying. Spurious events are allowed:
// after one, a nonblocking call may still say EAGAIN. Missing events are not:
// while a registration is armed and its descriptor is ready in a way that was
// asked for, Wait reports it as its mode says.
//
// Descriptors should be nonblocking, and a socket that dials belongs here only
// after connect(2) was called: before, Linux reports it writable and hung up.
//
// # Interest and what an event says
//
//   - Read asks for input, for a connection on a listener and for the peer's
//     half-close. Readable answers the first two. ReadClosed answers the third:
//     the peer will send no more, but what it sent may still be unread, so read
//     until 0 bytes or an error. It comes together with Readable.
//   - Write asks for space to write, and for the end of connect(2). Writable
//     answers.
//   - Priority asks for urgent data (EPOLLPRI). Urgent answers. kqueue has it
//     on some systems only; that backend ignores Priority.
//   - Hangup (EPOLLHUP) says that both directions are over; on kqueue, that
//     the write direction is (EV_EOF on EVFILT_WRITE). Input may still be
//     unread.
//   - Failed (EPOLLERR) says that an error is pending; SO_ERROR or the next
//     call tells which. It does not mean that nothing is left to read: after
//     a reset Linux still gives out what had arrived.
//
// Hangup and Failed come unasked. epoll and poll report them even when the
// interest is zero, for they cannot be masked: in mode Level that is an event
// from every Wait, so Remove a descriptor that is to be left alone. kqueue
// reports nothing for a zero interest. No bit means that a connection is to be
// closed; each means that a call will not block. poll(2) has no ReadClosed
// outside Linux; there, a read of 0 bytes is the only sign.
//
// One Wait gives at most one event for a descriptor, with all its bits.
//
// # Modes
//
//   - Level: reported by every Wait while ready.
//   - Edge: reported once when it becomes ready and again when more arrives or
//     more space appears, not because something was left over. Read and write
//     until EAGAIN, or remember who was not finished. An edge may carry bits
//     that were reported before.
//   - OneShot: reported once, with whatever bits are then set; nothing more,
//     not even Hangup or Failed, until Modify arms it again.
//
// Modify reports anew, in every mode, what is ready at that moment. So an
// edge that came before the interest was there is not lost. Backend.Has says
// which modes a backend has; another one gives errors.ErrUnsupported.
//
// # Tokens
//
// A token is the caller's: 64 bits that come back with each event. The
// descriptor's number alone makes a poor one, since the number is reused as
// soon as it is closed while older events may still lie in the caller's
// batch; a slot and a generation make a good one. After Remove, no later Wait
// returns that registration's token. The token of all ones is reserved.
//
// # Who may call what
//
// One goroutine owns a Poller and makes all calls, one at a time; any
// goroutine may call Wake, also while Wait sleeps and after Close. Ownership
// may move between goroutines if the moves are synchronized.
//
// # Closing
//
// Remove a descriptor before closing it. epoll watches open file descriptions:
// while a duplicate is open (dup(2), fork(2), SCM_RIGHTS) a closed descriptor
// goes on being reported and cannot be removed any more. kqueue would forget
// it and poll(2) would report it Failed, and both backends would still take
// the number as registered. Removing first is right for all.
//
// Close releases what the Poller opened and closes no registered descriptor.
// Every call after it returns an error that is os.ErrClosed.
//
// # Waiting
//
// Wait fills events from the front and returns how many. A negative timeout
// waits without limit, 0 does not wait, and a positive one is rounded up to
// what the backend can express (a millisecond for epoll and poll), so a timer
// that is due is never waited for by spinning. Wait may return 0 events and
// no error before the timeout: after a Wake, after a signal (EINTR is not an
// error and not retried, so that the caller can look at its clock), after a
// timeout longer than the system can express, or for nothing. More than
// len(events) may be ready; the next calls report the others before the same
// ones again. An idle Poller does not return at all.
//
// The slice is the caller's and is not kept. Wait allocates nothing once it
// has seen the largest slice.
//
// # Waking
//
// Wake makes the Wait that is sleeping, or else a later one, return soon, with
// or without events. Wakes coalesce: many may cause one return, but a Wake that
// comes after it makes one more Wait return. So what a goroutine put into a
// queue before its Wake, the owner finds there after that return; the queue
// brings its own lock. A Wake that returned nil is never lost, and one that
// returned an error has not kept a later one from working.
//
// # Errors
//
// System calls' errors are bare errnos (golang.org/x/sys/unix.Errno):
//
//   - Add: EEXIST for a descriptor that is registered, EBADF, EPERM for one
//     that epoll cannot watch (a regular file), ENOSPC, ENOMEM.
//   - Modify, Remove: ENOENT for one that is not registered. After any other
//     error of Modify the registration may be unarmed: call Modify again, or
//     Remove.
//   - Wait: EINVAL for an empty slice. Any other errno is a fault of the
//     Poller itself.
//   - All: os.ErrClosed after Close; EINVAL, ErrReservedToken and
//     errors.ErrUnsupported for arguments, before any system call.
//
// # Platforms
//
// epoll and poll are tested on Linux. The kqueue backend cannot be run where
// this module is developed: it is compiled for darwin, dragonfly, freebsd,
// netbsd and openbsd, and passes the suite on a model of kqueue(2) over real
// sockets, but has never met a real kqueue.
package poller

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Interest is what to watch a descriptor for.
type Interest uint8

// Interests can be combined.
const (
	Read     Interest = 1 << iota // input, a connection to accept, the peer's half-close
	Write                         // space to write, the end of connect(2)
	Priority                      // urgent data
)

// Mode is when readiness is reported.
type Mode uint8

// The modes; the package comment says what each promises.
const (
	Level Mode = iota
	Edge
	OneShot
)

// Ready is what an event says: a combination of hints, each of which means
// that some call will not block.
type Ready uint8

// The bits of Ready.
const (
	Readable   Ready = 1 << iota // EPOLLIN
	Urgent                       // EPOLLPRI
	Writable                     // EPOLLOUT
	Failed                       // EPOLLERR
	Hangup                       // EPOLLHUP
	ReadClosed                   // EPOLLRDHUP, EV_EOF on EVFILT_READ
)

// Event says that the registration with this token is ready.
type Event struct {
	Token uint64
	Ready Ready
}

// Backend names a way to ask the kernel.
type Backend string

// The backends.
const (
	Epoll  Backend = "epoll"
	Kqueue Backend = "kqueue"
	Poll   Backend = "poll"
)

// Has reports whether b can register descriptors in mode m. poll(2) has no
// memory between calls and so no edges.
func (b Backend) Has(m Mode) bool {
	switch b {
	case Epoll, Kqueue:
		return m <= OneShot
	case Poll:
		return m == Level || m == OneShot
	}
	return false
}

// Poller is a set of registered descriptors and a way to wait for them. The
// package comment is its contract. Only New makes one.
type Poller interface {
	// Add registers fd, which stays the caller's.
	Add(fd int, token uint64, interest Interest, mode Mode) error
	// Modify replaces token, interest and mode, arms a OneShot registration
	// again, and has what is ready now reported once more.
	Modify(fd int, token uint64, interest Interest, mode Mode) error
	// Remove ends the registration; call it before fd is closed.
	Remove(fd int) error
	// Wait reports events into the slice and returns how many.
	Wait(events []Event, timeout time.Duration) (n int, err error)
	// Wake makes Wait return. Any goroutine may call it.
	Wake() error
	// Close releases the Poller's own descriptors.
	Close() error
}

// ErrReservedToken says that a token of all ones was given.
var ErrReservedToken = errors.New("poller: token reserved for the poller itself")

// reservedToken marks the wake descriptor.
const reservedToken = math.MaxUint64

// New returns a Poller with the given backend, or with the best that this
// system has if b is empty. An error is errors.ErrUnsupported if the system
// lacks the backend.
func New(b Backend) (Poller, error) { return NewKernel(sys.NewKernel(), b) }

// NewKernel is New on a kernel of the caller's, which the Poller then shares
// with the caller's goroutine. It is the loop's and the simulator's door: the
// type is internal to this module.
func NewKernel(k sys.Kernel, b Backend) (Poller, error) {
	switch b {
	case Epoll:
		return newEpoll(k)
	case Kqueue:
		return newKqueue(k)
	case Poll:
		return newPoll(k)
	case "":
		return newBest(k)
	}
	return nil, fmt.Errorf("poller: backend %q: %w", string(b), errors.ErrUnsupported)
}

// newBest asks the kernel instead of the build: a simulator may have either.
func newBest(k sys.Kernel) (Poller, error) {
	for _, b := range []Backend{Epoll, Kqueue} {
		p, err := NewKernel(k, b)
		if !errors.Is(err, errors.ErrUnsupported) {
			return p, err
		}
	}
	return newPoll(k)
}

// BackendOf says which backend New chose for p.
func BackendOf(p Poller) Backend {
	switch p.(type) {
	case *epoll:
		return Epoll
	case *kqueue:
		return Kqueue
	case *poll:
		return Poll
	}
	return ""
}

// checkArgs is the part of Add and Modify that needs no system call.
func checkArgs(b Backend, fd int, token uint64, interest Interest, mode Mode) error {
	switch {
	case fd < 0 || fd > math.MaxInt32:
		return unix.EBADF
	case token == reservedToken:
		return ErrReservedToken
	case interest&^(Read|Write|Priority) != 0 || mode > OneShot:
		return unix.EINVAL
	case !b.Has(mode):
		return fmt.Errorf("poller: mode %d on %s: %w", mode, b, errors.ErrUnsupported)
	}
	return nil
}

// errClosed is what every call after Close returns.
var errClosed = fmt.Errorf("poller: %w", fs.ErrClosed)

// errnoErr makes an error of an errno: an Errno of 0 in an error is not nil.
func errnoErr(e sys.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// milliseconds converts a timeout for epoll_wait(2) and poll(2): rounded up,
// because a timer that is due in less than a millisecond would be waited for
// by spinning, and clamped to their C int.
func milliseconds(d time.Duration) int {
	switch {
	case d < 0:
		return sys.Forever
	case d == 0:
		return 0
	}
	ms := (d-1)/time.Millisecond + 1 // d+999999 could overflow
	return int(min(ms, math.MaxInt32))
}

// pollMask is interest in the numbers that epoll and poll(2) share.
func pollMask(interest Interest, readClosed uint32) (mask uint32) {
	if interest&Read != 0 {
		mask |= sys.EPOLLIN | readClosed
	}
	if interest&Write != 0 {
		mask |= sys.EPOLLOUT
	}
	if interest&Priority != 0 {
		mask |= sys.EPOLLPRI
	}
	return mask
}

// pollReady is the reverse: the first five bits of Ready have the numbers of
// IN, PRI, OUT, ERR and HUP.
func pollReady(mask, readClosed uint32) Ready {
	r := Ready(mask & (sys.EPOLLIN | sys.EPOLLPRI | sys.EPOLLOUT | sys.EPOLLERR | sys.EPOLLHUP))
	if mask&readClosed != 0 {
		r |= ReadClosed
	}
	return r
}
