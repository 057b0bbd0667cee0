package loop

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

const (
	scratchSize = 64 << 10 // small writes of one callback are put together here
	smallWrite  = 1 << 10  // below this, copying is cheaper than another vector
)

// Write sends p in order behind what was written before. It takes p only until
// the callback that calls it returns, so p may be the input slice, but must not
// be changed before that. It sends when the callback returns; from a posted
// function, a timer or another connection's callback it copies, and sends at the
// end of the turn.
//
// It takes all of p, or what still fits under Limits.MaxQueued and
// MaxQueuedLoop with ErrWriteQueueFull; then OnDrain says when to go on.
// ErrWriteClosed after Close or CloseWrite, ErrClosed after the end.
func (c Conn) Write(p []byte) (int, error) {
	s := c.live()
	if s == nil {
		return 0, ErrClosed
	}
	if s.flags&(ending|finWanted) != 0 {
		return 0, ErrWriteClosed
	}
	l := s.loop
	if len(p) > l.room(s) {
		return l.writeOver(s, p)
	}
	if l.collecting == s {
		l.collect(s, p)
		return len(p), nil
	}
	l.enqueue(s, p)
	l.touch(s)
	return len(p), nil
}

// room is how much more output s may hold.
func (l *Loop) room(s *conn) int {
	pending := 0
	if l.collecting == s {
		pending = l.pending
	}
	return min(l.maxQueued-s.queued(), l.maxQueuedLoop-int(l.queued.Load())) - pending
}

// writeOver is Write of more than fits: what the kernel takes at once needs no
// room.
func (l *Loop) writeOver(s *conn, p []byte) (int, error) {
	l.touch(s)
	l.flush(s)
	n := 0
	if s.cause == nil && s.out.Len() == 0 && !s.has(blocked) {
		n = l.sendNow(s, p)
	}
	if s.cause != nil {
		return n, ErrWriteClosed
	}
	fits := min(len(p)-n, max(l.room(s), 0))
	l.enqueue(s, p[n:n+fits])
	if n += fits; n == len(p) {
		return n, nil
	}
	s.flags |= wantDrain
	if int(l.queued.Load()) >= l.maxQueuedLoop {
		l.starve(s)
	}
	return n, ErrWriteQueueFull
}

// starve has s wait until its loop may hold more output. Its own queue may be
// empty, so that nothing else would tell it.
func (l *Loop) starve(s *conn) {
	if !s.has(starved) {
		s.flags |= starved
		l.starving = append(l.starving, Conn{s, s.gen})
	}
}

func (l *Loop) canFeed() bool {
	return len(l.starving) > 0 && int(l.queued.Load()) <= l.maxQueuedLoop/4*3
}

// feed tells those who starve that there is room again. A quarter of the limit
// is free then, or they would be woken for every byte.
func (l *Loop) feed() {
	if !l.canFeed() {
		return
	}
	for _, c := range l.starving {
		if s := c.live(); s != nil {
			s.flags &^= starved
			l.touch(s)
		}
	}
	l.starving = l.starving[:0]
}

// collect notes p for when the callback returns. One write is most often all
// there is, and needs no list.
func (l *Loop) collect(s *conn, p []byte) {
	if l.pending == 0 {
		l.first, l.pending = p, len(p)
		return
	}
	if len(l.segments) == 0 {
		first := l.first
		l.pending = 0
		l.addSegment(s, first)
	}
	l.addSegment(s, p)
}

// addSegment puts small writes together in the scratch buffer and borrows large
// ones.
func (l *Loop) addSegment(s *conn, p []byte) {
	if len(l.segments) == cap(l.segments) || len(p) < smallWrite && len(p) > cap(l.scratch)-len(l.scratch) {
		l.flush(s)
	}
	l.pending += len(p)
	if len(p) >= smallWrite {
		l.segments = append(l.segments, p)
		l.tail = -1
		return
	}
	if l.tail < 0 {
		l.tail = len(l.scratch)
		l.segments = append(l.segments, nil)
	}
	l.scratch = append(l.scratch, p...)
	l.segments[len(l.segments)-1] = l.scratch[l.tail:]
}

// begin starts a callback of s, and end sends what it wrote.
func (l *Loop) begin(s *conn) Conn {
	l.collecting = s
	return Conn{s, s.gen}
}

func (l *Loop) end(s *conn) {
	if l.pending > 0 {
		l.sendPending(s)
	}
	l.collecting = nil
}

// sendPending sends what the callback that just returned has written; what the
// kernel does not take is copied, for it is only borrowed.
func (l *Loop) sendPending(s *conn) {
	if len(l.segments) == 0 {
		p := l.first
		l.first, l.pending = nil, 0
		if s.cause == nil && s.flags&(hasOut|blocked) == 0 {
			p = p[l.sendNow(s, p):]
		}
		l.enqueue(s, p)
		return
	}
	segments := l.segments
	if s.cause == nil && s.flags&(hasOut|blocked) == 0 {
		segments = l.sendSegments(s, segments)
	}
	for _, p := range segments {
		l.enqueue(s, p)
	}
	l.forget()
}

