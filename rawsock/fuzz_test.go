package rawsock_test

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// FuzzSockaddrFromBytes: whatever bytes come, nothing panics, none are lost, and
// what decodes encodes to an address that decodes the same.
func FuzzSockaddrFromBytes(f *testing.F) {
	path, err := rawsock.SockaddrUnixPath("/tmp/x")
	check(f, err)
	for _, sa := range []rawsock.Sockaddr{
		{}, loopback(80), addrPort(f, "[fe80::1%2]:80"), addrPort(f, "[::ffff:1.2.3.4]:1"),
		rawsock.SockaddrInet6([16]byte{15: 1}, 1, 0xabcde, 9), path, rawsock.SockaddrUnixUnnamed(),
	} {
		b := sa.Bytes()
		f.Add(b)
		f.Add(b[:len(b)/2])
		f.Add(append(b, bytes.Repeat([]byte{0}, rawsock.MaxSockaddr-len(b))...))
		f.Add(append(b, bytes.Repeat([]byte{'x'}, rawsock.MaxSockaddr)...))
	}
	for _, b := range familySeeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sa, err := rawsock.SockaddrFromBytes(b)
		if err != nil {
			if len(b) <= unix.SizeofSockaddrUnix || !sa.IsZero() {
				t.Fatalf("%d bytes refused: %v, %v", len(b), sa, err)
			}
			return
		}
		lost, ok := bytes.CutPrefix(b, sa.Bytes())
		if !ok || len(bytes.Trim(lost, "\x00")) > 0 || len(lost) > 0 && sa.Family() != unix.AF_UNIX {
			t.Fatalf("% x became % x", b, sa.Bytes())
		}
		if again, err := rawsock.SockaddrFromBytes(sa.Bytes()); err != nil || again != sa {
			t.Fatalf("% x became % x, %v", sa.Bytes(), again.Bytes(), err)
		}
		checkDecoded(t, sa)
	})
}

// checkDecoded encodes again what sa decodes to.
func checkDecoded(t *testing.T, sa rawsock.Sockaddr) {
	if again, err := rawsock.ParseSockaddr(sa.String()); err != nil || again != sa {
		t.Fatalf("% x has the text %s, of which comes % x, %v", sa.Bytes(), sa, again.Bytes(), err)
	}
	known := 0
	if ap := sa.AddrPort(); ap.IsValid() {
		known++
		again, err := rawsock.SockaddrFromAddrPort(ap)
		if err != nil || again.AddrPort() != ap || again.Family() != sa.Family() {
			t.Fatalf("%v became %v, %v", ap, again, err)
		}
	}
	if addr, port, ok := sa.Inet(); ok {
		known++
		if again := rawsock.SockaddrInet4(addr, port); !bytes.Equal(again.Bytes()[2:8], sa.Bytes()[2:8]) {
			t.Fatalf("% x became % x", sa.Bytes(), again.Bytes())
		}
	}
	if addr, port, flow, scope, ok := sa.Inet6(); ok {
		known++
		again := rawsock.SockaddrInet6(addr, port, flow, scope).Bytes()
		if n := min(sa.Len(), len(again)); !bytes.Equal(again[2:n], sa.Bytes()[2:n]) {
			t.Fatalf("% x became % x", sa.Bytes(), again)
		}
	}
	if known != 0 && known != 2 {
		t.Fatalf("%v: AddrPort, Inet and Inet6 do not agree", sa)
	}
	if name, kind := sa.Unix(); kind != rawsock.NotUnix {
		again, err := unixAddress(name, kind)
		if gotName, gotKind := again.Unix(); err != nil || gotName != name || gotKind != kind {
			t.Fatalf("%q of kind %d became %q of kind %d, %v", name, kind, gotName, gotKind, err)
		}
	}
	checkFamilies(t, sa)
	if u, err := sa.ToUnix(); err == nil && u != nil {
		if again, err := rawsock.SockaddrFromUnix(u); err != nil || again.Family() != sa.Family() || again.AddrPort() != sa.AddrPort() {
			t.Fatalf("%v became %#v and %v, %v", sa, u, again, err)
		}
	}
}

func unixAddress(name string, kind rawsock.UnixKind) (rawsock.Sockaddr, error) {
	switch kind {
	case rawsock.UnixPath:
		return rawsock.SockaddrUnixPath(name)
	case rawsock.UnixAbstract:
		return rawsock.SockaddrUnixAbstract(name)
	}
	return rawsock.SockaddrUnixUnnamed(), nil
}

