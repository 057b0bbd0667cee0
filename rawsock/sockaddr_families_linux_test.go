package rawsock_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// knownAddress is an address of a family that only Linux has.
type knownAddress struct {
	sa      rawsock.Sockaddr
	text    string
	least   int                           // bytes that it must have for its fields
	bytes   string                        // in hexadecimal, on a little-endian machine
	decoded func(sa rawsock.Sockaddr) any // its accessor, with ok
	fields  any                           // what the accessor returns
}

func fields(v ...any) any { return [5]any(slices.Concat(v, make([]any, 5-len(v)))) }

func knownAddresses(t testing.TB) []knownAddress {
	hardware := rawsock.PacketAddr{Protocol: unix.ETH_P_IP, Ifindex: 7, Hatype: 772, Pkttype: 4, Halen: 6, Addr: [32]byte{2, 0, 0, 0, 0, 1}}
	infiniband := rawsock.PacketAddr{Ifindex: 1, Halen: 20, Addr: [32]byte{19: 9}}
	packet, err := rawsock.SockaddrPacket(hardware)
	check(t, err)
	long, err := rawsock.SockaddrPacket(infiniband)
	check(t, err)
	alg, err := rawsock.SockaddrALG("hash", "hmac(sha1)", 1, 0)
	check(t, err)
	spaced, err := rawsock.SockaddrALG("aead", "a b", 0, 0)
	check(t, err)
	bd := rawsock.BDAddr{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}
	zero := func(n int) string { return strings.Repeat("00", n) }
	return []knownAddress{
		{packet, "packet if=7 protocol=0x800 hatype=772 pkttype=4 addr=02:00:00:00:00:01", 18, "1100080007000000040304060200000000010000",
			func(sa rawsock.Sockaddr) any { a, ok := sa.Packet(); return fields(a, ok) }, fields(hardware, true)},
		{long, "packet if=1 addr=" + strings.Repeat("00:", 19) + "09", 32, "11000000010000000000001" + "4" + zero(19) + "09",
			func(sa rawsock.Sockaddr) any { a, ok := sa.Packet(); return fields(a, ok) }, fields(infiniband, true)},
		{rawsock.SockaddrNetlink(77, 0x11), "netlink pid=77 groups=0x11", 12, "100000004d00000011000000",
			func(sa rawsock.Sockaddr) any { p, g, ok := sa.Netlink(); return fields(p, g, ok) }, fields(uint32(77), uint32(0x11), true)},
		{rawsock.SockaddrVsock(2, 1024, 1), "vsock cid=2 port=1024 flags=0x1", 16, "2800000000040000020000000100" + zero(2),
			func(sa rawsock.Sockaddr) any { c, p, f, ok := sa.Vsock(); return fields(c, p, f, ok) }, fields(uint32(2), uint32(1024), uint8(1), true)},
		{rawsock.SockaddrCAN(7), "can if=7", 8, "1d00000007" + zero(19),
			func(sa rawsock.Sockaddr) any { i, ok := sa.CAN(); return fields(i, ok) }, fields(int32(7), true)},
		{rawsock.SockaddrCANISOTP(7, 0x80000123, 0x321), "can if=7 rx=0x80000123 tx=0x321", 16, "1d00000007000000230100802103" + zero(10),
			func(sa rawsock.Sockaddr) any { i, r, x, ok := sa.CANISOTP(); return fields(i, r, x, ok) }, fields(int32(7), uint32(0x80000123), uint32(0x321), true)},
		{rawsock.SockaddrCANJ1939(7, 1<<63|5, 0x3ffff, 0xfe), "can-j1939 if=7 name=0x8000000000000005 pgn=0x3ffff addr=0xfe", 21, "1d000000070000000500000000000080ffff0300fe" + zero(3),
			func(sa rawsock.Sockaddr) any { i, n, p, a, ok := sa.CANJ1939(); return fields(i, n, p, a, ok) }, fields(int32(7), uint64(1<<63|5), uint32(0x3ffff), uint8(0xfe), true)},
		{alg, "alg type=hash name=hmac(sha1) feat=0x1", 25, "260068617368" + zero(10) + "0100000000000000686d6163287368613129" + zero(54),
			func(sa rawsock.Sockaddr) any { ty, n, f, m, ok := sa.ALG(); return fields(ty, n, f, m, ok) }, fields("hash", "hmac(sha1)", uint32(1), uint32(0), true)},
		{spaced, `alg type=aead name="a b"`, 25, "260061656164" + zero(18) + "612062" + zero(61),
			func(sa rawsock.Sockaddr) any { ty, n, f, m, ok := sa.ALG(); return fields(ty, n, f, m, ok) }, fields("aead", "a b", uint32(0), uint32(0), true)},
		{rawsock.SockaddrTIPC(unix.TIPC_SERVICE_RANGE, -2, [3]uint32{1, 2, 3}), "tipc-range scope=-2 type=1 lower=2 upper=3", 16, "1e0001fe010000000200000003000000",
			func(sa rawsock.Sockaddr) any { ty, s, w, ok := sa.TIPC(); return fields(ty, s, w, ok) }, fields(uint8(1), int8(-2), [3]uint32{1, 2, 3}, true)},
		{rawsock.SockaddrTIPC(unix.TIPC_SERVICE_ADDR, 3, [3]uint32{1, 2, 3}), "tipc-service scope=3 type=1 instance=2 domain=3", 16, "1e000203010000000200000003000000",
			func(sa rawsock.Sockaddr) any { ty, s, w, ok := sa.TIPC(); return fields(ty, s, w, ok) }, fields(uint8(2), int8(3), [3]uint32{1, 2, 3}, true)},
		{rawsock.SockaddrTIPC(unix.TIPC_SOCKET_ADDR, 0, [3]uint32{1, 2}), "tipc-socket ref=1 node=2", 16, "1e000300010000000200000000000000",
			func(sa rawsock.Sockaddr) any { ty, s, w, ok := sa.TIPC(); return fields(ty, s, w, ok) }, fields(uint8(3), int8(0), [3]uint32{1, 2, 0}, true)},
		{rawsock.SockaddrQIPCRTR(1, 0xfffffffe), "qipcrtr node=1 port=4294967294", 12, "2a00000001000000feffffff",
			func(sa rawsock.Sockaddr) any { n, p, ok := sa.QIPCRTR(); return fields(n, p, ok) }, fields(uint32(1), uint32(0xfffffffe), true)},
		{rawsock.SockaddrXDP(7, 3, 4, 9), "xdp if=7 queue=3 flags=0x4 shared=9", 16, "2c000400070000000300000009000000",
			func(sa rawsock.Sockaddr) any { i, q, f, s, ok := sa.XDP(); return fields(i, q, f, s, ok) }, fields(uint32(7), uint32(3), uint16(4), uint32(9), true)},
		{rawsock.SockaddrL2CAP(bd, 0x1001, 4, 1), "l2cap addr=00:11:22:33:44:55 psm=4097 cid=4 type=1", 14, "1f00011055443322110004000100",
			func(sa rawsock.Sockaddr) any { a, p, c, ty, ok := sa.L2CAP(); return fields(a, p, c, ty, ok) }, fields(bd, uint16(0x1001), uint16(4), uint8(1), true)},
		{rawsock.SockaddrRFCOMM(bd, 9), "rfcomm addr=00:11:22:33:44:55 channel=9", 10, "1f005544332211000900",
			func(sa rawsock.Sockaddr) any { a, c, ok := sa.RFCOMM(); return fields(a, c, ok) }, fields(bd, uint8(9), true)},
		{rawsock.SockaddrHCI(1, 3), "hci dev=1 channel=3", 6, "1f0001000300",
			func(sa rawsock.Sockaddr) any { d, c, ok := sa.HCI(); return fields(d, c, ok) }, fields(uint16(1), uint16(3), true)},
		{rawsock.SockaddrSCO(bd), "sco addr=00:11:22:33:44:55", 8, "1f00554433221100",
			func(sa rawsock.Sockaddr) any { a, ok := sa.SCO(); return fields(a, ok) }, fields(bd, true)},
	}
}

