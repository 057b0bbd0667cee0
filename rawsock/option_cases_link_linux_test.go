package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

var promisc = rawsock.PacketMreq{Ifindex: 1, Type: unix.PACKET_MR_PROMISC}

var ring = rawsock.PacketRingReq{BlockSize: 1 << 16, BlockNr: 1, FrameSize: 1 << 11, FrameNr: 1 << 5}

var linkCases = []optionCase{
	accepts(rawsock.PacketAddMembership, packet, promisc),
	after(rawsock.PacketAddMembership, promisc, rawsock.PacketDropMembership, packet, promisc),
	tells(rawsock.PacketStatistics, packet, is(rawsock.PacketStats{})),
	accepts(rawsock.PacketCopyThresh, packet, 100),
	toggles(rawsock.PacketAuxdata, packet),
	toggles(rawsock.PacketOrigDev, packet),
	keeps(rawsock.PacketVersion, packet, unix.TPACKET_V2, unix.TPACKET_V3, unix.TPACKET_V1),
	doing(rawsock.PacketHdrlen, packet, func(t *testing.T, fd rawsock.FD) error {
		buf := []byte{unix.TPACKET_V2, 0, 0, unix.TPACKET_V2} // for either byte order
		b, err := rawsock.PacketVersion.AppendTo(buf[:0], unix.TPACKET_V2)
		check(t, err)
		if _, err := rawsock.PacketHdrlen.Get(fd, b); err != nil {
			return err
		}
		size, err := rawsock.PacketVersion.Decode(b)
		if size != unix.SizeofTpacket2Hdr {
			t.Errorf("header of %d bytes, want %d", size, unix.SizeofTpacket2Hdr)
		}
		return err
	}),
	keeps(rawsock.PacketReserve, packet, 16, 0),
	accepts(rawsock.PacketRxRing, packet, ring, rawsock.PacketRingReq{}),
	accepts(rawsock.PacketTxRing, packet, ring, rawsock.PacketRingReq{}),
	after(rawsock.PacketVersion, unix.TPACKET_V3, rawsock.PacketRxRing, packet, ring),
	toggles(rawsock.PacketLoss, packet),
	toggles(rawsock.PacketVnetHdr, packet),
	keeps(rawsock.PacketVnetHdrSz, packet, 12, 10, 0),
	keeps(rawsock.PacketTimestamp, packet, unix.SOF_TIMESTAMPING_RAW_HARDWARE, 0),
	doing(rawsock.PacketFanout, packet, func(t *testing.T, fd rawsock.FD) error {
		lo, err := rawsock.SockaddrFromBytes(append([]byte{unix.AF_PACKET, 0, 0, 3, 1, 0, 0, 0}, make([]byte, 12)...))
		check(t, err)
		check(t, fd.Bind(lo))
		set := rawsock.PacketFanoutArgs{ID: uint16(fd) + 100, Mode: unix.PACKET_FANOUT_CPU, MaxNumMembers: 2}
		if err := rawsock.PacketFanout.Set(fd, set); err != nil {
			return err
		}
		set.MaxNumMembers = 0
		got, err := rawsock.PacketFanout.Get(fd)
		if got != set {
			t.Errorf("read %+v, want %+v", got, set)
		}
		return err
	}),
	toggles(rawsock.PacketTxHasOff, packet),
	toggles(rawsock.PacketQdiscBypass, packet),
	doing(rawsock.PacketRolloverStats, packet, func(_ *testing.T, fd rawsock.FD) error {
		_, err := rawsock.PacketRolloverStats.Get(fd)
		return err
	}).failing(unix.EINVAL), // in no group
	toggles(rawsock.PacketIgnoreOutgoing, packet),

	accepts(rawsock.NetlinkAddMembership, netlink, unix.RTNLGRP_LINK),
	accepts(rawsock.NetlinkAddMembership, netlink, 1<<20).failing(unix.EINVAL),
	after(rawsock.NetlinkAddMembership, unix.RTNLGRP_LINK, rawsock.NetlinkDropMembership, netlink, unix.RTNLGRP_LINK),
	doing(rawsock.NetlinkListMemberships, netlink, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.NetlinkAddMembership.Set(fd, unix.RTNLGRP_IPV4_ROUTE))
		groups := make([]byte, 64)
		n, err := rawsock.NetlinkListMemberships.Get(fd, groups)
		if err != nil {
			return err
		}
		first, err := rawsock.SOMark.Decode(groups)
		if first != 1<<(unix.RTNLGRP_IPV4_ROUTE-1) || n < 4 {
			t.Errorf("read % x", groups[:n])
		}
		return err
	}),
	toggles(rawsock.NetlinkPktInfo, netlink),
	toggles(rawsock.NetlinkBroadcastError, netlink),
	toggles(rawsock.NetlinkNoENOBUFS, netlink),
	privileged(toggles(rawsock.NetlinkListenAllNsid, netlink)),
	toggles(rawsock.NetlinkCapAck, netlink),
	toggles(rawsock.NetlinkExtAck, netlink),
	toggles(rawsock.NetlinkGetStrictChk, netlink),

	keeps(rawsock.VsockBufferSize, vsock, 65536),
	keeps(rawsock.VsockBufferMinSize, vsock, 512),
	keeps(rawsock.VsockBufferMaxSize, vsock, 1<<20),
	keeps(rawsock.VsockConnectTimeout, vsock, 3*sec),
	keeps(rawsock.VsockConnectTimeoutNew, vsock, 3*sec),

	accepts(rawsock.XDPUmemReg, xdp, rawsock.XDPUmem{ChunkSize: 1}).failing(unix.EINVAL),
	accepts(rawsock.XDPUmemFillRing, xdp, 64),
	accepts(rawsock.XDPUmemCompletionRing, xdp, 64),
	accepts(rawsock.XDPRxRing, xdp, 64),
	accepts(rawsock.XDPRxRing, xdp, 63).failing(unix.EINVAL),
	accepts(rawsock.XDPTxRing, xdp, 64),
	tells(rawsock.XDPStatistics, xdp, func(s rawsock.XDPStats) bool { return s.RxDropped == 0 }),
	tells(rawsock.XDPMmapOffsets, xdp, func(o rawsock.XDPOffsets) bool { return o.Rx.Desc > o.Rx.Consumer && o.Cr.Flags > 0 }),
	tells(rawsock.XDPOptions, xdp, is(uint32(0))),
}
