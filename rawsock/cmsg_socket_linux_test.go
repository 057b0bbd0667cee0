package rawsock_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

func TestMarkOfADatagram(t *testing.T) {
	udp, name := bound(t, unix.SOCK_DGRAM, loopback(0))
	enableOr(t, udp, unix.SOL_SOCKET, unix.SO_RCVMARK, 1, "5.19")
	const mark = 0xfeedbeef
	_, err := udp.Sendmsg(&rawsock.Msghdr{Name: name, Control: rawsock.AppendMark(nil, mark)}, 0)
	sockettest.Need(t, !errors.Is(err, unix.EPERM), "needs CAP_NET_ADMIN or CAP_NET_RAW")
	check(t, err)
	_, m := recvControl(t, udp)
	if got := find(t, m, rawsock.Cmsg.Mark); got != mark {
		t.Errorf("mark %#x", got)
	}
}

func TestPriorityOfADatagram(t *testing.T) {
	udp, name := bound(t, unix.SOCK_DGRAM, loopback(0))
	enableOr(t, udp, unix.SOL_SOCKET, unix.SO_RCVPRIORITY, 1, "6.14")
	sendControl(t, udp, name, []byte("x"), rawsock.AppendPriority(nil, 5))
	_, m := recvControl(t, udp)
	if got := find(t, m, rawsock.Cmsg.Priority); got != 5 {
		t.Errorf("priority %d", got)
	}
}

// Datagrams for which there was no room are counted, and the first datagram that
// is queued after them tells how many.
func TestRxqOvfl(t *testing.T) {
	server, name := bound(t, unix.SOCK_DGRAM, loopback(0))
	check(t, server.SetsockoptInt(unix.SOL_SOCKET, unix.SO_RCVBUF, 4096))
	enable(t, server, unix.SOL_SOCKET, unix.SO_RXQ_OVFL)
	client := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	const sent = 100
	for range sent {
		sendControl(t, client, name, make([]byte, 1000), nil)
	}
	received, dropped := 0, 0
	buf := make([]byte, 2000)
	memory := make([]byte, 9*4) // SO_MEMINFO, whose last number is SK_MEMINFO_DROPS
	sockettest.Eventually(t, 5*time.Second, func() bool {
		if _, err := server.Recv(buf, unix.MSG_DONTWAIT); err == nil {
			received++
		}
		_, err := server.GetsockoptBytes(unix.SOL_SOCKET, unix.SO_MEMINFO, memory)
		check(t, err)
		dropped = int(binary.NativeEndian.Uint32(memory[32:]))
		return received+dropped == sent
	}, "%d datagrams received or dropped", sent)
	sendControl(t, client, name, []byte("last"), nil)
	_, m := recvControl(t, server)
	if told := find(t, m, rawsock.Cmsg.RxqOvfl); received == 0 || dropped == 0 || int(told) != dropped {
		t.Errorf("%d sent, %d received, %d dropped, told %d", sent, received, dropped, told)
	}
}

// SCM_TXTIME is understood only where SO_TXTIME chose a clock.
func TestTxtimeNeedsAClock(t *testing.T) {
	udp, name := bound(t, unix.SOCK_DGRAM, loopback(0))
	control := rawsock.AppendTxtime(nil, 1)
	_, err := udp.Sendmsg(&rawsock.Msghdr{Name: name, Control: control}, 0)
	wantErrno(t, err, unix.EINVAL)
	// struct sock_txtime: CLOCK_MONOTONIC, no flags.
	check(t, udp.SetsockoptBytes(unix.SOL_SOCKET, unix.SO_TXTIME, []byte{unix.CLOCK_MONOTONIC, 0, 0, 0, 0, 0, 0, 0}))
	sendControl(t, udp, name, []byte("now"), control)
	if data, _ := recvControl(t, udp); string(data) != "now" {
		t.Errorf("got %q", data)
	}
}

// What was sent as one message arrives as datagrams, and those arrive as one
// message again.
func TestUDPSegmentAndGRO(t *testing.T) {
	server, name := bound(t, unix.SOCK_DGRAM, loopback(0))
	client := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	data := bytes.Repeat([]byte("0123456789abcde"), 367)[:5500]
	sendControl(t, client, name, data, rawsock.AppendUDPSegment(nil, 1000))
	for want := data; len(want) > 0; {
		got, m := recvControl(t, server)
		if !bytes.Equal(got, want[:min(1000, len(want))]) || has(m, rawsock.Cmsg.UDPGRO) {
			t.Fatalf("%d bytes of %d", len(got), len(want))
		}
		want = want[len(got):]
	}
	enable(t, server, unix.SOL_UDP, unix.UDP_GRO)
	sendControl(t, client, name, data, rawsock.AppendUDPSegment(nil, 1000))
	got, m := recvControl(t, server)
	if size := find(t, m, rawsock.Cmsg.UDPGRO); size != 1000 || !bytes.Equal(got, data) {
		t.Errorf("%d bytes in datagrams of %d", len(got), size)
	}
	sendControl(t, client, name, data[:1000], nil)
	if _, m = recvControl(t, server); has(m, rawsock.Cmsg.UDPGRO) {
		t.Errorf("one datagram has a size: %+v", collect(m.Control))
	}
	_, err := client.Sendmsg(&rawsock.Msghdr{Name: name, Buffers: [][]byte{data}, Control: rawsock.AppendUDPSegment(nil, 1)}, 0)
	wantErrno(t, err, unix.EINVAL)
}

func TestTCPInq(t *testing.T) {
	client, server := streams(t)
	enable(t, server, unix.SOL_TCP, unix.TCP_INQ)
	_, err := client.Send([]byte("0123456789"), 0)
	check(t, err)
	_, err = client.Send([]byte("!"), 0)
	check(t, err)
	sockettest.Eventually(t, 5*time.Second, func() bool {
		queued, err := unix.IoctlGetInt(int(server), unix.TIOCINQ)
		return queued == 11 && err == nil
	}, "11 bytes queued")
	for _, want := range []int{7, 3} {
		m := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 4)}, Control: rawsock.NewControl(4)}
		_, err := server.Recvmsg(m, 0)
		check(t, err)
		if left := find(t, m, rawsock.Cmsg.TCPInq); left != want {
			t.Errorf("%d bytes left, want %d", left, want)
		}
	}
}
