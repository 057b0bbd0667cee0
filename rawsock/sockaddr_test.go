package rawsock_test

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestSockaddrText(t *testing.T) {
	path := func(p string) rawsock.Sockaddr {
		sa, err := rawsock.SockaddrUnixPath(p)
		check(t, err)
		return sa
	}
	inet := loopback(80)
	header := inet.Bytes()[:2:2]
	header[1-familyLow] = sizeByte(6)
	header[familyLow] = 99
	unknown, err := rawsock.SockaddrFromBytes(append(header, 0, 0, 1, 2))
	check(t, err)
	cut := inet.Bytes()[:15]
	cut[1-familyLow] = sizeByte(15)
	short, err := rawsock.SockaddrFromBytes(cut)
	check(t, err)
	one, err := rawsock.SockaddrFromBytes([]byte{9})
	check(t, err)
	cases := map[string]rawsock.Sockaddr{
		"none":                      {},
		"127.0.0.1:80":              inet,
		"[fe80::1%2]:80":            addrPort(t, "[fe80::1%2]:80"),
		"[::1]:65535":               addrPort(t, "[::1]:65535"),
		"[::ffff:1.2.3.4]:1":        addrPort(t, "[::ffff:1.2.3.4]:1"),
		"/run/x.sock":               path("/run/x.sock"),
		"./x":                       path("./x"),
		`"x.sock"`:                  path("x.sock"),
		`"@x"`:                      path("@x"),
		`"unnamed"`:                 path("unnamed"),
		`"/a\nb"`:                   path("/a\nb"),
		`"/\xff"`:                   path("/\xff"),
		"unnamed":                   rawsock.SockaddrUnixUnnamed(),
		"family 99: 00000102":       unknown,
		"bytes 09":                  one,
		"[::1]:80 flowinfo=0xabcde": rawsock.SockaddrInet6([16]byte{15: 1}, 80, 0xabcde, 0),
		"family 2: " + hex15(inet):  short,
	}
	for want, sa := range cases {
		if got := sa.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, err := rawsock.ParseSockaddr(want); err != nil || got != sa {
			t.Errorf("%s parses to %v, %v", want, got, err)
		}
	}
}

func TestParseSockaddrRefusals(t *testing.T) {
	for text, want := range map[string]error{
		"":                              unix.EINVAL,
		"x.sock":                        unix.EINVAL,
		"127.0.0.1":                     unix.EINVAL,
		"127.0.0.1:65536":               unix.EINVAL,
		"127.0.0.1:80 flowinfo=1":       unix.EINVAL,
		"[::1]:80 flowinfo=0x100000000": unix.EINVAL,
		"[::1]:80 flowinfo":             unix.EINVAL,
		"[fe80::1%no-such]:80":          unix.ENODEV,
		`""`:                            unix.EINVAL,
		`"a" `:                          unix.EINVAL,
		`"a\x00b"`:                      unix.EINVAL,
		`@a"b`:                          abstractError(unix.EINVAL),
		"/" + strings.Repeat("x", 200):  unix.ENAMETOOLONG,
		"@" + strings.Repeat("x", 200):  abstractError(unix.ENAMETOOLONG),
		"family 2":                      unix.EINVAL,
		"family -1: 00":                 unix.EINVAL,
		"family 65536: 00":              unix.EINVAL,
		"family 2: 0":                   unix.EINVAL,
		"family 99: " + strings.Repeat("0", 2*rawsock.MaxSockaddr): unix.EINVAL,
		"bytes x": unix.EINVAL,
		"none ":   unix.EINVAL,
	} {
		sa, err := rawsock.ParseSockaddr(text)
		if !errors.Is(err, want) || !sa.IsZero() || !strings.Contains(err.Error(), strconv.Quote(text)) {
			t.Errorf("%q became %v, %v; want %v", text, sa, err, want)
		}
	}
}

// hex15 is what the text of an inet address cut to 15 bytes ends with.
func hex15(sa rawsock.Sockaddr) string {
	_, port, _ := sa.Inet()
	if port != 80 {
		panic("another port")
	}
	return "00507f000001" + strings.Repeat("00", 7)
}

func TestZeroSockaddrIsNoAddress(t *testing.T) {
	var sa rawsock.Sockaddr
	if !sa.IsZero() || sa.Len() != 0 || sa.Family() != unix.AF_UNSPEC || len(sa.Bytes()) != 0 || sa.AddrPort().IsValid() {
		t.Errorf("zero Sockaddr: %v, %d bytes, family %d", sa, sa.Len(), sa.Family())
	}
	if name, kind := sa.Unix(); kind != rawsock.NotUnix || name != "" {
		t.Errorf("zero Sockaddr is a unix address of kind %d, %q", kind, name)
	}
	if sa == rawsock.SockaddrUnixUnnamed() {
		t.Error("no address equals the unnamed unix address")
	}
	if got, err := rawsock.SockaddrFromBytes(nil); err != nil || got != sa {
		t.Errorf("SockaddrFromBytes(nil): %v, %v", got, err)
	}
}

