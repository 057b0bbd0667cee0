package loop_test

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/poller/loop"
)

// spread connects many clients to a group of 4 loops and returns how many each
// loop got, which its handlers and its counters must agree on.
func spread(t *testing.T, addr string, clients int) (counts []int) {
	s := serve(t, loop.Config{Loops: 4}, addr, always(&calls{
		open: func(c loop.Conn) { _, _ = c.Write([]byte{byte(loopIndex(c))}) },
	}))
	counts = make([]int, 4)
	var conns []net.Conn
	for range clients {
		c := s.dial()
		conns = append(conns, c)
	}
	for _, c := range conns {
		var b [1]byte
		_, err := c.Read(b[:])
		must(t, err)
		counts[b[0]]++
	}
	sockettest.Eventually(t, patience, func() bool { return s.Stats().Accepted == uint64(clients) }, "all are counted")
	for i, l := range s.Loops() {
		if st := l.Stats(); st.Accepted != uint64(counts[i]) || st.Conns != st.Accepted {
			t.Errorf("loop %d: %d accepted, %d open; its handlers say %d", i, st.Accepted, st.Conns, counts[i])
		}
	}
	return counts
}

func loopIndex(c loop.Conn) int { return slices.Index(c.Loop().Group().Loops(), c.Loop()) }

func TestReusePortSpreadsOverLoops(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("one loop accepts and deals out here")
	}
	counts := spread(t, tcpAddr, 2000)
	t.Logf("connections a loop: %v", counts)
	for _, n := range counts {
		if n < 300 || n > 800 { // 500 each, with more than ten standard deviations either way
			t.Errorf("unbalanced: %v", counts)
		}
	}
}

func TestUnixListenerDealsInTurn(t *testing.T) {
	counts := spread(t, unixAddr(t), 400)
	for _, n := range counts {
		if n != 100 {
			t.Errorf("not dealt in turn: %v", counts)
		}
	}
}

func TestPostOnEachLoop(t *testing.T) {
	s := serve(t, loop.Config{Loops: 3}, tcpAddr, always(echo{}))
	ran := make(chan int, 3)
	for i, l := range s.Loops() {
		if l.Group() != s.Group {
			t.Errorf("loop %d belongs to another group", i)
		}
		must(t, l.Post(func() { ran <- i }))
	}
	seen := 0
	for range 3 {
		seen |= 1 << receive(t, ran, "a posted function")
	}
	if seen != 7 {
		t.Errorf("ran on %b", seen)
	}
}

// A loop that deals may find that another one has ended already: while the
// group drains that connection is served all the same.
func TestDealToALoopThatHasEnded(t *testing.T) {
	var n atomic.Int32
	inFirst, goOn := make(chan bool), make(chan bool)
	s := serve(t, loop.Config{Loops: 2}, unixAddr(t), func(loop.Conn) loop.Handler {
		if n.Add(1) == 1 {
			inFirst <- true
			<-goOn
		}
		return echo{}
	})
	release := hold(t, s.Loops()[0]) // so that both are accepted in one turn
	conns := []net.Conn{s.dial(), s.dial()}
	for _, c := range conns {
		_, err := c.Write([]byte("word"))
		must(t, err)
	}
	release()
	receive(t, inFirst, "the first connection")
	report := s.drain()
	sockettest.Eventually(t, patience, func() bool {
		return s.Loops()[1].Post(func() {}) == loop.ErrClosed
	}, "the other loop ends")
	close(goOn)
	for _, c := range conns {
		wantRead(t, c, "word")
		must(t, readEOF(c))
		must(t, c.Close())
	}
	wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 2})
}

