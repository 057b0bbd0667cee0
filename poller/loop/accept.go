package loop

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/internal/timer"
	"github.com/rawloop/rawloop/poller"
)

// acceptor is one listening socket on one loop.
type acceptor struct {
	loop     *Loop
	listener *Listener
	fd       int
	slot     uint32
	sleeping bool // adopted: somebody else may have made it blocking
	deals    bool // hands its connections to all loops in turn
	next     int  // the loop that is next

	timer  timer.Timer
	pause  time.Duration // the last back-off, 0 when accept works
	queued bool          // on the loop's list
	taken  int           // in this turn, also by callbacks that panicked
	closed bool

	retries int // since accept worked last, or backed off
}

// verdict is what an errno of accept(2) means for the listener.
type verdict uint8

const (
	backOff verdict = iota // wait for a timer: nothing will announce that it works again
	served                 // no error
	drained                // nobody waits
	retry                  // that one connection failed; the next may not
	shed                   // out of descriptors: turn away whoever waits
	fatal                  // this is not a listening socket (any more)
)

const (
	minPause = 5 * time.Millisecond
	maxPause = time.Second

	// maxRetries is how many errnos of the kind "retry" are taken for so many
	// failed connections; more in a row are a fault of something else.
	maxRetries = 64
)

// acceptVerdicts has the errnos of accept(2). Pending network errors of the new
// connection are returned as errnos of accept, and none of them says anything
// about the listener. An errno that is not here backs off.
var acceptVerdicts = map[sys.Errno]verdict{
	0:           served,
	unix.EAGAIN: drained,

	unix.EINTR:        retry,
	unix.ECONNABORTED: retry,
	unix.EPROTO:       retry,
	unix.ENOPROTOOPT:  retry,
	unix.ENETDOWN:     retry,
	unix.ENETUNREACH:  retry,
	unix.EHOSTDOWN:    retry,
	unix.EHOSTUNREACH: retry,
	unix.EOPNOTSUPP:   retry,
	enonet:            retry,

	unix.EMFILE: shed,
	unix.ENFILE: shed,

	unix.ENOBUFS: backOff,
	unix.ENOMEM:  backOff,
	unix.EPERM:   backOff, // a firewall rule

	unix.EBADF:    fatal,
	unix.EINVAL:   fatal,
	unix.ENOTSOCK: fatal,
	unix.EFAULT:   fatal,
}

func (l *Loop) acceptorAt(slot uint32) *acceptor {
	if slot >= uint32(len(l.accepting)) {
		return nil
	}
	return l.accepting[slot]
}

// acceptSoon has a's connections accepted in this turn, or the next one if
// acceptors had theirs.
func (l *Loop) acceptSoon(a *acceptor) {
	if !a.queued && !a.closed {
		a.queued, a.taken = true, 0
		l.acceptors = append(l.acceptors, a)
	}
}

// runAcceptors serves the listeners where somebody waits. It goes on behind an
// acceptor only when that is done: a handler that panics as it opens must not
// leave the others in the queue, which no new edge would announce.
func (l *Loop) runAcceptors() {
	for l.cursor < len(l.accepts) {
		a := l.accepts[l.cursor]
		l.accept(a)
		l.cursor++
	}
}

// accept takes the connections that wait, at most Limits.AcceptsPerTurn, and
// while draining closes the listener when nobody waits any more.
func (l *Loop) accept(a *acceptor) {
	if a.sleeping {
		// Whoever shares the open file description may have cleared O_NONBLOCK;
		// the accept that finds nobody would put the loop to sleep.
		l.ignore(errOf(l.k.SetNonblock(a.fd, true)))
	}
	for ; a.taken < l.cfg.Limits.AcceptsPerTurn; a.taken++ {
		if a.closed || a.timer.Armed() || !l.acceptOne(a) {
			a.queued = false
			if l.draining {
				l.closeAcceptor(a)
			}
			return
		}
	}
	a.queued = false
	l.acceptSoon(a)
}

// acceptOne reports whether there may be more.
func (l *Loop) acceptOne(a *acceptor) bool {
	fd, e := a.call(l.k, &l.addr)
	if e == 0 {
		a.pause, a.retries = 0, 0
		l.welcome(a, fd)
		return true
	}
	if acceptVerdicts[e] == shed && l.spare >= 0 {
		l.stats.AcceptErrors++
		e = l.shed(a)
	}
	switch acceptVerdicts[e] {
	case served:
		return true
	case drained:
		return false
	case retry:
		if a.retries++; a.retries < maxRetries {
			l.stats.AcceptErrors++
			return true
		}
	case fatal:
		l.stats.AcceptErrors++
		l.closeAcceptor(a)
		l.report(&ListenError{Call: "accept", Address: a.listener.String(), Err: e})
		return false
	}
	l.stats.AcceptErrors++
	l.backOff(a, e)
	return false
}

func (a *acceptor) call(k sys.Kernel, sa *sys.RawSockaddr) (int, sys.Errno) {
	if a.sleeping {
		return k.AcceptSleeping(a.fd, sa)
	}
	return k.Accept(a.fd, sa)
}

