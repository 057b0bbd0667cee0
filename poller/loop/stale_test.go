package loop_test

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// A1: three connections are ready in one batch. The handler that runs first
// ends the others, while a new client waits that gets their descriptors and
// slots. It must not see their events, nor what they were sent.
func TestEventsOfEndedConnections(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var conns []loop.Conn
		got := map[loop.Conn]string{}
		ended := map[loop.Conn]int{}
		var fds []int
		act := false
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) { conns, fds = append(conns, c), append(fds, int(c.FD())) },
			data: func(c loop.Conn, in []byte) int {
				if act {
					act = false
					abortOthers(conns, c)
				}
				got[c] += string(in)
				return len(in)
			},
			close: func(c loop.Conn, _ error) { ended[c]++ },
		}))
		peers := []*peer{s.connect(), s.connect(), s.connect()}
		s.until(func() bool { return len(conns) == 3 }, "three open")
		for _, c := range peers {
			c.send("x")
		}
		newcomer := s.connect()
		act = true
		s.turns(1)
		s.until(func() bool { return len(conns) >= 4 }, "the newcomer")
		another := s.connect()
		s.until(func() bool { return len(conns) == 5 }, "another one")
		if !slices.Contains(fds[:3], fds[3]) && !slices.Contains(fds[:3], fds[4]) {
			t.Errorf("descriptors %v: none was used again", fds)
		}
		for _, old := range conns[:3] {
			if slices.Contains(conns[3:], old) {
				t.Error("a new connection equals an old one")
			}
		}
		newcomer.send("new")
		another.send("new")
		s.turns(3)
		texts := map[string]int{}
		for i, c := range conns {
			if texts[got[c]]++; (got[c] == "new") != (i >= 3) || ended[c] > 1 {
				t.Errorf("connection %d was sent %q and ended %d times", i, got[c], ended[c])
			}
		}
		if texts["x"] != 1 || texts[""] != 2 || len(ended) != 2 {
			t.Errorf("%v, %d ended, want 1 of the first three to be served", texts, len(ended))
		}
	})
}

func abortOthers(conns []loop.Conn, but loop.Conn) {
	for _, other := range conns {
		if other != but {
			other.Abort()
		}
	}
}

// An event that was fetched for a connection does not reach the next one in its
// slot, whatever it says.
func TestEventOfOldGeneration(t *testing.T) {
	var token uint64
	var inject []sys.EpollEvent
	k := &kernel{
		ctl: func(host sys.Kernel, epfd, op, fd int, events uint32, tok uint64) sys.Errno {
			if op == sys.EPOLL_CTL_ADD && tok>>32 != 0 && token == 0 && tok != ^uint64(0) {
				token = tok
			}
			return host.EpollCtl(epfd, op, fd, events, tok)
		},
		wait: func(host sys.Kernel, epfd int, events []sys.EpollEvent) (int, sys.Errno) {
			n, e := host.EpollWait(epfd, events, 0)
			n += copy(events[n:], inject)
			inject = nil
			return n, e
		},
	}
	var conns []loop.Conn
	var end ended
	s := step(t, loop.Config{}, k, tcpAddr, always(&calls{
		open:  func(c loop.Conn) { conns = append(conns, c) },
		close: end.onClose,
	}))
	s.connect()
	s.until(func() bool { return len(conns) == 1 }, "OnOpen")
	must(t, s.l.Post(conns[0].Abort))
	s.until(func() bool { return end.n == 1 }, "OnClose")
	s.connect()
	s.until(func() bool { return len(conns) == 2 }, "OnOpen")
	s.turns(2)
	before := s.l.StatsNow()
	ev := sys.EpollEvent{Events: sys.EPOLLIN | sys.EPOLLOUT | sys.EPOLLERR | sys.EPOLLHUP | sys.EPOLLRDHUP}
	sys.SetToken(&ev, token)
	unknown := ev
	sys.SetToken(&unknown, 1<<32|12345)
	inject = []sys.EpollEvent{ev, unknown}
	s.turns(2)
	after := s.l.StatsNow()
	if after.Stale-before.Stale != 2 {
		t.Errorf("%d stale events were counted, want 2", after.Stale-before.Stale)
	}
	if after.Calls.Recv != before.Calls.Recv || after.Calls.Sockopt != before.Calls.Sockopt || end.n != 1 {
		t.Error("the event of an old connection reached a new one")
	}
}