// forget drops what was collected.
func (l *Loop) forget() {
	clear(l.segments)
	l.first, l.segments, l.scratch = nil, l.segments[:0], l.scratch[:0]
	l.pending, l.tail = 0, -1
}

// sendSegments sends and returns what is left.
func (l *Loop) sendSegments(s *conn, segments [][]byte) [][]byte {
	for len(segments) > 0 {
		n, e := l.sendOnce(s, segments)
		if e != 0 {
			if l.sendFailed(s, e) {
				return segments
			}
			continue
		}
		l.stats.BytesOut += uint64(n)
		for len(segments) > 0 && n >= len(segments[0]) {
			n -= len(segments[0])
			segments = segments[1:]
		}
		if n > 0 {
			segments[0] = segments[0][n:]
		}
		if len(segments) > 0 {
			l.stats.ShortWrites++
		}
	}
	return nil
}

func (l *Loop) sendOnce(s *conn, bufs [][]byte) (int, sys.Errno) {
	if len(bufs) == 1 {
		return l.k.Send(s.fd, bufs[0])
	}
	return l.k.Sendv(s.fd, bufs)
}

// sendNow sends p as far as the kernel takes it.
func (l *Loop) sendNow(s *conn, p []byte) (n int) {
	for n < len(p) {
		m, e := l.k.Send(s.fd, p[n:])
		if e == 0 {
			n += m
			l.stats.BytesOut += uint64(m)
			if n < len(p) {
				l.stats.ShortWrites++
			}
		} else if l.sendFailed(s, e) {
			return n
		}
	}
	return n
}

// sendFailed reports whether sending must stop. Even a short send goes on to
// EAGAIN: only a refused send makes sure that the kernel will announce room.
func (l *Loop) sendFailed(s *conn, e sys.Errno) bool {
	switch e {
	case unix.EINTR:
		return false
	case unix.EAGAIN:
		l.stats.Again++
		s.flags |= blocked
	default:
		// The peer is gone for writing; what it sent before may still be read.
		s.unwritable(e)
	}
	return true
}

// unwritable notes that nothing more can be sent. All that the peer had sent
// is still to be delivered, however much output had paused reading.
func (s *conn) unwritable(e sys.Errno) {
	s.fail(e)
	if s.state == open && !s.has(sawEOF|userPaused) {
		s.flags |= lastWords | owed | mustRead
	}
}

// enqueue copies p behind the queued output.
func (l *Loop) enqueue(s *conn, p []byte) {
	if len(p) == 0 {
		return
	}
	s.out.Append(&l.pool, p)
	s.flags |= hasOut
	s.claim.Add(uint64(len(p)))
	l.queued.Add(int64(len(p)))
	l.pauseAboveHigh(s)
}

func (l *Loop) pauseAboveHigh(s *conn) {
	if s.paused == 0 && s.queued() > l.cfg.Limits.HighWater {
		s.paused = max(l.now, 1)
		s.flags |= wantDrain
	}
}

// release takes n bytes off the connection's claim.
func (s *conn) release(n int) { s.claim.Add(-uint64(n)) }

// flush sends what can be sent now: the segments of a running callback, and the
// queue.
func (l *Loop) flush(s *conn) {
	if l.collecting == s && l.pending > 0 {
		l.sendPending(s)
	}
	for s.out.Len() > 0 && s.cause == nil && !s.has(blocked) {
		l.vectors = s.out.Vectors(l.vectors[:0])
		n, e := l.sendOnce(s, l.vectors)
		if e != 0 {
			l.sendFailed(s, e)
			continue
		}
		l.stats.BytesOut += uint64(n)
		s.out.Advance(&l.pool, n)
		s.release(n)
		l.queued.Add(-int64(n))
		if s.out.Len() == 0 {
			s.flags &^= hasOut
		}
		if s.state == closing {
			l.wheel.Arm(&s.timer, l.now+int64(l.cfg.CloseTimeout))
		}
	}
}

// fellToLow resumes reading when the output has drained far enough, and
// reports whether the handler wants to know.
func (l *Loop) fellToLow(s *conn) bool {
	if s.queued() > l.cfg.Limits.LowWater {
		return false
	}
	if s.paused != 0 {
		l.stats.Paused += l.pausedFor(s)
		s.paused = 0
		l.resumed(s)
	}
	if s.flags&(wantDrain|starved|finWanted) != wantDrain || s.state != open {
		return false
	}
	s.flags &^= wantDrain
	return true
}
