package loop

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strconv"
)

// ErrOnLoop is returned by Drain on a goroutine that runs one of the group's
// loops, where waiting for that loop would never end.
var ErrOnLoop = errors.New("loop: cannot wait for a loop on its own goroutine")

// Report says how a Drain went.
type Report struct {
	Conns       int   `json:"conns"`        // open when it began, and accepted from the listeners' queues
	Forced      int   `json:"forced"`       // still busy at the deadline
	BytesUnsent int64 `json:"bytes_unsent"` // their output that was not sent
}

// Drain ends the group in good order and returns when Run's loops have ended:
// listeners take who already waits and close; what the kernel had received by
// then reaches the handlers and is answered; connections with nothing under way
// are closed as by Conn.Close, the others when they are done. Those that are
// not when ctx ends are closed and counted, and reset if an answer would be cut
// off.
//
// A connection has something under way while the handler keeps input
// unconsumed, reading is paused, or output waits.
//
// Any goroutine may call it but the loops' (ErrOnLoop). ErrClosed if the group
// does not run.
func (g *Group) Drain(ctx context.Context) (Report, error) {
	self := goroutineID()
	for _, l := range g.loops {
		if l.goroutine.Load() == self {
			return Report{}, ErrOnLoop
		}
	}
	g.mu.Lock()
	running := g.running && !g.closed
	g.mu.Unlock()
	if !running {
		return Report{}, ErrClosed
	}
	errs := []error{g.order((*Loop).beginDrain)}
	select {
	case <-g.done:
	case <-ctx.Done():
		errs = append(errs, g.order(func(l *Loop) { l.forced, l.stopping = true, true }))
		<-g.done
	}
	var sum Report
	for _, l := range g.loops {
		sum.Conns += l.drained.Conns
		sum.Forced += l.drained.Forced
		sum.BytesUnsent += l.drained.BytesUnsent
	}
	return sum, errors.Join(errs...)
}

// beginDrain runs on the loop, once.
func (l *Loop) beginDrain() {
	if l.draining {
		return
	}
	l.draining = true
	for _, a := range l.accepting {
		if a != nil {
			l.acceptSoon(a)
		}
	}
	for _, s := range l.conns {
		if s.state != dead {
			l.drainConn(s)
		}
	}
}

// drainConn has s read on to EAGAIN, whatever events have said, before it can
// pass for idle: what the kernel has received is answered.
func (l *Loop) drainConn(s *conn) {
	l.drained.Conns++
	if !s.has(sawEOF) {
		s.flags |= owed | mustRead
	}
	l.makeReady(s)
}

// idle reports whether nothing is under way on s.
func (l *Loop) idle(s *conn) bool {
	return s.state == open && s.in.Len() == 0 && s.queued() == 0 && s.flags&(owed|userPaused) == 0
}

// closeAll ends every listener and connection now.
func (l *Loop) closeAll() {
	cause := ErrClosed
	if l.forced {
		cause = ErrDrainTimeout
	}
	for _, a := range l.accepting {
		if a != nil {
			l.closeAcceptor(a)
		}
	}
	for l.cursor < len(l.conns) {
		s := l.conns[l.cursor]
		l.cursor++
		if s.state == dead {
			continue
		}
		if l.forced && s.state != lingering {
			l.drained.Forced++
			l.drained.BytesUnsent += int64(s.queued())
		}
		s.fail(cause)
		l.finish(s)
	}
}

// endIfDone ends the loop when it was asked to and nothing is left.
func (l *Loop) endIfDone() {
	done := l.stopping || l.draining && l.listening == 0
	if !done || l.stats.Conns > 0 {
		return
	}
	l.posts.Close()
	l.phase(true, (*Loop).runPosts)
	if l.stats.Conns > 0 {
		return // another loop, which drains later, has dealt one in time
	}
	l.stopping = true
	l.control.Close()
	l.phase(true, (*Loop).runPosts)
	l.ended = true
	if l.spare >= 0 {
		l.k.Close(l.spare)
		l.spare = -1
	}
	l.ignore(l.p.Close())
	l.publish()
}

// goroutineID is the number in "goroutine 7 [running]:", which is all that the
// runtime tells. It is slow and only answers whether a wait would be for
// oneself.
func goroutineID() uint64 {
	b := make([]byte, 64)
	text := b[:runtime.Stack(b, false)]
	_, text, _ = bytes.Cut(text, []byte(" "))
	digits, _, _ := bytes.Cut(text, []byte(" "))
	id, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