func familySeeds(t testing.TB) (seeds [][]byte) {
	for _, a := range knownAddresses(t) {
		seeds = append(seeds, a.sa.Bytes())
	}
	return seeds
}

// checkFamilies makes an address again of what sa decodes to, and compares what
// that decodes to.
func checkFamilies(t *testing.T, sa rawsock.Sockaddr) {
	var again rawsock.Sockaddr
	var err error
	if a, ok := sa.Packet(); ok {
		again, err = rawsock.SockaddrPacket(a)
	} else if pid, groups, ok := sa.Netlink(); ok {
		again = rawsock.SockaddrNetlink(pid, groups)
	} else if cid, port, flags, ok := sa.Vsock(); ok {
		again = rawsock.SockaddrVsock(cid, port, flags)
	} else if ifindex, name, pgn, addr, ok := sa.CANJ1939(); ok {
		again = rawsock.SockaddrCANJ1939(ifindex, name, pgn, addr)
	} else if ifindex, rx, tx, ok := sa.CANISOTP(); ok {
		again = rawsock.SockaddrCANISOTP(ifindex, rx, tx)
	} else if typ, name, feature, mask, ok := sa.ALG(); ok && len(typ) <= rawsock.MaxALGType && len(name) <= rawsock.MaxALGName {
		again, err = rawsock.SockaddrALG(typ, name, feature, mask)
	} else if addrType, scope, words, ok := sa.TIPC(); ok {
		again = rawsock.SockaddrTIPC(addrType, scope, words)
	} else if node, port, ok := sa.QIPCRTR(); ok {
		again = rawsock.SockaddrQIPCRTR(node, port)
	} else if ifindex, queue, flags, shared, ok := sa.XDP(); ok {
		again = rawsock.SockaddrXDP(ifindex, queue, flags, shared)
	} else if addr, psm, cid, addrType, ok := sa.L2CAP(); ok {
		again = rawsock.SockaddrL2CAP(addr, psm, cid, addrType)
	} else if addr, channel, ok := sa.RFCOMM(); ok {
		again = rawsock.SockaddrRFCOMM(addr, channel)
	} else if dev, channel, ok := sa.HCI(); ok {
		again = rawsock.SockaddrHCI(dev, channel)
	} else if addr, ok := sa.SCO(); ok {
		again = rawsock.SockaddrSCO(addr)
	} else {
		return
	}
	if err != nil {
		t.Fatalf("%v: %v", sa, err)
	}
	for _, a := range knownAddresses(t) {
		if want := a.decoded(sa); a.sa.Family() == sa.Family() && a.decoded(again) != want && want != a.decoded(rawsock.Sockaddr{}) {
			t.Fatalf("%v decodes to %v, and %v made of it to %v", sa, want, again, a.decoded(again))
		}
	}
}

