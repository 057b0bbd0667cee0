package netdb

import (
	"errors"
	"math"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestGetnameinfo(t *testing.T) {
	r := newResolver(t)
	lo, err := IfNametoindex(loopback(t))
	if err != nil {
		t.Fatal(err)
	}
	linkLocal := [16]byte{0: 0xfe, 1: 0x80, 15: 1}
	port := 70000
	for _, tt := range []struct {
		sa            rawsock.Sockaddr
		flags         int
		host, service string
		err           error
	}{
		{rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 80), 0, "localhost", "http", nil},
		{rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 80), NI_NUMERICHOST | NI_NUMERICSERV, "127.0.0.1", "80", nil},
		{rawsock.SockaddrInet6(linkLocal, 80, 0, uint32(lo)), NI_NUMERICHOST | NI_NUMERICSERV, "fe80::1%" + loopback(t), "80", nil},
		{rawsock.SockaddrInet6(linkLocal, 80, 0, math.MaxInt32), NI_NUMERICHOST, "fe80::1%2147483647", "http", nil},
		{rawsock.SockaddrInet4([4]byte{10, 9, 9, 9}, 80), NI_NAMEREQD, "", "", EAI_NONAME},
		{rawsock.SockaddrInet4([4]byte{10, 9, 9, 9}, 514), NI_DGRAM, "10.9.9.9", "syslog", nil},
		{rawsock.SockaddrInet4([4]byte{10, 9, 9, 9}, uint16(port)), 0, "10.9.9.9", "4464", nil},
		{rawsock.SockaddrInet4([4]byte{10, 9, 9, 9}, 80), 1 << 20, "", "", EAI_BADFLAGS},
		{rawsock.Sockaddr{}, 0, "", "", EAI_FAMILY},
	} {
		host, service, err := r.Getnameinfo(t.Context(), tt.sa, tt.flags)
		if host != tt.host || service != tt.service || !errors.Is(err, tt.err) {
			t.Errorf("%v %d: got %q, %q, %v", tt.sa, tt.flags, host, service, err)
		}
	}
}

// F6: codes, texts and what errors.Is finds.
func TestErrors_F6(t *testing.T) {
	behind := errors.New("behind")
	for _, err := range []error{&GaiError{"getaddrinfo", "x", EAI_AGAIN, behind}, &HostError{"gethostbyname", "x", TRY_AGAIN, behind}} {
		temporary := err.(interface {
			Temporary() bool
			Timeout() bool
		})
		if !errors.Is(err, behind) || !temporary.Temporary() || temporary.Timeout() {
			t.Errorf("%v: not as it should be", err)
		}
	}
	if text := (&GaiError{"getaddrinfo", "x:80", EAI_NONAME, nil}).Error(); text != `getaddrinfo "x:80": Name or service not known` {
		t.Error(text)
	}
	if text := (&HostError{"gethostbyaddr", "::1", HOST_NOT_FOUND, behind}).Error(); text != `gethostbyaddr "::1": Unknown host (behind)` {
		t.Error(text)
	}
	if errors.Is(&GaiError{Code: EAI_NONAME}, EAI_AGAIN) || errors.Is(&GaiError{Code: EAI_AGAIN}, TRY_AGAIN) {
		t.Error("one code for another")
	}
}

// C1
func TestGethostname_C1(t *testing.T) {
	name, err := Gethostname()
	if err != nil || name == "" {
		t.Errorf("got %q, %v", name, err)
	}
	if unix.Geteuid() != 0 {
		if err := Sethostname(name); !errors.Is(err, unix.EPERM) && !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Sethostname: %v", err)
		}
	}
}

func TestInterfaces(t *testing.T) {
	lo := loopback(t)
	index, err := IfNametoindex(lo)
	if err != nil {
		t.Fatal(err)
	}
	if name, err := IfIndextoname(index); err != nil || name != lo {
		t.Errorf("got %s, %v", name, err)
	}
	if all, err := IfNameindex(); err != nil || !slices.Contains(all, Interface{index, lo}) {
		t.Errorf("got %v, %v", all, err)
	}
	if _, err := IfNametoindex("nosuch0"); !errors.Is(err, unix.ENODEV) {
		t.Errorf("got %v", err)
	}
	if _, err := IfIndextoname(1 << 30); !errors.Is(err, unix.ENXIO) {
		t.Errorf("got %v", err)
	}
	all, err := Getifaddrs()
	want := rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0)
	mask := rawsock.SockaddrInet4([4]byte{255}, 0)
	if err != nil || !slices.ContainsFunc(all, func(a Ifaddr) bool { return a.Name == lo && a.Addr == want && a.Netmask == mask && a.Bcast.IsZero() }) {
		t.Errorf("got %+v, %v", all, err)
	}
}
