package loop

import (
	"sync/atomic"

	"github.com/rawloop/rawloop/internal/buf"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/internal/timer"
	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/rawsock"
)

// Conn names one connection: a small value that can be copied, compared and
// kept as a map key. It holds the connection's generation, so after the close
// it names nothing: its methods return ErrClosed and never reach another
// connection. The zero Conn is closed.
//
// All methods but Send and Loop belong to the goroutine of the connection's
// loop.
type Conn struct {
	s   *conn
	gen uint32
}

// state is how far a connection has come towards its end.
type state uint8

const (
	open      state = iota
	closing         // Close was called: sending what is queued
	lingering       // half-closed: reading and dropping until the peer closes
	dead            // OnClose has been or is being called; the slot is still taken
)

// conn is what the loop knows of a connection. It is used again for another
// connection, with the next generation, and never freed while its loop lives.
type conn struct {
	// claim packs the generation (high 32 bits), whether writing is over
	// (claimClosed), and the output that counts against MaxQueued: bytes of
	// Sends under way and bytes in out. It is all that other goroutines touch.
	claim atomic.Uint64

	// What a message touches that needs nothing special comes first, in one
	// cache line: system calls push the rest of a connection out of the cache.
	loop    *Loop
	handler Handler
	fd      int
	gen     uint32
	slot    uint32
	flags   flags
	state   state
	base    poller.Interest // what the poller is asked for when there is nothing special
	armed   poller.Interest // what it was asked for last
	peerLen uint8

	cause    error // why the connection must end, if it must
	out      buf.Queue
	in       buf.Input
	listener *Listener
	timer    timer.Timer
	paused   int64    // since when reading is paused by the high-water mark; 0 if not
	peer     [28]byte // sockaddr_in6; longer addresses are asked for when needed
}

// flags is what distinguishes a connection from one that is open, has nothing
// queued or kept, and needs no more than its next event. Such a TCP connection
// has the flag tcp alone.
type flags uint32

const (
	// tcp sockets may be taken as drained after a short read.
	tcp flags = 1 << iota
	// mustRead: an event since the last EAGAIN said more than "data", so only
	// EAGAIN, EOF or an error ends reading.
	mustRead
	// owed: there may be input that no event will announce again.
	owed
	// hasOut, hasIn: out or in is not empty.
	hasOut
	hasIn
	// ending: Close was called, or cause is set.
	ending
	// sawEOF: recv returned 0.
	sawEOF
	// blocked: the kernel took less than it was given; wait for writability.
	blocked
	// userPaused: PauseRead was called.
	userPaused
	// wantDrain: OnDrain is due at the low-water mark.
	wantDrain
	// starved: it was refused output because its loop holds too much.
	starved
	// finWanted: half-close when the output is sent; finSent: it is done.
	finWanted
	finSent
	// lastWords: sending failed; read what the peer had sent, then end.
	lastWords
	// reset: close with RST.
	reset
	// inReady, inDirty: on that list of the loop.
	inReady
	inDirty
	// unregistered: taken off the poller because it would report without end.
	unregistered
)

func (s *conn) has(f flags) bool { return s.flags&f != 0 }

// claimClosed refuses further Sends; those that were accepted before are still
// delivered, and the half-close waits for them.
const claimClosed = 1 << 31

func (s *conn) queued() int { return int(s.claim.Load() & (claimClosed - 1)) }

// live returns the connection that c names while its handler may act on it.
func (c Conn) live() *conn {
	if c.s == nil || c.s.gen != c.gen || c.s.state == dead {
		return nil
	}
	return c.s
}

// Loop returns the loop that serves the connection, nil for the zero Conn. Any
// goroutine may call it.
func (c Conn) Loop() *Loop {
	if c.s == nil {
		return nil
	}
	return c.s.loop
}

// FD returns the descriptor, in OnClose too, where it is still open, and -1
// after that. The loop owns it: reading options is fine, closing it or changing
// how it blocks is not.
func (c Conn) FD() rawsock.FD {
	if s := c.s; s != nil && s.gen == c.gen {
		return rawsock.FD(s.fd)
	}
	return -1
}

// Queued returns how many bytes of output wait for the kernel, Sends under way
// included.
func (c Conn) Queued() int {
	if s := c.live(); s != nil {
		n := s.queued()
		if s.loop.collecting == s {
			n += s.loop.pending
		}
		return n
	}
	return 0
}

// RemoteAddr returns the peer's address as accept(2) gave it, the zero Sockaddr
// after the connection is gone. A unix peer that is not bound is unnamed.
func (c Conn) RemoteAddr() rawsock.Sockaddr {
	s := c.s
	if s == nil || s.gen != c.gen {
		return rawsock.Sockaddr{}
	}
	if s.peerLen > 0 {
		return sockaddr(s.peer[:s.peerLen])
	}
	return s.loop.askAddr(s, sys.Kernel.Getpeername)
}

// LocalAddr returns the address of our end, the zero Sockaddr after the
// connection is gone.
func (c Conn) LocalAddr() rawsock.Sockaddr {
	if c.s == nil || c.s.gen != c.gen {
		return rawsock.Sockaddr{}
	}
	return c.s.loop.askAddr(c.s, sys.Kernel.Getsockname)
}

func (l *Loop) askAddr(s *conn, ask func(sys.Kernel, int, *sys.RawSockaddr) sys.Errno) rawsock.Sockaddr {
	if e := ask(l.k, s.fd, &l.addr); e != 0 {
		return rawsock.Sockaddr{}
	}
	return sockaddr(l.addr.Bytes())
}

// sockaddr decodes what a Kernel returned, which always fits.
func sockaddr(b []byte) rawsock.Sockaddr {
	sa, err := rawsock.SockaddrFromBytes(b)
	if err != nil {
		return rawsock.Sockaddr{}
	}
	return sa
}

// PauseRead stops OnData until ResumeRead. The kernel's receive buffer fills
// and the peer is held up.
func (c Conn) PauseRead() {
	if s := c.live(); s != nil {
		s.flags |= userPaused
		s.loop.touch(s)
	}
}

// ResumeRead undoes PauseRead. Input that waits is offered in a later turn.
func (c Conn) ResumeRead() {
	if s := c.live(); s != nil && s.has(userPaused) {
		s.flags &^= userPaused
		s.loop.resumed(s)
	}
}

// readPaused reports whether reading waits for the handler, or for output that
// can still be sent.
func (s *conn) readPaused() bool {
	return s.has(userPaused) || s.paused != 0 && !s.has(lastWords)
}

// resumed gives a connection whose reading was paused a turn of its own, for
// what no event will announce again.
func (l *Loop) resumed(s *conn) {
	if s.readPaused() {
		return
	}
	if s.has(owed) {
		l.makeReady(s)
	}
	l.touch(s)
}
