package loop

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/internal/timer"
)

// Close ends the connection in good order: what was written is sent, our side
// is half-closed, what the peer still sends is read and dropped so that no
// reset destroys our last bytes, and then the descriptor is closed. There is no
// OnData after Close; OnClose follows.
func (c Conn) Close() {
	if s := c.live(); s != nil && s.state == open {
		s.loop.startClose(s)
	}
}

// CloseWrite half-closes: the peer reads EOF behind what was written. Reading
// goes on. ErrWriteClosed if that was asked before.
func (c Conn) CloseWrite() error {
	s := c.live()
	if s == nil {
		return ErrClosed
	}
	if s.state != open || s.has(finWanted) {
		return ErrWriteClosed
	}
	s.flags |= finWanted
	s.claim.Or(claimClosed)
	s.loop.touch(s)
	return nil
}

// Abort ends the connection now: unsent output is dropped and the peer's TCP is
// sent a reset. OnClose follows with ErrAborted.
func (c Conn) Abort() {
	if s := c.live(); s != nil {
		s.fail(ErrAborted)
		s.flags &^= lastWords
		s.loop.touch(s)
	}
}

// fail notes the first reason why the connection must end; settle ends it.
func (s *conn) fail(cause error) {
	s.flags |= ending
	if s.cause == nil {
		s.cause = cause
	}
}

func (l *Loop) startClose(s *conn) {
	s.state = closing
	s.flags |= ending
	s.claim.Or(claimClosed)
	l.wheel.Arm(&s.timer, l.now+int64(l.cfg.CloseTimeout))
	if s.has(owed) {
		l.makeReady(s) // what a pause had kept back is read and dropped
	}
	l.touch(s)
}

// settle carries out what events and callbacks have asked for. It is called
// when a connection's dispatch is over, and for connections on the dirty list
// at the end of the turn, so that no callback runs inside another.
func (l *Loop) settle(s *conn) {
	l.flush(s)
	if s.state != open {
		l.dropInput(s) // not in Close: the callback may have borrowed it
	}
	done := s.cause == nil && l.closeDone(s)
	if s.has(lastWords) && l.moreLastWords(s) {
		return
	}
	if done || s.cause != nil {
		l.finish(s)
		return
	}
	if l.fellToLow(s) {
		s.handler.OnDrain(l.begin(s))
		l.end(s)
		// One OnDrain a turn: a producer that is never stopped by the kernel
		// must not keep the loop for itself.
		l.touch(s)
	}
	if l.draining && l.idle(s) {
		l.startClose(s)
	}
	l.arm(s)
}

// moreLastWords delivers what the peer had sent before it became impossible to
// write to it, and reports whether that takes another turn.
func (l *Loop) moreLastWords(s *conn) bool {
	if s.has(owed) && s.state == open && !s.has(userPaused) {
		l.read(s)
		if s.has(inReady) {
			return true
		}
	}
	s.flags &^= lastWords
	return false
}

// closeDone takes the next steps of a half-close or close whose output is sent,
// and reports whether the connection is at its end.
func (l *Loop) closeDone(s *conn) bool {
	if s.queued() > 0 || s.state == open && !s.has(finWanted) {
		return false
	}
	if s.has(sawEOF) && s.state != open {
		return true
	}
	if !s.has(finSent) {
		s.flags |= finSent
		if e := l.k.Shutdown(s.fd, unix.SHUT_WR); e != 0 {
			if pending := l.pendingError(s); pending != 0 {
				e = pending // ENOTCONN says less
			}
			s.unwritable(e)
			return false
		}
	}
	if s.state == closing {
		s.state = lingering
		l.wheel.Arm(&s.timer, l.now+int64(l.cfg.CloseTimeout))
	}
	return s.has(sawEOF)
}

// OnTimer implements timer.Handler: Close took too long.
func (s *conn) OnTimer(*timer.Timer, int64) {
	s.fail(ErrCloseTimeout)
	s.loop.settle(s)
}

// finish is the end, reached once: off the poller first, then the handler is
// told; the descriptor is closed after the batch, so that its number cannot
// come back while events that were fetched before still name it.
func (l *Loop) finish(s *conn) {
	cause := s.cause
	unsent := s.queued()
	l.stats.Unsent += uint64(unsent)
	switch cause {
	case nil, ErrCloseTimeout, ErrClosed, ErrDrainTimeout:
		// What the kernel has taken is still delivered, unless it would make
		// half an answer look like a whole one.
		if unsent > 0 || s.flags&(hasIn|owed) != 0 && s.state == open {
			s.flags |= reset
		}
	default:
		s.flags |= reset
	}
	s.state = dead
	if s.paused != 0 {
		l.stats.Paused += l.pausedFor(s)
	}
	l.wheel.Cancel(&s.timer)
	l.queued.Add(-int64(s.out.Len()))
	s.out.Reset(&l.pool)
	s.in.Reset(&l.pool)
	if !s.has(unregistered) {
		l.ignore(l.p.Remove(s.fd))
	}
	l.dying = append(l.dying, s)
	l.collecting = s
	s.handler.OnClose(Conn{s, s.gen}, cause)
	l.collecting = nil
}

// reap closes what died in this turn and frees the slots.
func (l *Loop) reap() {
	for _, s := range l.dying {
		if s.has(reset) && s.has(tcp) {
			l.ignore(errOf(l.k.Setsockopt(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, lingerZero)))
		}
		l.k.Close(s.fd)
		l.stats.Closed++
		l.freeConn(s)
	}
	clear(l.dying)
	l.dying = l.dying[:0]
	if l.spare < 0 {
		l.takeSpare()
	}
}

// lingerZero is struct linger{l_onoff: 1, l_linger: 0}: close(2) resets.
var lingerZero = append(binary.NativeEndian.AppendUint32(nil, 1), 0, 0, 0, 0)

func errOf(e sys.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}
