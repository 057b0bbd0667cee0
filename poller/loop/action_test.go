package loop_test

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
)

// watched is a Handler that does one thing, once, in one callback and checks the rules
// of callbacks: OnOpen first, none inside another, OnClose last and once.
type watched struct {
	t      *testing.T
	where  string
	action func(c loop.Conn)
	depth  int
	seen   []string
	cause  error
}

func (w *watched) callback(c loop.Conn, name string) {
	if w.depth++; w.depth > 1 {
		w.t.Errorf("%s inside another callback: %v", name, w.seen)
	}
	if (name == "OnOpen") != (len(w.seen) == 0) || slices.Contains(w.seen, "OnClose") {
		w.t.Errorf("%s after %v", name, w.seen)
	}
	w.seen = append(w.seen, name)
	if name == w.where && !slices.Contains(w.seen[:len(w.seen)-1], name) {
		w.action(c)
	}
	w.depth--
}

func (w *watched) OnOpen(c loop.Conn) { w.callback(c, "OnOpen") }

func (w *watched) OnData(c loop.Conn, in []byte) int {
	w.callback(c, "OnData")
	_, _ = c.Write(make([]byte, 800_000))
	return len(in)
}

func (w *watched) OnReadEOF(c loop.Conn, _ []byte) {
	w.callback(c, "OnReadEOF")
	c.Close()
}

func (w *watched) OnDrain(c loop.Conn) { w.callback(c, "OnDrain") }

func (w *watched) OnClose(c loop.Conn, cause error) {
	w.cause = cause
	w.callback(c, "OnClose")
}

// L3, L5: everything that can be done in any callback, to the connection or to
// another one. Whatever it is, every connection ends once and the other one
// serves on unless it was the target.
func TestAnyActionInAnyCallback(t *testing.T) {
	eachBackend(t, func(t *testing.T, way way) {
		for _, where := range []string{"OnOpen", "OnData", "OnReadEOF", "OnDrain", "OnClose", "Post", "AfterFunc"} {
			for name, do := range actions {
				t.Run(where+"/"+name, func(t *testing.T) { tryAction(t, way, where, do) })
			}
		}
	})
}

// action is what is done: to is the connection of the callback, other is
// another one. The cause of to's end is nil unless aborted is true.
type action struct {
	do          func(l *loop.Loop, to, other loop.Conn)
	aborted     bool
	ends, stays bool // what becomes of other; else it is not touched
}

var actions = map[string]action{
	"Close":       {do: func(_ *loop.Loop, to, _ loop.Conn) { to.Close() }},
	"Close twice": {do: func(_ *loop.Loop, to, _ loop.Conn) { to.Close(); to.Close() }},
	"Abort":       {do: func(_ *loop.Loop, to, _ loop.Conn) { to.Abort(); to.Abort() }, aborted: true},
	"Close+Abort": {do: func(_ *loop.Loop, to, _ loop.Conn) { to.Close(); to.Abort() }, aborted: true},
	"Abort+Close": {do: func(_ *loop.Loop, to, _ loop.Conn) { to.Abort(); to.Close() }, aborted: true},
	"Write":       {do: func(_ *loop.Loop, to, _ loop.Conn) { _, _ = to.Write(make([]byte, 300_000)) }},
	"Write+Close": {do: func(_ *loop.Loop, to, _ loop.Conn) { _, _ = to.Write([]byte("x")); to.Close() }},
	"Write too much": {do: func(_ *loop.Loop, to, _ loop.Conn) {
		_, _ = to.Write(make([]byte, 2<<20))
	}},
	"CloseWrite": {do: func(_ *loop.Loop, to, _ loop.Conn) { _ = to.CloseWrite() }},
	"Send":       {do: func(_ *loop.Loop, to, _ loop.Conn) { _ = to.Send([]byte("sent")) }},
	"PauseRead":  {do: func(l *loop.Loop, to, _ loop.Conn) { to.PauseRead(); _ = l.Post(to.ResumeRead) }},
	"ResumeRead": {do: func(_ *loop.Loop, to, _ loop.Conn) { to.ResumeRead() }},
	"Post":       {do: func(l *loop.Loop, to, _ loop.Conn) { _ = l.Post(to.Close) }},
	"AfterFunc":  {do: func(l *loop.Loop, to, _ loop.Conn) { l.AfterFunc(0, to.Close) }},
	"other.Close": {
		do:   func(_ *loop.Loop, _, other loop.Conn) { other.Close() },
		ends: true,
	},
	"other.Abort": {
		do:   func(_ *loop.Loop, _, other loop.Conn) { other.Abort() },
		ends: true,
	},
	"other.Write": {
		do:    func(_ *loop.Loop, _, other loop.Conn) { _, _ = other.Write(make([]byte, 100_000)) },
		stays: true,
	},
}

func tryAction(t *testing.T, way way, where string, a action) {
	var conns []loop.Conn
	other := &watched{t: t}
	w := &watched{t: t, where: where}
	cfg := loop.Config{Backend: way.backend, Limits: loop.Limits{HighWater: 100_000}}
	s := step(t, cfg, nil, tcpAddr+"?sndbuf=64k", func(c loop.Conn) loop.Handler {
		if conns = append(conns, c); len(conns) == 1 {
			return other
		}
		return w
	})
	w.action = func(c loop.Conn) { a.do(s.l, c, conns[0]) }
	po := s.connect()
	s.turns(2)
	p := s.connect()
	s.until(func() bool { return len(conns) == 2 }, "both open")
	switch where {
	case "Post":
		must(t, s.l.Post(func() { w.action(conns[1]) }))
	case "AfterFunc":
		must(t, s.l.Post(func() { s.l.AfterFunc(0, func() { w.action(conns[1]) }) }))
	}
	s.turns(2)
	_, _ = unix.Write(p.fd, []byte("data")) // it may be closed already
	for range 50 {                          // lets the output drain
		s.turns(1)
		p.discard()
	}
	_, _ = unix.Write(p.fd, []byte("more"))
	s.turns(2)
	_ = unix.Shutdown(p.fd, unix.SHUT_WR)
	s.until(func() bool { p.discard(); return slices.Contains(w.seen, "OnClose") }, "OnClose")
	s.turns(5)
	if got := w.cause == loop.ErrAborted; got != a.aborted && where != "OnClose" {
		t.Errorf("cause is %v", w.cause)
	}
	if where == "OnDrain" && !slices.Contains(w.seen, "OnDrain") {
		t.Error("OnDrain did not come")
	}
	checkOther(t, s, po, other, a)
}

// checkOther checks that the other connection lives or has ended, as a says.
func checkOther(t *testing.T, s *stepper, p *peer, other *watched, a action) {
	t.Helper()
	if a.ends {
		_ = unix.Shutdown(p.fd, unix.SHUT_WR)
		s.until(func() bool { p.discard(); return slices.Contains(other.seen, "OnClose") }, "OnClose of the other")
		return
	}
	s.turns(2)
	if a.stays != (p.discard() > 0) || slices.Contains(other.seen, "OnClose") {
		t.Errorf("the other connection has seen %v", other.seen)
	}
}
