package loop

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

const (
	readBuffer = 64 << 10 // the loop's shared read buffer
	// readAhead is the least room for input behind what a handler left over.
	readAhead = 4 << 10
)

// read receives until the socket is drained, the connection's budget for this
// turn is used up, or there is a reason not to read.
//
// What "drained" takes is a kernel fact. On TCP a short read is enough: what
// arrives later makes a new edge. But data and FIN, RST or urgent data arrive
// as one edge, and recv stops at an urgent mark, so an event that said more
// than "data" obliges to read on to 0, EAGAIN or an error. On unix sockets a
// recv ends at a message that carries descriptors, so there a short read says
// nothing at all.
func (l *Loop) read(s *conn) {
	s.flags |= owed
	if s.cause != nil && !s.has(lastWords) {
		return
	}
	for budget := l.cfg.Limits.ReadBudget; budget > 0; {
		if s.readPaused() && s.state == open {
			return
		}
		dst := l.inputSpace(s)
		n, e := l.k.Recv(s.fd, dst)
		if e == unix.EINTR {
			budget-- // a kernel that only interrupts must not hold up the others
			continue
		}
		if e != 0 || n == 0 {
			l.received(s, e)
			return
		}
		l.stats.BytesIn += uint64(n)
		budget -= n
		l.consume(s, dst, n)
		if s.cause != nil && !s.has(lastWords) {
			return
		}
		if n < len(dst) && s.flags&(tcp|mustRead) == tcp {
			s.flags &^= owed
			return
		}
	}
	l.makeReady(s)
}

// received takes a receive that brought nothing.
func (l *Loop) received(s *conn, e sys.Errno) {
	s.flags &^= owed | mustRead
	switch e {
	case 0:
		l.readEOF(s)
	case unix.EAGAIN:
		l.stats.Again++
	case unix.EINTR:
		s.flags |= owed
		l.makeReady(s)
	default:
		s.fail(e)
	}
}

// readPlain is read for a connection that needs nothing special: one receive,
// one callback and one send. Most messages of most servers go this way, and it
// does nothing that read, consume and sendPending would not do; but it is short,
// and after a system call code has to come back into the cache line by line.
func (l *Loop) readPlain(s *conn) {
	n, e := l.k.Recv(s.fd, l.buf)
	if e != 0 || n == 0 {
		l.received(s, e)
		return
	}
	l.stats.BytesIn += uint64(n)
	used := s.handler.OnData(l.begin(s), l.buf[:n])
	if p := l.first; len(p) > 0 && len(p) == l.pending && s.flags == tcp {
		if m, e := l.k.Send(s.fd, p); e == 0 {
			l.stats.BytesOut += uint64(m)
			l.pending = len(p) - m
			if l.first = nil; m < len(p) {
				l.first = p[m:]
				l.stats.ShortWrites++
			}
		} else {
			l.sendFailed(s, e) // the errno is told only once
		}
	}
	l.end(s)
	if used != n {
		l.keep(s, l.buf[:n], used)
	}
	if n == len(l.buf) && s.cause == nil {
		l.read(s)
	}
}

// inputSpace is where the next bytes go: the shared buffer, or behind what the
// handler left over, so that it sees one piece.
func (l *Loop) inputSpace(s *conn) []byte {
	if s.in.Len() == 0 || s.state != open {
		return l.buf
	}
	return s.in.Space(&l.pool, readAhead)
}

// consume offers n bytes that were received into dst. What the handler wrote is
// sent before dst, from which it may have borrowed, is used again.
func (l *Loop) consume(s *conn, dst []byte, n int) {
	if s.state != open {
		return
	}
	in := dst[:n]
	if s.has(hasIn) {
		s.in.Grow(n)
		in = s.in.Bytes()
	}
	used := s.handler.OnData(l.begin(s), in)
	l.end(s)
	l.keep(s, in, used)
}

// keep puts aside what the handler did not consume of in, which is the shared
// buffer or what was put aside before.
func (l *Loop) keep(s *conn, in []byte, used int) {
	if used < 0 || used > len(in) {
		s.fail(ErrBadConsume)
		s.flags &^= lastWords
		return
	}
	switch {
	case s.state != open: // nothing will be offered again
	case s.has(hasIn):
		s.in.Consume(&l.pool, used)
		if s.in.Len() == 0 {
			s.flags &^= hasIn
		}
	case used < len(in):
		s.in.Keep(&l.pool, in[used:])
		s.flags |= hasIn
	}
	if s.state == open && s.in.Len() > l.cfg.Limits.MaxUnconsumed {
		s.fail(ErrInputFull)
		s.flags &^= lastWords
	}
}

// readEOF is reached once: after it there is nothing more to receive.
func (l *Loop) readEOF(s *conn) {
	if s.has(sawEOF) {
		return
	}
	s.flags |= sawEOF
	if s.state != open || s.cause != nil { // a reset looks like an end, too
		return
	}
	s.handler.OnReadEOF(l.begin(s), s.in.Bytes())
	l.end(s)
	l.dropInput(s)
}

func (l *Loop) dropInput(s *conn) {
	s.in.Reset(&l.pool)
	s.flags &^= hasIn
}

// probe asks a connection whose EOF was read, and which nothing else would
// tell of a reset, whether it still lives.
func (l *Loop) probe(s *conn) {
	if e := l.pendingError(s); e != 0 {
		s.fail(e)
	}
}

// pendingError takes the error that a socket holds, 0 if there is none. Behind
// a FIN, recv(2) does not tell it.
func (l *Loop) pendingError(s *conn) sys.Errno {
	value := l.buf[:4]
	if _, e := l.k.Getsockopt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR, value); e != 0 {
		return e
	}
	return sys.Errno(binary.NativeEndian.Uint32(value))
}
