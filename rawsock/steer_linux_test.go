package rawsock_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// group is several sockets that share a port by SO_REUSEPORT, in the order of
// their indices.
type group struct {
	fds  []rawsock.FD
	addr rawsock.Sockaddr
}

// newGroup opens n sockets of type typ on sa; those of a stream type listen.
// Nobody else closes them, as a test may close some itself.
func newGroup(t testing.TB, typ int, sa rawsock.Sockaddr, n int) *group {
	t.Helper()
	g := &group{addr: sa}
	if typ == unix.SOCK_DGRAM && sa.AddrPort().Port() == 0 {
		g.addr = freePort(t, sa)
	}
	t.Cleanup(func() {
		for _, fd := range g.fds {
			check(t, fd.Close())
		}
	})
	for range n {
		g.join(t, typ)
	}
	return g
}

// freePort is sa with a port that no UDP socket has: see SOReusePort about port 0.
func freePort(t testing.TB, sa rawsock.Sockaddr) rawsock.Sockaddr {
	t.Helper()
	fd, err := rawsock.Socket(sa.Family(), unix.SOCK_DGRAM, 0)
	check(t, err)
	defer fd.Close()
	check(t, fd.Bind(sa))
	free, err := fd.Getsockname()
	check(t, err)
	return free
}

