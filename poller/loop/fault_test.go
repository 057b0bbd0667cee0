//go:build linux

package loop_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// echoAll drives several clients at once, each with messages of random sizes of
// which every byte must come back, and then a clean end.
func echoAll(t testing.TB, s *server, clients int) {
	t.Helper()
	var wg sync.WaitGroup
	for id := range clients {
		c := s.dial()
		wg.Go(func() {
			if err := echoOne(c, id); err != nil {
				t.Errorf("client %d: %v", id, err)
			}
		})
	}
	wg.Wait()
}

func echoOne(c net.Conn, id int) error {
	r := rand.New(rand.NewPCG(uint64(id), 1))
	for range 20 {
		n := 1 + r.IntN(1<<r.IntN(17))
		if err := writePattern(c, id, n, n); err != nil {
			return err
		}
		if err := readPattern(c, id, n); err != nil {
			return err
		}
	}
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		return err
	}
	return errors.Join(readEOF(c), c.Close())
}

// interruptible are the calls of the loop that a signal can interrupt, and
// close, which is over whatever it says.
var interruptible = []string{"wait", "accept", "recv", "send", "sendmsg", "read", "write", "close"}

func TestEveryCallInterrupted(t *testing.T) {
	const once = 1 << 30
	eachWay(t, func(t *testing.T, w way) {
		for _, every := range []int{once, 7, 3, 2} {
			t.Run(fmt.Sprint(every), func(t *testing.T) {
				calls := &interrupter{every: every, asked: make(map[string]int)}
				s := runOn(t, loop.Config{Backend: w.backend, Loops: 2}, func(k *faulty) { k.fail = calls.fail }, w.addr(t), always(echo{}))
				echoAll(t, s, 8)
				for _, call := range []string{"wait", "accept", "recv", "send", "write", "close"} {
					if calls.times(call) == 0 {
						t.Errorf("%s was never called", call)
					}
				}
				if st := s.Stats(); st.Shed != 0 || st.Panics != 0 {
					t.Errorf("%+v", st)
				}
			})
		}
	})
}

// interrupter interrupts the first call of each kind, and then every so many.
type interrupter struct {
	every int
	mu    sync.Mutex
	asked map[string]int
}

func (i *interrupter) fail(call string, _ int) sys.Errno {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !slices.Contains(interruptible, call) {
		return 0
	}
	i.asked[call]++
	if i.asked[call]%i.every == 1 {
		return unix.EINTR
	}
	return 0
}

func (i *interrupter) times(call string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[call]
}

// The kernel may move any part of what it is asked to. A short recv means more
// than that on edge-triggered TCP, so there only sends are cut.
func TestShortCalls(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := runOn(t, loop.Config{Backend: w.backend, Loops: 2}, func(k *faulty) {
			r := rand.New(rand.NewPCG(7, 7))
			k.limit = func(call string, n int) int {
				if call == "recv" && w == (way{"tcp", bestPoll}) {
					return n
				}
				return 1 + r.IntN(min(n, 1<<(1+r.IntN(14))))
			}
		}, w.addr(t), always(echo{}))
		echoAll(t, s, 8)
		if s.Stats().ShortWrites == 0 {
			t.Error("no send was cut")
		}
	})
}

