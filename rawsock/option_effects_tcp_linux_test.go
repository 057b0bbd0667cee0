package rawsock_test

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

var tcpEffects = []optionEffect{
	shows(effectNoDelay, rawsock.TCPNoDelay),
	shows(effectCork, rawsock.TCPCork),
	shows(effectMaxSeg, rawsock.TCPMaxSeg),
	shows(effectWindowClamp, rawsock.TCPWindowClamp),
	shows(effectDeferAccept, rawsock.TCPDeferAccept),
	shows(effectNotSentLowat, rawsock.TCPNotSentLowat),
	shows(effectFastOpen, rawsock.TCPFastOpen, rawsock.TCPFastOpenConnect, rawsock.TCPFastOpenNoCookie),
	shows(effectTCPInq, rawsock.TCPInq),
	shows(effectCongestion, rawsock.TCPCongestion, rawsock.TCPCCInfo),
	shows(effectPacingRate, rawsock.SOMaxPacingRate),
	shows(effectRepair, rawsock.TCPRepair),
	shows(effectMD5, rawsock.TCPMD5Sig),
}

// Against a peer that acknowledges nothing, Nagle's algorithm holds back what
// follows the first small segment. E12
func effectNoDelay(t *testing.T) {
	for noDelay, want := range map[bool]uint32{false: 1, true: 3} {
		client, server := streams(t)
		deaf(t, server)
		check(t, rawsock.TCPNoDelay.Set(client, noDelay))
		for range 3 {
			sendOne(t, client, "x")
		}
		if got := tcpInfo(t, client).DataSegsOut; got != want {
			t.Errorf("TCP_NODELAY %t: 3 writes made %d segments, want %d", noDelay, got, want)
		}
	}
}

func effectCork(t *testing.T) {
	client, server := streams(t)
	check(t, rawsock.TCPCork.Set(client, true))
	sendOne(t, client, "ab")
	sendOne(t, client, "cd")
	if got := tcpInfo(t, client).DataSegsOut; got != 0 {
		t.Errorf("%d segments sent with the cork in", got)
	}
	check(t, rawsock.TCPCork.Set(client, false))
	wantReceived(t, server, "abcd")
	if got := tcpInfo(t, client).DataSegsOut; got != 1 {
		t.Errorf("%d segments sent, want 1", got)
	}
}

// connectedBy returns both ends of a connection whose client and listener were
// prepared before.
func connectedBy(t *testing.T, prepare func(client, l rawsock.FD)) (client, server rawsock.FD) {
	t.Helper()
	l, addr := bound(t, unix.SOCK_STREAM, loopback(0))
	client = open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	prepare(client, l)
	check(t, l.Listen(1))
	check(t, client.Connect(addr))
	server, err := l.AcceptNull()
	check(t, err)
	return client, adopt(t, server)
}

// The peer sends no larger segments than were announced.
func effectMaxSeg(t *testing.T) {
	client, server := connectedBy(t, func(client, _ rawsock.FD) { check(t, rawsock.TCPMaxSeg.Set(client, 700)) })
	if got := tcpInfo(t, server).SndMss; got > 700 || got < 600 {
		t.Errorf("the server sends segments of %d bytes", got)
	}
	if got, err := rawsock.TCPMaxSeg.Get(client); got > 700 || err != nil {
		t.Errorf("TCP_MAXSEG is %d, %v", got, err)
	}
}

// The peer sees no larger window.
func effectWindowClamp(t *testing.T) {
	_, server := connectedBy(t, func(client, _ rawsock.FD) { check(t, rawsock.TCPWindowClamp.Set(client, 8000)) })
	info := tcpInfo(t, server)
	if !info.Has(rawsock.TCPInfoSndWnd) {
		sockettest.Need(t, kernelHas(t, "5.4"), "tcpi_snd_wnd of Linux 5.4")
	}
	if info.SndWnd > 8000 || info.SndWnd == 0 {
		t.Errorf("the server may send %d bytes, want 8000 at most", info.SndWnd)
	}
}

// There is nothing to accept until data has come.
func effectDeferAccept(t *testing.T) {
	l, addr := bound(t, unix.SOCK_STREAM, loopback(0))
	check(t, rawsock.TCPDeferAccept.Set(l, 10*time.Second))
	check(t, firstOf(l.Listen(1), l.SetNonblock(true)))
	client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, client.Connect(addr))
	_, err := l.AcceptNull()
	wantErrno(t, err, unix.EAGAIN)
	sendOne(t, client, "data")
	await(t, l, unix.POLLIN)
	server, err := l.AcceptNull()
	check(t, err)
	wantReceived(t, adopt(t, server), "data")
}

// Bytes that the peer has no room for keep the socket from being writable.
func effectNotSentLowat(t *testing.T) {
	for lowat, want := range map[uint32]int{0: 1, 1: 0} {
		client, server := connectedBy(t, func(client, l rawsock.FD) {
			check(t, rawsock.SORcvBuf.Set(l, 4096))
			check(t, rawsock.SOSndBuf.Set(client, 1<<20))
			check(t, rawsock.TCPNotSentLowat.Set(client, lowat))
		})
		_, err := client.Send(make([]byte, 100_000), unix.MSG_DONTWAIT)
		check(t, err)
		await(t, server, unix.POLLIN)
		if n, err := rawsock.Poll(ready(client, unix.POLLOUT), 0); n != want || err != nil {
			t.Errorf("TCP_NOTSENT_LOWAT %d: poll %d, %v; want %d", lowat, n, err, want)
		}
	}
}

