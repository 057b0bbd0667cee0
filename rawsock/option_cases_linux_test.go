package rawsock_test

import (
	"math"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

const sec = time.Second

var socketCases = []optionCase{
	privileged(toggles(rawsock.SODebug, tcp4)),
	toggles(rawsock.SOReuseAddr, tcp4), // E2
	toggles(rawsock.SOReusePort, tcp4), // E3
	tells(rawsock.SOType, udp4, is(unix.SOCK_DGRAM)),
	tells(rawsock.SODomain, udp6, is(unix.AF_INET6)),
	tells(rawsock.SOProtocol, udp4, is(unix.IPPROTO_UDP)),
	tells(rawsock.SOError, tcp4, is(unix.Errno(0))), // E9
	tells(rawsock.SOAcceptConn, tcp4, is(false)),
	tells(rawsock.SOAcceptConn, listening, is(true)),
	toggles(rawsock.SODontRoute, udp4),
	toggles(rawsock.SOBroadcast, udp4), // E8
	toggles(rawsock.SOKeepAlive, tcp4), // E4
	toggles(rawsock.SOOOBInline, tcp4), // E7
	keeps(rawsock.SOLinger, tcp4, rawsock.Linger{Onoff: 1, Linger: 7}, rawsock.Linger{Onoff: 1}, rawsock.Linger{}), // E6
	gives(rawsock.SOSndBuf, udp4, 4096, 8192), // E5
	gives(rawsock.SOSndBuf, udp4, 1, 4608),
	gives(rawsock.SORcvBuf, udp4, 4096, 8192),
	gives(rawsock.SORcvBuf, udp4, 1, 2304),
	privileged(doing(rawsock.SOSndBufForce, udp4, func(t *testing.T, fd rawsock.FD) error {
		return force(t, fd, rawsock.SOSndBufForce, rawsock.SOSndBuf)
	})),
	privileged(doing(rawsock.SORcvBufForce, udp4, func(t *testing.T, fd rawsock.FD) error {
		return force(t, fd, rawsock.SORcvBufForce, rawsock.SORcvBuf)
	})),
	keeps(rawsock.SOBufLock, udp4, 1, 2, 3, 0),
	accepts(rawsock.SOReserveMem, tcp4, 0),
	keeps(rawsock.SORcvLowat, tcp4, 2, 1),
	gives(rawsock.SORcvLowat, tcp4, 0, 1),
	tells(rawsock.SOSndLowat, tcp4, is(1)),
	keeps(rawsock.SORcvTimeo, tcp4, 1500*time.Millisecond, 0),
	keeps(rawsock.SOSndTimeo, tcp4, 1500*time.Millisecond, 0),
	keeps(rawsock.SORcvTimeoNew, tcp4, 1500*time.Millisecond, 0),
	keeps(rawsock.SOSndTimeoNew, tcp4, 1500*time.Millisecond, 0),
	keeps(rawsock.SOBindToDevice, udp4, "lo"),
	privileged(doing(rawsock.SOBindToDevice, udp4, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.SOBindToDevice.Set(fd, "lo"))
		return rawsock.SOBindToDevice.Set(fd, "")
	})),
	accepts(rawsock.SOBindToDevice, udp4, "no such thing").failing(unix.ENODEV),
	keeps(rawsock.SOBindToIfindex, udp4, 1),
	privileged(doing(rawsock.SOBindToIfindex, udp4, func(t *testing.T, fd rawsock.FD) error {
		check(t, rawsock.SOBindToIfindex.Set(fd, 1))
		return rawsock.SOBindToIfindex.Set(fd, 0)
	})),
	keeps(rawsock.SOPriority, udp4, 6, 0),
	privileged(keeps(rawsock.SOPriority, udp4, 7)),
	privileged(keeps(rawsock.SOMark, udp4, 0xfeedbeef)),
	toggles(rawsock.SORcvMark, udp4),
	toggles(rawsock.SORcvPriority, udp4),
	toggles(rawsock.SONoCheck, udp4),
	toggles(rawsock.SOPassCred, unixDgram),
	toggles(rawsock.SOPassSec, unixDgram),
	toggles(rawsock.SOPassPidfd, unixDgram),
	keeps(rawsock.SOPassRights, unixDgram, false, true),
	accepts(rawsock.SOInq, unixStream, true, false),
	tells(rawsock.SOPeerCred, unixStream, func(c rawsock.Ucred) bool {
		return c == rawsock.Ucred{Pid: int32(os.Getpid()), Uid: uint32(os.Geteuid()), Gid: uint32(os.Getegid())}
	}),
	doing(rawsock.SOPeerGroups, unixStream, peerGroups),
	doing(rawsock.SOPeerPidfd, unixStream, peerPidfd),
	doing(rawsock.SOPeerSec, unixStream, func(_ *testing.T, fd rawsock.FD) error {
		_, err := rawsock.SOPeerSec.Get(fd, make([]byte, 256))
		return err
	}),
	toggles(rawsock.SOTimestamp, udp4),
	toggles(rawsock.SOTimestampNS, udp4),
	toggles(rawsock.SOTimestampNew, udp4),
	toggles(rawsock.SOTimestampNSNew, udp4),
	keeps(rawsock.SOTimestamping, udp4, rawsock.Timestamping{Flags: unix.SOF_TIMESTAMPING_RX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE}, rawsock.Timestamping{}),
	accepts(rawsock.SOTimestamping, udp4, rawsock.Timestamping{Flags: unix.SOF_TIMESTAMPING_BIND_PHC, BindPHC: 1}).failing(unix.EOPNOTSUPP),
	keeps(rawsock.SOTimestampingNew, udp4, rawsock.Timestamping{Flags: unix.SOF_TIMESTAMPING_SOFTWARE}),
	keeps(rawsock.SOTxTime, udp4, rawsock.TxTime{Clockid: unix.CLOCK_MONOTONIC, Flags: rawsock.SOF_TXTIME_REPORT_ERRORS}),
	privileged(keeps(rawsock.SOTxTime, udp4, rawsock.TxTime{Clockid: unix.CLOCK_TAI, Flags: rawsock.SOF_TXTIME_DEADLINE_MODE})),
	toggles(rawsock.SORxqOvfl, udp4),
	toggles(rawsock.SOWifiStatus, udp4),
	keeps(rawsock.SOPeekOff, unixStream, 3, -1),
	keeps(rawsock.SOPeekOff, udp4, 3, -1),
	toggles(rawsock.SONoFCS, udp4),
	keeps(rawsock.SOLockFilter, udp4, true),
	accepts(rawsock.SOLockFilter, udp4, true, false).failing(unix.EPERM),
	toggles(rawsock.SOSelectErrQueue, udp4),
	keeps(rawsock.SOBusyPoll, udp4, 50*time.Microsecond, 0),
	privileged(toggles(rawsock.SOPreferBusyPoll, udp4)),
	privileged(keeps(rawsock.SOBusyPollBudget, udp4, 16)),
	keeps(rawsock.SOMaxPacingRate, tcp4, 125_000, math.MaxUint32-1, math.MaxUint64),
	tells(rawsock.SOBPFExtensions, udp4, func(n int) bool { return n >= 64 }),
	keeps(rawsock.SOIncomingCPU, udp4, 1),
	tells(rawsock.SOIncomingNapiID, udp4, is(uint32(0))),
	accepts(rawsock.SOCnxAdvice, tcp4, 1),
	accepts(rawsock.SOCnxAdvice, tcp4, 2),
	tells(rawsock.SOMemInfo, udp4, func(m rawsock.MemInfo) bool { return m.Rcvbuf > 0 && m.Sndbuf > 0 && m.Drops == 0 }),
	tells(rawsock.SOCookie, udp4, func(c uint64) bool { return c != 0 }),
	tells(rawsock.SONetnsCookie, udp4, func(c uint64) bool { return c != 0 }),
	toggles(rawsock.SOZeroCopy, tcp4),
	keeps(rawsock.SOTxRehash, tcp4, 0, 1),
	gives(rawsock.SOTxRehash, tcp4, -1, 1),
}