// FuzzSockaddrUnix: a name is taken whole or refused for its reason, and no two
// addresses have one text.
func FuzzSockaddrUnix(f *testing.F) {
	for _, name := range []string{"", "/tmp/x", "x", "@x", "\x00x", "unnamed", "a\x00b", "/\xff\n\"", strings.Repeat("l", 108), strings.Repeat("l", 107)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		texts := map[string]bool{"none": true, "unnamed": true, "127.0.0.1:80": true}
		for kind, limit := range map[rawsock.UnixKind]int{rawsock.UnixPath: rawsock.MaxUnixPath, rawsock.UnixAbstract: rawsock.MaxUnixPath - 1} {
			sa, err := unixAddress(name, kind)
			switch {
			case errors.Is(err, errors.ErrUnsupported):
				continue
			case kind == rawsock.UnixPath && (name == "" || strings.Contains(name, "\x00")):
				wantErrno(t, err, unix.EINVAL)
				continue
			case len(name) > limit:
				wantErrno(t, err, unix.ENAMETOOLONG)
				continue
			}
			check(t, err)
			if gotName, gotKind := sa.Unix(); gotName != name || gotKind != kind {
				t.Fatalf("%q of kind %d became %q of kind %d", name, kind, gotName, gotKind)
			}
			if text := sa.String(); texts[text] {
				t.Fatalf("%q of kind %d has the text %s of another address", name, kind, text)
			}
			texts[sa.String()] = true
			checkDecoded(t, sa)
		}
	})
}

// FuzzSockaddrInet: every number comes back.
func FuzzSockaddrInet(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), uint16(80), uint32(0xfffff), uint32(2))
	f.Fuzz(func(t *testing.T, b []byte, port uint16, flow, scope uint32) {
		var a4 [4]byte
		copy(a4[:], b)
		if addr, p, ok := rawsock.SockaddrInet4(a4, port).Inet(); !ok || addr != a4 || p != port {
			t.Fatalf("%v %d became %v %d, %v", a4, port, addr, p, ok)
		}
		var a6 [16]byte
		copy(a6[:], b)
		sa := rawsock.SockaddrInet6(a6, port, flow, scope)
		addr, p, fl, sc, ok := sa.Inet6()
		if !ok || addr != a6 || p != port || fl != flow || sc != scope {
			t.Fatalf("%v %d %d %d became %v %d %d %d, %v", a6, port, flow, scope, addr, p, fl, sc, ok)
		}
		text, _, _ := strings.Cut(sa.String(), " flowinfo=")
		if got, err := netip.ParseAddrPort(text); err != nil || got != sa.AddrPort() {
			t.Fatalf("text %s: %v, %v", sa, got, err)
		}
		checkDecoded(t, sa)
	})
}

// FuzzParseSockaddr: whatever text comes, nothing panics, and an address that it
// is has a text that is the same address.
func FuzzParseSockaddr(f *testing.F) {
	for _, text := range []string{
		"none", "unnamed", "127.0.0.1:80", "[fe80::1%2]:80 flowinfo=0xabcde", "/run/x", `"x\ty"`, "@abs\\x00c", "family 99: 0001", "bytes 63",
		"packet if=2 protocol=0x800 addr=02:00:00:00:00:01", "netlink pid=1 groups=0x1 len=12", "vsock cid=2 port=1024 flags=0x1",
		"can if=1 rx=0x123 tx=0x321", "can-j1939 if=1 name=0xffffffffffffffff pgn=0x3ffff addr=0xfe", `alg type=hash name="hmac (sha1)" feat=0x1`,
		"tipc-range scope=-2 type=1 lower=2 upper=3", "qipcrtr node=1 port=2", "xdp if=1 queue=2 flags=0x4 shared=5",
		"l2cap addr=00:11:22:33:44:55 psm=1 cid=2 type=1", "rfcomm addr=00:11:22:33:44:55 channel=9", "hci dev=1 channel=3", "sco addr=00:11:22:33:44:55",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sa, err := rawsock.ParseSockaddr(text)
		if err != nil {
			if !sa.IsZero() {
				t.Fatalf("%q is refused and became %v: %v", text, sa, err)
			}
			return
		}
		if again, err := rawsock.SockaddrFromBytes(sa.Bytes()); err != nil || again != sa {
			t.Fatalf("%q became % x, of which comes % x, %v", text, sa.Bytes(), again.Bytes(), err)
		}
		checkDecoded(t, sa)
	})
}
