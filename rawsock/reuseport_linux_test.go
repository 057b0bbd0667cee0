package rawsock_test

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// An index without a socket leaves the choice to the kernel's hash of addresses
// and ports, as no program does (E3).
func TestReuseport_E3(t *testing.T) {
	for _, text := range []string{"127.0.0.1:0", "[::1]:0"} {
		g := newGroup(t, unix.SOCK_DGRAM, addrPort(t, text), 4)
		from := open(t, g.addr.Family(), unix.SOCK_DGRAM, 0)
		for name, step := range map[string]func() error{
			"no program":        func() error { return nil },
			"index 4 of 4":      func() error { return g.fds[1].AttachReuseportCBPF(ret(4)) },
			"index 4294967295":  func() error { return g.fds[1].AttachReuseportCBPF(ret(1<<32 - 1)) },
			"read past the end": func() error { return g.fds[1].AttachReuseportCBPF(rawsock.SteerByHash(0, 100, 4)) },
		} {
			check(t, step())
			if wholly(t, g, from, []byte("x")) < 0 {
				t.Errorf("%s, %s: one sender's datagrams went to several sockets", text, name)
			}
			if n := hashed(t, g, []byte("x")); n < 2 {
				t.Errorf("%s, %s: 64 senders reached %d of 4 sockets", text, name, n)
			}
		}
		for want := range g.fds {
			check(t, g.fds[0].AttachReuseportCBPF(ret(uint32(want))))
			if n := hashed(t, g, []byte("x")); n != 1 || wholly(t, g, from, []byte("x")) != want {
				t.Errorf("%s: index %d: 64 senders reached %d sockets", text, want, n)
			}
		}
	}
}

// Listeners of one group share connections, and a program decides for them too.
func TestReuseportListeners_E3(t *testing.T) {
	g := newGroup(t, unix.SOCK_STREAM, loopback(0), 4)
	shared := make(map[int]bool)
	for range 64 {
		shared[g.connection(t, loopback(0))] = true
	}
	if len(shared) < 2 {
		t.Errorf("64 connections reached only listeners %v", shared)
	}
	for want := range g.fds {
		check(t, g.fds[3].AttachReuseportCBPF(ret(uint32(want))))
		for range 8 {
			if got := g.connection(t, loopback(0)); got != want {
				t.Errorf("index %d: connection to listener %d", want, got)
			}
		}
	}
}

// The program belongs to the group: the first socket can bring it before it is
// bound, others join it, and it stays when that one is closed.
func TestReuseportProgramIsTheGroups(t *testing.T) {
	g := newGroup(t, unix.SOCK_DGRAM, loopback(0), 0)
	first, err := rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	check(t, err)
	g.fds = append(g.fds, first)
	check(t, first.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	unprivileged(t, func() { check(t, first.AttachReuseportCBPF(rawsock.SteerByValue(0, 1, 4))) })
	check(t, first.Bind(g.addr))
	g.addr, err = first.Getsockname()
	check(t, err)
	for range 3 {
		g.join(t, unix.SOCK_DGRAM)
	}
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	for i := range byte(4) {
		if got := g.datagram(t, from, []byte{i}); got != int(i) {
			t.Errorf("value %d: socket %d", i, got)
		}
	}
	// The last one, 3, takes the place of 0.
	g.close(t, 0)
	for value, want := range []int{2, 0, 1} { // in what are now the first, second and third
		if got := g.datagram(t, from, []byte{byte(value)}); got != want {
			t.Errorf("value %d after socket 0 was closed: socket %d, want %d", value, got, want)
		}
	}
	g.join(t, unix.SOCK_DGRAM)
	if got := g.datagram(t, from, []byte{3}); got != 3 {
		t.Errorf("value 3: socket %d, want the new one", got)
	}
}

func TestDetachReuseport(t *testing.T) {
	g := newGroup(t, unix.SOCK_DGRAM, loopback(0), 4)
	wantErrno(t, g.fds[0].DetachReuseportBPF(), unix.ENOENT)
	check(t, g.fds[0].AttachReuseportCBPF(ret(0)))
	if n := hashed(t, g, nil); n != 1 {
		t.Errorf("with a program: %d sockets", n)
	}
	unprivileged(t, func() { check(t, g.fds[3].DetachReuseportBPF()) })
	if n := hashed(t, g, nil); n < 2 {
		t.Errorf("without: %d sockets", n)
	}
	wantErrno(t, g.fds[0].DetachReuseportBPF(), unix.ENOENT)

	alone := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	wantErrno(t, alone.DetachReuseportBPF(), unix.EINVAL)
	wantErrno(t, alone.AttachReuseportCBPF(ret(0)), unix.EINVAL)
	check(t, alone.Bind(loopback(0)))
	check(t, alone.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	wantErrno(t, alone.AttachReuseportCBPF(ret(0)), unix.EINVAL)
}

// With SO_REUSEADDR alone the last socket bound gets all unicast datagrams (E2).
func TestReuseaddrLastGetsAll_E2(t *testing.T) {
	g := &group{addr: loopback(0)}
	for range 3 {
		fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		check(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
		check(t, fd.Bind(g.addr))
		addr, err := fd.Getsockname()
		check(t, err)
		g.addr, g.fds = addr, append(g.fds, fd)
	}
	if n := hashed(t, g, []byte("x")); n != 1 {
		t.Errorf("64 senders reached %d sockets", n)
	}
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	if got := g.datagram(t, from, []byte("x")); got != 2 {
		t.Errorf("socket %d got it, want the last", got)
	}
	if got := slices.IndexFunc(g.fds[:2], func(fd rawsock.FD) bool { return len(queued(t, fd)) > 0 }); got >= 0 {
		t.Errorf("socket %d has one too", got)
	}
}
