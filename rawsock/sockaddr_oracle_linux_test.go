package rawsock_test

import (
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// bindOnly binds a new socket to what sa makes and closes it. What is no
// address binds nothing, and the twin fails for want of a call.
func bindOnly(family, typ, proto int, sa func() (rawsock.Sockaddr, error)) func() {
	return func() {
		fd, _ := rawsock.Socket(family, typ|unix.SOCK_CLOEXEC, proto)
		if addr, err := sa(); err == nil {
			fd.Bind(addr)
		}
		fd.Getsockname()
		fd.Close()
	}
}

func made(sa rawsock.Sockaddr) func() (rawsock.Sockaddr, error) {
	return func() (rawsock.Sockaddr, error) { return sa, nil }
}

// A8, A9, A10: the bytes of an address are those that Python hands to bind(2),
// and what comes back decodes alike.
func TestAddressesAgainstPython(t *testing.T) {
	bindPython := func(socket, address string) string {
		return "s = socket(" + socket + "); s.bind(" + address + "); s.getsockname(); s.close()"
	}
	v6 := func(text string) [16]byte { return netip.MustParseAddr(text).As16() }
	sameAsPython(t, []twin{
		{"inet", bindPython("AF_INET, SOCK_STREAM", "('127.1.2.3', 0)"),
			bindOnly(unix.AF_INET, unix.SOCK_STREAM, 0, made(rawsock.SockaddrInet4([4]byte{127, 1, 2, 3}, 0))), "socket bind getsockname"},
		{"inet6", bindPython("AF_INET6, SOCK_DGRAM", "('ff02::1', 0, 0xabcde, 1)"),
			bindOnly(unix.AF_INET6, unix.SOCK_DGRAM, 0, made(rawsock.SockaddrInet6(v6("ff02::1"), 0, 0xabcde, 1))), "socket bind getsockname"},
		{"unix longest", bindPython("AF_UNIX, SOCK_STREAM", "'l' * 107"),
			bindOnly(unix.AF_UNIX, unix.SOCK_STREAM, 0, func() (rawsock.Sockaddr, error) { return rawsock.SockaddrUnixPath(strings.Repeat("l", 107)) }), "socket bind getsockname"},
		{"option", "s = socket(); begin(); s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1); end(); s.close()", func() {
			fd, _ := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			begin()
			fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
			end()
			fd.Close()
		}, ""},
	})
}
