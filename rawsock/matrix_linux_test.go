package rawsock_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// matrixRow is a listener and where it can be reached.
type matrixRow struct {
	listen  string // an address; "::*" is :: with IPV6_V6ONLY off, "::" with it on
	reached string // the destinations that connect, with spaces between; the others are ECONNREFUSED
}

// B16, on the addresses that every host has. Connecting to 0.0.0.0 or :: is
// connecting to 127.0.0.1 or ::1: a listener on 127.0.0.2 is not reached so.
func TestListenConnectMatrixOfLoopback(t *testing.T) {
	dests := "127.0.0.1 127.0.0.2 0.0.0.0 ::1 :: ::ffff:127.0.0.1 ::ffff:127.0.0.2 ::ffff:0.0.0.0"
	listenConnect(t, dests, []matrixRow{
		{"127.0.0.1", "127.0.0.1 0.0.0.0 ::ffff:127.0.0.1 ::ffff:0.0.0.0"},
		{"127.0.0.2", "127.0.0.2 ::ffff:127.0.0.2"},
		{"0.0.0.0", "127.0.0.1 127.0.0.2 0.0.0.0 ::ffff:127.0.0.1 ::ffff:127.0.0.2 ::ffff:0.0.0.0"},
		{"::1", "::1 ::"},
		{"::", "::1 ::"},
		{"::*", dests},
		{"::ffff:127.0.0.1", "127.0.0.1 0.0.0.0 ::ffff:127.0.0.1 ::ffff:0.0.0.0"},
		{"::ffff:0.0.0.0", "127.0.0.1 127.0.0.2 0.0.0.0 ::ffff:127.0.0.1 ::ffff:127.0.0.2 ::ffff:0.0.0.0"},
	})
}

// B16, on a host with two addresses of its own, and from another host. What
// listens on 192.168.0.1 alone is not reached as 0.0.0.0, nor as 127.0.0.1.
func TestListenConnectMatrixOfInterfaces(t *testing.T) {
	host, other := sockettest.NewNetns(t), sockettest.NewNetns(t)
	sockettest.Veth(host, other, "192.168.0.1/24", "192.168.0.2/24")
	host.Run("ip", "addr", "add", "192.168.1.1/24", "dev", "veth0")
	other.Run("ip", "route", "add", "192.168.1.0/24", "dev", "veth0")
	rows := []matrixRow{
		{"127.0.0.1", "127.0.0.1 0.0.0.0"},
		{"192.168.0.1", "192.168.0.1"},
		{"192.168.1.1", "192.168.1.1"},
		{"0.0.0.0", "127.0.0.1 192.168.0.1 192.168.1.1 0.0.0.0"},
		{"::*", "127.0.0.1 192.168.0.1 192.168.1.1 0.0.0.0"},
		{"::", ""},
		{"::ffff:192.168.0.1", "192.168.0.1"},
	}
	host.Do(func() { listenConnect(t, "127.0.0.1 192.168.0.1 192.168.1.1 0.0.0.0", rows) })
	for _, row := range rows {
		var addr rawsock.Sockaddr
		host.Do(func() { _, addr = matrixListener(t, row.listen) })
		for _, dest := range []string{"192.168.0.1", "192.168.1.1", "127.0.0.1"} {
			reached := slices.Contains(strings.Fields(row.reached), dest) && dest != "127.0.0.1" // there it is the other host itself
			other.Do(func() { checkConnect(t, row.listen, dest, addr.AddrPort().Port(), reached) })
		}
	}
}

func listenConnect(t *testing.T, dests string, rows []matrixRow) {
	for _, row := range rows {
		_, addr := matrixListener(t, row.listen)
		for dest := range strings.FieldsSeq(dests) {
			checkConnect(t, row.listen, dest, addr.AddrPort().Port(), slices.Contains(strings.Fields(row.reached), dest))
		}
	}
}

func matrixListener(t *testing.T, listen string) (rawsock.FD, rawsock.Sockaddr) {
	host, both := strings.CutSuffix(listen, "*")
	sa := addrPort(t, netip.AddrPortFrom(netip.MustParseAddr(host), 0).String())
	fd := open(t, sa.Family(), unix.SOCK_STREAM, 0)
	if listen == "::" || both {
		only := 1
		if both {
			only = 0
		}
		check(t, fd.SetsockoptInt(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only))
	}
	check(t, fd.Bind(sa))
	check(t, fd.Listen(64))
	name, err := fd.Getsockname()
	check(t, err)
	return fd, name
}

func checkConnect(t *testing.T, listen, dest string, port uint16, reached bool) {
	to := addrPort(t, netip.AddrPortFrom(netip.MustParseAddr(dest), port).String())
	err := open(t, to.Family(), unix.SOCK_STREAM, 0).Connect(to)
	if reached && err != nil || !reached && !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("listening on %s, connecting to %s: %v, want reached %v", listen, dest, err, reached)
	}
}

// What a client bound to 127.0.0.2 means by 0.0.0.0 is 127.0.0.2: the source
// becomes the destination.
func TestConnectToAnyFromBoundAddress(t *testing.T) {
	l, addr := listener(t, rawsock.SockaddrInet4(v4("127.0.0.2"), 0))
	to := rawsock.SockaddrInet4(v4("0.0.0.0"), addr.AddrPort().Port())
	client, _ := bound(t, unix.SOCK_STREAM, rawsock.SockaddrInet4(v4("127.0.0.2"), 0))
	check(t, client.Connect(to))
	peer, err := client.Getpeername() // B9
	if err != nil || peer != addr {
		t.Errorf("connected to %v, %v; want %v", peer, err, addr)
	}
	fd, from, err := l.Accept()
	check(t, err)
	adopt(t, fd)
	if name, err := client.Getsockname(); err != nil || name != from { // B8
		t.Errorf("accepted from %v, client is %v, %v", from, name, err)
	}
}
