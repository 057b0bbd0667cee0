package loop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller/loop"
)

// drained is what a Drain has returned.
type drained struct {
	loop.Report
	err error
}

// drain starts a Drain that ends by itself within patience.
func (s *server) drain() <-chan drained {
	return s.drainUntil(context.Background())
}

func (s *server) drainUntil(ctx context.Context) <-chan drained {
	done := make(chan drained, 1)
	go func() {
		r, err := s.Drain(ctx)
		done <- drained{r, err}
	}()
	return done
}

// hold keeps a loop busy until release is called.
func hold(t testing.TB, l *loop.Loop) (release func()) {
	t.Helper()
	held, free := make(chan bool), make(chan bool)
	must(t, l.Post(func() {
		close(held)
		<-free
	}))
	receive(t, held, "the loop runs what was posted")
	release = sync.OnceFunc(func() { close(free) })
	t.Cleanup(release)
	return release
}

func wantReport(t testing.TB, got drained, want loop.Report) {
	t.Helper()
	if got.err != nil || got.Report != want {
		t.Errorf("Drain: %+v, %v; want %+v", got.Report, got.err, want)
	}
}

// What the kernel has received is answered, also on connections that wait in
// the listener's queue, many turns deep.
func TestDrainAnswersWhatWasReceived(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{AcceptsPerTurn: 2, ReadBudget: 3000}}
		s := serve(t, cfg, w.addr(t), always(echo{}))
		const size = 10_000
		var conns []net.Conn
		dial := func(n int) {
			for range n {
				c := s.dial()
				must(t, writePattern(c, len(conns), size, size))
				conns = append(conns, c)
			}
		}
		old := s.dial()
		served(t, old, nil)
		release := hold(t, s.Loops()[0])
		dial(25)
		report := s.drain()
		s.awaitOrders()
		release()
		for i, c := range conns {
			if err := errors.Join(readPattern(c, i, size), readEOF(c)); err != nil {
				t.Fatalf("connection %d: %v", i, err)
			}
			must(t, c.Close())
		}
		must(t, readEOF(old))
		must(t, old.Close())
		wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: len(conns) + 1})
	})
}

// awaitOrders waits until every loop, which the test holds, has an order to
// drain or to stop.
func (s *server) awaitOrders() {
	s.t.Helper()
	for i, l := range s.Loops() {
		sockettest.Eventually(s.t, patience, func() bool { return l.Orders() > 0 }, "an order for loop %d", i)
	}
}

func TestDrainHalfClosesIdleConnections(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		causes := make(chan error, 10)
		s := serve(t, loop.Config{Backend: w.backend}, w.addr(t), always(&calls{
			data:  echo{}.OnData,
			close: func(_ loop.Conn, err error) { causes <- err },
		}))
		idle := s.dial()
		served(t, idle, nil)
		report := s.drain()
		must(t, readEOF(idle))
		// It is a half-close: what the client still sends meets no reset.
		_, err := idle.Write([]byte("too late"))
		must(t, err)
		if len(causes) > 0 {
			t.Errorf("closed before the client was: %v", <-causes)
		}
		must(t, idle.Close())
		wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 1})
		must(t, receive(t, causes, "OnClose"))
	})
}

// A listener that drains takes nobody new.
func TestDrainClosesListeners(t *testing.T) {
	s := serve(t, loop.Config{}, tcpAddr, always(echo{}))
	c := s.dial()
	served(t, c, nil)
	report := s.drain()
	must(t, readEOF(c))
	if late, err := net.DialTimeout("tcp", s.lis.Addr().String(), patience); err == nil {
		t.Errorf("connected to a listener that drains")
		must(t, late.Close())
	}
	if _, err := s.Listen(tcpAddr, always(echo{})); err != nil && !errors.Is(err, loop.ErrClosed) {
		t.Errorf("Listen while draining: %v", err)
	}
	must(t, c.Close())
	wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 1})
}

// lines echoes whole lines.
type lines struct{ loop.Base }

func (lines) OnData(c loop.Conn, in []byte) int {
	if in[len(in)-1] != '\n' {
		return 0
	}
	n, _ := c.Write(in)
	return n
}

