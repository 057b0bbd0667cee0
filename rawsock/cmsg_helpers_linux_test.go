package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// enable sets options that are 1 for on.
func enable(t testing.TB, fd rawsock.FD, level int, names ...int) {
	t.Helper()
	for _, name := range names {
		if err := fd.SetsockoptInt(level, name, 1); err != nil {
			t.Fatalf("option %d of level %d: %v", name, level, err)
		}
	}
}

// enableOr skips the test where the kernel is too old for the option.
func enableOr(t testing.TB, fd rawsock.FD, level, name, value int, since string) {
	t.Helper()
	err := fd.SetsockoptInt(level, name, value)
	sockettest.Need(t, err != error(unix.ENOPROTOOPT), "needs Linux "+since)
	check(t, err)
}

// sendControl sends data with control to an address, or to the peer if it is
// zero.
func sendControl(t testing.TB, fd rawsock.FD, to rawsock.Sockaddr, data, control []byte) {
	t.Helper()
	n, err := fd.Sendmsg(&rawsock.Msghdr{Name: to, Buffers: [][]byte{data}, Control: control}, 0)
	if err != nil || n != len(data) {
		t.Fatalf("sendmsg with control data % x: %d, %v", control, n, err)
	}
}

// recvControl receives a message of up to 64 KiB and 512 bytes of control data,
// none of which may be cut.
func recvControl(t testing.TB, fd rawsock.FD) (data []byte, m *rawsock.Msghdr) {
	t.Helper()
	data = make([]byte, 1<<16)
	m = &rawsock.Msghdr{Buffers: [][]byte{data}, Control: make([]byte, 512)}
	n, err := fd.Recvmsg(m, 0)
	check(t, err)
	if m.Flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
		t.Fatalf("flags %#x", m.Flags)
	}
	return data[:n], m
}

// find returns what read finds in the one message that it understands.
func find[T any](t testing.TB, m *rawsock.Msghdr, read func(rawsock.Cmsg) (T, bool)) (v T) {
	t.Helper()
	found := 0
	for c := range m.Cmsgs() {
		if got, ok := read(c); ok {
			v = got
			found++
		}
	}
	if found != 1 {
		t.Fatalf("%d messages of the kind in %+v", found, collect(m.Control))
	}
	return v
}

// has reports whether read understands one of the messages.
func has[T any](m *rawsock.Msghdr, read func(rawsock.Cmsg) (T, bool)) bool {
	for c := range m.Cmsgs() {
		if _, ok := read(c); ok {
			return true
		}
	}
	return false
}

func loopback6(port uint16) rawsock.Sockaddr {
	return rawsock.SockaddrInet6([16]byte{15: 1}, port, 0, 0)
}

func portOf(sa rawsock.Sockaddr) uint16 { return sa.AddrPort().Port() }
