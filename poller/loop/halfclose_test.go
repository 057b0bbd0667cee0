package loop_test

import (
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
)

// A6: a client that half-closes behind its request and reads 8 MiB slowly gets
// all of it. The handler produces only when OnDrain asks.
func TestHalfCloseAndSlowReader(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const reply, piece = 8 << 20, 64 << 10
		out := patterned(8, reply)
		causes := make(chan error, 1)
		handler := func(loop.Conn) loop.Handler {
			off := 0
			produce := func(c loop.Conn) {
				for off < reply {
					n, err := c.Write(out[off:min(off+piece, reply)])
					off += n
					if err != nil {
						return // OnDrain will come
					}
				}
				c.Close()
			}
			return &calls{
				eof: func(c loop.Conn, rest []byte) {
					if string(rest) != "request" {
						t.Errorf("rest is %q", rest)
					}
					produce(c)
				},
				data:  func(loop.Conn, []byte) int { return 0 },
				drain: produce,
				close: func(_ loop.Conn, cause error) { causes <- cause },
			}
		}
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 100_000}}
		s := serve(t, cfg, w.addr(t), handler)
		c := s.dial()
		if c, ok := c.(*net.TCPConn); ok {
			must(t, c.SetReadBuffer(32<<10))
		}
		_, err := c.Write([]byte("request"))
		must(t, err)
		halfClose(t, c)
		must(t, comparePattern(c, 8, reply, make([]byte, 3000)))
		must(t, readEOF(c))
		if cause := receive(t, causes, "OnClose"); cause != nil {
			t.Errorf("cause is %v", cause)
		}
	})
}

// CloseWrite ends one direction; the other goes on until the peer ends it, and
// then the connection is over without anybody's Close.
func TestCloseWrite(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var conn loop.Conn
		var h transcript
		h.eof = func(loop.Conn) {}
		inner := h.handler()
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) {
				conn = c
				_, err := c.Write([]byte("all I say"))
				must(t, err)
				must(t, c.CloseWrite())
				if err := c.CloseWrite(); err != loop.ErrWriteClosed {
					t.Errorf("second CloseWrite: %v", err)
				}
				if _, err := c.Write([]byte("x")); err != loop.ErrWriteClosed {
					t.Errorf("Write after CloseWrite: %v", err)
				}
			},
			data: inner.OnData, eof: inner.OnReadEOF, close: inner.OnClose,
		}))
		c := s.connect()
		if got, err := s.drainAll(c); string(got) != "all I say" || err != io.EOF {
			t.Errorf("%q, then %v", got, err)
		}
		_ = conn.Send([]byte("y")) // accepted or not, it must not be sent
		c.send("a")
		s.turns(2)
		c.send("b")
		s.turns(2)
		if h.text != "ab" {
			t.Errorf("read after CloseWrite: %q", h.text)
		}
		c.shutdown()
		s.until(func() bool { return h.ended }, "OnClose")
		if h.text != "ab.!" || h.cause != nil {
			t.Errorf("%q, %v", h.text, h.cause)
		}
		if n := s.l.StatsNow().Calls.Shutdown; n != 1 {
			t.Errorf("shutdown(2) was called %d times", n)
		}
	})
}

// E10: CloseWrite waits for what is queued.
func TestCloseWriteBehindQueue(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const n = 1 << 20
		var conn loop.Conn
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{open: func(c loop.Conn) {
			conn = c
			smallBuffer(t, c, 64<<10)
			_, err := c.Write(patterned(1, n))
			must(t, err)
			must(t, c.CloseWrite())
		}}))
		c := s.connect()
		s.turns(3)
		if conn.Queued() == 0 {
			t.Fatal("nothing is queued")
		}
		got, err := s.drainAll(c)
		if err != io.EOF {
			t.Errorf("the stream ends with %v", err)
		}
		wantPattern(t, got, 1, n)
	})
}

// The peer half-closes and the handler keeps the connection; then the peer
// resets, which recv(2) does not tell behind a FIN.
func TestResetAfterHalfClose(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		var end ended
		eofs := 0
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			eof:   func(loop.Conn, []byte) { eofs++ },
			close: end.onClose,
		}))
		c := s.connect()
		s.turns(2)
		c.shutdown()
		s.until(func() bool { return eofs == 1 }, "OnReadEOF")
		before := s.l.StatsNow().Events
		s.turns(100)
		if n := s.l.StatsNow().Events - before; n > 2 || end.n > 0 {
			t.Errorf("while half-closed: %d events in 100 turns, %d times OnClose", n, end.n)
		}
		c.reset()
		s.until(func() bool { return end.n == 1 }, "OnClose")
		if end.cause != unix.EPIPE && end.cause != unix.ECONNRESET {
			t.Errorf("cause is %v", end.cause)
		}
	})
}

// An answer may be written long after the peer's half-close, from outside a
// callback.
func TestAnswerLongAfterHalfClose(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var conn loop.Conn
		var end ended
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			open:  func(c loop.Conn) { conn = c },
			eof:   func(loop.Conn, []byte) {},
			close: end.onClose,
		}))
		c := s.connect()
		s.turns(2)
		c.shutdown()
		s.turns(20)
		must(t, conn.Send([]byte("the answer")))
		s.turns(20)
		must(t, s.l.Post(conn.Close))
		if got, err := s.drainAll(c); string(got) != "the answer" || err != io.EOF {
			t.Errorf("%q, then %v", got, err)
		}
		if end.n != 1 || end.cause != nil {
			t.Errorf("%d times OnClose, cause %v", end.n, end.cause)
		}
	})
}