// Connections with something under way go on until that is done.
func TestDrainWaitsForUnconsumedInput(t *testing.T) {
	s := serve(t, loop.Config{}, tcpAddr, always(lines{}))
	c := s.dial()
	idle := s.dial()
	for _, c := range []net.Conn{idle, c} {
		_, err := c.Write([]byte("a\n"))
		must(t, err)
		wantRead(t, c, "a\n")
	}
	_, err := c.Write([]byte("half a "))
	must(t, err)
	sockettest.Eventually(t, patience, func() bool { return s.Stats().BytesIn == 11 }, "the half line")
	report := s.drain()
	must(t, readEOF(idle))
	must(t, idle.Close())
	_, err = c.Write([]byte("line\n"))
	must(t, err)
	wantRead(t, c, "half a line\n")
	must(t, readEOF(c))
	must(t, c.Close())
	wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 2})
}

func wantRead(t testing.TB, c net.Conn, want string) {
	t.Helper()
	buf := make([]byte, len(want))
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != want {
		t.Fatalf("read %q, %v; want %q", buf, err, want)
	}
}

// While output waits, a connection is served as ever.
func TestDrainWaitsForQueuedOutput(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const size = 12 << 20
		answer := patterned(1, size)
		cfg := loop.Config{Backend: w.backend, Limits: loop.Limits{MaxQueued: 2 * size, HighWater: 2 * size}}
		s := serve(t, cfg, w.addr(t), always(&calls{
			data: func(c loop.Conn, in []byte) int {
				if _, err := c.Write(answer); err != nil {
					t.Errorf("Write: %v", err)
				}
				return len(in)
			},
		}))
		c := s.dial()
		_, err := c.Write([]byte("?"))
		must(t, err)
		sockettest.Eventually(t, patience, func() bool { return s.Stats().Queued > 0 }, "output waits")
		release := hold(t, s.Loops()[0])
		report := s.drain()
		s.awaitOrders()
		release()
		threeTurns(t, s.Loops()[0])
		_, err = c.Write([]byte("?"))
		must(t, err)
		must(t, errors.Join(readPattern(c, 1, size), readPattern(c, 1, size), readEOF(c)))
		must(t, c.Close())
		wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 1})
	})
}

// threeTurns returns when l has made three more.
func threeTurns(t testing.TB, l *loop.Loop) {
	t.Helper()
	turned := make(chan bool)
	for range 3 {
		must(t, l.Post(func() { turned <- true }))
		receive(t, turned, "a turn")
	}
}

func TestDrainWaitsForResumeRead(t *testing.T) {
	opened := make(chan loop.Conn, 1)
	s := serve(t, loop.Config{}, tcpAddr, always(&calls{
		open: func(c loop.Conn) {
			c.PauseRead()
			opened <- c
		},
		data: echo{}.OnData,
	}))
	client := s.dial()
	_, err := client.Write([]byte("word"))
	must(t, err)
	c := receive(t, opened, "OnOpen")
	release := hold(t, c.Loop())
	report := s.drain()
	s.awaitOrders()
	release()
	threeTurns(t, c.Loop())
	if len(report) > 0 {
		t.Fatalf("Drain ends with paused input: %+v", <-report)
	}
	must(t, c.Loop().Post(c.ResumeRead))
	wantRead(t, client, "word")
	must(t, readEOF(client))
	must(t, client.Close())
	wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 1})
}

