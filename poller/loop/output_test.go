package loop_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
)

// smallBuffer makes the kernel take little at a time from a connection.
func smallBuffer(t testing.TB, c loop.Conn, size int) {
	t.Helper()
	must(t, unix.SetsockoptInt(int(c.FD()), unix.SOL_SOCKET, unix.SO_SNDBUF, size))
}

// writes is how often a loop has asked the kernel to send.
func (s *stepper) writes() int {
	calls := s.l.StatsNow().Calls
	return int(calls.Send + calls.Sendmsg)
}

// collect makes turns and reads until n bytes have come.
func (s *stepper) collect(c *peer, n int) []byte {
	s.t.Helper()
	var got []byte
	s.until(func() bool {
		b, err := c.recv()
		if err != nil && err != io.EOF {
			s.t.Fatalf("after %d bytes: %v", len(got), err)
		}
		got = append(got, b...)
		return len(got) >= n
	}, "all bytes")
	return got
}

func wantPattern(t testing.TB, got []byte, id, n int) {
	t.Helper()
	want := patterned(id, n)
	if len(got) != n {
		t.Errorf("%d bytes, want %d", len(got), n)
	} else if at := firstDifference(got, want); at >= 0 {
		t.Errorf("wrong byte at %d", at)
	}
}

// What one callback writes is sent by one call: small pieces are put together,
// large ones are sent from where they are.
func TestWritesOfOneCallbackAreOneSend(t *testing.T) {
	for name, sizes := range map[string][]int{
		"small": {1, 2, 3, 500, 10, 1000, 7, 1, 90},
		"large": {4096, 5000, 20_000},
		"mixed": {10, 4096, 1, 2, 3, 8192, 100, 0, 1024, 1},
	} {
		t.Run(name, func(t *testing.T) {
			total := 0
			for _, n := range sizes {
				total += n
			}
			out := patterned(4, total)
			s := step(t, loop.Config{}, nil, tcpAddr, always(&calls{
				data: func(c loop.Conn, in []byte) int {
					off := 0
					for _, n := range sizes {
						if m, err := c.Write(out[off : off+n]); m != n || err != nil {
							t.Errorf("Write of %d bytes: %d, %v", n, m, err)
						}
						off += n
					}
					return len(in)
				},
			}))
			c := s.connect()
			s.turns(2)
			c.send("go")
			wantPattern(t, s.collect(c, total), 4, total)
			if n := s.writes(); n != 1 {
				t.Errorf("%d sends for one callback", n)
			}
		})
	}
}

// More pieces than one sendmsg(2) takes, and more small bytes than the loop puts
// together at once.
func TestManyWritesOfOneCallback(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		for name, size := range map[string]int{"vectors": 2000, "scratch": 700} {
			t.Run(name, func(t *testing.T) {
				const pieces = 300
				out := patterned(4, pieces*size)
				s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
					data: func(c loop.Conn, in []byte) int {
						for i := range pieces {
							if _, err := c.Write(out[i*size : (i+1)*size]); err != nil {
								t.Errorf("Write: %v", err)
							}
						}
						return len(in)
					},
				}))
				c := s.connect()
				s.turns(2)
				c.send("go")
				wantPattern(t, s.collect(c, len(out)), 4, len(out))
			})
		}
	})
}

// scribe writes the bytes of one stream to a connection in pieces of random
// size.
type scribe struct {
	t    *testing.T
	rng  *rand.Rand
	all  []byte
	off  int
	conn loop.Conn
}

func (w *scribe) piece() []byte {
	p := w.all[w.off:min(w.off+1+w.rng.IntN(1<<w.rng.IntN(16)), len(w.all))]
	w.off += len(p)
	return p
}

func (w *scribe) write(p []byte) {
	if n, err := w.conn.Write(p); n != len(p) || err != nil {
		w.t.Errorf("Write of %d bytes: %d, %v", len(p), n, err)
	}
}

