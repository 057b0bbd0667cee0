package loop_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// The handler consumes random counts; what it leaves is offered again in front
// of what follows, and at the end to OnReadEOF.
func TestRemainderIsOfferedAgain(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const n = 400_000
		rng := rand.New(rand.NewPCG(2, 2))
		consumed, wrong, ended := 0, false, false
		var rest []byte
		check := func(in []byte) {
			want := make([]byte, len(in))
			pattern(want, 5, consumed)
			wrong = wrong || firstDifference(in, want) >= 0
		}
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			data: func(c loop.Conn, in []byte) int {
				check(in)
				used := len(in)
				if rng.IntN(4) > 0 {
					used = rng.IntN(len(in) + 1)
				}
				consumed += used
				return used
			},
			eof: func(c loop.Conn, in []byte) {
				check(in)
				rest, ended = append(rest, in...), true
				c.Close()
			},
		}))
		c := s.connect()
		for off := 0; off < n; {
			p := make([]byte, min(1+rng.IntN(1<<rng.IntN(16)), n-off))
			pattern(p, 5, off)
			c.send(string(p))
			s.turns(rng.IntN(3))
			off += len(p)
		}
		c.shutdown()
		s.until(func() bool { return ended }, "EOF")
		if wrong || consumed+len(rest) != n {
			t.Errorf("wrong bytes: %v; %d consumed and %d left of %d", wrong, consumed, len(rest), n)
		}
	})
}

func TestInputOverLimit(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const limit = 10_000
		var cause error
		closes, offered := 0, 0
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxUnconsumed: limit}}
		s := step(t, cfg, nil, w.addr(t), always(&calls{
			data:  func(_ loop.Conn, in []byte) int { offered = len(in); return 0 },
			close: func(_ loop.Conn, err error) { cause, closes = err, closes+1 },
		}))
		c := s.connect()
		for range limit / 1000 {
			c.send(string(make([]byte, 1000)))
			s.turns(2)
		}
		s.until(func() bool { return offered == limit }, "all is offered")
		s.turns(3)
		if closes > 0 {
			t.Fatalf("closed within the limit: %v", cause)
		}
		c.send("x")
		s.until(func() bool { return closes == 1 }, "OnClose")
		if cause != loop.ErrInputFull {
			t.Errorf("cause is %v", cause)
		}
	})
}

// A handler that has all it wants closes, and is not held to the limit on what
// it might have kept.
func TestCloseWithInputOverLimit(t *testing.T) {
	var end ended
	cfg := loop.Config{Limits: loop.Limits{MaxUnconsumed: 10_000}}
	s := step(t, cfg, nil, tcpAddr, always(&calls{
		data: func(c loop.Conn, in []byte) int {
			if len(in) < 14_000 {
				return 0
			}
			_, _ = c.Write(in[13_990:]) // borrowed from what was kept
			c.Close()
			return len(in)
		},
		close: end.onClose,
	}))
	c := s.connect()
	request := string(patterned(3, 14_000))
	c.send(request[:9000])
	s.turns(3)
	c.send(request[9000:])
	if got, err := s.drainAll(c); string(got) != request[13_990:] || err != io.EOF {
		t.Errorf("%q, then %v", got, err)
	}
	c.close()
	s.until(func() bool { return end.n == 1 }, "OnClose")
	if end.cause != nil {
		t.Errorf("cause is %v", end.cause)
	}
}

func TestBadConsume(t *testing.T) {
	for name, count := range map[string]func(n int) int{
		"negative": func(int) int { return -1 },
		"too many": func(n int) int { return n + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			for _, before := range []string{"", "kept"} {
				var cause error
				closes := 0
				s := step(t, loop.Config{}, nil, tcpAddr, always(&calls{
					data: func(_ loop.Conn, in []byte) int {
						if string(in) == before {
							return 0
						}
						return count(len(in))
					},
					close: func(_ loop.Conn, err error) { cause, closes = err, closes+1 },
				}))
				c := s.connect()
				if before != "" {
					c.send(before)
					s.turns(3)
				}
				c.send("more")
				s.until(func() bool { return closes == 1 }, "OnClose")
				if cause != loop.ErrBadConsume {
					t.Errorf("after %q: cause is %v", before, cause)
				}
			}
		})
	}
}