// The deadline ends connections that are busy, and the report says what that
// has cost.
func TestDrainDeadline(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		const size = 8 << 20
		causes := make(chan error, 10)
		s := serve(t, loop.Config{Backend: w.backend, Loops: 2, Limits: loop.Limits{MaxQueued: size}}, w.addr(t), always(&calls{
			open:  func(c loop.Conn) { _, _ = c.Write(make([]byte, size)) },
			close: func(_ loop.Conn, err error) { causes <- err },
		}))
		var conns []net.Conn
		for range 4 {
			conns = append(conns, s.dial())
		}
		sockettest.Eventually(t, patience, func() bool {
			st := s.Stats()
			return st.Conns == 4 && st.Queued > 0 && st.Again >= 4
		}, "all are blocked")
		ctx, cancel := context.WithCancel(t.Context())
		report := s.drainUntil(ctx)
		cancel()
		got := receive(t, report, "Drain")
		st := s.Stats()
		want := loop.Report{Conns: 4, Forced: 4, BytesUnsent: 4*size - int64(st.BytesOut)}
		wantReport(t, got, want)
		if got.BytesUnsent <= 0 || st.Unsent != uint64(got.BytesUnsent) {
			t.Errorf("%d bytes unsent, by Stats %d", got.BytesUnsent, st.Unsent)
		}
		for range conns {
			if err := receive(t, causes, "OnClose"); err != loop.ErrDrainTimeout {
				t.Errorf("OnClose with %v", err)
			}
		}
		var read int64
		for _, c := range conns {
			n, err := io.Copy(io.Discard, c)
			if read += n; err == nil && w.network == "tcp" {
				t.Errorf("a clean end after %d of %d bytes", n, size)
			}
		}
		if read > int64(st.BytesOut) {
			t.Errorf("%d bytes received, %d sent", read, st.BytesOut)
		}
	})
}

// Bytes of a Send that is on its way count as unsent.
func TestDrainDeadlineCountsSendsUnderWay(t *testing.T) {
	opened := make(chan loop.Conn, 2)
	var last loop.Conn
	s := serve(t, loop.Config{}, tcpAddr, always(&calls{
		open: func(c loop.Conn) { opened <- c },
		data: func(loop.Conn, []byte) int { return 0 },
		close: func(c loop.Conn, _ error) {
			if c != last {
				if err := last.Send([]byte("twelve bytes")); err != nil {
					t.Errorf("Send: %v", err)
				}
			}
		},
	}))
	for range 2 {
		_, err := s.dial().Write([]byte("keeps it busy"))
		must(t, err)
		last = receive(t, opened, "OnOpen")
	}
	sockettest.Eventually(t, patience, func() bool { return s.Stats().BytesIn == 26 }, "both are busy")
	ctx, cancel := context.WithCancel(t.Context())
	release := hold(t, last.Loop())
	report := s.drainUntil(ctx)
	s.awaitOrders()
	release()
	threeTurns(t, last.Loop())
	cancel()
	wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 2, Forced: 2, BytesUnsent: 12})
}

func TestDrainAndCloseInEveryOrder(t *testing.T) {
	s := serve(t, loop.Config{Loops: 2}, tcpAddr, always(echo{}))
	c := s.dial()
	served(t, c, nil)
	onLoop := make(chan error, 2)
	for _, l := range s.Loops() {
		must(t, l.Post(func() {
			_, err := s.Drain(context.Background())
			onLoop <- err
		}))
	}
	for range s.Loops() {
		if err := receive(t, onLoop, "Drain on a loop"); err != loop.ErrOnLoop {
			t.Errorf("Drain on a loop: %v", err)
		}
	}
	first, second := s.drain(), s.drain()
	must(t, readEOF(c))
	must(t, c.Close())
	wantReport(t, receive(t, first, "Drain"), loop.Report{Conns: 1})
	wantReport(t, receive(t, second, "the second Drain"), loop.Report{Conns: 1})
	if r := receive(t, s.drain(), "Drain after the end"); r.err != loop.ErrClosed {
		t.Errorf("Drain after the end: %v", r.err)
	}
	if err := s.Close(); err != loop.ErrClosed {
		t.Errorf("Close after the end: %v", err)
	}
	if err := s.Run(); err != loop.ErrClosed {
		t.Errorf("Run after the end: %v", err)
	}
}

func TestDrainWithoutRun(t *testing.T) {
	g, err := loop.New(loop.Config{})
	must(t, err)
	if _, err := g.Drain(t.Context()); err != loop.ErrClosed {
		t.Errorf("Drain before Run: %v", err)
	}
	must(t, g.Close())
	if _, err := g.Drain(t.Context()); err != loop.ErrClosed {
		t.Errorf("Drain after Close: %v", err)
	}
}

