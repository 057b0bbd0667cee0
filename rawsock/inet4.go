package rawsock

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// IPv4 addresses of <netinet/in.h> that x/sys lacks, as numbers in the host's
// order; [Inet4] makes the bytes of one.
const (
	INADDR_ANY             = 0x00000000
	INADDR_LOOPBACK        = 0x7f000001
	INADDR_BROADCAST       = 0xffffffff
	INADDR_NONE            = 0xffffffff // what inet_addr(3) returns for an error
	INADDR_UNSPEC_GROUP    = 0xe0000000
	INADDR_ALLHOSTS_GROUP  = 0xe0000001
	INADDR_ALLRTRS_GROUP   = 0xe0000002
	INADDR_MAX_LOCAL_GROUP = 0xe00000ff
)

// Ports of <netinet/in.h>: those below IPPORT_RESERVED are for privileged
// processes by tradition; what Linux enforces is net.ipv4.ip_unprivileged_port_start.
const (
	IPPORT_RESERVED     = 1024
	IPPORT_USERRESERVED = 5000
)

// Inet4 returns the bytes of an address that is a number in the host's order, in
// network order, as SockaddrInet4 takes them.
func Inet4(addr uint32) (b [4]byte) {
	binary.BigEndian.PutUint32(b[:], addr)
	return b
}

// SockaddrFromHost makes an inet or inet6 address of a numeric host. With AF_INET
// the host may also be "" for INADDR_ANY and "<broadcast>" for INADDR_BROADCAST,
// as in Python. With AF_INET6 it may have a zone, and there are no special forms:
// write "::" (Python takes "" for that). Names are not resolved.
//
// EINVAL (wrapped, as all are): not numeric. EAFNOSUPPORT: another family, or a
// host of another family. ENODEV: no interface has the name of the zone.
func SockaddrFromHost(family int, host string, port uint16) (Sockaddr, error) {
	addr, err := parseHost(family, host)
	if err != nil {
		return Sockaddr{}, fmt.Errorf("host %q: %w", host, err)
	}
	return SockaddrFromAddrPort(netip.AddrPortFrom(addr, port))
}

func parseHost(family int, host string) (netip.Addr, error) {
	switch {
	case family != unix.AF_INET && family != unix.AF_INET6:
		return netip.Addr{}, unix.EAFNOSUPPORT
	case host == "" || host == "<broadcast>":
		if family == unix.AF_INET6 {
			return netip.Addr{}, unix.EAFNOSUPPORT
		}
		if host == "" {
			return netip.AddrFrom4(Inet4(INADDR_ANY)), nil
		}
		return netip.AddrFrom4(Inet4(INADDR_BROADCAST)), nil
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, unix.EINVAL
	}
	if addr.Is4() != (family == unix.AF_INET) {
		return netip.Addr{}, unix.EAFNOSUPPORT
	}
	return addr, nil
}