// Messages of 1 MiB that come in pieces are moved a few times and not at every
// piece: the memory that is offered changes its place, and is copied, seldom.
func TestBigMessagesAreCopiedSeldom(t *testing.T) {
	const message, piece, messages = 1 << 20, 16 << 10, 3
	copied, whole := 0, 0
	var last unsafe.Pointer
	cfg := loop.Config{Limits: loop.Limits{MaxUnconsumed: 2 * message}}
	s := step(t, cfg, nil, tcpAddr, always(&calls{
		data: func(_ loop.Conn, in []byte) int {
			if p := unsafe.Pointer(unsafe.SliceData(in)); p != last {
				last, copied = p, copied+len(in)
			}
			if len(in) < message {
				return 0
			}
			whole++
			return message
		},
	}))
	c := s.connect()
	for range messages * message / piece {
		c.send(string(make([]byte, piece)))
		s.turns(1)
	}
	s.until(func() bool { return whole == messages }, "all messages")
	if copied > 4*messages*message {
		t.Errorf("%d bytes were copied for %d", copied, messages*message)
	}
}

// transcript is a Handler that writes down what comes: data as it is, EOF as
// ".", the close as "!" and its cause.
type transcript struct {
	text  string
	cause error
	ended bool
	eof   func(c loop.Conn)
}

func (h *transcript) handler() loop.Handler {
	return &calls{
		data: func(_ loop.Conn, in []byte) int { h.text += string(in); return len(in) },
		eof: func(c loop.Conn, _ []byte) {
			h.text += "."
			if h.eof != nil {
				h.eof(c)
				return
			}
			c.Close()
		},
		close: func(_ loop.Conn, cause error) { h.text, h.cause, h.ended = h.text+"!", cause, true },
	}
}

// What a peer can do at one moment, so that it reaches the loop as one event.
var endings = map[string]struct {
	do    func(p *peer)
	text  string
	cause error
	unix  bool // also with unix sockets
}{
	"data+FIN":        {func(p *peer) { p.send("ab"); p.shutdown() }, "ab.!", nil, true},
	"data+close":      {func(p *peer) { p.send("ab"); p.close() }, "ab.!", nil, true},
	"data+RST":        {func(p *peer) { p.send("ab"); p.reset() }, "ab!", unix.ECONNRESET, false},
	"urgent":          {func(p *peer) { p.send("ab"); p.urgent("c"); p.send("de"); p.shutdown() }, "abde.!", nil, false},
	"urgent+data+RST": {func(p *peer) { p.send("ab"); p.urgent("c"); p.send("de"); p.reset() }, "abde!", unix.ECONNRESET, false},
	"FIN":             {func(p *peer) { p.shutdown() }, ".!", nil, true},
	"RST":             {func(p *peer) { p.reset() }, "!", unix.ECONNRESET, false},
}

// urgent sends b with MSG_OOB.
func (p *peer) urgent(b string) {
	p.t.Helper()
	_, err := unix.SendmsgN(p.fd, []byte(b), nil, nil, unix.MSG_OOB)
	must(p.t, err)
}

func TestEndingsInOneEvent(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		for name, e := range endings {
			if w.network == "unix" && !e.unix {
				continue
			}
			t.Run(name, func(t *testing.T) {
				var h transcript
				s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(h.handler()))
				c := s.connect()
				s.turns(2)
				e.do(c)
				s.until(func() bool { return h.ended }, "OnClose")
				if h.text != e.text || !errors.Is(h.cause, e.cause) {
					t.Errorf("%q, cause %v; want %q, %v", h.text, h.cause, e.text, e.cause)
				}
			})
		}
	})
}