func TestFamiliesBothWays(t *testing.T) {
	for _, a := range knownAddresses(t) {
		if got := hex.EncodeToString(a.sa.Bytes()); got != a.bytes && binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
			t.Errorf("%s:\n\tgot  %s\n\twant %s", a.text, got, a.bytes)
		}
		if got := a.decoded(a.sa); got != a.fields {
			t.Errorf("%s: decodes to %v, want %v", a.text, got, a.fields)
		}
		if got := a.sa.String(); got != a.text {
			t.Errorf("text %s, want %s", got, a.text)
		}
		if got, err := rawsock.ParseSockaddr(a.text); err != nil || got != a.sa {
			t.Errorf("%s parses to %v, %v", a.text, got, err)
		}
		if a.sa.AddrPort().IsValid() {
			t.Errorf("%s is an inet address", a.text)
		}
	}
}

// What is too short for a family's fields has none, and other families neither;
// its text is its bytes and nothing less.
func TestFamiliesRefuse(t *testing.T) {
	all := knownAddresses(t)
	for _, a := range all {
		none := a.decoded(rawsock.Sockaddr{})
		for _, other := range append(all, knownAddress{sa: loopback(80)}) {
			if got := a.decoded(other.sa); other.sa.Family() != a.sa.Family() && got != none {
				t.Errorf("%s decodes as %s: %v", other.sa, a.text, got)
			}
		}
		for n := range a.sa.Len() {
			short, err := rawsock.SockaddrFromBytes(a.sa.Bytes()[:n])
			check(t, err)
			if got := a.decoded(short); (got == none) != (n < a.least) {
				t.Errorf("%d bytes of %s decode as %v", n, a.text, got)
			}
			if again, err := rawsock.ParseSockaddr(short.String()); err != nil || again != short {
				t.Errorf("%d bytes of %s: %v, %v", n, a.text, again, err)
			}
		}
	}
}

