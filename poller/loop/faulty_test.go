package loop_test

import (
	"testing"
	"strings"
	"errors"
	"time"

	"golang.org/x/sys/unix"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// B1
func TestPausedPeerResets(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		var cause error
		closed := 0
		big := make([]byte, 1<<20)
		k := &kernel{}
		rec := 0
		k.recv = func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
			if rec++; rec > 1e6 {
				panic("spin")
			}
			return host.Recv(fd, p)
		}
		s := step(t, loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 8 << 20}}, k, w.addr(t), always(&calls{
			open:  func(c loop.Conn) { for range 8 { c.Write(big) } },
			close: func(_ loop.Conn, err error) { closed++; cause = err },
		}))
		c := s.connect()
		s.turns(5)
		c.send("last words")
		c.reset()
		done := make(chan bool, 1)
		go func() {
			select {
			case <-done:
			case <-time.After(3*time.Second):
				panic("hang")
			}
		}()
		s.until(func() bool { return closed > 0 }, "close")
		done <- true
		t.Log(cause)
	})
}

// B2
func TestWriteOverFromPost(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var conn loop.Conn
		closed := 0
		s := step(t, loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 4 << 20}}, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) { conn = c },
			close: func(_ loop.Conn, err error) { closed++ },
		}))
		c := s.connect()
		s.until(func() bool { return conn != loop.Conn{} }, "open")
		const n = 4<<20 + 1000
		s.l.Post(func() { conn.Write(patterned(1, n)) })
		s.turns(2)
		got := 0
		s.until(func() bool { got += c.discard(); return got == n }, "all")
		_ = closed
	})
}

func TestWriteOverFailsFromPost(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		var conn loop.Conn
		closed := 0
		s := step(t, loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 4 << 20}}, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) { conn = c; c.PauseRead() },
			close: func(_ loop.Conn, err error) { closed++; t.Log(err) },
		}))
		c := s.connect()
		s.until(func() bool { return conn != loop.Conn{} }, "open")
		c.reset()
		s.turns(5)
		s.l.Post(func() { conn.Write(patterned(1, 5<<20)) })
		s.until(func() bool { return closed == 1 }, "closed")
	})
}

// B3
func TestLastWordsAfterShortRead(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		var got strings.Builder
		closed := 0
		k := &kernel{}
		var c *peer
		k.send = func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
			if c.fd >= 0 {
				c.send("def")
				c.reset()
			}
			return host.Send(fd, p)
		}
		s := step(t, loop.Config{Backend: w.backend}, k, w.addr(t), always(&calls{
			data: func(c loop.Conn, in []byte) int { got.Write(in); c.Write(in); return len(in) },
			close: func(_ loop.Conn, err error) { closed++; t.Log(err) },
		}))
		c = s.connect()
		s.turns(2)
		c.send("abc")
		s.until(func() bool { return closed == 1 }, "closed")
		if got.String() != "abcdef" {
			t.Error(got.String())
		}
	})
}

// B4
func TestResetAfterFIN(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		closed, eof := 0, 0
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			eof: func(c loop.Conn, in []byte) { eof++ },
			close: func(_ loop.Conn, err error) { closed++; t.Log(err) },
		}))
		c := s.connect()
		s.turns(2)
		c.shutdown()
		s.until(func() bool { return eof == 1 }, "eof")
		c.reset()
		s.turns(100)
		if closed != 1 { t.Error("not closed") }
		st := s.l.StatsNow()
		t.Log(st.Events)
	})
}

// B5
func TestSendLoopCap(t *testing.T) {
	var conns []loop.Conn
	s := step(t, loop.Config{Limits: loop.Limits{MaxQueued: 64 << 10, MaxQueuedLoop: 128 << 10}}, nil, tcpAddr, always(&calls{
		open: func(c loop.Conn) { conns = append(conns, c) },
	}))
	for range 50 { s.connect() }
	s.until(func() bool { return len(conns) == 50 }, "open")
	b := make([]byte, 32<<10)
	full := 0
	for range 500 {
		for _, c := range conns {
			if errors.Is(c.Send(b), loop.ErrWriteQueueFull) {full++}
			s.turns(1)
		}
	}
	t.Log(s.l.StatsNow().Queued, full)
}

// B6
func TestPanicInOpenStall(t *testing.T) {
	opened := 0
	s := step(t, loop.Config{}, nil, tcpAddr, always(&calls{
		open: func(c loop.Conn) { opened++; if opened == 1 { panic("x") } },
	}))
	for range 5 { s.connect() }
	s.turns(100)
	t.Log(opened)
	if opened != 5 { t.Error(opened) }
}

// B7
func TestAfterEarly(t *testing.T) {
	k := &kernel{}
	var clock int64
	k.now = func(sys.Kernel) int64 { return clock }
	s := step(t, loop.Config{}, k, tcpAddr, always(&calls{}))
	fired := false
	s.l.Post(func() {
		clock += int64(100*time.Millisecond)
		s.l.AfterFunc(50*time.Millisecond, func() { fired = true })
	})
	s.turns(3)
	if fired { t.Error("early") }
	clock += int64(52*time.Millisecond)
	s.turns(2)
	if !fired { t.Error("late") }
}

// B8
func TestDrainSpin(t *testing.T) {
	var conns []loop.Conn
	drains := 0
	b := make([]byte, 1<<20)
	s := step(t, loop.Config{Limits: loop.Limits{MaxQueued: 64 << 10, MaxQueuedLoop: 64 << 10}}, nil, tcpAddr, always(&calls{
		open: func(c loop.Conn) { conns = append(conns, c); for range 10 { c.Write(b) } },
		drain: func(c loop.Conn) { drains++; c.Write(b) },
	}))
	s.connect()
	s.turns(5)
	s.connect()
	s.turns(5)
	d := drains
	s.turns(100)
	t.Log(drains - d)
	if drains-d > 5 { t.Error("spin") }
}

// B10
func TestCloseWriteAfterReset(t *testing.T) {
	var got strings.Builder
	var conn loop.Conn
	var cause error
	closed := 0
	k := &kernel{}
	s := step(t, loop.Config{}, k, tcpAddr, always(&calls{
		open: func(c loop.Conn) { conn = c },
		data: func(c loop.Conn, in []byte) int { got.Write(in); return len(in) },
		close: func(_ loop.Conn, err error) { closed++; cause = err; t.Log(err) },
	}))
	c := s.connect()
	s.turns(3)
	s.l.Post(func() { conn.CloseWrite(); c.send("last"); c.reset() })
	s.until(func() bool { return closed == 1 }, "closed")
	if got.String() != "last" { t.Error(got.String()) }
	if !errors.Is(cause, unix.ECONNRESET) { t.Error(cause) }
}