// The same, but it happens after the loop was told of earlier data, before it
// receives that or just after.
func TestEndingsBetweenCalls(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		for name, e := range endings {
			if w.network == "unix" && !e.unix {
				continue
			}
			t.Run(name+"/after wait", func(t *testing.T) { endingBetween(t, w, e.do, e.text, e.cause, false) })
			t.Run(name+"/after recv", func(t *testing.T) { endingBetween(t, w, e.do, e.text, e.cause, true) })
		}
	})
}

func endingBetween(t *testing.T, w way, do func(p *peer), text string, cause error, afterRecv bool) {
	var h transcript
	k := &kernel{}
	s := step(t, loop.Config{Backend: w.backend}, k, w.addr(t), always(h.handler()))
	c := s.connect()
	s.turns(2)
	c.send("1st")
	now := func() {
		if do != nil {
			do(c)
			do = nil
		}
	}
	if afterRecv {
		k.recv = func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
			n, e := host.Recv(fd, p)
			now()
			return n, e
		}
	} else {
		k.waited = now
	}
	s.until(func() bool { return h.ended }, "OnClose")
	if h.text != "1st"+text || !errors.Is(h.cause, cause) {
		t.Errorf("%q, cause %v; want %q, %v", h.text, h.cause, "1st"+text, cause)
	}
}

// A recv on a unix socket ends at a message that carries descriptors. All bytes
// arrive, and the descriptors do not stay in this process.
func TestDescriptorsInTheStream(t *testing.T) {
	eachUnix(t, func(t *testing.T, w way) {
		var h transcript
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(h.handler()))
		c := s.connect()
		s.turns(2)
		before := sockettest.OpenFDs(t)
		c.send("ab")
		_, err := unix.SendmsgN(c.fd, []byte("cd"), unix.UnixRights(c.fd, c.fd), nil, 0)
		must(t, err)
		c.send("ef")
		s.turns(3)
		if h.text != "abcdef" {
			t.Errorf("got %q", h.text)
		}
		if n := sockettest.OpenFDs(t); n != before {
			t.Errorf("%d descriptors are open, before it were %d", n, before)
		}
	})
}

func TestPauseRead(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var conn loop.Conn
		var h transcript
		inner := h.handler()
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) { conn = c },
			data: func(c loop.Conn, in []byte) int {
				c.PauseRead()
				return inner.OnData(c, in)
			},
			eof:   inner.OnReadEOF,
			close: inner.OnClose,
		}))
		c := s.connect()
		for _, word := range []string{"a", "b", "c"} {
			c.send(word)
		}
		s.turns(5)
		c.send("d")
		c.shutdown()
		s.turns(5)
		if h.text != "abc" {
			t.Errorf("while paused: %q, want what came first", h.text)
		}
		must(t, s.l.Post(conn.ResumeRead))
		s.turns(5)
		if h.text != "abcd" {
			t.Errorf("after one more resume: %q", h.text)
		}
		must(t, s.l.Post(conn.ResumeRead))
		s.until(func() bool { return h.ended }, "OnClose")
		if h.text != "abcd.!" || h.cause != nil {
			t.Errorf("at the end: %q, %v", h.text, h.cause)
		}
	})
}

// A7: a hangup of a paused connection, which the kernel reports whether asked or
// not, is no spin, and is found when reading resumes.
func TestHangupWhilePaused(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var conn loop.Conn
		var cause error
		closes := 0
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			open:  func(c loop.Conn) { conn = c; c.PauseRead() },
			close: func(_ loop.Conn, err error) { cause, closes = err, closes+1 },
		}))
		c := s.connect()
		s.turns(3)
		c.reset()
		s.turns(3)
		before := s.l.StatsNow().Events
		s.turns(100)
		if n := s.l.StatsNow().Events - before; n > 2 {
			t.Errorf("%d events in 100 turns", n)
		}
		if closes > 0 {
			t.Errorf("closed while paused: %v", cause)
		}
		must(t, s.l.Post(conn.ResumeRead))
		s.until(func() bool { return closes == 1 }, "OnClose")
		if w.network == "tcp" && !errors.Is(cause, unix.ECONNRESET) {
			t.Errorf("cause is %v", cause)
		}
	})
}
