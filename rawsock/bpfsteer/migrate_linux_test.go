package bpfsteer_test

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfsteer"
)

const patience = 10 * time.Second

// Connections that wait at a listener which is closed: with Migrate another
// listener has them, with what they had sent; without, the kernel resets them.
func TestMigrateQueue(t *testing.T) {
	for _, policy := range []bpfsteer.Policy{bpfsteer.RoundRobin, bpfsteer.ByCPU, bpfsteer.ByKey} {
		for _, migrate := range []bool{true, false} {
			for _, at := range []netip.AddrPort{loopback4, loopback6} {
				// A namespace of its own has the sysctl of the same purpose off.
				sockettest.NewNetns(t).Do(func() {
					migrateQueue(t, bpfsteer.Config{Policy: policy, Slots: 2, Migrate: migrate}, at)
				})
			}
		}
	}
}

func migrateQueue(t *testing.T, cfg bpfsteer.Config, at netip.AddrPort) {
	t.Helper()
	m := gather(t, open(t, cfg), unix.SOCK_STREAM, 2, at)
	must(t, m.g.Leave(1))
	clients := make([]rawsock.FD, 20)
	for i := range clients {
		clients[i] = m.connect(netip.Addr{})
		defer clients[i].Close()
		_, err := clients[i].Send([]byte{byte(i)}, unix.MSG_NOSIGNAL)
		must(t, err)
	}
	must(t, m.g.Join(1, m.fds[1]))
	m.leave(0)
	taken := 0
	for {
		fd, _, err := m.fds[1].Accept4(unix.SOCK_CLOEXEC)
		if err == unix.EAGAIN {
			break
		}
		must(t, err)
		defer fd.Close()
		taken++
	}
	reset := 0
	for _, c := range clients {
		if _, err := c.Recv(make([]byte, 1), unix.MSG_DONTWAIT); err == unix.ECONNRESET {
			reset++
		}
	}
	if want := len(clients); cfg.Migrate && (taken != want || reset != 0) || !cfg.Migrate && (taken != 0 || reset != want) {
		t.Errorf("%+v at %v: %d of %d connections moved, %d reset", cfg, at, taken, want, reset)
	}
}

// A listener of both families, by the peer's address: a connection that moves
// meets those that its peer makes later, be it IPv4 or IPv6.
func TestMigratedKeyIsThatOfThePeer(t *testing.T) {
	m := gather(t, open(t, bpfsteer.Config{Policy: bpfsteer.ByKey, Slots: 4, Migrate: true}), unix.SOCK_STREAM, 4, netip.MustParseAddrPort("[::]:0"))
	connect := func(i byte) rawsock.FD {
		c, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		t.Cleanup(func() { c.Close() })
		must(t, c.Bind(rawsock.SockaddrInet4([4]byte{127, 0, 1, i}, 0)))
		must(t, c.Connect(rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, m.sa.AddrPort().Port())))
		return c
	}
	for i := range byte(64) {
		connect(1 + i)
	}
	waiting := m.accepted()[0]
	for peer := range waiting {
		connect(peer.As4()[3])
	}
	m.leave(0)
	moved := m.accepted()
	for peer := range waiting {
		connect(peer.As4()[3])
	}
	later := m.accepted()
	if len(waiting) < 5 || !maps.EqualFunc(moved, later, maps.Equal) {
		t.Errorf("%d peers of slot 0 moved as %v, and came later as %v", len(waiting), moved, later)
	}
}

// accepted takes what waits at each listener, and returns its peers by slot.
func (m *members) accepted() map[int]map[netip.Addr]bool {
	m.t.Helper()
	got := make(map[int]map[netip.Addr]bool)
	for slot, fd := range m.fds {
		for fd >= 0 {
			s, sa, err := fd.Accept4(unix.SOCK_CLOEXEC)
			if err == unix.EAGAIN {
				break
			}
			must(m.t, err)
			s.Close()
			if got[slot] == nil {
				got[slot] = make(map[netip.Addr]bool)
			}
			got[slot][sa.AddrPort().Addr().Unmap()] = true
		}
	}
	return got
}

// server echoes one byte of each connection of a listener until that is closed
// for it.
type server struct {
	fd   rawsock.FD
	stop chan struct{}
	done chan int // how many it served
}

func serve(fd rawsock.FD) *server {
	s := &server{fd, make(chan struct{}), make(chan int, 1)}
	go func() {
		served := 0
		defer func() { s.done <- served }()
		for {
			select {
			case <-s.stop:
				return
			default:
			}
			fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
			if n, err := unix.Poll(fds, 1); n <= 0 || err != nil {
				continue
			}
			c, _, err := s.fd.Accept4(unix.SOCK_CLOEXEC)
			if err != nil {
				continue
			}
			var b [1]byte
			c.Recv(b[:], 0)                 //nolint:errcheck // the client says what went wrong
			c.Send(b[:], unix.MSG_NOSIGNAL) //nolint:errcheck
			c.Close()
			served++
		}
	}()
	return s
}

// A listener is replaced again and again while clients come as fast as they can:
// nobody is refused, nobody reset.
func TestMigrateUnderLoad(t *testing.T) {
	const replaced = 30
	m := gather(t, open(t, bpfsteer.Config{Slots: 2, Migrate: true}), unix.SOCK_STREAM, 2, loopback4)
	servers := []*server{serve(m.fds[0]), serve(m.fds[1])}
	where := m.sa.String()
	var clients sync.WaitGroup
	var failed, answered atomic.Int64
	over := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if err := ask(where); err != nil {
					if failed.Add(1) < 5 {
						t.Errorf("a client: %v", err)
					}
				}
				answered.Add(1)
			}
		})
	}
	more := func() {
		before := answered.Load()
		sockettest.Eventually(t, patience, func() bool { return answered.Load() > before+20 }, "clients are served")
	}
	for i := range replaced {
		slot := i % 2
		more()
		// Its queue is not empty when it stops accepting; close moves what waits.
		close(servers[slot].stop)
		<-servers[slot].done
		// A handshake that ends while close runs is reset, whatever the program
		// says: it leaves first, and those that are under way have time to end.
		must(t, m.g.Leave(slot))
		<-time.After(2 * time.Millisecond)
		m.leave(slot)
		m.join(slot)
		servers[slot] = serve(m.fds[slot])
	}
	more()
	close(over)
	clients.Wait()
	for _, s := range servers {
		close(s.stop)
		if <-s.done == 0 {
			t.Error("a listener served nobody")
		}
	}
	t.Logf("%d listeners closed, %d connections, %d refused or reset", replaced, answered.Load(), failed.Load())
}

func ask(where string) error {
	c, err := net.DialTimeout("tcp", where, patience)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("x")); err != nil {
		return err
	}
	var b [1]byte
	if n, err := c.Read(b[:]); n != 1 || b[0] != 'x' {
		return errors.Join(errors.New("no answer"), err)
	}
	return nil
}
