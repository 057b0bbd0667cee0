package bpfsteer_test

import (
	"errors"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfsteer"
)

func open(t *testing.T, cfg bpfsteer.Config) *bpfsteer.Group {
	t.Helper()
	g, err := bpfsteer.Open(cfg)
	switch {
	case errors.Is(err, bpfsteer.ErrUnavailable) && os.Getenv("REQUIRE_BPF") != "1":
		t.Skip(err)
	case err != nil:
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { must(t, g.Close()) })
	return g
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// members is a group of sockets on one address, by slot. An empty slot is -1.
type members struct {
	t   *testing.T
	g   *bpfsteer.Group
	typ int
	sa  rawsock.Sockaddr
	fds []rawsock.FD
}

// gather makes a group of n sockets and attaches the program to it.
func gather(t *testing.T, g *bpfsteer.Group, typ, n int, at netip.AddrPort) *members {
	t.Helper()
	m := &members{t: t, g: g, typ: typ, fds: make([]rawsock.FD, n)}
	sa, err := rawsock.SockaddrFromAddrPort(at)
	must(t, err)
	if m.sa = sa; typ == unix.SOCK_DGRAM && at.Port() == 0 {
		m.sa = freePort(t, sa)
	}
	for slot := range m.fds {
		m.join(slot)
	}
	must(t, g.Attach(m.fds[0]))
	t.Cleanup(func() {
		for slot := range m.fds {
			m.leave(slot)
		}
	})
	return m
}

// freePort is sa with a port that no UDP socket has. With SO_REUSEPORT, port 0
// can be that of another group of the same user.
func freePort(t *testing.T, sa rawsock.Sockaddr) rawsock.Sockaddr {
	t.Helper()
	fd, err := rawsock.Socket(sa.Family(), unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer fd.Close()
	must(t, fd.Bind(sa))
	free, err := fd.Getsockname()
	must(t, err)
	return free
}

func (m *members) join(slot int) {
	m.t.Helper()
	fd, err := rawsock.Socket(m.sa.Family(), m.typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(m.t, err)
	m.fds[slot] = fd
	must(m.t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	must(m.t, fd.Bind(m.sa))
	if m.typ == unix.SOCK_STREAM {
		must(m.t, fd.Listen(128))
	}
	m.sa, err = fd.Getsockname()
	must(m.t, err)
	must(m.t, m.g.Join(slot, fd))
}

func (m *members) leave(slot int) {
	if m.fds[slot] >= 0 {
		m.fds[slot].Close()
		m.fds[slot] = -1
	}
}

// reach sends a datagram, or connects, from an address and returns the slot that
// got it.
func (m *members) reach(from netip.Addr, payload string) int {
	m.t.Helper()
	c := m.connect(from)
	defer c.Close()
	if m.typ == unix.SOCK_DGRAM {
		_, err := c.Send([]byte(payload), 0)
		must(m.t, err)
	}
	for slot, fd := range m.fds {
		if fd < 0 {
			continue
		}
		if m.typ == unix.SOCK_DGRAM {
			if _, err := fd.Recv(make([]byte, 100), 0); err == nil {
				return slot
			}
		} else if s, _, err := fd.Accept4(unix.SOCK_CLOEXEC); err == nil {
			s.Close()
			return slot
		}
	}
	m.t.Fatalf("nobody got what %v sent", from)
	return -1
}

func (m *members) connect(from netip.Addr) rawsock.FD {
	m.t.Helper()
	c, err := rawsock.Socket(m.sa.Family(), m.typ|unix.SOCK_CLOEXEC, 0)
	must(m.t, err)
	if from.IsValid() {
		sa, err := rawsock.SockaddrFromAddrPort(netip.AddrPortFrom(from, 0))
		must(m.t, err)
		must(m.t, c.Bind(sa))
	}
	must(m.t, c.Connect(m.sa))
	return c
}

var (
	loopback4 = netip.MustParseAddrPort("127.0.0.1:0")
	loopback6 = netip.MustParseAddrPort("[::1]:0")
)

func each(t *testing.T, f func(t *testing.T, typ int, at netip.AddrPort)) {
	for name, typ := range map[string]int{"tcp": unix.SOCK_STREAM, "udp": unix.SOCK_DGRAM} {
		for _, at := range []netip.AddrPort{loopback4, loopback6} {
			t.Run(name+" "+at.Addr().String(), func(t *testing.T) { f(t, typ, at) })
		}
	}
}

// In turn: exactly even, and around a slot that is empty.
func TestRoundRobin(t *testing.T) {
	each(t, func(t *testing.T, typ int, at netip.AddrPort) {
		m := gather(t, open(t, bpfsteer.Config{Slots: 3}), typ, 3, at)
		got := make([]int, 3)
		for range 30 {
			got[m.reach(netip.Addr{}, "x")]++
		}
		if !slices.Equal(got, []int{10, 10, 10}) {
			t.Errorf("30 to three sockets: %v", got)
		}
		must(t, m.g.Leave(1))
		must(t, m.g.Leave(1))
		for range 30 {
			if slot := m.reach(netip.Addr{}, "x"); slot == 1 {
				t.Error("a socket that has left got more")
			}
		}
	})
}

func TestByCPU(t *testing.T) {
	each(t, func(t *testing.T, typ int, at netip.AddrPort) {
		m := gather(t, open(t, bpfsteer.Config{Policy: bpfsteer.ByCPU, Slots: 2}), typ, 2, at)
		onEachCPU(t, func(cpu int) {
			for range 10 {
				if slot := m.reach(netip.Addr{}, "x"); slot != cpu%2 {
					t.Errorf("CPU %d reached slot %d", cpu, slot)
				}
			}
		})
	})
}

// onEachCPU runs f on each CPU that this process may use.
func onEachCPU(t *testing.T, f func(cpu int)) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &all))
	defer unix.SchedSetaffinity(0, &all) //nolint:errcheck // it was so before
	for cpu := range len(all) * 64 {
		if all.IsSet(cpu) {
			var one unix.CPUSet
			one.Set(cpu)
			must(t, unix.SchedSetaffinity(0, &one))
			f(cpu)
		}
	}
}

// By the peer's address: always the same socket; when one leaves, its peers alone
// go elsewhere, and come back with it.
func TestByKeyIsStable(t *testing.T) {
	for name, typ := range map[string]int{"tcp": unix.SOCK_STREAM, "udp": unix.SOCK_DGRAM} {
		t.Run(name, func(t *testing.T) {
			m := gather(t, open(t, bpfsteer.Config{Policy: bpfsteer.ByKey, Slots: 4, Migrate: true}), typ, 4, loopback4)
			home := make(map[netip.Addr]int)
			used := make([]int, 4)
			for i := range 64 {
				peer := netip.AddrFrom4([4]byte{127, 0, 1, byte(1 + i)})
				home[peer] = m.reach(peer, "x")
				used[home[peer]]++
			}
			if slices.Min(used) == 0 {
				t.Errorf("64 peers are spread as %v", used)
			}
			m.leave(2)
			heirs := make([]int, 4) // of those of slot 2
			for peer, slot := range home {
				got := m.reach(peer, "x")
				if (got != slot) != (slot == 2) {
					t.Errorf("%v: slot %d, before 2 left %d", peer, got, slot)
				}
				if slot == 2 {
					heirs[got]++
				}
			}
			if used[2]-slices.Max(heirs) < 2 {
				t.Errorf("%d peers of a slot that left are spread as %v", used[2], heirs)
			}
			m.join(2)
			for peer, slot := range home {
				if got := m.reach(peer, "x"); got != slot {
					t.Errorf("%v: slot %d, before 2 left %d", peer, got, slot)
				}
			}
		})
	}
}

func TestByKeyOfPeer6(t *testing.T) {
	m := gather(t, open(t, bpfsteer.Config{Policy: bpfsteer.ByKey, Slots: 4}), unix.SOCK_STREAM, 4, loopback6)
	slot := m.reach(netip.Addr{}, "x")
	for range 20 {
		if got := m.reach(netip.Addr{}, "x"); got != slot {
			t.Errorf("slot %d, then %d", slot, got)
		}
	}
}

// By bytes of the payload, from whatever port it comes; without them by flow.
func TestByKeyOfPayload(t *testing.T) {
	m := gather(t, open(t, bpfsteer.Config{Policy: bpfsteer.ByKey, Slots: 4, KeyOffset: 1, KeySize: 3}), unix.SOCK_DGRAM, 4, loopback4)
	slots := make(map[int]bool)
	for _, key := range []string{"abc", "abd", "xyz", "123", "one", "two", "six", "ten", "red", "blu"} {
		slot := m.reach(netip.Addr{}, "A"+key)
		slots[slot] = true
		for _, other := range []string{"B" + key, "A" + key + "more"} {
			if got := m.reach(netip.Addr{}, other); got != slot {
				t.Errorf("%q: slot %d, %q: slot %d", "A"+key, slot, other, got)
			}
		}
	}
	if len(slots) < 2 {
		t.Errorf("all keys meet in %v", slots)
	}
	m.reach(netip.Addr{}, "A") // too short: somebody gets it
}

func TestConfig(t *testing.T) {
	for _, cfg := range []bpfsteer.Config{
		{}, {Slots: -1}, {Slots: 1 << 20}, {Slots: 1, Policy: 3}, {Slots: 1, KeySize: 33}, {Slots: 1, KeySize: -1}, {Slots: 1, KeyOffset: -1},
	} {
		if g, err := bpfsteer.Open(cfg); g != nil || err == nil || errors.Is(err, bpfsteer.ErrUnavailable) {
			t.Errorf("%+v: %v, %v", cfg, g, err)
		}
	}
	g := open(t, bpfsteer.Config{Slots: 2})
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer fd.Close()
	if err := g.Attach(fd); !errors.Is(err, unix.EINVAL) {
		t.Errorf("attach without SO_REUSEPORT: %v", err)
	}
	if g.Join(0, fd) == nil || g.Join(5, fd) == nil || g.Leave(5) == nil {
		t.Error("a socket that is not bound, or a slot that is not there")
	}
}