// E1: whichever way bytes are written in, and however little the kernel takes,
// they come out in order.
func TestOutputOrder(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const total = 1 << 20
		in := &scribe{t: t, rng: rand.New(rand.NewPCG(3, 3)), all: patterned(6, total)}
		opened := 0
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 2 * total, HighWater: 2 * total}}
		s := step(t, cfg, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) {
				if opened++; opened == 1 {
					in.conn = c
					smallBuffer(t, c, 16<<10)
				}
			},
			data: func(_ loop.Conn, b []byte) int { // of either connection
				for range b {
					in.write(in.piece())
				}
				return len(b)
			},
		}))
		c, other := s.connect(), s.connect()
		s.until(func() bool { return opened == 2 }, "both open")
		got, queued := scramble(s, in, c, other)
		got = append(got, s.collect(c, total-len(got))...)
		wantPattern(t, got, 6, total)
		if n := in.conn.Queued(); n != 0 || queued == 0 {
			t.Errorf("%d bytes are still queued, %d were at most", n, queued)
		}
	})
}

// scramble writes all of in, in every way there is, while c reads a little. It
// returns what c has read and how much was queued at most.
func scramble(s *stepper, in *scribe, c, other *peer) (got []byte, queued int) {
	ways := []func(){
		func() { must(s.t, s.l.Post(func() { in.write(in.piece()) })) },
		func() { must(s.t, in.conn.Send(in.piece())) },
		func() { c.send("xx") },
		func() { other.send("xxx") },
		func() { // one after the other in the same turn
			p := in.piece()
			must(s.t, s.l.Post(func() { in.write(p) }))
			must(s.t, in.conn.Send(in.piece()))
		},
	}
	for in.off < len(in.all) {
		before := in.off
		ways[in.rng.IntN(len(ways))]()
		s.until(func() bool { return in.off > before }, "the write")
		s.turns(1)
		queued = max(queued, in.conn.Queued())
		if in.rng.IntN(4) == 0 {
			b, err := c.recv()
			must(s.t, err)
			got = append(got, b...)
		}
	}
	return got, queued
}

// Sends of many goroutines: each one's bytes stay together and in order.
func TestConcurrentSends(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const senders, each = 8, 500
		conns := make(chan loop.Conn, 1)
		s := serve(t, loop.Config{Backend: w.backend}, w.addr(t), always(&calls{open: func(c loop.Conn) { conns <- c }}))
		client := s.dial()
		conn := receive(t, conns, "OnOpen")
		var wg sync.WaitGroup
		for id := range senders {
			wg.Go(func() {
				for i := range each {
					m := binary.BigEndian.AppendUint32(nil, uint32(id))
					m = binary.BigEndian.AppendUint32(m, uint32(i))
					m = bytes.Repeat(m, 5)
					err := conn.Send(m)
					for errors.Is(err, loop.ErrWriteQueueFull) || errors.Is(err, loop.ErrPostQueueFull) {
						runtime.Gosched()
						err = conn.Send(m)
					}
					clear(m) // Send has copied it
					if err != nil {
						t.Errorf("Send: %v", err)
						return
					}
				}
			})
		}
		var next [senders]uint32
		m := make([]byte, 40)
		for range senders * each {
			if _, err := io.ReadFull(client, m); err != nil {
				t.Fatal(err)
			}
			id, i := binary.BigEndian.Uint32(m), binary.BigEndian.Uint32(m[4:])
			if id >= senders || i != next[id] || !bytes.Equal(m, bytes.Repeat(m[:8], 5)) {
				t.Fatalf("message %x, want number %v", m, next)
			}
			next[id]++
		}
		wg.Wait()
	})
}

// A Write that is larger than the queue may be, from outside the connection's
// own callback, is sent to its end, or the connection ends.
func TestWriteOverLimitFromPost(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const limit = 4 << 20
		var conn loop.Conn
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: limit}}
		s := step(t, cfg, nil, w.addr(t), always(&calls{open: func(c loop.Conn) { conn = c }}))
		c := s.connect()
		s.turns(2)
		must(t, s.l.Post(func() {
			if n, err := conn.Write(patterned(1, limit+1000)); n != limit+1000 || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
		}))
		wantPattern(t, s.collect(c, limit+1000), 1, limit+1000)
	})
}

func TestWriteOverLimitToResetPeer(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		var conn loop.Conn
		var cause error
		closes := 0
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			open:  func(c loop.Conn) { conn = c; c.PauseRead() },
			close: func(_ loop.Conn, err error) { cause, closes = err, closes+1 },
		}))
		c := s.connect()
		s.turns(2)
		c.reset()
		s.turns(5)
		must(t, s.l.Post(func() {
			if _, err := conn.Write(make([]byte, 5<<20)); err == nil {
				t.Error("Write to a reset peer: no error")
			}
		}))
		s.until(func() bool { return closes == 1 }, "OnClose")
		if !errors.Is(cause, unix.ECONNRESET) && !errors.Is(cause, unix.EPIPE) {
			t.Errorf("cause is %v", cause)
		}
	})
}

