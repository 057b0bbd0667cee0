package rawsock_test

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func v4(text string) [4]byte { return netip.MustParseAddr(text).As4() }

// B5
func TestInaddrConstants(t *testing.T) {
	for number, want := range map[uint32]string{
		rawsock.INADDR_ANY:             "0.0.0.0",
		rawsock.INADDR_LOOPBACK:        "127.0.0.1",
		rawsock.INADDR_BROADCAST:       "255.255.255.255",
		rawsock.INADDR_UNSPEC_GROUP:    "224.0.0.0",
		rawsock.INADDR_ALLHOSTS_GROUP:  "224.0.0.1",
		rawsock.INADDR_ALLRTRS_GROUP:   "224.0.0.2",
		rawsock.INADDR_MAX_LOCAL_GROUP: "224.0.0.255",
	} {
		if got := rawsock.Inet4(number); got != v4(want) {
			t.Errorf("%#x is %v, want %s", number, got, want)
		}
	}
}

// B2, B3, B4: "" and "<broadcast>" are inet only.
func TestSpecialHosts(t *testing.T) {
	for _, c := range []struct {
		family int
		host   string
		want   string
		err    error
	}{
		{unix.AF_INET, "", "0.0.0.0:80", nil},
		{unix.AF_INET, "<broadcast>", "255.255.255.255:80", nil},
		{unix.AF_INET, "100.50.200.5", "100.50.200.5:80", nil}, // B1
		{unix.AF_INET6, "::", "[::]:80", nil},
		{unix.AF_INET6, "fe80::1%3", "[fe80::1%3]:80", nil},
		{unix.AF_INET6, "::ffff:1.2.3.4", "[::ffff:1.2.3.4]:80", nil},
		{unix.AF_INET6, "", "", unix.EAFNOSUPPORT},
		{unix.AF_INET6, "<broadcast>", "", unix.EAFNOSUPPORT},
		{unix.AF_INET6, "127.0.0.1", "", unix.EAFNOSUPPORT},
		{unix.AF_INET, "::1", "", unix.EAFNOSUPPORT},
		{unix.AF_UNIX, "", "", unix.EAFNOSUPPORT},
		{unix.AF_UNIX, "127.0.0.1", "", unix.EAFNOSUPPORT},
		{unix.AF_INET, "daring.cwi.nl", "", unix.EINVAL}, // B1
		{unix.AF_INET, "127.1", "", unix.EINVAL},
		{unix.AF_INET6, "fe80::1%no-such", "", unix.ENODEV},
	} {
		sa, err := rawsock.SockaddrFromHost(c.family, c.host, 80)
		if !errors.Is(err, c.err) || err == nil && sa.String() != c.want || err != nil && !sa.IsZero() {
			t.Errorf("%d %q: %v, %v; want %s, %v", c.family, c.host, sa, err, c.want, c.err)
		}
	}
}

// B10
func TestIPClasses(t *testing.T) {
	for text, want := range map[string]byte{
		"0.0.0.0": 'A', "127.255.255.255": 'A',
		"128.0.0.0": 'B', "191.255.255.255": 'B',
		"192.0.0.0": 'C', "223.255.255.255": 'C',
		"224.0.0.0": 'D', "239.255.255.255": 'D',
		"240.0.0.0": 'E', "248.0.0.0": 'E', "255.255.255.255": 'E',
	} {
		if got := rawsock.IPClass(v4(text)); got != want {
			t.Errorf("%s has class %c, want %c", text, got, want)
		}
	}
}