// The same for a loop that has drained its queue of posts and is about to end.
func TestDealToALoopThatIsEnding(t *testing.T) {
	var n atomic.Int32
	inThird, goOn := make(chan bool), make(chan bool)
	inClose, goOnClosing := make(chan bool), make(chan bool)
	second := make(chan loop.Conn, 1)
	s := serve(t, loop.Config{Loops: 2}, unixAddr(t), func(c loop.Conn) loop.Handler {
		switch n.Add(1) {
		case 2:
			second <- c
		case 3:
			inThird <- true
			<-goOn
		}
		return &calls{data: echo{}.OnData, close: func(c loop.Conn, _ error) {
			if loopIndex(c) == 1 && n.Load() == 3 {
				inClose <- true
				<-goOnClosing
			}
		}}
	})
	conns := []net.Conn{s.dial(), s.dial()}
	for _, c := range conns {
		served(t, c, nil)
	}
	release := hold(t, s.Loops()[0])
	conns = append(conns, s.dial(), s.dial())
	_, err := conns[3].Write([]byte("word"))
	must(t, err)
	release()
	receive(t, inThird, "loop 0 accepts")
	report := s.drain()
	must(t, readEOF(conns[1]))
	c := <-second
	must(t, c.Loop().Post(c.Abort)) // which is carried out after the posts
	receive(t, inClose, "loop 1 closes its last connection")
	close(goOn)
	must(t, readEOF(conns[0])) // loop 0 drains, so it has dealt
	close(goOnClosing)
	wantRead(t, conns[3], "word")
	for _, i := range []int{0, 2, 3} {
		must(t, conns[i].Close())
	}
	wantReport(t, receive(t, report, "Drain"), loop.Report{Conns: 4})
}

func TestRunAndCloseTwice(t *testing.T) {
	s := serve(t, loop.Config{}, tcpAddr, always(echo{}))
	served(t, s.dial(), nil)
	if err := s.Run(); err != loop.ErrClosed {
		t.Errorf("Run while running: %v", err)
	}
	must(t, s.Close())
	sockettest.Eventually(t, patience, func() bool { return s.Close() == loop.ErrClosed }, "Close of a closed group is ErrClosed")
	if _, err := s.Listen(tcpAddr, always(echo{})); err != loop.ErrClosed {
		t.Errorf("Listen after Close: %v", err)
	}
	if err := s.lis.Close(); !errors.Is(err, loop.ErrClosed) {
		t.Errorf("Listener.Close after Close: %v", err)
	}
	if err := s.Loops()[0].Post(func() {}); err != loop.ErrClosed {
		t.Errorf("Post after Close: %v", err)
	}
	if err := s.Loops()[0].Step(); err != loop.ErrClosed {
		t.Errorf("Step after Close: %v", err)
	}
}

func TestCloseFromAHandler(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		causes := make(chan error, 10)
		s := serve(t, loop.Config{Loops: 2, Backend: w.backend}, w.addr(t), always(&calls{
			data: func(c loop.Conn, in []byte) int {
				if string(in) == "stop" {
					if err := c.Loop().Group().Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				}
				return echo{}.OnData(c, in)
			},
			close: func(_ loop.Conn, err error) { causes <- err },
		}))
		var conns []net.Conn
		for range 4 {
			c := s.dial()
			served(t, c, nil)
			conns = append(conns, c)
		}
		_, err := conns[1].Write([]byte("stop"))
		must(t, err)
		for range conns {
			if err := receive(t, causes, "OnClose"); err != loop.ErrClosed {
				t.Errorf("OnClose with %v", err)
			}
		}
		wantRead(t, conns[1], "stop")
		hungUp(t, conns[0])
	})
}

// A group that never runs gives everything back: descriptors of the pollers,
// of listeners, and the files of these.
func TestCloseWithoutRun(t *testing.T) {
	for _, backend := range []poller.Backend{bestPoll, poller.Poll} {
		before := sockettest.OpenFDs(t)
		g, err := loop.New(loop.Config{Loops: 3, Backend: backend})
		must(t, err)
		path := unixAddr(t)
		for _, addr := range []string{tcpAddr, path} {
			_, err := g.Listen(addr, always(echo{}))
			must(t, err)
		}
		ran := 0
		must(t, g.Loops()[1].Post(func() { ran++ }))
		waiting, err := net.Dial("unix", strings.TrimPrefix(path, "unix://"))
		must(t, err)
		must(t, g.Close())
		hungUp(t, waiting)
		must(t, waiting.Close())
		if now := sockettest.OpenFDs(t); now != before {
			t.Errorf("%d descriptors, %d before", now, before)
		}
		if ran != 1 {
			t.Errorf("what was posted ran %d times", ran)
		}
		if _, err := net.Dial("unix", strings.TrimPrefix(path, "unix://")); err == nil {
			t.Errorf("the socket is still there")
		}
		if err := g.Close(); err != loop.ErrClosed {
			t.Errorf("Close again: %v", err)
		}
		if err := g.Run(); err != loop.ErrClosed {
			t.Errorf("Run after Close: %v", err)
		}
	}
}