// Write takes what fits under the cap; OnDrain says when to go on.
func TestHardCap(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const limit, total = 100_000, 5 << 20
		out := patterned(9, total)
		off, shorts := 0, 0
		produce := func(c loop.Conn) {
			n, err := c.Write(out[off:])
			off += n
			if c.Queued() > limit {
				t.Errorf("%d bytes queued, the limit is %d", c.Queued(), limit)
			}
			if off == total {
				return
			}
			shorts++
			if n2, err2 := c.Write(out[off:]); err != loop.ErrWriteQueueFull || err2 != loop.ErrWriteQueueFull || n2 != 0 {
				t.Errorf("a short Write gave %v, the next %d, %v", err, n2, err2)
			}
		}
		var conn loop.Conn
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: limit}}
		s := step(t, cfg, nil, w.addr(t), always(&calls{
			open:  func(c loop.Conn) { conn = c; smallBuffer(t, c, 64<<10); produce(c) },
			drain: produce,
		}))
		c := s.connect()
		s.turns(5)
		if off == total || conn.Queued() != limit {
			t.Fatalf("%d bytes were taken, %d queued", off, conn.Queued())
		}
		if err := conn.Send([]byte("x")); err != loop.ErrWriteQueueFull {
			t.Errorf("Send to a full queue: %v", err)
		}
		wantPattern(t, s.collect(c, total), 9, total)
		if shorts < 2 {
			t.Errorf("Write was short %d times", shorts)
		}
	})
}

// Send takes all or nothing, and reserves while its bytes are under way.
func TestSendIsAllOrNothing(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const limit = 50_000
		var conn loop.Conn
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: limit}}
		s := step(t, cfg, nil, w.addr(t), always(&calls{open: func(c loop.Conn) { conn = c }}))
		c := s.connect()
		s.turns(2)
		total, size := 0, 7000
		p := make([]byte, size)
		for taken := true; taken; {
			pattern(p, 2, total)
			err := conn.Send(p) // no turn: all of it is under way
			if taken = err == nil; taken {
				total += size
			} else if err != loop.ErrWriteQueueFull {
				t.Errorf("Send: %v", err)
			}
		}
		if total != limit/size*size {
			t.Errorf("%d bytes were taken, want the most that fits under %d", total, limit)
		}
		if n := conn.Queued(); n != total {
			t.Errorf("Queued is %d with %d bytes under way", n, total)
		}
		p = patterned(2, limit)[total:]
		must(t, conn.Send(p))
		wantPattern(t, s.collect(c, limit), 2, limit)
		if n := conn.Queued(); n != 0 {
			t.Errorf("Queued is %d at the end", n)
		}
	})
}

// The bytes of all connections together are bounded, whether written or sent.
func TestQueuedOfLoopIsBounded(t *testing.T) {
	for name, put := range map[string]func(s *stepper, c loop.Conn, p []byte){
		"Write": func(s *stepper, c loop.Conn, p []byte) {
			must(s.t, s.l.Post(func() { _, _ = c.Write(p) }))
			s.turns(1)
		},
		"Send":      func(s *stepper, c loop.Conn, p []byte) { _ = c.Send(p); s.turns(1) },
		"many Send": func(_ *stepper, c loop.Conn, p []byte) { _ = c.Send(p) },
	} {
		t.Run(name, func(t *testing.T) {
			const limit, conns = 200_000, 30
			var open []loop.Conn
			cfg := loop.Config{Limits: loop.Limits{MaxQueued: 64 << 10, MaxQueuedLoop: limit}}
			s := step(t, cfg, nil, tcpAddr+"?sndbuf=4096", always(&calls{open: func(c loop.Conn) { open = append(open, c) }}))
			for range conns {
				s.connect()
			}
			s.until(func() bool { return len(open) == conns }, "all open")
			p := make([]byte, 10_000)
			for range 200 {
				for _, c := range open {
					put(s, c, p)
				}
				s.turns(1)
				if n := s.l.StatsNow().Queued; n > limit {
					t.Fatalf("%d bytes are queued, the limit is %d", n, limit)
				}
			}
			if n := s.l.StatsNow().Queued; n < limit/2 {
				t.Errorf("only %d bytes are queued: the test does not reach the limit", n)
			}
		})
	}
}

