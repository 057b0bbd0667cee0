package rawsock_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

const ms = time.Millisecond

var tcpCases = []optionCase{
	toggles(rawsock.TCPNoDelay, tcp4), // E10, E12
	toggles(rawsock.TCPCork, tcp4),
	keeps(rawsock.TCPMaxSeg, tcp4, 1000),
	keeps(rawsock.TCPWindowClamp, tcp4, 65536),
	keeps(rawsock.TCPKeepIdle, tcp4, 30*sec, 32767*sec),
	accepts(rawsock.TCPKeepIdle, tcp4, 32768*sec).failing(unix.EINVAL),
	keeps(rawsock.TCPKeepIntvl, tcp4, 7*sec),
	keeps(rawsock.TCPKeepCnt, tcp4, 3, 127),
	keeps(rawsock.TCPUserTimeout, tcp4, 1500*ms, 0),
	keeps(rawsock.TCPSynCnt, tcp4, 2),
	keeps(rawsock.TCPLinger2, tcp4, 7*sec, -sec),
	gives(rawsock.TCPLinger2, tcp4, 121*sec, 120*sec),
	keeps(rawsock.TCPDeferAccept, tcp4, sec, 3*sec, 0),
	gives(rawsock.TCPDeferAccept, tcp4, 5*sec, 7*sec),
	keeps(rawsock.TCPQuickAck, conn4, false, true),
	tells(rawsock.TCPInfo, conn4, func(i rawsock.TCPConnInfo) bool {
		return rawsock.TCPStateName(i.State) == "TCP_ESTABLISHED" && i.Rtt > 0 && i.SndCwnd > 0 && i.Size >= 104
	}),
	tells(rawsock.TCPInfo, listening, func(i rawsock.TCPConnInfo) bool {
		return rawsock.TCPStateName(i.State) == "TCP_LISTEN" && i.Sacked == 8 // the backlog
	}),
	keeps(rawsock.TCPCongestion, tcp4, "reno"),
	privileged(keeps(rawsock.TCPCongestion, tcp4, "cubic")),
	accepts(rawsock.TCPCongestion, tcp4, "none such").failing(unix.ENOENT),
	tells(rawsock.TCPCCInfo, tcp4, func(i rawsock.CCInfo) bool { _, ok := i.BBR(); return i.Size == 20 == ok }),
	toggles(rawsock.TCPThinLinearTimeouts, tcp4),
	gives(rawsock.TCPThinDupAck, tcp4, true, false),
	keeps(rawsock.TCPNotSentLowat, tcp4, 16384, 0),
	keeps(rawsock.TCPFastOpen, listening, 5),
	toggles(rawsock.TCPFastOpenConnect, tcp4),
	bytesKept(rawsock.TCPFastOpenKey, listening, []byte("0123456789abcdef")),
	bytesKept(rawsock.TCPFastOpenKey, listening, []byte("0123456789abcdefFEDCBA9876543210")),
	toggles(rawsock.TCPFastOpenNoCookie, tcp4),
	keeps(rawsock.TCPSaveSyn, tcp4, 1, 2, 0),
	doing(rawsock.TCPSavedSyn, savedSyn, func(t *testing.T, fd rawsock.FD) error {
		headers := make([]byte, 256)
		n, err := rawsock.TCPSavedSyn.Get(fd, headers)
		if err == nil && (n < 40 || headers[0] != 0x45 || headers[33]&2 == 0) {
			t.Errorf("read % x", headers[:n])
		}
		return err
	}),
	toggles(rawsock.TCPInq, tcp4),
	keeps(rawsock.TCPTxDelay, tcp4, 100*time.Microsecond, 0),
	doing(rawsock.TCPZeroCopyReceive, conn4, func(_ *testing.T, fd rawsock.FD) error {
		_, err := rawsock.TCPZeroCopyReceive.Get(fd, make([]byte, 64))
		return err
	}),
	accepts(rawsock.TCPULP, conn4, "none such").failing(unix.ENOENT),
	tells(rawsock.TCPULP, conn4, is("")),
	accepts(rawsock.TCPMD5Sig, tcp4, rawsock.TCPMD5Key{Addr: loopback(0), Key: []byte("secret")}, rawsock.TCPMD5Key{Addr: loopback(0)}),
	accepts(rawsock.TCPMD5SigExt, tcp4, rawsock.TCPMD5Key{Addr: loopback(0), Flags: unix.TCP_MD5SIG_FLAG_PREFIX, Prefixlen: 8, Key: make([]byte, 80)}),
	accepts(rawsock.TCPMD5Sig, tcp4, rawsock.TCPMD5Key{Addr: loopback(0), Key: make([]byte, 81)}).failing(unix.EINVAL),
	accepts(rawsock.TCPAOAddKey, tcp4, make([]byte, 288)).failing(unix.EINVAL),
	accepts(rawsock.TCPAODelKey, tcp4, make([]byte, 144)).failing(unix.EINVAL),
	accepts(rawsock.TCPAOInfo, tcp4, make([]byte, 64)).failing(unix.EINVAL),
	doing(rawsock.TCPAOGetKeys, tcp4, func(_ *testing.T, fd rawsock.FD) error {
		_, err := rawsock.TCPAOGetKeys.Get(fd, make([]byte, 288))
		return err
	}).failing(unix.EINVAL),
	privileged(accepts(rawsock.TCPAORepair, tcp4, make([]byte, 20)).failing(unix.EINVAL)),
	privileged(keeps(rawsock.TCPRepair, tcp4, 1, 0)),
	keeps(rawsock.TCPRepairQueue, repaired, 1, 2, 0),
	accepts(rawsock.TCPRepairQueue, conn4, 1).failing(unix.EPERM),
	doing(rawsock.TCPQueueSeq, repaired, queueSeq),
	accepts(rawsock.TCPRepairOptions, repaired, rawsock.TCPRepairOpt{Code: 2, Val: 1400}), // TCPOPT_MSS
	doing(rawsock.TCPRepairWindow, repaired, func(t *testing.T, fd rawsock.FD) error {
		w, err := rawsock.TCPRepairWindow.Get(fd)
		if err != nil {
			return err
		}
		if w.RcvWnd == 0 || w.SndWnd == 0 {
			t.Errorf("read %+v", w)
		}
		return rawsock.TCPRepairWindow.Set(fd, w)
	}),
	tells(rawsock.TCPTimestamp, conn4, func(ts uint32) bool { return ts != 0 }),
	accepts(rawsock.TCPTimestamp, conn4, 1).failing(unix.EPERM),
	tells(rawsock.TCPIsMPTCP, conn4, is(false)),
	keeps(rawsock.TCPRTOMaxMs, tcp4, 5000*ms),
	keeps(rawsock.TCPRTOMinUs, tcp4, 40*ms),
	keeps(rawsock.TCPDelAckMaxUs, tcp4, 20*ms),

	tells(rawsock.TCPIsMPTCP, mptcp, is(true)),
	tells(rawsock.MPTCPInfo, mptcp, func(i rawsock.MPTCPConnInfo) bool { return i.Token != 0 && i.Size >= 40 }),
	doing(rawsock.MPTCPTCPInfo, mptcp, func(t *testing.T, fd rawsock.FD) error {
		return subflow(t, rawsock.MPTCPTCPInfo, fd, 0, 104)
	}),
	doing(rawsock.MPTCPSubflowAddrs, mptcp, func(t *testing.T, fd rawsock.FD) error {
		return subflow(t, rawsock.MPTCPSubflowAddrs, fd, 8, 256)
	}),
	doing(rawsock.MPTCPFullInfo, mptcp, func(_ *testing.T, fd rawsock.FD) error {
		_, err := rawsock.MPTCPFullInfo.Get(fd, make([]byte, 8))
		return err
	}).failing(unix.EINVAL), // too short
}