// A2: a duplicate of the descriptor keeps the socket alive after the close. It
// must not be reported any more, for it could never be removed.
func TestDuplicateOfClosedDescriptor(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		var end ended
		dup := -1
		s := step(t, loop.Config{Backend: w.backend}, nil, w.addr(t), always(&calls{
			open: func(c loop.Conn) {
				var err error
				dup, err = unix.Dup(int(c.FD()))
				must(t, err)
			},
			eof:   func(c loop.Conn, _ []byte) { c.Close() },
			close: end.onClose,
		}))
		t.Cleanup(func() { _ = unix.Close(dup) })
		c := s.connect()
		s.turns(2)
		c.shutdown()
		s.until(func() bool { return end.n == 1 }, "OnClose")
		before := s.l.StatsNow().Events
		s.turns(100)
		if n := s.l.StatsNow().Events - before; n != 0 {
			t.Errorf("%d events in 100 turns", n)
		}
	})
}

// A Conn names nothing after its end, also when its slot is taken again.
func TestStaleConn(t *testing.T) {
	var conns []loop.Conn
	var end ended
	s := step(t, loop.Config{}, nil, tcpAddr, always(&calls{
		open:  func(c loop.Conn) { conns = append(conns, c) },
		close: end.onClose,
	}))
	s.connect()
	s.until(func() bool { return len(conns) == 1 }, "OnOpen")
	must(t, s.l.Post(conns[0].Abort))
	s.until(func() bool { return end.n == 1 }, "OnClose")
	c := s.connect()
	s.until(func() bool { return len(conns) == 2 }, "OnOpen")
	must(t, s.l.Post(func() {
		for name, old := range map[string]loop.Conn{"zero": {}, "ended": conns[0]} {
			if n, err := old.Write([]byte("stale")); n != 0 || err != loop.ErrClosed {
				t.Errorf("%s: Write: %d, %v", name, n, err)
			}
			if err := old.Send([]byte("stale")); err != loop.ErrClosed {
				t.Errorf("%s: Send: %v", name, err)
			}
			if err := old.CloseWrite(); err != loop.ErrClosed {
				t.Errorf("%s: CloseWrite: %v", name, err)
			}
			if fd, n := old.FD(), old.Queued(); fd != -1 || n != 0 {
				t.Errorf("%s: FD %d, Queued %d", name, fd, n)
			}
			if !old.RemoteAddr().IsZero() || !old.LocalAddr().IsZero() {
				t.Errorf("%s: it has addresses", name)
			}
			old.Close()
			old.Abort()
			old.PauseRead()
			old.ResumeRead()
		}
		if conns[0].Loop() != s.l || (loop.Conn{}).Loop() != nil {
			t.Error("Loop")
		}
	}))
	s.turns(2)
	must(t, conns[1].Send([]byte("fresh")))
	if got := s.collect(c, 5); string(got) != "fresh" || end.n != 1 {
		t.Errorf("%q, %d times OnClose", got, end.n)
	}
}

// Goroutines send to connections that come and go in the same few slots: a
// client sees only what was meant for it.
func TestSendNeverReachesAnotherConnection(t *testing.T) {
	const clients, senders = 60, 4
	var mu sync.Mutex
	type target struct {
		c  loop.Conn
		id []byte
	}
	var targets []target
	s := serve(t, loop.Config{}, tcpAddr, always(&calls{
		data: func(c loop.Conn, in []byte) int {
			if len(in) < 4 {
				return 0
			}
			mu.Lock()
			defer mu.Unlock()
			targets = append(targets, target{c, slices.Clone(in[:4])})
			return len(in)
		},
		eof: func(c loop.Conn, _ []byte) { c.Abort() },
	}))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for {
				mu.Lock()
				latest := slices.Clone(targets[max(len(targets)-5, 0):])
				mu.Unlock()
				for _, to := range latest {
					_ = to.c.Send(to.id)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	for id := range clients {
		ownBytesOnly(t, s.dial(), uint32(id)+1)
	}
}

func ownBytesOnly(t *testing.T, c net.Conn, id uint32) {
	t.Helper()
	defer c.Close()
	_, err := c.Write(binary.BigEndian.AppendUint32(nil, id))
	must(t, err)
	m := make([]byte, 4)
	for range 50 {
		_, err := io.ReadFull(c, m)
		must(t, err)
		if got := binary.BigEndian.Uint32(m); got != id {
			t.Fatalf("client %d was sent what was meant for %d", id, got)
		}
	}
}