func (g *group) join(t testing.TB, typ int) {
	t.Helper()
	fd, err := rawsock.Socket(g.addr.Family(), typ|unix.SOCK_NONBLOCK, 0)
	check(t, err)
	g.fds = append(g.fds, fd)
	check(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	check(t, fd.Bind(g.addr))
	if typ == unix.SOCK_STREAM {
		check(t, fd.Listen(64))
	}
	g.addr, err = fd.Getsockname()
	check(t, err)
}

func (g *group) close(t testing.TB, i int) {
	t.Helper()
	check(t, g.fds[i].Close())
	g.fds = slices.Delete(g.fds, i, i+1)
}

// ready waits for one socket of the group to be readable and returns its index.
func (g *group) ready(t testing.TB) int {
	t.Helper()
	var fds []unix.PollFd
	for _, fd := range g.fds {
		fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	n, err := unix.Poll(fds, 5000)
	for err == unix.EINTR {
		n, err = unix.Poll(fds, 5000)
	}
	if n != 1 || err != nil {
		t.Fatalf("poll: %d sockets ready, %v; want 1", n, err)
	}
	return slices.IndexFunc(fds, func(p unix.PollFd) bool { return p.Revents != 0 })
}

// datagram sends p from a socket and returns the index of the socket that got it.
func (g *group) datagram(t testing.TB, from rawsock.FD, p []byte) int {
	t.Helper()
	_, err := from.Sendto(p, 0, g.addr)
	check(t, err)
	i := g.ready(t)
	buf := make([]byte, len(p)+1)
	n, err := g.fds[i].Recv(buf, 0)
	if err != nil || string(buf[:n]) != string(p) {
		t.Fatalf("socket %d: %q, %v; want %q", i, buf[:n], err, p)
	}
	return i
}

// connection connects from address and returns the index of the listener that
// got the connection.
func (g *group) connection(t testing.TB, from rawsock.Sockaddr) int {
	t.Helper()
	client, err := rawsock.Socket(from.Family(), unix.SOCK_STREAM, 0)
	check(t, err)
	defer client.Close()
	// Reset, so that no port stays behind in TIME_WAIT.
	check(t, unix.SetsockoptLinger(int(client), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
	check(t, client.Bind(from))
	check(t, client.Connect(g.addr))
	i := g.ready(t)
	server, err := g.fds[i].AcceptNull()
	check(t, err)
	check(t, server.Close())
	return i
}

// onEachCPU runs f on every CPU that this thread may use.
func onEachCPU(t *testing.T, f func(cpu int)) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all unix.CPUSet
	check(t, unix.SchedGetaffinity(0, &all))
	defer unix.SchedSetaffinity(0, &all)
	for cpu := range 64 {
		if all.IsSet(cpu) {
			var one unix.CPUSet
			one.Set(cpu)
			check(t, unix.SchedSetaffinity(0, &one))
			f(cpu)
		}
	}
}

func TestSteerByCPU(t *testing.T) {
	for _, text := range []string{"127.0.0.1:0", "[::1]:0"} {
		for _, n := range []int{4, 1} {
			sa := addrPort(t, text)
			udp, tcp := newGroup(t, unix.SOCK_DGRAM, sa, 4), newGroup(t, unix.SOCK_STREAM, sa, 4)
			for _, g := range []*group{udp, tcp} {
				check(t, g.fds[2].AttachReuseportCBPF(rawsock.SteerByCPU(n)))
			}
			from := open(t, sa.Family(), unix.SOCK_DGRAM, 0)
			onEachCPU(t, func(cpu int) {
				for range 16 {
					if got := udp.datagram(t, from, []byte("x")); got != cpu%n {
						t.Errorf("%s: datagram from CPU %d went to socket %d of %d", text, cpu, got, n)
					}
					if got := tcp.connection(t, sa); got != cpu%n {
						t.Errorf("%s: connection from CPU %d went to listener %d of %d", text, cpu, got, n)
					}
				}
			})
		}
	}
}

func TestSteerAtRandomReachesAll(t *testing.T) {
	udp, tcp := newGroup(t, unix.SOCK_DGRAM, loopback(0), 4), newGroup(t, unix.SOCK_STREAM, loopback(0), 4)
	check(t, udp.fds[0].AttachReuseportCBPF(rawsock.SteerAtRandom(3)))
	check(t, tcp.fds[0].AttachReuseportCBPF(rawsock.SteerAtRandom(3)))
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	var datagrams, connections [4]int
	for range 120 {
		datagrams[udp.datagram(t, from, nil)]++
		connections[tcp.connection(t, loopback(0))]++
	}
	// That one of three is left out has a chance below 1 in 10²⁰.
	for _, got := range [][4]int{datagrams, connections} {
		if got[3] != 0 || slices.Contains(got[:3], 0) {
			t.Errorf("%v of 120, want some in each of the first three and none in the last", got)
		}
	}
}

func TestSteerByValue(t *testing.T) {
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	for _, size := range []int{1, 2, 4} {
		g := newGroup(t, unix.SOCK_DGRAM, loopback(0), 4)
		check(t, g.fds[0].AttachReuseportCBPF(rawsock.SteerByValue(3, size, 3)))
		for range 50 {
			p := make([]byte, 3+size, 3+size+8)
			var v uint64
			for i := range p {
				p[i] = byte(rand.Uint32())
				if i >= 3 {
					v = v<<8 | uint64(p[i])
				}
			}
			if got := g.datagram(t, from, append(p, "rest"...)); got != int(v%3) {
				t.Errorf("%d bytes: %d went to socket %d", size, v, got)
			}
		}
		if i := wholly(t, g, from, make([]byte, 2+size)); i < 0 {
			t.Errorf("%d bytes: short datagrams went to several sockets", size)
		}
	}
	if rawsock.SteerByValue(0, 3, 2) != nil || rawsock.SteerByValue(math.MaxInt32, math.MaxInt32, 2) != nil {
		t.Error("a program for a number that cannot be")
	}
}

// A number that the sender counts up goes round robin.
func TestSteerByValueGoesRound(t *testing.T) {
	g := newGroup(t, unix.SOCK_DGRAM, loopback(0), 4)
	check(t, g.fds[0].AttachReuseportCBPF(rawsock.SteerByValue(0, 4, 4)))
	for i := range 16 {
		from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		if got := g.datagram(t, from, binary.BigEndian.AppendUint32(nil, uint32(i))); got != i%4 {
			t.Errorf("packet %d went to socket %d", i, got)
		}
	}
}

// wholly sends p often from one socket and returns where all went, or -1 if not
// to the same socket.
func wholly(t *testing.T, g *group, from rawsock.FD, p []byte) int {
	t.Helper()
	first := g.datagram(t, from, p)
	for range 8 {
		if g.datagram(t, from, p) != first {
			return -1
		}
	}
	return first
}

// hashed sends p from many ports and returns how many sockets got some.
func hashed(t *testing.T, g *group, p []byte) int {
	t.Helper()
	seen := make(map[int]bool)
	for range 64 {
		from, err := rawsock.Socket(g.addr.Family(), unix.SOCK_DGRAM, 0)
		check(t, err)
		seen[g.datagram(t, from, p)] = true
		check(t, from.Close())
	}
	return len(seen)
}

func TestSteerByHash(t *testing.T) {
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	for size := range 21 {
		g := newGroup(t, unix.SOCK_DGRAM, loopback(0), 4)
		check(t, g.fds[0].AttachReuseportCBPF(rawsock.SteerByHash(5, size, 4)))
		for range 20 {
			p := make([]byte, 5+size+3)
			for i := range p {
				p[i] = byte(rand.Uint32())
			}
			if got, want := g.datagram(t, from, p), rawsock.SteerHash(p[5:5+size])%4; got != int(want) {
				t.Errorf("key %x went to socket %d, want %d", p[5:5+size], got, want)
			}
		}
	}
	if rawsock.SteerByHash(0, -1, 2) != nil {
		t.Error("a program for a key of -1 bytes")
	}
}

// Without its guard the program would send all that is too short to socket 0.
func TestSteerLeavesShortOnesToTheKernel(t *testing.T) {
	g := newGroup(t, unix.SOCK_DGRAM, loopback(0), 4)
	for _, f := range []rawsock.Filter{rawsock.SteerByHash(4, 8, 4), rawsock.SteerByValue(8, 4, 4)} {
		check(t, g.fds[0].AttachReuseportCBPF(f))
		if n := hashed(t, g, make([]byte, 11)); n < 2 {
			t.Errorf("short datagrams of 64 ports reached %d sockets", n)
		}
		if n := hashed(t, g, make([]byte, 12)); n != 1 {
			t.Errorf("one key from 64 ports reached %d sockets", n)
		}
	}
}

// Similar keys are spread about evenly.
func TestSteerHashSpreads(t *testing.T) {
	for _, n := range []uint32{2, 3, 4, 7, 16, 64} {
		for _, stride := range []uint32{1, 4, 256, 65536} {
			count := make([]int, n)
			for i := range uint32(1024) {
				count[rawsock.SteerHash(binary.BigEndian.AppendUint32(nil, i*stride))%n]++
			}
			mean := 1024 / int(n)
			if least, most := slices.Min(count), slices.Max(count); least < mean/4 || most > 2*mean {
				t.Errorf("%d sockets, keys %d apart: %d to %d each", n, stride, least, most)
			}
		}
	}
}

func TestSteerBySource(t *testing.T) {
	type source struct {
		any string
		f   rawsock.Filter
		of  func(netip.Addr) []byte
	}
	for _, s := range []source{
		{"127.0.0.1:0", rawsock.SteerByHash(rawsock.SKF_NET_OFF+12, 4, 4), func(a netip.Addr) []byte { b := a.As4(); return b[:] }},
		{"[::1]:0", rawsock.SteerByHash(rawsock.SKF_NET_OFF+8, 16, 4), func(a netip.Addr) []byte { b := a.As16(); return b[:] }},
	} {
		sa := addrPort(t, s.any)
		udp, tcp := newGroup(t, unix.SOCK_DGRAM, sa, 4), newGroup(t, unix.SOCK_STREAM, sa, 4)
		check(t, udp.fds[3].AttachReuseportCBPF(s.f))
		check(t, tcp.fds[3].AttachReuseportCBPF(s.f))
		for i := range 16 {
			addr := sa.AddrPort().Addr()
			if addr.Is4() {
				addr = netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i)})
			}
			from, err := rawsock.SockaddrFromAddrPort(netip.AddrPortFrom(addr, 0))
			check(t, err)
			fd, _ := bound(t, unix.SOCK_DGRAM, from)
			want := int(rawsock.SteerHash(s.of(addr)) % 4)
			if got := udp.datagram(t, fd, []byte("x")); got != want {
				t.Errorf("datagram of %v went to socket %d, want %d", addr, got, want)
			}
			if got := tcp.connection(t, from); got != want {
				t.Errorf("connection of %v went to listener %d, want %d", addr, got, want)
			}
		}
	}
}

// Connected sockets on loopback hand their hash on with the packet; those that
// are not have none.
func TestSteerByRXHash(t *testing.T) {
	g := newGroup(t, unix.SOCK_DGRAM, loopback(0), 4)
	check(t, g.fds[0].AttachReuseportCBPF(rawsock.SteerByRXHash(4)))
	if got := wholly(t, g, open(t, unix.AF_INET, unix.SOCK_DGRAM, 0), []byte("x")); got != 0 {
		t.Errorf("without a hash: socket %d, want 0", got)
	}
	seen := make(map[int]bool)
	for range 64 {
		from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		check(t, from.Connect(g.addr))
		_, err := from.Send([]byte("x"), 0)
		check(t, err)
		i := g.ready(t)
		seen[i] = true
		_, err = g.fds[i].Recv(make([]byte, 2), 0)
		check(t, err)
	}
	if len(seen) < 2 {
		t.Errorf("64 flows with hashes reached only %v", seen)
	}
}