func TestShorterAddressesHaveTexts(t *testing.T) {
	for _, c := range []struct {
		sa   rawsock.Sockaddr
		size int
		want string
	}{
		{rawsock.SockaddrCAN(7), 8, "can if=7 len=8"}, // what a CAN_RAW socket has
		{rawsock.SockaddrNetlink(1, 2), 10, "family 16: 0000010000000200"},
	} {
		sa, err := rawsock.SockaddrFromBytes(c.sa.Bytes()[:c.size])
		if err != nil || binary.NativeEndian.Uint16([]byte{1, 0}) == 1 && sa.String() != c.want {
			t.Errorf("%v, %v; want %s", sa, err, c.want)
		}
	}
}

func TestFormRefusals(t *testing.T) {
	for text, want := range map[string]unix.Errno{
		"netlink 5":                               unix.EINVAL,
		"netlink pid":                             unix.EINVAL,
		"netlink pid=":                            unix.EINVAL,
		"netlink pid=5  groups=1":                 unix.EINVAL,
		"netlink pid=-1":                          unix.EINVAL,
		"netlink pid=4294967296":                  unix.EINVAL,
		"netlink port=1":                          unix.EINVAL,
		"netlink pid=5 len=6":                     unix.EINVAL,
		"netlink len=12 pid=5":                    unix.EINVAL,
		"netlink len=129":                         unix.EINVAL,
		"tipc-range len=2":                        unix.EINVAL,
		"netlink len=1":                           unix.EINVAL,
		"tipc-range scope=128":                    unix.EINVAL,
		"packet addr=0":                           unix.EINVAL,
		"packet addr=" + strings.Repeat("00", 33): unix.EINVAL,
		"packet if=no-such":                       unix.ENODEV,
		"sco addr=00:11:22:33:44":                 unix.EINVAL,
		`alg name="a`:                             unix.EINVAL,
		`alg name="a"feat=1`:                      unix.EINVAL,
		`alg name="\x00"`:                         unix.EINVAL,
		"alg type=12345678901234":                 unix.ENAMETOOLONG,
		"alg name=" + strings.Repeat("x", rawsock.MaxALGName+1): unix.ENAMETOOLONG,
	} {
		if sa, err := rawsock.ParseSockaddr(text); !errors.Is(err, want) {
			t.Errorf("%s became %v, %v; want %v", text, sa, err, want)
		}
	}
}

func TestInterfacesByName(t *testing.T) {
	sa, err := rawsock.ParseSockaddr("packet if=lo protocol=3")
	check(t, err)
	index, err := rawsock.InterfaceIndex("lo")
	check(t, err)
	if a, ok := sa.Packet(); !ok || a.Ifindex != int32(index) || a.Protocol != unix.ETH_P_ALL {
		t.Errorf("%v, want interface %d", sa, index)
	}
}