// force sets a buffer beyond what SO_SNDBUF would give.
func force(t *testing.T, fd rawsock.FD, o rawsock.WriteOption[int], size rawsock.Option[int]) error {
	const big = 64 << 20
	if err := o.Set(fd, big); err != nil {
		return err
	}
	got, err := size.Get(fd)
	if err == nil && got != 2*big {
		t.Errorf("read %d, want %d", got, 2*big)
	}
	return err
}

func peerGroups(t *testing.T, fd rawsock.FD) error {
	want, err := os.Getgroups()
	check(t, err)
	buf := make([]byte, 4*max(len(want), 1))
	n, err := rawsock.SOPeerGroups.Get(fd, buf)
	if err == nil && n != 4*len(want) {
		t.Errorf("%d bytes for %d groups", n, len(want))
	}
	if len(want) > 0 {
		_, small := rawsock.SOPeerGroups.Get(fd, nil)
		wantErrno(t, small, unix.ERANGE)
	}
	return err
}

func peerPidfd(t *testing.T, fd rawsock.FD) error {
	pidfd, err := rawsock.SOPeerPidfd.Get(fd)
	if err != nil {
		return err
	}
	defer pidfd.Close()
	check(t, unix.PidfdSendSignal(int(pidfd), 0, nil, 0))
	flags, err := unix.FcntlInt(uintptr(pidfd), unix.F_GETFD, 0)
	check(t, err)
	if flags&unix.FD_CLOEXEC == 0 {
		t.Error("the descriptor is not close-on-exec")
	}
	return nil
}
