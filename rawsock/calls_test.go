package rawsock_test

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Rows A11, D1 to D5 and D8: a server binds, listens and accepts, a client
// connects, both send and receive; a receive of nothing is the end. Rows D9 and
// D10: recvfrom has an address too, which a connected stream leaves out.
func TestStreamFromSocketToClose(t *testing.T) {
	l, addr := listener(t, loopback(0))
	if addr.AddrPort().Port() == 0 {
		t.Fatalf("bound to %v, want a real port", addr)
	}
	client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, client.Connect(addr))
	server, peer, err := l.Accept()
	check(t, err)
	adopt(t, server)

	name, err := client.Getsockname()
	check(t, err)
	if peer != name {
		t.Errorf("accept gave %v, the client is %v", peer, name)
	}
	if got, err := client.Getpeername(); err != nil || got != addr {
		t.Errorf("getpeername: %v, %v, want %v", got, err, addr)
	}
	if got, err := server.Getpeername(); err != nil || got != name {
		t.Errorf("getpeername of the server: %v, %v, want %v", got, err, name)
	}

	buf := make([]byte, 16)
	send := map[string]func([]byte) (int, error){
		"write":  client.Write,
		"send":   func(p []byte) (int, error) { return client.Send(p, 0) },
		"sendto": func(p []byte) (int, error) { return client.Sendto(p, 0, rawsock.Sockaddr{}) },
	}
	recv := map[string]func([]byte) (int, error){
		"read": server.Read,
		"recv": func(p []byte) (int, error) { return server.Recv(p, 0) },
		"recvfrom": func(p []byte) (int, error) {
			n, from, err := server.Recvfrom(p, 0)
			if !from.IsZero() {
				t.Errorf("recvfrom on a connected stream: address %v", from)
			}
			return n, err
		},
	}
	for out, send := range send {
		for in, recv := range recv {
			if n, err := send([]byte("hello")); n != 5 || err != nil {
				t.Fatalf("%s: %d, %v", out, n, err)
			}
			if n, err := recv(buf); err != nil || string(buf[:n]) != "hello" {
				t.Fatalf("%s after %s: %q, %v", in, out, buf[:n], err)
			}
		}
	}

	check(t, client.Shutdown(unix.SHUT_WR))
	if n, err := server.Recv(buf, 0); n != 0 || err != nil {
		t.Errorf("recv after the peer's shutdown: %d, %v, want end of file", n, err)
	}
	if n, err := server.Send([]byte("bye"), 0); n != 3 || err != nil {
		t.Errorf("send to a half-closed peer: %d, %v", n, err)
	}
	if n, err := client.Recv(buf, 0); err != nil || string(buf[:n]) != "bye" {
		t.Errorf("recv after shutdown(SHUT_WR): %q, %v", buf[:n], err)
	}
}

func TestFlagsAreTheCallers(t *testing.T) {
	client, server := streams(t)
	if _, err := client.Send([]byte("abc"), 0); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2)
	for range 2 {
		if n, err := server.Recv(buf, unix.MSG_PEEK); n != 2 || err != nil {
			t.Fatalf("recv(MSG_PEEK): %d, %v", n, err)
		}
	}
	buf = make([]byte, 3)
	if n, err := server.Recv(buf, unix.MSG_WAITALL); n != 3 || err != nil || string(buf) != "abc" {
		t.Fatalf("recv after peeking: %d %q, %v", n, buf, err)
	}
	_, err := server.Recv(buf, unix.MSG_DONTWAIT)
	wantErrno(t, err, unix.EAGAIN)
}

// Rows A12, D7 and D9: datagrams are sent to an address and come with one.
func TestDatagrams(t *testing.T) {
	a, addrA := bound(t, unix.SOCK_DGRAM, loopback(0))
	b, addrB := bound(t, unix.SOCK_DGRAM, loopback(0))
	buf := make([]byte, 100)

	if n, err := a.Sendto([]byte("one"), 0, addrB); n != 3 || err != nil {
		t.Fatalf("sendto: %d, %v", n, err)
	}
	n, from, err := b.Recvfrom(buf, 0)
	if err != nil || string(buf[:n]) != "one" || from != addrA {
		t.Errorf("recvfrom: %q from %v, %v; want %q from %v", buf[:n], from, err, "one", addrA)
	}

	// An empty datagram arrives, and is not the end of anything.
	if n, err := a.Sendto(nil, 0, addrB); n != 0 || err != nil {
		t.Fatalf("sendto of nothing: %d, %v", n, err)
	}
	n, from, err = b.Recvfrom(buf, 0)
	if n != 0 || err != nil || from != addrA {
		t.Errorf("recvfrom of an empty datagram: %d from %v, %v", n, from, err)
	}

	check(t, b.Connect(addrA))
	if n, err := b.Write([]byte("two")); n != 3 || err != nil {
		t.Errorf("write on a connected socket: %d, %v", n, err)
	}
	if n, from, err := a.Recvfrom(buf, 0); n != 3 || err != nil || from != addrB {
		t.Errorf("recvfrom: %d from %v, %v; want 3 from %v", n, from, err, addrB)
	}
	unspec, err := rawsock.SockaddrFromBytes(make([]byte, 16))
	check(t, err)
	check(t, b.Connect(unspec))
	_, err = b.Getpeername()
	wantErrno(t, err, unix.ENOTCONN)
}