// What is written first goes with SYN.
func effectFastOpen(t *testing.T) {
	const synData = 0x20 // TCPI_OPT_SYN_DATA
	lonely(t, func(*sockettest.Netns) {
		check(t, os.WriteFile("/proc/sys/net/ipv4/tcp_fastopen", []byte("3"), 0))
		l, addr := bound(t, unix.SOCK_STREAM, loopback(0))
		check(t, rawsock.TCPFastOpen.Set(l, 5))
		check(t, rawsock.TCPFastOpenNoCookie.Set(l, true))
		check(t, l.Listen(5))
		for _, fast := range []bool{false, true} {
			client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
			check(t, rawsock.TCPFastOpenConnect.Set(client, fast))
			check(t, rawsock.TCPFastOpenNoCookie.Set(client, fast))
			check(t, client.Connect(addr))
			sendOne(t, client, "first")
			server, err := l.AcceptNull()
			check(t, err)
			wantReceived(t, adopt(t, server), "first")
			if got := tcpInfo(t, server).Options&synData != 0; got != fast {
				t.Errorf("fast open %t: data with SYN %t", fast, got)
			}
		}
	})
}

func effectTCPInq(t *testing.T) {
	client, server := streams(t)
	check(t, rawsock.TCPInq.Set(server, true))
	sendOne(t, client, "hello")
	await(t, server, unix.POLLIN)
	m := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 2)}, Control: make([]byte, 100)}
	_, err := server.Recvmsg(m, 0)
	check(t, err)
	if left := find(t, m, rawsock.Cmsg.TCPInq); left != 3 {
		t.Errorf("%d bytes left, want 3", left)
	}
}

// Only bbr tells what bbr tells.
func effectCongestion(t *testing.T) {
	available, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	check(t, err)
	client, server := streams(t)
	check(t, rawsock.TCPCongestion.Set(client, "reno"))
	info, err := rawsock.TCPCCInfo.Get(client)
	check(t, err)
	if info.Size != 0 {
		t.Errorf("reno tells %d bytes", info.Size)
	}
	if err := rawsock.TCPCongestion.Set(client, "bbr"); err != nil {
		sockettest.Need(t, false, "bbr, of "+string(available))
	}
	sendOne(t, client, "hello")
	wantReceived(t, server, "hello")
	info, err = rawsock.TCPCCInfo.Get(client)
	check(t, err)
	if bbr, ok := info.BBR(); !ok || bbr.PacingGain == 0 {
		t.Errorf("bbr tells %+v, %t", bbr, ok)
	}
}

func effectPacingRate(t *testing.T) {
	client, server := streams(t)
	sendOne(t, client, "hello")
	wantReceived(t, server, "hello")
	if free := tcpInfo(t, client).PacingRate; free <= 50_000 {
		t.Fatalf("%d bytes a second without a limit", free)
	}
	check(t, rawsock.SOMaxPacingRate.Set(client, 50_000))
	sendOne(t, client, "hello")
	wantReceived(t, server, "hello")
	if info := tcpInfo(t, client); info.PacingRate > 50_000 || info.MaxPacingRate != 50_000 {
		t.Errorf("%d bytes a second, at most %d", info.PacingRate, info.MaxPacingRate)
	}
}

// A connection under repair is closed without a word to the peer.
func effectRepair(t *testing.T) {
	sockettest.NeedRoot(t)
	for _, repair := range []int{0, 1} {
		l, addr := listener(t, loopback(0))
		client, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		check(t, err)
		check(t, client.Connect(addr))
		server, err := l.AcceptNull()
		check(t, err)
		adopt(t, server)
		check(t, rawsock.TCPRepair.Set(client, repair))
		check(t, client.Close())
		if repair == 0 {
			wantReceived(t, server, "")
		} else {
			wantNothing(t, server, "the peer was closed under repair")
		}
	}
}

// A client without the key is not heard.
func effectMD5(t *testing.T) {
	t.Parallel()
	l, addr := listener(t, loopback(0))
	key := rawsock.TCPMD5Key{Addr: loopback(0), Key: []byte("secret")}
	if err := rawsock.TCPMD5Sig.Set(l, key); err == error(unix.ENOPROTOOPT) {
		sockettest.Need(t, false, "CONFIG_TCP_MD5SIG")
	} else {
		check(t, err)
	}
	with := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, rawsock.TCPMD5Sig.Set(with, key))
	check(t, with.Connect(addr))
	without := open(t, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	wantErrno(t, without.Connect(addr), unix.EINPROGRESS)
	eventually(t, func() bool { return tcpInfo(t, without).TotalRetrans > 0 }, "SYN was not sent again")
	if state := rawsock.TCPStateName(tcpInfo(t, without).State); state != "TCP_SYN_SENT" {
		t.Errorf("without the key: %s", state)
	}
}