// One wait in ten brings events of which nothing is true, and some for tokens
// that nobody has.
func TestSpuriousEvents(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			made := atomic.Int64{}
			s := runOn(t, loop.Config{Loops: 2}, func(k *faulty) {
				tokens := make(map[int]uint64)
				r := rand.New(rand.NewPCG(3, 9))
				k.ctl = func(op, fd int, token uint64) {
					if op == sys.EPOLL_CTL_DEL {
						delete(tokens, fd)
					} else if token != ^uint64(0) {
						tokens[fd] = token
					}
				}
				k.events = func(events []sys.EpollEvent, n int) int {
					if n == 0 || r.IntN(10) > 0 {
						return n
					}
					for _, token := range tokens {
						n = addEvent(events, n, token, r.Uint32())
						made.Add(1)
					}
					return addEvent(events, n, r.Uint64()>>1|1<<40, r.Uint32())
				}
			}, way{network: network}.addr(t), always(echo{}))
			echoAll(t, s, 12)
			if made.Load() == 0 {
				t.Error("no spurious event")
			}
			if st := s.Stats(); st.Panics != 0 || st.AcceptErrors != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

func addEvent(events []sys.EpollEvent, n int, token uint64, bits uint32) int {
	if n == len(events) {
		return n
	}
	const known = sys.EPOLLIN | sys.EPOLLOUT | sys.EPOLLPRI | sys.EPOLLERR | sys.EPOLLHUP | sys.EPOLLRDHUP
	events[n].Events = bits & known
	sys.SetToken(&events[n], token)
	return n + 1
}

// A connection that the poller has no room for is closed, and only that one.
func TestPollerIsFull(t *testing.T) {
	for _, e := range []sys.Errno{unix.ENOSPC, unix.ENOMEM} {
		var reports []error
		opened := 0
		k := &faulty{}
		cfg := loop.Config{OnError: func(err error) { reports = append(reports, err) }}
		s := stepOn(t, cfg, k, tcpAddr, func(loop.Conn) loop.Handler { opened++; return echo{} })
		fails := script{call: "epoll_ctl", errs: []sys.Errno{0, e}}
		k.fail = fails.fail
		until := func(cond func() bool) { s.until(cond, "the echo") }
		first, second := s.dial(), s.dial()
		served(t, first, until)
		hungUp(t, second)
		third := s.dial()
		served(t, third, until)
		served(t, first, until)
		if len(reports) != 1 || !errors.Is(reports[0], e) || opened != 2 {
			t.Errorf("reported %v, opened %d", reports, opened)
		}
		if st := s.l.StatsNow(); st.Conns != 2 || st.Accepted != 2 || st.AcceptErrors != 1 {
			t.Errorf("%+v", st)
		}
		before := sockettest.OpenFDs(t)
		must(t, s.Close())
		if now := sockettest.OpenFDs(t); now != before-2-1-3 { // connections, listener; epoll, eventfd, spare
			t.Errorf("%d descriptors, %d before", now, before)
		}
	}
}

// A listener that cannot be added again after its back-off ends, and says so.
func TestPollerIsFullForAListener(t *testing.T) {
	var clock atomic.Int64
	full := script{call: "epoll_ctl"}
	accepts := script{call: "accept", errs: []sys.Errno{unix.ENOMEM}}
	var reports []error
	k := &faulty{clock: &clock, fail: func(call string, fd int) sys.Errno {
		return max(full.fail(call, fd), accepts.fail(call, fd))
	}}
	s := stepOn(t, loop.Config{OnError: func(err error) { reports = append(reports, err) }}, k, tcpAddr, always(echo{}))
	c := s.dial()
	s.until(func() bool { return len(reports) == 1 }, "the back-off")
	full.errs = []sys.Errno{unix.ENOSPC}
	clock.Add(int64(time.Second))
	s.until(func() bool { return len(reports) == 2 }, "the end of the listener")
	if !errors.Is(reports[1], unix.ENOSPC) {
		t.Errorf("reported %v", reports)
	}
	hungUp(t, c)
	s.listen(tcpAddr, always(echo{}))
	served(t, s.dial(), func(cond func() bool) { s.until(cond, "the echo") })
}

// A wait that fails ends the group with its error, frees everything and tells
// every handler.
func TestWaitFails(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		before := sockettest.OpenFDs(t)
		var broken atomic.Bool
		g, err := loop.NewGroup(loop.Config{Loops: 2, Backend: w.backend}, func() sys.Kernel {
			return &faulty{Kernel: sys.NewHost(), fail: func(call string, _ int) sys.Errno {
				if call == "wait" && broken.Load() {
					return unix.EBADF
				}
				return 0
			}}
		})
		must(t, err)
		causes := make(chan error, 2)
		lis, err := g.Listen(tcpAddr, always(&calls{data: echo{}.OnData, close: func(_ loop.Conn, err error) { causes <- err }}))
		must(t, err)
		ended := make(chan error, 1)
		go func() { ended <- g.Run() }()
		s := &server{Group: g, t: t, lis: lis}
		conns := []net.Conn{s.dial(), s.dial()}
		for _, c := range conns {
			served(t, c, nil)
		}
		broken.Store(true)
		must(t, g.Loops()[0].Post(func() {}))
		if err := receive(t, ended, "Run"); !errors.Is(err, unix.EBADF) {
			t.Errorf("Run: %v", err)
		}
		for _, c := range conns {
			if err := receive(t, causes, "OnClose"); err != loop.ErrClosed {
				t.Errorf("OnClose with %v", err)
			}
			hungUp(t, c)
			must(t, c.Close())
		}
		if now := sockettest.OpenFDs(t); now != before {
			t.Errorf("%d descriptors, %d before", now, before)
		}
		if err := g.Close(); err != loop.ErrClosed {
			t.Errorf("Close afterwards: %v", err)
		}
	})
}

// 10 000 connections that are reset at any moment do no harm to one that is not
// (failure class E7).
func TestResetStorm(t *testing.T) {
	s := serve(t, loop.Config{Loops: 2, OnError: func(err error) { t.Errorf("reported: %v", err) }}, tcpAddr, always(echo{}))
	witness := s.dial()
	served(t, witness, nil)
	storm := 10_000
	if testing.Short() {
		storm /= 10
	}
	var wg sync.WaitGroup
	for part := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(part), 2))
			for range storm / 4 {
				if err := resetOne(s, r.IntN(3)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	served(t, witness, nil)
	want := uint64(storm/4*4 + 1)
	sockettest.Eventually(t, patience, func() bool {
		st := s.Stats()
		return st.Accepted == want && st.Closed == want-1 && st.Conns == 1
	}, "all are accepted and closed")
}

// resetOne connects and resets: at once, with input on its way, or in the
// middle of an answer.
func resetOne(s *server, when int) error {
	c, err := net.Dial("tcp", s.lis.Addr().String())
	if err != nil {
		return err
	}
	if when > 0 {
		_, err = c.Write(make([]byte, 1000))
	}
	if when > 1 && err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	return errors.Join(err, c.(*net.TCPConn).SetLinger(0), c.Close())
}