// welcome finds a place for a new connection, or turns it away.
func (l *Loop) welcome(a *acceptor, fd int) {
	if l.g.conns.Add(1) > int64(l.g.maxConns) {
		l.turnAway(fd)
		return
	}
	if a.deals && !l.draining {
		to := l.g.loops[a.next%len(l.g.loops)]
		a.next++
		if to != l {
			err := to.post(message{adopt: a.listener, fd: fd}, l.addr.Bytes(), func() {})
			if err == ErrPostQueueFull {
				l.turnAway(fd)
			}
			if err != ErrClosed { // else it has ended, and this one will
				return
			}
		}
	}
	l.open(a.listener, fd, l.addr.Bytes())
}

func (l *Loop) turnAway(fd int) {
	l.g.conns.Add(-1)
	l.stats.Shed++
	l.k.Close(fd)
}

// shed makes room for one descriptor by closing the spare one, accepts with it
// and hangs up: the client learns at once that there is no room, and the
// listener does not stay readable, which would be a spin. It returns accept's
// second errno.
func (l *Loop) shed(a *acceptor) sys.Errno {
	l.k.Close(l.spare)
	l.spare = -1
	fd, e := a.call(l.k, &l.addr)
	if e == 0 {
		l.k.Close(fd)
		l.stats.Shed++
	}
	l.takeSpare()
	return e
}

// takeSpare opens the descriptor that shed gives up. Any kind would do.
func (l *Loop) takeSpare() {
	fd, e := l.k.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if e != 0 {
		return
	}
	l.spare = fd
}

// backOff takes the listener off the poller for 5 ms, then twice as long each
// time up to 1 s. Adding it again reports what waits, edge-triggered or not.
func (l *Loop) backOff(a *acceptor, e sys.Errno) {
	first := a.pause == 0
	a.pause, a.retries = min(max(2*a.pause, minPause), maxPause), 0
	l.ignore(l.p.Remove(a.fd))
	l.wheel.Arm(&a.timer, l.now+int64(a.pause))
	if first {
		l.report(&ListenError{Call: "accept", Address: a.listener.String(), Err: e})
	}
}

// OnTimer implements timer.Handler: the back-off is over.
func (a *acceptor) OnTimer(*timer.Timer, int64) { a.loop.watch(a) }

// watch has the poller report who waits at a.
func (l *Loop) watch(a *acceptor) {
	if err := l.p.Add(a.fd, token(0, a.slot), poller.Read, l.mode); err != nil {
		l.closeAcceptor(a)
		l.report(&ListenError{Call: "register", Address: a.listener.String(), Err: err})
	}
}

// addAcceptor starts accepting.
func (l *Loop) addAcceptor(a *acceptor) {
	a.slot = uint32(len(l.accepting))
	a.timer.Handler = a
	l.accepting = append(l.accepting, a)
	l.listening++
	if l.stopping || l.draining {
		l.closeAcceptor(a)
		return
	}
	l.watch(a)
}

// closeAcceptor ends a listening socket, once. Its slot is not used again, so
// an event that was fetched before finds nothing.
func (l *Loop) closeAcceptor(a *acceptor) {
	if a.closed {
		return
	}
	a.closed = true
	l.listening--
	if !l.wheel.Cancel(&a.timer) { // while it backs off it is off the poller
		l.ignore(l.p.Remove(a.fd))
	}
	l.accepting[a.slot] = nil
	a.listener.unlink(l.k)
	l.k.Close(a.fd)
	if a.sleeping {
		l.g.disown(a.fd)
	}
}

// open begins a connection on a descriptor that was accepted.
func (l *Loop) open(lis *Listener, fd int, peer []byte) {
	if l.stopping {
		l.turnAway(fd)
		return
	}
	s := l.newConn()
	s.fd, s.listener, s.handler, s.flags = fd, lis, turnedAway{}, lis.flags
	s.state, s.cause = open, nil
	s.peerLen = 0
	if len(peer) <= len(s.peer) {
		s.peerLen = uint8(copy(s.peer[:], peer))
	}
	s.base = l.baseInterest(s.flags)
	s.armed = s.base
	l.stats.Conns++
	if err := l.p.Add(fd, token(s.gen, s.slot), s.base, l.mode); err != nil {
		l.stats.AcceptErrors++
		l.k.Close(fd)
		s.state = dead
		l.freeConn(s)
		l.report(&ListenError{Call: "register", Address: lis.String(), Err: err})
		return
	}
	l.stats.Accepted++
	if l.draining {
		l.drainConn(s)
	}
	c := l.begin(s)
	if h := lis.newHandler(c); h != nil {
		s.handler = h
		h.OnOpen(c)
	} else {
		s.fail(ErrAborted)
	}
	l.end(s)
	if s.unsettled() {
		l.settle(s)
	}
}

// turnedAway is the handler of a connection that was given none.
type turnedAway struct{ Base }

func (turnedAway) OnData(_ Conn, in []byte) int { return len(in) }
