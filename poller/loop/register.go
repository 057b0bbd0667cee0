package loop

import (
	"github.com/rawloop/rawloop/poller"
)

// A token is {generation, slot}. Generation 0 is for acceptors; a connection's
// begins at 1 and grows each time its slot is used again, so an event that was
// fetched before a close can never reach the slot's next connection.
func token(gen, slot uint32) uint64 { return uint64(gen)<<32 | uint64(slot) }

// handle serves one event. What it says is a hint: only recv and send decide
// that a connection is at its end.
func (l *Loop) handle(ev poller.Event) {
	gen, slot := uint32(ev.Token>>32), uint32(ev.Token)
	if gen == 0 {
		if a := l.acceptorAt(slot); a != nil {
			l.acceptSoon(a)
		}
		return
	}
	if slot >= uint32(len(l.conns)) {
		l.stats.Stale++
		return
	}
	s := l.conns[slot]
	if s.gen != gen || s.state == dead {
		l.stats.Stale++
		return
	}
	const beyondData = poller.ReadClosed | poller.Hangup | poller.Failed | poller.Urgent
	if s.flags == tcp && ev.Ready&(beyondData|poller.Readable) == poller.Readable {
		l.readPlain(s)
		if s.flags != tcp || l.draining {
			l.settle(s)
		}
		return
	}
	if ev.Ready&beyondData != 0 {
		s.flags |= mustRead
	}
	if ev.Ready&(poller.Writable|poller.Hangup|poller.Failed) != 0 && s.has(blocked) {
		s.flags &^= blocked
		l.flush(s)
	}
	if ev.Ready&(poller.Readable|beyondData) != 0 {
		switch {
		case s.has(sawEOF):
			if ev.Ready&(poller.Hangup|poller.Failed) != 0 {
				l.probe(s)
			}
		case !s.has(inReady): // else it has its share of this turn from there
			l.read(s)
		}
	}
	if s.unsettled() {
		l.settle(s)
	}
	if l.mode == poller.Level && ev.Ready&(poller.Hangup|poller.Failed) != 0 {
		l.muteHangup(s)
	}
}

// unsettled reports whether there is more to do for s than its next event.
func (s *conn) unsettled() bool {
	const attention = hasOut | ending | wantDrain | finWanted | blocked | userPaused | sawEOF | lastWords
	return s.flags&attention != 0 || s.armed != s.base || s.loop.draining
}

// interest is what s wants to hear of now.
//
// Edge-triggered TCP asks for everything once, and never again: epoll_ctl costs
// a system call, an edge that nobody waits for costs nothing. Unix sockets wake
// writers per message that is read, so writability is asked for only while
// output waits; the same where the backend has no edges.
func (s *conn) interest() poller.Interest {
	if s.loop.mode == poller.Edge && s.has(tcp) {
		return s.base
	}
	var i poller.Interest
	if s.loop.mode == poller.Edge || !s.has(sawEOF) && (s.state != open || !s.readPaused()) {
		i |= poller.Read
	}
	if s.has(blocked) {
		i |= poller.Write
	}
	return i
}

func (l *Loop) baseInterest(f flags) poller.Interest {
	if l.mode == poller.Edge && f&tcp != 0 {
		return poller.Read | poller.Write | poller.Priority
	}
	return poller.Read
}

// arm tells the poller when interest has changed.
func (l *Loop) arm(s *conn) {
	want := s.interest()
	if want == s.armed || s.state == dead {
		return
	}
	var err error
	if s.has(unregistered) {
		err = l.p.Add(s.fd, token(s.gen, s.slot), want, l.mode)
	} else {
		err = l.p.Modify(s.fd, token(s.gen, s.slot), want, l.mode)
	}
	if err != nil {
		s.fail(err)
		l.touch(s)
		return
	}
	s.flags &^= unregistered
	s.armed = want
}

// muteHangup takes a connection off a level-triggered poller that reports a
// hangup, which cannot be masked, while nothing can be done about it yet.
func (l *Loop) muteHangup(s *conn) {
	if s.state == dead || s.armed != 0 || s.has(unregistered) {
		return
	}
	l.ignore(l.p.Remove(s.fd))
	s.flags |= unregistered
}

// newConn takes a slot.
func (l *Loop) newConn() *conn {
	if n := len(l.free); n > 0 {
		s := l.conns[l.free[n-1]]
		l.free = l.free[:n-1]
		return s
	}
	s := &conn{loop: l, slot: uint32(len(l.conns)), gen: 1, fd: -1, state: dead}
	s.claim.Store(1 << 32)
	s.timer.Handler = s
	l.conns = append(l.conns, s)
	return s
}

// freeConn ends the generation of s and gives its slot back.
func (l *Loop) freeConn(s *conn) {
	s.gen++
	if s.gen == 0 {
		s.gen = 1
	}
	s.claim.Store(uint64(s.gen) << 32)
	s.handler, s.listener, s.cause = nil, nil, nil
	s.flags, s.paused, s.armed, s.peerLen, s.fd = 0, 0, 0, 0, -1
	l.free = append(l.free, s.slot)
	l.stats.Conns--
	l.g.conns.Add(-1)
}
