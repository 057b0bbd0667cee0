package loop_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// ended is a Handler's record of its end.
type ended struct {
	n     int
	cause error
}

func (e *ended) onClose(_ loop.Conn, cause error) { e.n, e.cause = e.n+1, cause }

// drainAll reads from c, with turns in between, until its end: io.EOF or an
// errno.
func (s *stepper) drainAll(c *peer) (got []byte, end error) {
	s.t.Helper()
	s.until(func() bool {
		b, err := c.recv()
		got = append(got, b...)
		end = err
		return err != nil
	}, "the end of the stream")
	return got, end
}

// E3: input that was never read does not destroy the reply.
func TestCloseWithUnreadInput(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const reply = 4 << 20
		var conn loop.Conn
		var end ended
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: reply}}
		s := step(t, cfg, nil, w.addr(t), always(&calls{
			open:  func(c loop.Conn) { conn = c; c.PauseRead() },
			close: end.onClose,
		}))
		c := s.connect()
		s.turns(2)
		c.send(string(make([]byte, 100_000)))
		s.turns(2)
		must(t, s.l.Post(func() {
			_, err := conn.Write(patterned(1, reply))
			must(t, err)
			conn.Close()
			conn.Close()
			if _, err := conn.Write([]byte("x")); err != loop.ErrWriteClosed {
				t.Errorf("Write after Close: %v", err)
			}
			if err := conn.CloseWrite(); err != loop.ErrWriteClosed {
				t.Errorf("CloseWrite after Close: %v", err)
			}
		}))
		s.turns(1)
		c.send("more, which is read and dropped")
		got, err := s.drainAll(c)
		if err != io.EOF {
			t.Errorf("the reply ends with %v", err)
		}
		wantPattern(t, got, 1, reply)
		if end.n > 0 {
			t.Errorf("OnClose while the peer's side is open: %v", end.cause)
		}
		c.send("still open on my side")
		c.close()
		s.until(func() bool { return end.n == 1 }, "OnClose")
		if end.cause != nil {
			t.Errorf("cause is %v", end.cause)
		}
	})
}

// A peer that takes nothing gets a reset in the end, never a clean EOF behind a
// part of the reply. While it takes something, Close has time.
func TestCloseTimeout(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		t.Run("takes nothing", func(t *testing.T) { closeTimeout(t, w, 0) })
		t.Run("takes a part", func(t *testing.T) { closeTimeout(t, w, 4) })
	})
}

func closeTimeout(t *testing.T, w way, rounds int) {
	const reply, limit = 4 << 20, time.Minute
	var clock time.Duration
	var conn loop.Conn
	var end ended
	k := &kernel{now: func(sys.Kernel) int64 { return int64(clock) }}
	cfg := loop.Config{Backend: w.backend, CloseTimeout: limit, Limits: loop.Limits{MaxQueued: reply}}
	s := step(t, cfg, k, w.addr(t), always(&calls{
		open: func(c loop.Conn) {
			conn = c
			smallBuffer(t, c, 64<<10)
			_, err := c.Write(patterned(1, reply))
			must(t, err)
			c.Close()
		},
		close: end.onClose,
	}))
	c := s.connect()
	s.turns(3)
	taken := 0
	for range rounds {
		clock += limit * 2 / 3
		s.turns(2)
		before := conn.Queued()
		s.until(func() bool { taken += c.discard(); return conn.Queued() < before }, "the queue shrinks")
	}
	if end.n > 0 {
		t.Fatalf("closed although the peer reads: %v", end.cause)
	}
	s.turns(10)
	clock += limit + 2*time.Millisecond
	s.turns(2)
	if end.n != 1 || end.cause != loop.ErrCloseTimeout {
		t.Fatalf("%d times OnClose, cause %v", end.n, end.cause)
	}
	got, err := s.drainAll(c)
	if err != unix.ECONNRESET {
		t.Errorf("%d of %d bytes, then %v", taken+len(got), reply, err)
	}
	if n := s.l.StatsNow().Unsent; n == 0 {
		t.Error("Stats.Unsent counts nothing")
	}
}

