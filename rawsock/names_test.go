package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// A22
func TestNamesOfNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{rawsock.FamilyName(unix.AF_UNSPEC), "AF_UNSPEC"},
		{rawsock.FamilyName(unix.AF_LOCAL), "AF_UNIX"},
		{rawsock.FamilyName(unix.AF_INET), "AF_INET"},
		{rawsock.FamilyName(unix.AF_INET6), "AF_INET6"},
		{rawsock.FamilyName(unix.AF_DECnet), "AF_DECnet"},
		{rawsock.FamilyName(-1), "-1"},
		{rawsock.FamilyName(9999), "9999"},
		{rawsock.TypeName(unix.SOCK_STREAM), "SOCK_STREAM"},       // A11
		{rawsock.TypeName(unix.SOCK_DGRAM), "SOCK_DGRAM"},         // A12
		{rawsock.TypeName(unix.SOCK_RAW), "SOCK_RAW"},             // A13
		{rawsock.TypeName(unix.SOCK_RDM), "SOCK_RDM"},             // A14
		{rawsock.TypeName(unix.SOCK_SEQPACKET), "SOCK_SEQPACKET"}, // A15
		{rawsock.TypeName(9), "9"},
		{rawsock.TypeName(-1), "-1"},
		{rawsock.TypeName(unix.SOCK_STREAM | 1<<20), "SOCK_STREAM|0x100000"},
		{rawsock.TypeName(9 | 1<<20), "9|0x100000"},
		{rawsock.ProtoName(unix.IPPROTO_IP), "IPPROTO_IP"},
		{rawsock.ProtoName(unix.IPPROTO_TCP), "IPPROTO_TCP"},
		{rawsock.ProtoName(unix.IPPROTO_UDP), "IPPROTO_UDP"},
		{rawsock.ProtoName(unix.IPPROTO_ICMPV6), "IPPROTO_ICMPV6"},
		{rawsock.ProtoName(unix.IPPROTO_RAW), "IPPROTO_RAW"},
		{rawsock.ProtoName(201), "201"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestNamesDoNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		rawsock.FamilyName(unix.AF_INET6)
		rawsock.TypeName(unix.SOCK_DGRAM)
		rawsock.ProtoName(unix.IPPROTO_UDP)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