func TestCloseEndsADrain(t *testing.T) {
	cause := make(chan error, 1)
	s := serve(t, loop.Config{}, tcpAddr, always(&calls{
		data:  lines{}.OnData,
		close: func(_ loop.Conn, err error) { cause <- err },
	}))
	c := s.dial()
	_, err := c.Write([]byte("half"))
	must(t, err)
	sockettest.Eventually(t, patience, func() bool { return s.Stats().BytesIn == 4 }, "the half line")
	release := hold(t, s.Loops()[0])
	report := s.drain()
	s.awaitOrders()
	must(t, s.Close())
	release()
	wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 1})
	if err := receive(t, cause, "OnClose"); err != loop.ErrClosed {
		t.Errorf("OnClose with %v", err)
	}
	hungUp(t, c)
}

// A handler that panics while the queue of a listener is drained ends its own
// connection and nothing else.
func TestDrainGoesOnAfterAPanic(t *testing.T) {
	var n atomic.Int32
	s := serve(t, loop.Config{}, tcpAddr, func(loop.Conn) loop.Handler {
		if n.Add(1) == 2 {
			panic("the second connection")
		}
		return echo{}
	})
	release := hold(t, s.Loops()[0])
	var conns []net.Conn
	for range 4 {
		c := s.dial()
		_, err := c.Write([]byte("word"))
		must(t, err)
		conns = append(conns, c)
	}
	report := s.drain()
	s.awaitOrders()
	release()
	hungUp(t, conns[1])
	for _, i := range []int{0, 2, 3} {
		wantRead(t, conns[i], "word")
		must(t, readEOF(conns[i]))
		must(t, conns[i].Close())
	}
	wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 4})
}

// 1000 connections in the middle of their streams: every byte that the kernel
// had received is answered, and nothing else is lost (failure class E11).
func TestDrainLosesNothing(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			const conns, most = 1000, 200 << 10
			s := serve(t, loop.Config{Loops: 2}, way{network: network}.addr(t), always(echo{}))
			var wg sync.WaitGroup
			errs := make(chan error, conns)
			var sent, echoed atomic.Int64
			clients := make([]net.Conn, conns)
			for i := range clients {
				clients[i] = s.dial()
			}
			for i, c := range clients {
				wg.Go(func() {
					if err := streamUntilEOF(c, i, most, &sent, &echoed); err != nil {
						errs <- fmt.Errorf("connection %d: %w", i, err)
					}
				})
			}
			sockettest.Eventually(t, patience, func() bool { return echoed.Load() > 100*conns }, "the streams flow")
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			report := s.drainUntil(ctx)
			wg.Wait()
			for range min(len(errs), 5) {
				t.Error(<-errs)
			}
			wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: conns})
			st := s.Stats()
			if st.BytesIn < st.BytesOut || st.Unsent != 0 || uint64(echoed.Load()) != st.BytesOut {
				t.Errorf("%d in, %d out, %d unsent; %d came back", st.BytesIn, st.BytesOut, st.Unsent, echoed.Load())
			}
			t.Logf("%d sent, %d echoed", sent.Load(), echoed.Load())
		})
	}
}

// streamUntilEOF sends messages of 100 bytes, and each only when the one before
// was echoed, until the server half-closes. Then everything that the server
// received must have come back: the last message wholly or not at all.
func streamUntilEOF(c net.Conn, id, most int, sent, echoed *atomic.Int64) error {
	defer c.Close()
	buf, want := make([]byte, 100), make([]byte, 100)
	for off := 0; off < most; off += len(buf) {
		pattern(want, id, off)
		if _, err := c.Write(want); err != nil {
			return fmt.Errorf("write at %d: %w", off, err)
		}
		sent.Add(int64(len(want)))
		n, err := io.ReadFull(c, buf)
		echoed.Add(int64(n))
		if err == io.EOF {
			return nil
		}
		if err != nil || firstDifference(buf, want) >= 0 {
			return fmt.Errorf("read at %d: %d bytes, %w", off, n, err)
		}
	}
	return errors.New("no end of the stream")
}
