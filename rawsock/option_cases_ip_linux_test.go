package rawsock_test

import (
	"bytes"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

var (
	group4    = [4]byte{239, 1, 2, 3}
	loop4     = [4]byte{127, 0, 0, 1}
	source4   = [4]byte{127, 0, 0, 9}
	group6    = netip.MustParseAddr("ff15::7:1").As16()
	loop6     = netip.IPv6Loopback().As16()
	onLo      = rawsock.IPMreqn{Multiaddr: group4, Address: loop4}
	onLoIndex = rawsock.IPMreqn{Multiaddr: group4, Ifindex: 1}
	sourced   = rawsock.IPMreqSource{Multiaddr: group4, Interface: loop4, Sourceaddr: source4}
	groupOf4  = rawsock.GroupReq{Interface: 1, Group: rawsock.SockaddrInet4(group4, 0)}
	sourceOf4 = rawsock.GroupSourceReq{Interface: 1, Group: rawsock.SockaddrInet4(group4, 0), Source: rawsock.SockaddrInet4(source4, 0)}
	groupOf6  = rawsock.GroupReq{Interface: 1, Group: rawsock.SockaddrInet6(group6, 0, 0, 0)}
	sourceOf6 = rawsock.GroupSourceReq{Interface: 1, Group: rawsock.SockaddrInet6(group6, 0, 0, 0), Source: rawsock.SockaddrInet6(loop6, 0, 0, 0)}
	mreq6     = rawsock.IPv6Mreq{Multiaddr: group6, Interface: 1}
)

// after sets an option that needs another one to be set first.
func after[A, B any](first settable[A], v A, o settable[B], on kind, w B) optionCase {
	return doing(o, on, func(t *testing.T, fd rawsock.FD) error {
		check(t, first.Set(fd, v))
		return o.Set(fd, w)
	})
}

// bytesKept sets bytes and reads them back.
func bytesKept(o rawsock.BytesOption, on kind, value []byte) optionCase {
	return doing(o, on, func(t *testing.T, fd rawsock.FD) error {
		if err := o.Set(fd, value); err != nil {
			return err
		}
		got := make([]byte, 256)
		n, err := o.Get(fd, got)
		if err == nil && !bytes.Equal(got[:n], value) {
			t.Errorf("set % x, read % x", value, got[:n])
		}
		return err
	})
}

var ipCases = []optionCase{
	keeps(rawsock.IPTOS, udp4, 0xb8, 0x03, 0), // E11
	gives(rawsock.IPTOS, tcp4, 0xbb, 0xb8),
	keeps(rawsock.IPTTL, udp4, 1, 255, 64),
	gives(rawsock.IPTTL, udp4, -1, 64),
	accepts(rawsock.IPTTL, udp4, 256).failing(unix.EINVAL),
	toggles(rawsock.IPHdrIncl, raw4),
	bytesKept(rawsock.IPOptions, udp4, []byte{1, 1, 1, 0}),
	accepts(rawsock.IPRouterAlert, raw4, true, false),
	toggles(rawsock.IPRecvOpts, udp4),
	toggles(rawsock.IPRetOpts, udp4),
	toggles(rawsock.IPPktInfo, udp4),
	doing(rawsock.IPPktOptions, conn4, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.IPPktInfo.Set(fd, true))
		n, err := rawsock.IPPktOptions.Get(fd, make([]byte, 256))
		if err == nil && n == 0 {
			t.Error("no control message")
		}
		return err
	}),
	keeps(rawsock.IPMTUDiscover, udp4, unix.IP_PMTUDISC_DONT, unix.IP_PMTUDISC_OMIT, unix.IP_PMTUDISC_DO),
	tells(rawsock.IPMTU, connUDP, func(n int) bool { return n >= 1280 }),
	tells(rawsock.IPMTU, udp4, is(0)).failing(unix.ENOTCONN),
	toggles(rawsock.IPRecvErr, udp4),
	toggles(rawsock.IPRecvErrRFC4884, udp4),
	toggles(rawsock.IPRecvTTL, udp4),
	toggles(rawsock.IPRecvTOS, udp4),
	toggles(rawsock.IPRecvOrigDstAddr, udp4),
	toggles(rawsock.IPRecvFragSize, udp4),
	toggles(rawsock.IPPassSec, udp4),
	toggles(rawsock.IPChecksum, udp4),
	toggles(rawsock.IPFreeBind, udp4),
	privileged(toggles(rawsock.IPTransparent, udp4)),
	keeps(rawsock.IPMinTTL, tcp4, 255, 0),
	toggles(rawsock.IPNoDefrag, raw4),
	toggles(rawsock.IPBindAddressNoPort, tcp4),
	keeps(rawsock.IPLocalPortRange, tcp4, rawsock.PortRange{Low: 40000, High: 40100}, rawsock.PortRange{High: 50000}, rawsock.PortRange{}),
	accepts(rawsock.IPLocalPortRange, tcp4, rawsock.PortRange{Low: 2, High: 1}).failing(unix.EINVAL),
	tells(rawsock.IPProtocol, raw4, is(unix.IPPROTO_ICMP)),
	keeps(rawsock.IPUnicastIf, udp4, 1, 0),
	keeps(rawsock.IPMulticastIf, udp4, rawsock.IPMreqn{Address: loop4}, rawsock.IPMreqn{}),
	gives(rawsock.IPMulticastIf, udp4, rawsock.IPMreqn{Address: loop4, Ifindex: 1}, rawsock.IPMreqn{Address: loop4}),
	keeps(rawsock.IPMulticastTTL, udp4, 0, 1, 32, 255), // E13
	gives(rawsock.IPMulticastTTL, udp4, -1, 1),
	doing(rawsock.IPMulticastTTL, udp4, func(t *testing.T, fd rawsock.FD) error { // E13: one byte will do
		check(t, fd.SetsockoptBytes(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, []byte{7}))
		got, err := rawsock.IPMulticastTTL.Get(fd)
		if got != 7 {
			t.Errorf("read %d, want 7", got)
		}
		return err
	}),
	keeps(rawsock.IPMulticastLoop, udp4, false, true), // E14
	keeps(rawsock.IPMulticastAll, udp4, false, true),
	accepts(rawsock.IPAddMembership, udp4, onLo), // E15
	accepts(rawsock.IPAddMembership, udp4, onLoIndex),
	accepts(rawsock.IPAddMembership, udp4, onLo, onLo).failing(unix.EADDRINUSE),
	after(rawsock.IPAddMembership, onLo, rawsock.IPDropMembership, udp4, onLo),
	accepts(rawsock.IPDropMembership, udp4, onLo).failing(unix.EADDRNOTAVAIL),
	accepts(rawsock.IPAddSourceMembership, udp4, sourced),
	after(rawsock.IPAddSourceMembership, sourced, rawsock.IPDropSourceMembership, udp4, sourced),
	after(rawsock.IPAddMembership, onLo, rawsock.IPBlockSource, udp4, sourced),
	doing(rawsock.IPUnblockSource, udp4, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.IPAddMembership.Set(fd, onLo))
		wantErrno(t, rawsock.IPUnblockSource.Set(fd, sourced), unix.EADDRNOTAVAIL)
		check(t, rawsock.IPBlockSource.Set(fd, sourced))
		return rawsock.IPUnblockSource.Set(fd, sourced)
	}),
	doing(rawsock.IPMsFilter, udp4, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.IPAddSourceMembership.Set(fd, sourced))
		filter := append(append(append([]byte{}, group4[:]...), loop4[:]...), make([]byte, 12)...)
		filter[12] = 1 // room for one source, on little-endian machines
		filter[15] = 1 // and on the others
		n, err := rawsock.IPMsFilter.Get(fd, filter)
		if err == nil && (n != 20 || [4]byte(filter[16:]) != source4) {
			t.Errorf("read % x", filter[:n])
		}
		return err
	}),
	accepts(rawsock.IPMcastJoinGroup, udp4, groupOf4),
	accepts(rawsock.IPMcastJoinGroup, udp4, groupOf6).failing(unix.EINVAL),
	after(rawsock.IPMcastJoinGroup, groupOf4, rawsock.IPMcastLeaveGroup, udp4, groupOf4),
	accepts(rawsock.IPMcastJoinSourceGroup, udp4, sourceOf4),
	after(rawsock.IPMcastJoinSourceGroup, sourceOf4, rawsock.IPMcastLeaveSourceGroup, udp4, sourceOf4),
	after(rawsock.IPMcastJoinGroup, groupOf4, rawsock.IPMcastBlockSource, udp4, sourceOf4),
	doing(rawsock.IPMcastUnblockSource, udp4, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.IPMcastJoinGroup.Set(fd, groupOf4))
		check(t, rawsock.IPMcastBlockSource.Set(fd, sourceOf4))
		return rawsock.IPMcastUnblockSource.Set(fd, sourceOf4)
	}),
	doing(rawsock.IPMcastMsFilter, udp4, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.IPMcastJoinSourceGroup.Set(fd, sourceOf4))
		return sourcesOf(t, rawsock.IPMcastMsFilter, rawsock.IPMcastJoinGroup, fd, groupOf4)
	}),

	keeps(rawsock.ICMPFilter, raw4, 1<<8, 0),
}