// A peer that has everything but does not close is left behind in the end; for
// it the stream has ended well.
func TestCloseTimeoutOfPeerThatStays(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var clock time.Duration
		var end ended
		k := &kernel{now: func(sys.Kernel) int64 { return int64(clock) }}
		s := step(t, loop.Config{Backend: w.backend, CloseTimeout: time.Minute}, k, w.addr(t), always(&calls{
			open: func(c loop.Conn) {
				_, err := c.Write([]byte("bye"))
				must(t, err)
				c.Close()
			},
			close: end.onClose,
		}))
		c := s.connect()
		s.turns(5)
		clock += time.Minute - time.Second
		c.send("input is no reason to wait longer")
		s.turns(3)
		if end.n > 0 {
			t.Fatalf("too early: %v", end.cause)
		}
		clock += time.Second + 2*time.Millisecond
		s.turns(2)
		if end.n != 1 || end.cause != loop.ErrCloseTimeout {
			t.Errorf("%d times OnClose, cause %v", end.n, end.cause)
		}
		if got, err := s.drainAll(c); string(got) != "bye" || err != io.EOF {
			t.Errorf("%q, then %v", got, err)
		}
	})
}

// Nothing is waited for when the peer has closed and everything is sent.
func TestCloseAfterEOFIsImmediate(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var end ended
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			data: echo{}.OnData,
			eof: func(c loop.Conn, _ []byte) {
				c.Close()
				if end.n > 0 {
					t.Error("OnClose inside Close")
				}
			},
			close: end.onClose,
		}))
		c := s.connect()
		s.turns(2)
		c.send("last")
		c.shutdown()
		s.turns(1)
		if end.n != 1 || end.cause != nil {
			t.Errorf("after one turn: %d times OnClose, cause %v", end.n, end.cause)
		}
		if n := s.l.StatsNow().Calls.Shutdown; n != 0 {
			t.Errorf("%d calls of shutdown(2) for a descriptor that is closed anyway", n)
		}
		if got, err := s.drainAll(c); string(got) != "last" || err != io.EOF {
			t.Errorf("%q, then %v", got, err)
		}
	})
}

func TestAbort(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var conn loop.Conn
		var end ended
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) {
				conn = c
				smallBuffer(t, c, 16<<10)
				_, err := c.Write(make([]byte, 1<<20))
				must(t, err)
			},
			close: end.onClose,
		}))
		c := s.connect()
		s.turns(2)
		queued := conn.Queued()
		must(t, s.l.Post(conn.Abort))
		s.turns(1)
		if end.n != 1 || end.cause != loop.ErrAborted {
			t.Errorf("%d times OnClose, cause %v", end.n, end.cause)
		}
		if n := s.l.StatsNow(); n.Unsent != uint64(queued) || n.Queued != 0 || queued == 0 {
			t.Errorf("%d unsent and %d queued of %d", n.Unsent, n.Queued, queued)
		}
		if _, err := s.drainAll(c); w.network == "tcp" && err != unix.ECONNRESET {
			t.Errorf("the peer sees %v", err)
		}
		if err := conn.Send([]byte("x")); err != loop.ErrClosed {
			t.Errorf("Send after the end: %v", err)
		}
	})
}

// A write that fails says that the peer takes nothing more. What it had sent
// before is delivered all the same, and then OnClose comes with the errno.
func TestLastWordsOfResetPeer(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		t.Run("", func(t *testing.T) { lastWords(t, w, "") })
		t.Run("with input kept", func(t *testing.T) { lastWords(t, w, "0") })
	})
}

