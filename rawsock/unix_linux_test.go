package rawsock_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// G1: every length of a path that the kernel takes comes back whole, can be
// connected to and equals what was made; longer ones are refused, never cut.
func TestUnixPathOfEveryLength(t *testing.T) {
	t.Chdir(t.TempDir())
	for n := 1; n <= 110; n++ {
		path := strings.Repeat("p", n)
		sa, err := rawsock.SockaddrUnixPath(path)
		if n > 108 {
			wantErrno(t, err, unix.ENAMETOOLONG)
			continue
		}
		check(t, err)
		unixRoundTrip(t, sa, path, rawsock.UnixPath)
		check(t, os.Remove(path))
	}
}

// G2: abstract names are any bytes, as many as fit, NULs too.
func TestUnixAbstractNames(t *testing.T) {
	unique := "rawsock-test-" + t.Name()
	full := unique + strings.Repeat("\x00\xff", 60)
	for _, name := range []string{
		unique, unique + "\x00", unique + "\x00x\x00\x00y", "\x00" + unique, "@" + unique, "/" + unique,
		full[:106], full[:107],
	} {
		sa, err := rawsock.SockaddrUnixAbstract(name)
		check(t, err)
		if sa.Len() != 3+len(name) {
			t.Errorf("%q: %d bytes, want %d", name, sa.Len(), 3+len(name))
		}
		unixRoundTrip(t, sa, name, rawsock.UnixAbstract)
	}
	_, err := rawsock.SockaddrUnixAbstract(full[:108])
	wantErrno(t, err, unix.ENAMETOOLONG)

	sa, err := rawsock.SockaddrUnixAbstract("abs\x00c")
	check(t, err)
	if got, want := sa.String(), `@abs\x00c`; got != want {
		t.Errorf("text %s, want %s", got, want)
	}
}

// unixRoundTrip binds to sa, connects to it, and to what the kernel calls it.
func unixRoundTrip(t *testing.T, sa rawsock.Sockaddr, wantName string, wantKind rawsock.UnixKind) {
	t.Helper()
	l, err := rawsock.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, err)
	defer l.Close()
	check(t, l.Bind(sa))
	check(t, l.Listen(1))
	client, err := rawsock.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, err)
	defer client.Close()

	bound, err := l.Getsockname()
	check(t, err)
	check(t, client.Connect(bound))
	peer, err := client.Getpeername()
	check(t, err)
	for call, got := range map[string]rawsock.Sockaddr{"getsockname": bound, "getpeername": peer} {
		if got != sa {
			t.Errorf("%s gave %d bytes %v, want %d bytes %v", call, got.Len(), got, sa.Len(), sa)
		}
		if name, kind := got.Unix(); name != wantName || kind != wantKind {
			t.Errorf("%s: %q of kind %d, want %q of kind %d", call, name, kind, wantName, wantKind)
		}
	}
}

func TestUnixAutobind(t *testing.T) {
	_, got := bound(t, unix.SOCK_STREAM, rawsock.SockaddrUnixUnnamed())
	if name, kind := got.Unix(); kind != rawsock.UnixAbstract || len(name) != 5 {
		t.Errorf("autobind gave %v, want an abstract name of 5 bytes", got)
	}
}

// A datagram from an unbound unix socket has no sender, one from a bound socket
// has all of it.
func TestUnixDatagramSender(t *testing.T) {
	to, addr := bound(t, unix.SOCK_DGRAM, rawsock.SockaddrUnixUnnamed())
	for _, bind := range []bool{false, true} {
		fd := open(t, unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		var want rawsock.Sockaddr
		if bind {
			check(t, fd.Bind(rawsock.SockaddrUnixUnnamed()))
			var err error
			want, err = fd.Getsockname()
			check(t, err)
		}
		if n, err := fd.Sendto([]byte("x"), 0, addr); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if n, from, err := to.Recvfrom(make([]byte, 4), 0); n != 1 || err != nil || from != want {
			t.Errorf("recvfrom: %d from %v, %v; want 1 from %v", n, from, err, want)
		}
	}
}