func TestALGAndPacketRefusals(t *testing.T) {
	for _, c := range []struct {
		typ, name string
		want      unix.Errno
	}{
		{strings.Repeat("x", rawsock.MaxALGType+1), "", unix.ENAMETOOLONG},
		{"", strings.Repeat("x", rawsock.MaxALGName+1), unix.ENAMETOOLONG},
		{"a\x00", "", unix.EINVAL},
		{"", "a\x00", unix.EINVAL},
	} {
		sa, err := rawsock.SockaddrALG(c.typ, c.name, 0, 0)
		wantErrno(t, err, c.want)
		if !sa.IsZero() {
			t.Errorf("%q, %q made %v", c.typ, c.name, sa)
		}
	}
	long := strings.Repeat("n", rawsock.MaxALGName)
	sa, err := rawsock.SockaddrALG("skcipher", long, 0, 0)
	if _, name, _, _, ok := sa.ALG(); err != nil || !ok || name != long || sa.Len() != rawsock.MaxSockaddr {
		t.Errorf("longest name: %v, %v", sa, err)
	}
	_, err = rawsock.SockaddrPacket(rawsock.PacketAddr{Halen: rawsock.MaxHardwareAddr + 1})
	wantErrno(t, err, unix.EINVAL)
	b := make([]byte, rawsock.MaxSockaddr)
	binary.NativeEndian.PutUint16(b, unix.AF_PACKET)
	b[11] = rawsock.MaxHardwareAddr + 1
	lying, err := rawsock.SockaddrFromBytes(b)
	check(t, err)
	if a, ok := lying.Packet(); ok {
		t.Errorf("%d bytes of hardware address: %v", b[11], a)
	}
}

func TestFamiliesDoNotAllocate(t *testing.T) {
	var sa rawsock.Sockaddr
	if n := testing.AllocsPerRun(100, func() {
		sa, _ = rawsock.SockaddrPacket(rawsock.PacketAddr{Protocol: 8, Halen: 6})
		sa.Packet()
		sa = rawsock.SockaddrVsock(2, 1, 0)
		sa.Vsock()
		sa = rawsock.SockaddrL2CAP(rawsock.BDAddr{1}, 2, 3, 0)
		sa.L2CAP()
		sa, _ = rawsock.SockaddrALG("hash", "sha256", 0, 0)
		sa = rawsock.SockaddrTIPC(1, 2, [3]uint32{1, 2, 3})
		sa.TIPC()
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// Families come and go byte for byte where the kernel has them.
func TestKernelTakesFamilies(t *testing.T) {
	fd := open(t, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	check(t, fd.Bind(rawsock.SockaddrNetlink(0, unix.RTMGRP_LINK)))
	sa, err := fd.Getsockname()
	if pid, groups, ok := sa.Netlink(); err != nil || !ok || pid == 0 || groups != unix.RTMGRP_LINK {
		t.Errorf("netlink: %v, %v", sa, err)
	}
	if vsock, err := rawsock.Socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0); err == nil {
		adopt(t, vsock)
		check(t, vsock.Bind(rawsock.SockaddrVsock(unix.VMADDR_CID_ANY, unix.VMADDR_PORT_ANY, 0)))
		sa, err := vsock.Getsockname()
		if cid, port, _, ok := sa.Vsock(); err != nil || !ok || cid != unix.VMADDR_CID_ANY || port == unix.VMADDR_PORT_ANY {
			t.Errorf("vsock: %v, %v", sa, err)
		}
	}
}

func TestKernelTakesPacketAddresses(t *testing.T) {
	sockettest.NeedRoot(t)
	lo, err := rawsock.InterfaceIndex("lo")
	check(t, err)
	want := rawsock.PacketAddr{Protocol: unix.ETH_P_ALL, Ifindex: int32(lo)}
	to, err := rawsock.SockaddrPacket(want)
	check(t, err)
	fd := open(t, unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	check(t, fd.Bind(to))
	name, err := fd.Getsockname()
	want.Hatype, want.Halen = unix.ARPHRD_LOOPBACK, 6
	if got, ok := name.Packet(); err != nil || !ok || got != want {
		t.Errorf("getsockname: %+v, %v; want %+v", got, err, want)
	}
	u, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	_, err = u.Sendto([]byte("x"), 0, addr)
	check(t, err)
	_, from, err := fd.Recvfrom(make([]byte, 100), 0)
	if got, ok := from.Packet(); err != nil || !ok || got.Ifindex != int32(lo) || got.Protocol == 0 || got.Hatype != unix.ARPHRD_LOOPBACK || got.Halen != 6 {
		t.Errorf("recvfrom: %+v, %v", got, err)
	}
}