func lastWords(t *testing.T, w way, kept string) {
	var h transcript
	var c *peer
	inner := h.handler()
	k := &kernel{send: func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
		if c.fd >= 0 { // while the handler's answer is under way
			c.send("def")
			c.reset()
		}
		return host.Send(fd, p)
	}}
	s := step(t, loop.Config{Backend: w.backend}, k, w.addr(t), always(&calls{
		data: func(c loop.Conn, in []byte) int {
			if string(in) == kept {
				return 0
			}
			_, _ = c.Write(in)
			return inner.OnData(c, in)
		},
		eof:   inner.OnReadEOF,
		close: inner.OnClose,
	}))
	c = s.connect()
	s.turns(2)
	if kept != "" {
		c.send(kept)
		s.turns(2)
	}
	c.send("abc")
	s.until(func() bool { return h.ended }, "OnClose")
	if h.text != kept+"abcdef!" || !errors.Is(h.cause, unix.ECONNRESET) {
		t.Errorf("%q, %v", h.text, h.cause)
	}
}

// The same when output is queued and reading is paused because of it.
func TestLastWordsOfResetSlowReader(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for name, pause := range map[string]bool{"": false, "and PauseRead": true} {
			t.Run(name, func(t *testing.T) {
				var h transcript
				inner := h.handler()
				s := step(t, loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 8 << 20}}, nil, w.addr(t), always(&calls{
					open: func(c loop.Conn) {
						_, err := c.Write(make([]byte, 8<<20))
						must(t, err)
					},
					data: func(c loop.Conn, in []byte) int {
						if pause {
							c.PauseRead()
						}
						return inner.OnData(c, in)
					},
					eof:   inner.OnReadEOF,
					close: inner.OnClose,
				}))
				c := s.connect()
				s.turns(5)
				c.send("last words")
				s.turns(2)
				if h.text != "" {
					t.Fatalf("reading is not paused: %q", h.text)
				}
				c.reset()
				s.until(func() bool { return h.ended }, "OnClose")
				if h.text != "last words!" || !errors.Is(h.cause, unix.ECONNRESET) {
					t.Errorf("%q, %v", h.text, h.cause)
				}
			})
		}
	})
}

// A reset that CloseWrite or Close runs into is reported as what it is.
func TestHalfCloseOfResetPeer(t *testing.T) {
	for name, do := range map[string]func(c loop.Conn){
		"CloseWrite": func(c loop.Conn) { _ = c.CloseWrite() },
		"Close":      loop.Conn.Close,
	} {
		t.Run(name, func(t *testing.T) {
			var conn loop.Conn
			var h transcript
			inner := h.handler()
			s := step(t, loop.Config{}, nil, tcpAddr, always(&calls{
				open: func(c loop.Conn) { conn = c },
				data: inner.OnData, eof: inner.OnReadEOF, close: inner.OnClose,
			}))
			c := s.connect()
			s.turns(2)
			must(t, s.l.Post(func() {
				do(conn)
				c.send("last")
				c.reset()
			}))
			s.until(func() bool { return h.ended }, "OnClose")
			want := "last!"
			if name == "Close" {
				want = "!"
			}
			if h.text != want || !errors.Is(h.cause, unix.ECONNRESET) {
				t.Errorf("%q, %v", h.text, h.cause)
			}
		})
	}
}

// RST at any moment of an exchange: the connection ends once, with what came
// before delivered as far as the kernel still has it, and nothing leaks.
func TestResetAtAnyMoment(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for moment := range 25 {
			var end ended
			s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
				data: func(c loop.Conn, in []byte) int {
					for range 4 {
						_, _ = c.Write(make([]byte, 300_000))
					}
					return len(in) / 2
				},
				eof:   func(c loop.Conn, _ []byte) { _, _ = c.Write(make([]byte, 100_000)) },
				close: end.onClose,
			}))
			c := s.connect()
			s.turns(2)
			for i := range moment {
				switch {
				case i == 20:
					c.shutdown()
				case i%3 == 0 && i < 20:
					c.send("request")
				case i%3 == 1:
					_, _ = c.recv()
				default:
					s.turns(1)
				}
			}
			c.reset()
			s.until(func() bool { return end.n > 0 }, "OnClose")
			s.turns(3)
			if st := s.l.StatsNow(); end.n != 1 || end.cause == nil || st.Conns != 0 || st.Queued != 0 {
				t.Fatalf("moment %d: %d times OnClose, cause %v, %+v", moment, end.n, end.cause, st)
			}
		}
	})
}