// Row D18.
func TestSocketpairIsUnnamed(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	for call, get := range map[string]func() (rawsock.Sockaddr, error){
		"getsockname": a.Getsockname, "getpeername": a.Getpeername,
	} {
		sa, err := get()
		name, kind := sa.Unix()
		if err != nil || kind != rawsock.UnixUnnamed || name != "" || sa.Family() != unix.AF_UNIX {
			t.Errorf("%s: %v (family %d, kind %d), %v; want unnamed", call, sa, sa.Family(), kind, err)
		}
	}
	if n, err := a.Write([]byte("x")); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	// E8: an empty buffer reads nothing and says nothing about the end.
	if n, err := b.Read(nil); n != 0 || err != nil {
		t.Errorf("read into an empty buffer: %d, %v", n, err)
	}
	if n, err := b.Recv(make([]byte, 4), 0); n != 1 || err != nil {
		t.Errorf("recv after it: %d, %v; want the byte that waits", n, err)
	}
}

func TestSetNonblock(t *testing.T) {
	a, _ := pair(t, unix.SOCK_STREAM)
	for _, on := range []bool{true, true, false} {
		check(t, a.SetNonblock(on))
		if got := nonblocking(t, a); got != on {
			t.Errorf("after SetNonblock(%v) O_NONBLOCK is %v", on, got)
		}
	}
	check(t, a.SetNonblock(true))
	_, err := a.Read(make([]byte, 1))
	wantErrno(t, err, unix.EAGAIN)
}

// Row D12: options as an int and as bytes; as NULL see TestSetsockoptNull.
func TestOptions(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	for _, v := range []int{1, 0} {
		check(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_KEEPALIVE, v))
		got, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_KEEPALIVE)
		if err != nil || (got != 0) != (v != 0) {
			t.Errorf("SO_KEEPALIVE set to %d, read %d, %v", v, got, err)
		}
	}
	if got, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_TYPE); got != unix.SOCK_STREAM || err != nil {
		t.Errorf("SO_TYPE: %d, %v", got, err)
	}

	var linger [8]byte // struct linger: l_onoff, l_linger
	binary.NativeEndian.PutUint32(linger[:], 1)
	binary.NativeEndian.PutUint32(linger[4:], 7)
	check(t, fd.SetsockoptBytes(unix.SOL_SOCKET, unix.SO_LINGER, linger[:]))
	var got [8]byte
	if n, err := fd.GetsockoptBytes(unix.SOL_SOCKET, unix.SO_LINGER, got[:]); n != 8 || err != nil || got != linger {
		t.Errorf("SO_LINGER: %d bytes % x, %v; want % x", n, got, err, linger)
	}

	wantErrno(t, fd.SetsockoptBytes(unix.SOL_SOCKET, unix.SO_KEEPALIVE, nil), unix.EINVAL)
	_, err := fd.GetsockoptInt(unix.SOL_SOCKET, -1)
	wantErrno(t, err, unix.ENOPROTOOPT)
	n, err := fd.GetsockoptBytes(unix.SOL_SOCKET, -1, got[:])
	wantErrno(t, err, unix.ENOPROTOOPT)
	if n != 0 {
		t.Errorf("%d bytes with an error, want 0", n)
	}
}

// A value that a C int cannot hold must not become another number.
func TestSetsockoptIntRange(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	for _, v := range []int64{1 << 32, -1<<31 - 1, 1 << 62} {
		if int64(int(v)) == v { // not where int has 32 bits
			wantErrno(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_KEEPALIVE, int(v)), unix.EINVAL)
		}
	}
}

func TestReadingSoErrorClearsIt(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, fd.SetNonblock(true))
	wantErrno(t, fd.Connect(closedPort(t)), unix.EINPROGRESS)
	await(t, fd, unix.POLLOUT)
	for _, want := range []unix.Errno{unix.ECONNREFUSED, 0} {
		got, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ERROR)
		if err != nil || unix.Errno(got) != want {
			t.Errorf("SO_ERROR: %v, %v; want %v", unix.Errno(got), err, want)
		}
	}
}

func TestNonblockingConnectFinishes(t *testing.T) {
	l, addr := listener(t, loopback(0))
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, fd.SetNonblock(true))
	if err := fd.Connect(addr); err != nil {
		wantErrno(t, err, unix.EINPROGRESS)
	}
	await(t, fd, unix.POLLOUT)
	if e, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ERROR); e != 0 || err != nil {
		t.Fatalf("SO_ERROR: %v, %v", unix.Errno(e), err)
	}
	server, _, err := l.Accept()
	check(t, err)
	check(t, server.Close())
}

// H1: an IPv4 client of an IPv6 listener has a mapped address, and unmapping it
// is left to whoever compares.
func TestMappedAddressStaysMapped(t *testing.T) {
	l := open(t, unix.AF_INET6, unix.SOCK_STREAM, 0)
	check(t, l.SetsockoptInt(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0))
	check(t, l.Bind(addrPort(t, "[::]:0")))
	check(t, l.Listen(1))
	name, err := l.Getsockname()
	check(t, err)
	client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, client.Connect(loopback(name.AddrPort().Port())))
	server, peer, err := l.Accept()
	check(t, err)
	check(t, server.Close())
	got := peer.AddrPort().Addr()
	if !got.Is4In6() || got.Unmap().String() != "127.0.0.1" {
		t.Errorf("peer %v, want ::ffff:127.0.0.1", got)
	}
}

// closedPort returns an address where nobody listens: one that is bound and
// nothing else.
func closedPort(t testing.TB) rawsock.Sockaddr {
	t.Helper()
	_, addr := bound(t, unix.SOCK_STREAM, loopback(0))
	return addr
}