// A connection that was refused because of what others have queued is told when
// there is room, though nothing of its own was queued.
func TestStarvedWriterIsTold(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		const limit = 1 << 20
		var conns []loop.Conn
		drains := 0
		block := make([]byte, 8<<20)
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: limit, MaxQueuedLoop: limit}}
		s := step(t, cfg, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) {
				conns = append(conns, c)
				smallBuffer(t, c, 64<<10)
				if _, err := c.Write(block); err != loop.ErrWriteQueueFull {
					t.Errorf("Write: %v", err)
				}
			},
			drain: func(c loop.Conn) {
				if len(conns) == 2 && c == conns[1] {
					drains++
				}
			},
		}))
		hog := s.connect()
		s.turns(2)
		starved := s.connect()
		s.until(func() bool { return len(conns) == 2 }, "both open")
		s.turns(10)
		if n := conns[1].Queued(); n != 0 {
			t.Fatalf("%d bytes were queued over the limit", n)
		}
		s.until(func() bool { return starved.discard() == 0 }, "its kernel buffers are empty")
		s.turns(10)
		if drains != 0 {
			t.Errorf("%d times OnDrain while there is no room", drains)
		}
		s.until(func() bool { hog.discard(); return drains == 1 }, "OnDrain")
	})
}

// Above high water reading stops; at low water OnDrain comes, once, and then
// what had waited is read.
func TestWaterMarks(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const high, low, chunk = 200_000, 50_000, 4 << 20
		var conn loop.Conn
		var events []string
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 2 * chunk, HighWater: high, LowWater: low}}
		s := step(t, cfg, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) { conn = c; smallBuffer(t, c, 64<<10) },
			data: func(c loop.Conn, in []byte) int {
				events = append(events, string(in))
				if string(in) == "go" {
					_, _ = c.Write(make([]byte, chunk))
				}
				return len(in)
			},
			drain: func(c loop.Conn) {
				if n := c.Queued(); n > low {
					t.Errorf("OnDrain with %d bytes queued", n)
				}
				events = append(events, "drain")
			},
		}))
		c := s.connect()
		for round := range 2 {
			s.turns(2)
			events = nil
			c.send("go")
			s.turns(2)
			c.send("later")
			for conn.Queued() > low {
				s.turns(1)
				if len(events) != 1 && conn.Queued() > low {
					t.Fatalf("round %d: %v with %d bytes queued", round, events, conn.Queued())
				}
				_, err := c.recv()
				must(t, err)
			}
			s.turns(5)
			if got := strings.Join(events, " "); got != "go drain later" {
				t.Fatalf("round %d: %s", round, got)
			}
			s.until(func() bool { c.discard(); return conn.Queued() == 0 }, "the queue is empty")
		}
		if s.l.StatsNow().Paused <= 0 {
			t.Error("Stats.Paused counts nothing")
		}
	})
}

// E5: clients that never read cost what the limits say, nobody else's service,
// and no work.
func TestNeverReadingClients(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		const conns, limit, each = 500, 4 << 20, 64 << 10
		block := make([]byte, 256<<10)
		drains := 0
		produce := func(c loop.Conn) {
			drains++
			for {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
		}
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: each, MaxQueuedLoop: limit}}
		s := step(t, cfg, nil, tcpAddr+"?sndbuf=4096", always(&calls{
			data: func(c loop.Conn, in []byte) int {
				if in[0] == 'g' {
					produce(c)
					return len(in)
				}
				return echo{}.OnData(c, in)
			},
			drain: produce,
		}))
		for range conns {
			s.connect().send("go")
		}
		s.until(func() bool { return s.l.StatsNow().Accepted == conns }, "all accepted")
		// TCP's own timers may bring some more, but then there is nothing to do.
		idle, before, quiet := s.l.StatsNow(), drains, 0
		s.until(func() bool {
			now := s.l.StatsNow()
			if quiet++; now.Events != idle.Events || now.Calls.Send != idle.Calls.Send || drains != before {
				idle, before, quiet = now, drains, 0
			}
			return quiet == 300
		}, "300 turns without work")
		if n := idle.Queued; n > limit || n < limit/2 {
			t.Errorf("%d bytes are queued, the limit is %d", n, limit)
		}
		c := s.connect()
		for i := range 20 {
			c.send(string(patterned(i, 1000)))
			wantPattern(t, s.collect(c, 1000), i, 1000)
		}
	})
}
