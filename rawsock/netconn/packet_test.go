package netconn_test

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netconn"
)

// bound makes a UDP socket at an address.
func bound(t testing.TB, at string) rawsock.FD {
	t.Helper()
	sa := inet(at)(t)
	fd := socket(t, sa.Family(), unix.SOCK_DGRAM)
	if err := fd.Bind(sa); err != nil {
		t.Fatal(err)
	}
	return fd
}

func packetConn(t testing.TB, fd rawsock.FD) *netconn.PacketConn {
	t.Helper()
	c := must(netconn.NewPacketConn(fd))(t)
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPacketAddresses(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		a, b := packetConn(t, bound(t, at)), packetConn(t, bound(t, at))
		buf := make([]byte, 16)
		if n, err := a.WriteToAddrPort([]byte("netip"), b.LocalAddrPort()); n != 5 || err != nil {
			t.Fatalf("WriteToAddrPort = %d, %v", n, err)
		}
		if n, from, err := b.ReadFromAddrPort(buf); string(buf[:n]) != "netip" || from != a.LocalAddrPort() || err != nil {
			t.Errorf("ReadFromAddrPort = %q, %v, %v", buf[:n], from, err)
		}
		if n, err := a.WriteTo([]byte("net"), b.LocalAddr()); n != 3 || err != nil {
			t.Fatalf("WriteTo = %d, %v", n, err)
		}
		if n, from, err := b.ReadFrom(buf); string(buf[:n]) != "net" || from.String() != a.LocalAddr().String() || err != nil {
			t.Errorf("ReadFrom = %q, %v, %v", buf[:n], from, err)
		}
		if _, ok := b.LocalAddr().(*net.UDPAddr); !ok || b.LocalAddr().Network() != "udp" {
			t.Errorf("LocalAddr is %#v", b.LocalAddr())
		}
	}
}

// TestManyPeers: each datagram goes where it was sent, however the address was given
// and whatever the one before was.
func TestManyPeers(t *testing.T) {
	from := packetConn(t, bound(t, "127.0.0.1:0"))
	peers := []*netconn.PacketConn{packetConn(t, bound(t, "127.0.0.1:0")), packetConn(t, bound(t, "127.0.0.1:0"))}
	for _, i := range []int{0, 0, 1, 0, 1, 1} {
		to := peers[i].LocalAddrPort()
		must(from.WriteToAddrPort([]byte("a"), to))(t)
		must(from.Sendto([]byte("b"), 0, must(rawsock.SockaddrFromAddrPort(peers[1-i].LocalAddrPort()))(t)))(t)
		must(from.WriteToAddrPort([]byte("c"), to))(t)
		buf := make([]byte, 1)
		for who, want := range map[int]string{i: "ac", 1 - i: "b"} {
			for _, b := range []byte(want) {
				if n, err := peers[who].Read(buf); n != 1 || buf[0] != b || err != nil {
					t.Fatalf("peer %d: Read = %q, %v, want %q", who, buf[:n], err, b)
				}
			}
		}
	}
}

// TestPacketDualStack: an IPv6 socket that serves IPv4 takes IPv4 addresses as they
// are.
func TestPacketDualStack(t *testing.T) {
	if !rawsock.HasDualstackIPv6() {
		t.Skip("no sockets for both here")
	}
	fd := socket(t, unix.AF_INET6, unix.SOCK_DGRAM)
	if err := rawsock.IPv6V6Only.Set(fd, false); err != nil {
		t.Fatal(err)
	}
	both, four := packetConn(t, fd), packetConn(t, bound(t, "127.0.0.1:0"))
	must(both.WriteToAddrPort([]byte("x"), four.LocalAddrPort()))(t)
	_, from, err := four.ReadFromAddrPort(make([]byte, 1))
	if err != nil {
		t.Fatal(err)
	}
	mapped := netip.AddrPortFrom(netip.AddrFrom16(from.Addr().As16()), from.Port())
	must(four.WriteTo([]byte("y"), net.UDPAddrFromAddrPort(mapped)))(t)
	if _, from, err := both.ReadFromAddrPort(make([]byte, 1)); err != nil || from.Addr().Unmap() != four.LocalAddrPort().Addr() {
		t.Errorf("ReadFromAddrPort = %v, %v", from, err)
	}
}

// TestEmptyDatagram: no bytes are no end.
func TestEmptyDatagram(t *testing.T) {
	a, b := packetConn(t, bound(t, "127.0.0.1:0")), bound(t, "127.0.0.1:0")
	if err := b.Connect(must(rawsock.SockaddrFromAddrPort(a.LocalAddrPort()))(t)); err != nil {
		t.Fatal(err)
	}
	c := packetConn(t, b)
	for _, m := range []string{"", "x"} {
		if n, err := c.Write([]byte(m)); n != len(m) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
		if n, err := a.Read(make([]byte, 4)); n != len(m) || err != nil {
			t.Errorf("Read of %q = %d, %v", m, n, err)
		}
	}
	if c.RemoteAddr().String() != a.LocalAddr().String() || a.RemoteAddr() != nil {
		t.Errorf("peers %v and %v", c.RemoteAddr(), a.RemoteAddr())
	}
}

func TestPacketErrors(t *testing.T) {
	c := packetConn(t, bound(t, "127.0.0.1:0"))
	if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, _, err := c.ReadFromAddrPort(make([]byte, 1))
	wantOp(t, err, "read", os.ErrDeadlineExceeded)
	_, err = c.Write([]byte("x"))
	wantOp(t, err, "write", unix.EDESTADDRREQ)
	_, err = c.WriteTo(make([]byte, rawsock.MaxUDPv4Payload+1), c.LocalAddr())
	wantOp(t, err, "write", unix.EMSGSIZE)
	_, err = c.WriteToAddrPort(nil, netip.AddrPort{})
	wantOp(t, err, "write", unix.EINVAL)
}

func TestUnixDatagrams(t *testing.T) {
	to := must(rawsock.SockaddrUnixPath(filepath.Join(t.TempDir(), "to")))(t)
	fd := socket(t, unix.AF_UNIX, unix.SOCK_DGRAM)
	if err := fd.Bind(to); err != nil {
		t.Fatal(err)
	}
	server, client := packetConn(t, fd), packetConn(t, socket(t, unix.AF_UNIX, unix.SOCK_DGRAM))
	must(client.WriteTo([]byte("hello"), server.LocalAddr()))(t)
	buf := make([]byte, 16)
	n, from, err := server.Recvfrom(buf, 0)
	if string(buf[:n]) != "hello" || err != nil || !from.IsZero() {
		t.Errorf("Recvfrom = %q, %v, %v", buf[:n], from, err)
	}
	if got := server.LocalAddr(); got.Network() != "unixgram" || got.(*net.UnixAddr).Name == "" {
		t.Errorf("LocalAddr is %#v", got)
	}
}