func TestAddrPortBothWays(t *testing.T) {
	for _, text := range []string{
		"0.0.0.0:0", "127.0.0.1:80", "255.255.255.255:65535",
		"[::]:0", "[::1]:80", "[fe80::1%3]:1", "[::ffff:10.0.0.1]:9", "[::ffff:10.0.0.1%4]:9", "[fe80::1%4294967295]:2",
	} {
		want := netip.MustParseAddrPort(text)
		sa, err := rawsock.SockaddrFromAddrPort(want)
		if err != nil || sa.AddrPort() != want {
			t.Errorf("%s became %v, %v", text, sa.AddrPort(), err)
		}
	}
	_, err := rawsock.SockaddrFromAddrPort(netip.AddrPort{})
	wantErrno(t, err, unix.EINVAL)
}

func TestZoneNames(t *testing.T) {
	ifaces, err := net.Interfaces()
	check(t, err)
	for _, i := range ifaces {
		sa := addrPort(t, "[fe80::1%"+i.Name+"]:80")
		if _, _, _, scope, ok := sa.Inet6(); !ok || int(scope) != i.Index {
			t.Errorf("zone %s became scope %d, want %d", i.Name, scope, i.Index)
		}
	}
	_, err = rawsock.SockaddrFromAddrPort(netip.MustParseAddrPort("[fe80::1%no-such-interface]:80"))
	if !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), "no-such-interface") {
		t.Errorf("unknown zone: %v", err)
	}
}

func TestInet6KeepsEverything(t *testing.T) {
	addr := netip.MustParseAddr("fe80::1:2").As16()
	sa := rawsock.SockaddrInet6(addr, 0x1234, 0xabcde, 7)
	gotAddr, port, flow, scope, ok := sa.Inet6()
	if !ok || gotAddr != addr || port != 0x1234 || flow != 0xabcde || scope != 7 {
		t.Errorf("%v %#x %#x %d, %v", gotAddr, port, flow, scope, ok)
	}
	// RFC 2133 had no sin6_scope_id; the kernel still takes such an address.
	old, err := rawsock.SockaddrFromBytes(sa.Bytes()[:24])
	check(t, err)
	if gotAddr, _, flow, scope, ok = old.Inet6(); !ok || gotAddr != addr || flow != 0xabcde || scope != 0 {
		t.Errorf("24 bytes: %v %#x %d, %v", gotAddr, flow, scope, ok)
	}
	cut, err := rawsock.SockaddrFromBytes(sa.Bytes()[:23])
	check(t, err)
	if _, _, _, _, ok := cut.Inet6(); ok || cut.AddrPort().IsValid() {
		t.Error("23 bytes decode as inet6")
	}
	if _, _, ok := sa.Inet(); ok {
		t.Error("inet6 decodes as inet")
	}
}

func TestFromBytesKeepsOrRefuses(t *testing.T) {
	for n := range rawsock.MaxSockaddr + 1 {
		b := bytes.Repeat([]byte{0xc8}, n) // no family that anyone knows
		sa, err := rawsock.SockaddrFromBytes(b)
		if err != nil || !bytes.Equal(sa.Bytes(), b) || sa.Len() != n {
			t.Fatalf("%d bytes became %d: % x, %v", n, sa.Len(), sa.Bytes(), err)
		}
		if got := sa.AppendTo([]byte("x")); string(got) != "x"+string(b) {
			t.Fatalf("AppendTo: % x", got)
		}
	}
	_, err := rawsock.SockaddrFromBytes(make([]byte, rawsock.MaxSockaddr+1))
	wantErrno(t, err, unix.EINVAL)
}

func TestUnixFromTooManyBytes(t *testing.T) {
	full, err := rawsock.SockaddrUnixPath(strings.Repeat("x", rawsock.MaxUnixPath))
	check(t, err)
	// What the kernel says of a path that fills sun_path: one byte more.
	sa, err := rawsock.SockaddrFromBytes(append(full.Bytes(), 0))
	if err != nil || sa != full {
		t.Errorf("with a NUL behind it: %d bytes, %v; want %d", sa.Len(), err, full.Len())
	}
	_, err = rawsock.SockaddrFromBytes(append(full.Bytes(), 'y'))
	wantErrno(t, err, unix.EINVAL)
}

func TestSockaddrIsComparable(t *testing.T) {
	m := map[rawsock.Sockaddr]int{loopback(1): 1, loopback(2): 2, rawsock.SockaddrUnixUnnamed(): 3, {}: 4}
	again, err := rawsock.SockaddrFromBytes(loopback(2).Bytes())
	check(t, err)
	if m[again] != 2 || m[rawsock.Sockaddr{}] != 4 {
		t.Errorf("found %d and %d in %v", m[again], m[rawsock.Sockaddr{}], m)
	}
}

func TestUnixPathRefusals(t *testing.T) {
	for path, want := range map[string]unix.Errno{
		"":         unix.EINVAL,
		"\x00abs":  unix.EINVAL,
		"/a\x00/b": unix.EINVAL,
		strings.Repeat("x", rawsock.MaxUnixPath+1): unix.ENAMETOOLONG,
	} {
		sa, err := rawsock.SockaddrUnixPath(path)
		wantErrno(t, err, want)
		if !sa.IsZero() {
			t.Errorf("%q made %v", path, sa)
		}
	}
}