// Connections that were dealt to a loop and wait for it there are not left
// open when the group ends.
func TestCloseWithDealtConnectionsWaiting(t *testing.T) {
	s := serve(t, loop.Config{Loops: 2}, unixAddr(t), always(echo{}))
	before := sockettest.OpenFDs(t)
	release := hold(t, s.Loops()[1])
	var conns []net.Conn
	for range 20 {
		conns = append(conns, s.dial())
	}
	sockettest.Eventually(t, patience, func() bool { return s.Loops()[0].Stats().Accepted == 10 }, "every other one is served")
	must(t, s.Close())
	release()
	for _, c := range conns {
		hungUp(t, c)
		must(t, c.Close())
	}
	sockettest.Eventually(t, patience, func() bool { return sockettest.OpenFDs(t) < before }, "all is given back")
}

// Listen, Post and Close from many goroutines at once: no race, no leak, and
// every error is one that is documented.
func TestListenWhileClosing(t *testing.T) {
	for range 30 {
		before := sockettest.OpenFDs(t)
		g, err := loop.New(loop.Config{Loops: 2})
		must(t, err)
		var wg sync.WaitGroup
		ended := make(chan error, 1)
		for range 3 {
			wg.Go(func() {
				for {
					lis, err := g.Listen(tcpAddr, always(echo{}))
					if err == nil {
						err = lis.Close()
					}
					if errors.Is(err, loop.ErrClosed) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		go func() { ended <- g.Run() }()
		sockettest.Eventually(t, patience, func() bool { return g.Stats().Turns > 5 }, "the group runs")
		must(t, g.Close())
		must(t, receive(t, ended, "Run"))
		wg.Wait()
		if now := sockettest.OpenFDs(t); now != before {
			t.Fatalf("%d descriptors, %d before", now, before)
		}
	}
}

func TestConfigRefusals(t *testing.T) {
	for want, cfg := range map[string]loop.Config{
		"Config.Loops is -1":         {Loops: -1},
		"Config.Loops is 1025":       {Loops: 1025},
		"Config.MaxConns is -1":      {MaxConns: -1},
		"Config.CloseTimeout is -1s": {CloseTimeout: -time.Second},
		"Limits.MaxQueued is -1":     {Limits: loop.Limits{MaxQueued: -1}},
		"Limits.MaxPosts is -5":      {Limits: loop.Limits{MaxPosts: -5}},
		"Limits.AcceptsPerTurn":      {Limits: loop.Limits{AcceptsPerTurn: -1}},
		"LowWater <= HighWater":      {Limits: loop.Limits{LowWater: 2, HighWater: 1}},
		"HighWater <= MaxQueued":     {Limits: loop.Limits{HighWater: 2, MaxQueued: 1}},
		`backend "uring"`:            {Backend: "uring"},
	} {
		g, err := loop.New(cfg)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
		if err == nil {
			must(t, g.Close())
		}
	}
	if _, err := loop.New(loop.Config{Backend: poller.Kqueue}); runtime.GOOS == "linux" && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("kqueue on Linux: %v", err)
	}
}

// New gives back what it had when it fails half-way.
func TestNewFailsHalfWay(t *testing.T) {
	before := sockettest.OpenFDs(t)
	for fails := range 3 {
		kernels := 0
		_, err := loop.NewGroup(loop.Config{Loops: 3}, halfWay(&kernels, fails))
		if err == nil || !strings.Contains(err.Error(), errNoLoop.Error()) {
			t.Errorf("%d loops: %v", fails, err)
		}
	}
	if now := sockettest.OpenFDs(t); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
}

var errNoLoop = fmt.Errorf("too many open files")