// queueSeq moves the sequence number of the send queue of a connection that has
// sent nothing.
func queueSeq(t *testing.T, fd rawsock.FD) error {
	check(t, rawsock.TCPRepairQueue.Set(fd, 2))
	seq, err := rawsock.TCPQueueSeq.Get(fd)
	if err != nil || seq == 0 {
		t.Errorf("sequence number %d", seq)
	}
	return err
}

// subflow reads what there is of each subflow: struct mptcp_subflow_data, with
// its size and the size of an entry, and then the entries.
func subflow(t *testing.T, o rawsock.ReadBytesOption, fd rawsock.FD, at, size int) error {
	buf := make([]byte, 16+size)
	put := func(i, v int) {
		b, err := rawsock.SOMark.AppendTo(nil, uint32(v))
		check(t, err)
		copy(buf[4*i:], b)
	}
	put(0, 16)   // size_subflow_data
	put(3, size) // size_user
	n, err := o.Get(fd, buf)
	if err != nil {
		return err
	}
	flows, err := rawsock.SOMark.Decode(buf[4:8])
	if err != nil || flows != 1 || n != len(buf) {
		t.Errorf("%d bytes, %d subflows", n, flows)
	}
	return nil
}

var udpCases = []optionCase{
	toggles(rawsock.UDPCork, udp4),
	keeps(rawsock.UDPEncap, udp4, unix.UDP_ENCAP_ESPINUDP),
	toggles(rawsock.UDPNoCheck6Tx, udp6),
	toggles(rawsock.UDPNoCheck6Rx, udp6),
	keeps(rawsock.UDPSegment, udp4, 1400, 0),
	accepts(rawsock.UDPSegment, udp4, 1<<16).failing(unix.EINVAL),
	toggles(rawsock.UDPGRO, udp4),
	keeps(rawsock.UDPLiteSendCscov, udplite, 20, 0),
	gives(rawsock.UDPLiteSendCscov, udplite, 7, 8),
	keeps(rawsock.UDPLiteRecvCscov, udplite, 20, 0),
}
