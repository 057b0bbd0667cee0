package sockettest

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Pair returns two connected AF_UNIX stream sockets, nonblocking and
// close-on-exec. Both are closed when the test ends. A test may close one
// itself, or hand it to code that does: a number that by then belongs to
// another file is left alone.
func Pair(t testing.TB) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatalf("socketpair: %v", err)
	}
	for _, fd := range fds {
		closeAtEnd(t, fd)
		setFlags(t, fd)
	}
	return fds[0], fds[1]
}

// TCPPair returns the two ends of a TCP connection over 127.0.0.1, the
// connecting one first, nonblocking and close-on-exec. They are closed as
// those of Pair are.
func TCPPair(t testing.TB) (client, server int) {
	t.Helper()
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatalf("socket: %v", err)
	}
	defer unix.Close(l)
	if err := unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatalf("bind 127.0.0.1:0: %v", err)
	}
	if err := unix.Listen(l, 1); err != nil {
		t.Fatalf("listen: %v", err)
	}
	addr, err := unix.Getsockname(l)
	if err != nil {
		t.Fatalf("getsockname: %v", err)
	}
	if client, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0); err != nil {
		t.Fatalf("socket: %v", err)
	}
	closeAtEnd(t, client)
	if err := unix.Connect(client, addr); err != nil {
		t.Fatalf("connect to the pair's own listener: %v", err)
	}
	if server, err = accept(l); err != nil {
		t.Fatalf("accept: %v", err)
	}
	closeAtEnd(t, server)
	setFlags(t, client)
	setFlags(t, server)
	return client, server
}

// accept is accept(2) again after a signal.
func accept(l int) (int, error) {
	for {
		fd, _, err := unix.Accept(l)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// closeAtEnd has fd closed when the test ends, if it is still the same file
// then.
func closeAtEnd(t testing.TB, fd int) {
	t.Helper()
	var mine unix.Stat_t
	if err := unix.Fstat(fd, &mine); err != nil {
		t.Fatalf("fstat(%d): %v", fd, err)
	}
	t.Cleanup(func() {
		var now unix.Stat_t
		if unix.Fstat(fd, &now) == nil && now.Dev == mine.Dev && now.Ino == mine.Ino {
			unix.Close(fd)
		}
	})
}

// setFlags makes fd nonblocking and close-on-exec.
func setFlags(t testing.TB, fd int) {
	t.Helper()
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatalf("set descriptor %d nonblocking: %v", fd, err)
	}
}