// B11, B14, B18: each range, and the addresses around it. What is outside the
// private ranges is public (B12), and what a router that translates puts in their
// place (B13).
func TestIPRanges(t *testing.T) {
	for _, c := range []struct {
		name      string
		is        func([4]byte) bool
		ins, outs []string
	}{
		{"private", rawsock.IsPrivate,
			[]string{"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"},
			[]string{"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "127.0.0.1"}},
		{"loopback", rawsock.IsLoopback,
			[]string{"127.0.0.0", "127.0.0.1", "127.255.255.255"},
			[]string{"126.255.255.255", "128.0.0.0", "0.0.0.0"}}, // B15
		{"multicast", rawsock.IsMulticast,
			[]string{"224.0.0.0", "230.255.255.255", "231.0.0.0", "239.255.255.255"},
			[]string{"223.255.255.255", "240.0.0.0", "255.255.255.255"}},
	} {
		for _, text := range c.ins {
			if !c.is(v4(text)) {
				t.Errorf("%s is not %s", text, c.name)
			}
		}
		for _, text := range c.outs {
			if c.is(v4(text)) {
				t.Errorf("%s is %s", text, c.name)
			}
		}
	}
}

// B17: the table of special addresses and who may use them.
func TestClassifyInet4(t *testing.T) {
	for _, c := range []struct {
		addr                    string
		prefix                  int
		want                    rawsock.Inet4Special
		text                    string
		sourceOnly, destination bool
	}{
		{"0.0.0.0", 0, rawsock.Inet4ThisHost, "{0, 0}", true, false},
		{"0.1.2.3", 0, rawsock.Inet4HostOnThisNet, "{0, host}", true, false},
		{"255.255.255.255", 0, rawsock.Inet4LimitedBroadcast, "{-1, -1}", false, true},
		{"10.255.255.255", 0, rawsock.Inet4NetBroadcast, "{network, -1}", false, true},
		{"172.16.255.255", 16, rawsock.Inet4NetBroadcast, "{network, -1}", false, true},
		{"192.168.1.255", 24, rawsock.Inet4NetBroadcast, "{network, -1}", false, true},
		{"192.168.1.255", 16, rawsock.Inet4Ordinary, "ordinary", false, false},
		{"192.168.255.255", 16, rawsock.Inet4NetBroadcast, "{network, -1}", false, true},
		{"172.16.1.255", 24, rawsock.Inet4SubnetBroadcast, "{network, subnet, -1}", false, true},
		{"192.168.1.127", 25, rawsock.Inet4SubnetBroadcast, "{network, subnet, -1}", false, true},
		{"172.16.255.255", 24, rawsock.Inet4AllSubnetBroadcast, "{network, -1, -1}", false, true},
		{"192.168.1.255", 25, rawsock.Inet4AllSubnetBroadcast, "{network, -1, -1}", false, true},
		{"192.168.1.255", 31, rawsock.Inet4Ordinary, "ordinary", false, false},
		{"192.168.1.255", 32, rawsock.Inet4Ordinary, "ordinary", false, false},
		{"192.168.1.255", 99, rawsock.Inet4Ordinary, "ordinary", false, false},
		{"192.168.1.254", 24, rawsock.Inet4Ordinary, "ordinary", false, false},
		{"192.168.1.255", -1, rawsock.Inet4NetBroadcast, "{network, -1}", false, true},
		{"127.0.0.1", 8, rawsock.Inet4Loopback, "{127, any}", false, false},
		{"127.255.255.255", 8, rawsock.Inet4Loopback, "{127, any}", false, false},
		{"224.0.0.1", 0, rawsock.Inet4Multicast, "multicast", false, true},
		{"240.0.0.1", 0, rawsock.Inet4Reserved, "reserved", false, false},
	} {
		got := rawsock.ClassifyInet4(v4(c.addr), c.prefix)
		if got != c.want || got.String() != c.text || got.SourceOnly() != c.sourceOnly || got.DestinationOnly() != c.destination {
			t.Errorf("%s/%d is %v, source only %v, destination only %v", c.addr, c.prefix, got, got.SourceOnly(), got.DestinationOnly())
		}
	}
	if got := rawsock.Inet4Special(99).String(); got != "unknown" {
		t.Errorf("99 is %s", got)
	}
}

func TestClassesDoNotAllocate(t *testing.T) {
	addr := v4("192.168.1.255")
	if n := testing.AllocsPerRun(100, func() {
		rawsock.IPClass(addr)
		rawsock.IsPrivate(addr)
		rawsock.ClassifyInet4(addr, 25)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
