package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// A1, A3, A6, A21, A22: a socket is what it was made as, and says so; 0 as
// protocol is the type's usual one. A4: an endpoint on a network, on this host or
// to the kernel is one and the same call.
func TestSocketsSayWhatTheyAre(t *testing.T) {
	for _, c := range []struct {
		domain, typ, proto           int
		wantDomain, wantTyp, wantPro string
	}{
		{unix.AF_INET, unix.SOCK_STREAM, 0, "AF_INET", "SOCK_STREAM", "IPPROTO_TCP"},                        // A8, A11
		{unix.AF_INET, unix.SOCK_DGRAM, 0, "AF_INET", "SOCK_DGRAM", "IPPROTO_UDP"},                          // A12
		{unix.AF_INET6, unix.SOCK_STREAM | unix.SOCK_NONBLOCK, 0, "AF_INET6", "SOCK_STREAM", "IPPROTO_TCP"}, // A9
		{unix.AF_UNIX, unix.SOCK_SEQPACKET, 0, "AF_UNIX", "SOCK_SEQPACKET", "IPPROTO_IP"},                   // A10, A15
		{unix.AF_UNIX, unix.SOCK_RAW, 0, "AF_UNIX", "SOCK_DGRAM", "IPPROTO_IP"},                             // Linux makes a datagram socket of it
		{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE, "AF_NETLINK", "SOCK_RAW", "IPPROTO_IP"},
	} {
		fd := open(t, c.domain, c.typ, c.proto)
		domain, err := fd.SockDomain()
		check(t, err)
		typ, err := fd.SockType()
		check(t, err)
		proto, err := fd.SockProtocol()
		check(t, err)
		if rawsock.FamilyName(domain) != c.wantDomain || rawsock.TypeName(typ) != c.wantTyp || rawsock.ProtoName(proto) != c.wantPro {
			t.Errorf("Socket(%d, %d, %d) is %s, %s, %s", c.domain, c.typ, c.proto,
				rawsock.FamilyName(domain), rawsock.TypeName(typ), rawsock.ProtoName(proto))
		}
	}
}

// A13, A14, A16: raw sockets are for the privileged, and inet has no SOCK_RDM.
func TestKindsThatAreRefused(t *testing.T) {
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	if err == nil {
		adopt(t, fd)
	} else {
		wantErrno(t, err, unix.EPERM)
	}
	fd, err = rawsock.Socket(unix.AF_INET, unix.SOCK_RDM, 0)
	wantErrno(t, err, unix.ESOCKTNOSUPPORT)
	if fd != -1 {
		t.Errorf("descriptor %d with an error", fd)
	}
}

// A19: a connection is its protocol and both addresses with their ports. One
// local address serves two peers, but not one peer twice.
func TestConnectionsAreFiveTuples(t *testing.T) {
	_, peer := listener(t, loopback(0))
	_, otherPeer := listener(t, loopback(0))
	client := func(local rawsock.Sockaddr) rawsock.FD {
		fd := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
		check(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
		check(t, fd.Bind(local))
		return fd
	}
	first := client(loopback(0))
	local, err := first.Getsockname()
	check(t, err)
	second, third := client(local), client(local)
	check(t, first.Connect(peer))
	check(t, second.Connect(otherPeer))
	wantErrno(t, third.Connect(peer), unix.EADDRNOTAVAIL)
}

// A20: an address and port are one socket's at a time; the address serves others
// on other ports, and the port on other addresses.
func TestAddressInUse(t *testing.T) {
	_, addr := listener(t, loopback(0))
	_, port, _ := addr.Inet()
	other := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	wantErrno(t, other.Bind(addr), unix.EADDRINUSE)
	wantErrno(t, other.Bind(rawsock.SockaddrInet4(rawsock.Inet4(rawsock.INADDR_ANY), port)), unix.EADDRINUSE)
	check(t, other.Bind(rawsock.SockaddrInet4([4]byte{127, 0, 0, 2}, port)))
	listener(t, loopback(0))
}

// B7: port 0 is a port that the kernel chooses, above the reserved ones.
func TestPortZero(t *testing.T) {
	seen := map[uint16]bool{}
	for range 8 {
		_, addr := bound(t, unix.SOCK_STREAM, loopback(0))
		_, port, ok := addr.Inet()
		if !ok || port < rawsock.IPPORT_RESERVED || seen[port] {
			t.Errorf("bound to %v after %v", addr, seen)
		}
		seen[port] = true
	}
}

// B24: the file of a unix socket stays when the socket is closed, and nothing
// else can bind there until it is unlinked.
func TestUnixFilePersists(t *testing.T) {
	t.Chdir(t.TempDir())
	sa, err := rawsock.SockaddrUnixPath("s.sock")
	check(t, err)
	first, err := rawsock.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, err)
	check(t, first.Bind(sa))
	check(t, first.Close())
	var stat unix.Stat_t
	if err := unix.Lstat("s.sock", &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFSOCK {
		t.Errorf("after close: mode %#o, %v", stat.Mode, err)
	}
	second := open(t, unix.AF_UNIX, unix.SOCK_STREAM, 0)
	wantErrno(t, second.Bind(sa), unix.EADDRINUSE)
	client := open(t, unix.AF_UNIX, unix.SOCK_STREAM, 0)
	wantErrno(t, client.Connect(sa), unix.ECONNREFUSED)
	check(t, unix.Unlink("s.sock"))
	check(t, second.Bind(sa))
}
