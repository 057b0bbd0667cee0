package rawsock_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestToUnixAndBack(t *testing.T) {
	path, err := rawsock.SockaddrUnixPath("/run/x")
	check(t, err)
	for _, sa := range []rawsock.Sockaddr{{}, loopback(80), addrPort(t, "[fe80::1%2]:80"), path, rawsock.SockaddrUnixUnnamed()} {
		u, err := sa.ToUnix()
		check(t, err)
		if again, err := rawsock.SockaddrFromUnix(u); err != nil || again != sa {
			t.Errorf("%v became %#v and %v, %v", sa, u, again, err)
		}
	}
	if u, err := (rawsock.Sockaddr{}).ToUnix(); u != nil || err != nil {
		t.Errorf("no address became %v, %v", u, err)
	}
}

func TestToUnixLosesFlowInformation(t *testing.T) {
	u, err := rawsock.SockaddrInet6([16]byte{15: 1}, 80, 0xabcde, 2).ToUnix()
	check(t, err)
	again, err := rawsock.SockaddrFromUnix(u)
	check(t, err)
	if want := rawsock.SockaddrInet6([16]byte{15: 1}, 80, 0, 2); again != want {
		t.Errorf("%v, want %v", again, want)
	}
}

func TestXsysRefusals(t *testing.T) {
	full, err := rawsock.SockaddrUnixPath(strings.Repeat("x", rawsock.MaxUnixPath))
	check(t, err)
	short, err := rawsock.SockaddrFromBytes(loopback(80).Bytes()[:7])
	check(t, err)
	for _, sa := range []rawsock.Sockaddr{full, short} {
		if u, err := sa.ToUnix(); u != nil || !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), sa.String()) {
			t.Errorf("%v became %v, %v", sa, u, err)
		}
	}
	for _, u := range []unix.Sockaddr{
		&unix.SockaddrInet4{Port: 65536}, &unix.SockaddrInet4{Port: -1}, &unix.SockaddrInet6{Port: 65536},
		&unix.SockaddrUnix{Name: strings.Repeat("x", rawsock.MaxUnixPath)},
	} {
		sa, err := rawsock.SockaddrFromUnix(u)
		wantErrno(t, err, unix.EINVAL)
		if !sa.IsZero() {
			t.Errorf("%#v became %v", u, sa)
		}
	}
	type foreign struct{ unix.Sockaddr }
	if _, err := rawsock.SockaddrFromUnix(foreign{}); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "foreign") {
		t.Errorf("a foreign type: %v", err)
	}
}