// sourcesOf reads the sources of a group. struct group_filter begins as struct
// group_req does, and has its mode, the number of sources and the sources after.
func sourcesOf(t *testing.T, o rawsock.BytesOption, req rawsock.WriteOption[rawsock.GroupReq], fd rawsock.FD, group rawsock.GroupReq) error {
	filter, err := req.AppendTo(nil, group)
	check(t, err)
	fixed := len(filter) + 8
	filter = append(filter, 0, 0, 0, 0, 1, 0, 0, 1)
	filter = append(filter, make([]byte, rawsock.MaxSockaddr)...)
	n, err := o.Get(fd, filter)
	if err == nil && n < fixed+16 {
		t.Errorf("%d bytes, want one source after %d", n, fixed)
	}
	return err
}

var ip6Cases = []optionCase{
	keeps(rawsock.IPv6V6Only, udp6, true, false),
	keeps(rawsock.IPv6UnicastHops, udp6, 1, 255, 0),
	gives(rawsock.IPv6UnicastHops, udp6, -1, 64),
	keeps(rawsock.IPv6TClass, udp6, 0xbb, 0),
	gives(rawsock.IPv6TClass, tcp6, 0xbb, 0xb8),
	gives(rawsock.IPv6TClass, udp6, -1, 0),
	gives(rawsock.IPv6MTU, connUDP6, 1400, 65536),
	tells(rawsock.IPv6MTU, udp6, is(0)).failing(unix.ENOTCONN),
	keeps(rawsock.IPv6MTUDiscover, udp6, unix.IPV6_PMTUDISC_DONT, unix.IPV6_PMTUDISC_OMIT, unix.IPV6_PMTUDISC_DO),
	tells(rawsock.IPv6PathMTU, connUDP6, func(n int) bool { return n >= 1280 }),
	tells(rawsock.IPv6PathMTU, udp6, is(0)).failing(unix.ENOTCONN),
	toggles(rawsock.IPv6DontFrag, udp6),
	toggles(rawsock.IPv6RecvErr, udp6),
	toggles(rawsock.IPv6RecvErrRFC4884, udp6),
	toggles(rawsock.IPv6RecvPktInfo, udp6),
	toggles(rawsock.IPv6RecvHopLimit, udp6),
	toggles(rawsock.IPv6RecvTClass, udp6),
	toggles(rawsock.IPv6RecvHopOpts, udp6),
	toggles(rawsock.IPv6RecvDstOpts, udp6),
	toggles(rawsock.IPv6RecvRthdr, udp6),
	toggles(rawsock.IPv6RecvPathMTU, udp6),
	toggles(rawsock.IPv6RecvOrigDstAddr, udp6),
	toggles(rawsock.IPv6RecvFragSize, udp6),
	accepts(rawsock.IPv6PktInfo, udp6, rawsock.Pktinfo6{Addr: loop6, Ifindex: 1}, rawsock.Pktinfo6{}),
	privileged(bytesKept(rawsock.IPv6HopOpts, udp6, []byte{0, 0, 1, 4, 0, 0, 0, 0})),
	privileged(bytesKept(rawsock.IPv6DstOpts, udp6, []byte{0, 0, 1, 4, 0, 0, 0, 0})),
	privileged(bytesKept(rawsock.IPv6RthdrDstOpts, udp6, []byte{0, 0, 1, 4, 0, 0, 0, 0})),
	doing(rawsock.IPv6Rthdr, udp6, func(t *testing.T, fd rawsock.FD) error {
		n, err := rawsock.IPv6Rthdr.Get(fd, make([]byte, 64))
		if n != 0 {
			t.Errorf("%d bytes of a header that was not set", n)
		}
		return firstOf(err, rawsock.IPv6Rthdr.Set(fd, nil))
	}),
	toggles(rawsock.IPv6FlowInfo, udp6),
	toggles(rawsock.IPv6FlowInfoSend, udp6),
	accepts(rawsock.IPv6FlowLabelMgr, udp6, rawsock.FlowLabelReq{Dst: loop6, Label: [4]byte{0, 2, byte(os.Getpid() >> 8), byte(os.Getpid())}, Share: 255, Flags: 1}),
	accepts(rawsock.IPv6FlowLabelMgr, udp6, rawsock.FlowLabelReq{Action: 1, Label: [4]byte{0, 1, 0x23, 0x46}}).failing(unix.ESRCH),
	keeps(rawsock.IPv6AutoFlowLabel, udp6, false, true),
	gives(rawsock.IPv6AddrPreferences, udp6, 0x2, 0x402), // public, and home
	gives(rawsock.IPv6AddrPreferences, udp6, 0x801, 0x401),
	keeps(rawsock.IPv6MinHopCount, tcp6, 255, 0),
	toggles(rawsock.IPv6FreeBind, udp6),
	privileged(toggles(rawsock.IPv6Transparent, udp6)),
	keeps(rawsock.IPv6UnicastIf, udp6, 1, 0),
	toggles(rawsock.IPv6HdrIncl, raw6any),
	keeps(rawsock.IPv6Checksum, raw6own, 2, -1),
	accepts(rawsock.IPv6Checksum, raw6own, 3).failing(unix.EINVAL),
	accepts(rawsock.IPv6RouterAlert, raw6any, 0, -1),
	toggles(rawsock.IPv6RouterAlertIsolate, raw6any),
	doing(rawsock.IPv6AddrForm, conn4in6, func(t *testing.T, fd rawsock.FD) error {
		if err := rawsock.IPv6AddrForm.Set(fd, unix.AF_INET); err != nil {
			return err
		}
		domain, err := fd.SockDomain()
		if domain != unix.AF_INET {
			t.Errorf("SO_DOMAIN is %d after", domain)
		}
		return err
	}),
	accepts(rawsock.IPv6AddrForm, tcp6, unix.AF_INET).failing(unix.ENOTCONN),
	keeps(rawsock.IPv6MulticastIf, udp6, 1, 0),
	keeps(rawsock.IPv6MulticastHops, udp6, 0, 1, 255),
	gives(rawsock.IPv6MulticastHops, udp6, -1, 1),
	keeps(rawsock.IPv6MulticastLoop, udp6, false, true),
	keeps(rawsock.IPv6MulticastAll, udp6, false, true),
	accepts(rawsock.IPv6JoinGroup, udp6, mreq6),
	after(rawsock.IPv6JoinGroup, mreq6, rawsock.IPv6LeaveGroup, udp6, mreq6),
	accepts(rawsock.IPv6LeaveGroup, udp6, mreq6).failing(unix.EADDRNOTAVAIL),
	privileged(accepts(rawsock.IPv6JoinAnycast, udp6, rawsock.IPv6Mreq{Multiaddr: loop6, Interface: 1}).failing(unix.EINVAL)),
	accepts(rawsock.IPv6LeaveAnycast, udp6, rawsock.IPv6Mreq{Multiaddr: loop6, Interface: 1}).failing(unix.ENOENT),
	accepts(rawsock.IPv6McastJoinGroup, udp6, groupOf6),
	after(rawsock.IPv6McastJoinGroup, groupOf6, rawsock.IPv6McastLeaveGroup, udp6, groupOf6),
	accepts(rawsock.IPv6McastJoinSourceGroup, udp6, sourceOf6),
	after(rawsock.IPv6McastJoinSourceGroup, sourceOf6, rawsock.IPv6McastLeaveSourceGroup, udp6, sourceOf6),
	after(rawsock.IPv6McastJoinGroup, groupOf6, rawsock.IPv6McastBlockSource, udp6, sourceOf6),
	doing(rawsock.IPv6McastUnblockSource, udp6, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.IPv6McastJoinGroup.Set(fd, groupOf6))
		check(t, rawsock.IPv6McastBlockSource.Set(fd, sourceOf6))
		return rawsock.IPv6McastUnblockSource.Set(fd, sourceOf6)
	}),
	doing(rawsock.IPv6McastMsFilter, udp6, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.IPv6McastJoinSourceGroup.Set(fd, sourceOf6))
		return sourcesOf(t, rawsock.IPv6McastMsFilter, rawsock.IPv6McastJoinGroup, fd, groupOf6)
	}),

	keeps(rawsock.ICMPv6Filter, raw6, rawsock.ICMPv6FilterMask{0: 7, 4: 1 << 31}, rawsock.ICMPv6FilterMask{}),
}
