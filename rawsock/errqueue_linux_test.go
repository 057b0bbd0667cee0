package rawsock_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// deserted returns an address of a UDP port that nobody listens on.
func deserted(t *testing.T, sa rawsock.Sockaddr) rawsock.Sockaddr {
	t.Helper()
	fd, err := rawsock.Socket(sa.Family(), unix.SOCK_DGRAM, 0)
	check(t, err)
	check(t, fd.Bind(sa))
	name, err := fd.Getsockname()
	check(t, err)
	check(t, fd.Close())
	return name
}

// A datagram to a port that nobody has comes back: which, to whom, and who says
// so.
func TestPortUnreachable(t *testing.T) {
	for name, c := range map[string]struct {
		local, offender rawsock.Sockaddr
		level, option   int
		origin          uint8
		typ, code       uint8
	}{
		"inet":  {loopback(0), loopback(0), unix.SOL_IP, unix.IP_RECVERR, unix.SO_EE_ORIGIN_ICMP, 3, 3},
		"inet6": {loopback6(0), loopback6(0), unix.SOL_IPV6, unix.IPV6_RECVERR, unix.SO_EE_ORIGIN_ICMP6, 1, 4},
	} {
		t.Run(name, func(t *testing.T) {
			dest := deserted(t, c.local)
			fd, _ := bound(t, unix.SOCK_DGRAM, c.local)
			enable(t, fd, c.level, c.option)
			var q rawsock.QueuedErr
			buf := make([]byte, 100)
			for range 2 { // the second time after EAGAIN, which leaves q as good as new
				sendControl(t, fd, dest, []byte("is there anybody?"), nil)
				await(t, fd, 0)
				n, err := fd.RecvErr(&q, buf, 0)
				check(t, err)
				want := rawsock.ExtendedErr{Errno: unix.ECONNREFUSED, Origin: c.origin, Type: c.typ, Code: c.code, Offender: c.offender}
				if q.ExtendedErr != want {
					t.Errorf("\ngot  %+v\nwant %+v", q.ExtendedErr, want)
				}
				if q.Dest != dest || string(buf[:n]) != "is there anybody?" || q.Flags != unix.MSG_ERRQUEUE {
					t.Errorf("to %v: %q, flags %#x", q.Dest, buf[:n], q.Flags)
				}
				if _, err := fd.RecvErr(&q, buf, 0); err != error(unix.EAGAIN) || q.Errno != 0 || !q.Dest.IsZero() {
					t.Errorf("after the last: %v, %+v", err, q)
				}
			}
		})
	}
}

// The payload that has no room is reported as missing, and so is control data.
func TestRecvErrReportsTruncation(t *testing.T) {
	fd, _ := bound(t, unix.SOCK_DGRAM, loopback(0))
	enable(t, fd, unix.SOL_IP, unix.IP_RECVERR)
	sendControl(t, fd, deserted(t, loopback(0)), []byte("0123456789"), nil)
	await(t, fd, 0)
	var q rawsock.QueuedErr
	buf := make([]byte, 4)
	n, err := fd.RecvErr(&q, buf, 0)
	check(t, err)
	if string(buf[:n]) != "0123" || q.Flags != unix.MSG_ERRQUEUE|unix.MSG_TRUNC || q.Errno != unix.ECONNREFUSED {
		t.Errorf("%q, flags %#x, %v", buf[:n], q.Flags, q.Errno)
	}
}

// A datagram larger than the path takes is an error of this host's own. The path
// MTU comes with it, and the destination, on an unconnected socket without port.
func TestLocalErrorTellsTheMTU(t *testing.T) {
	ns := sockettest.NewNetns(t)
	ns.Run("ip", "link", "set", "lo", "mtu", "1500")
	var fd rawsock.FD
	ns.Do(func() { fd, _ = bound(t, unix.SOCK_DGRAM, loopback(0)) })
	enable(t, fd, unix.SOL_IP, unix.IP_RECVERR)
	check(t, fd.SetsockoptInt(unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO))
	_, err := fd.Sendto(make([]byte, 2000), 0, loopback(9))
	wantErrno(t, err, unix.EMSGSIZE)
	var q rawsock.QueuedErr
	_, err = fd.RecvErr(&q, nil, 0)
	check(t, err)
	if want := (rawsock.ExtendedErr{Errno: unix.EMSGSIZE, Origin: unix.SO_EE_ORIGIN_LOCAL, Info: 1500}); q.ExtendedErr != want || q.Dest != loopback(0) {
		t.Errorf("%+v, to %v", q.ExtendedErr, q.Dest)
	}
}

// zerocopySender returns both ends of a connection, the first with SO_ZEROCOPY.
func zerocopySender(t *testing.T) (sender, receiver rawsock.FD) {
	t.Helper()
	sender, receiver = streams(t)
	enableOr(t, sender, unix.SOL_SOCKET, unix.SO_ZEROCOPY, 1, "4.14")
	return sender, receiver
}

// Every call with MSG_ZEROCOPY is told to be finished, in ranges.
func TestZerocopyCompletions(t *testing.T) {
	sender, receiver := zerocopySender(t)
	data := make([]byte, 1<<14)
	const calls = 5
	for range calls {
		_, err := sender.Send(data, unix.MSG_ZEROCOPY)
		check(t, err)
		for left := len(data); left > 0; {
			n, err := receiver.Recv(data[:left], 0)
			check(t, err)
			left -= n
		}
	}
	var q rawsock.QueuedErr
	for next := uint32(0); next < calls; {
		await(t, sender, 0)
		n, err := sender.RecvErr(&q, nil, 0)
		check(t, err)
		r, ok := q.Zerocopy()
		if !ok || n != 0 || r.Lo != next || r.Hi < r.Lo || r.Hi >= calls || !r.Copied {
			t.Fatalf("%+v after call %d: %+v (loopback copies)", r, next, q.ExtendedErr)
		}
		next += r.Len()
	}
}

func TestZerocopyRangeWraps(t *testing.T) {
	r := rawsock.ZerocopyRange{Lo: 1<<32 - 2, Hi: 1}
	if r.Len() != 4 {
		t.Errorf("%d calls", r.Len())
	}
	for call, want := range map[uint32]bool{1<<32 - 3: false, 1<<32 - 2: true, 1<<32 - 1: true, 0: true, 1: true, 2: false} {
		if r.Has(call) != want {
			t.Errorf("call %d: %v", call, !want)
		}
	}
	e := rawsock.ExtendedErr{Origin: unix.SO_EE_ORIGIN_ZEROCOPY, Info: 3, Data: 9}
	if r, ok := e.Zerocopy(); !ok || r != (rawsock.ZerocopyRange{Lo: 3, Hi: 9}) {
		t.Errorf("%+v, %v", r, ok)
	}
	e.Errno = unix.ENOBUFS
	if _, ok := e.Zerocopy(); ok {
		t.Error("an error is a completion")
	}
}

func TestExtendedErrGolden(t *testing.T) {
	ee := binary.NativeEndian.AppendUint32(nil, uint32(unix.EHOSTUNREACH))
	ee = append(ee, unix.SO_EE_ORIGIN_ICMP, 11, 1, 0xff)
	ee = binary.NativeEndian.AppendUint32(ee, 0x01020304)
	rfc4884 := append(binary.NativeEndian.AppendUint16(nil, 48), unix.SO_EE_RFC4884_FLAG_INVALID, 0)
	ee = append(ee, rfc4884...)
	want := rawsock.ExtendedErr{Errno: unix.EHOSTUNREACH, Origin: 2, Type: 11, Code: 1, Info: 0x01020304, Data: binary.NativeEndian.Uint32(rfc4884)}
	unspecified := make([]byte, unix.SizeofSockaddrInet4)
	router := rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 0)
	for _, c := range []struct {
		after    []byte
		offender rawsock.Sockaddr
	}{{nil, rawsock.Sockaddr{}}, {unspecified, rawsock.Sockaddr{}}, {router.Bytes(), router}} {
		want.Offender = c.offender
		m := rawsock.Cmsg{Level: unix.SOL_IP, Type: unix.IP_RECVERR, Data: append(ee[:16:16], c.after...)}
		if got, ok := m.ExtendedErr(); !ok || got != want {
			t.Errorf("% x\ngot  %+v, %v\nwant %+v", m.Data, got, ok, want)
		}
	}
	if offset, valid := want.RFC4884(); offset != 48 || valid {
		t.Errorf("extensions at %d, valid %v", offset, valid)
	}
	if _, ok := want.Txtime(); ok {
		t.Error("an ICMP error has a time")
	}
	missed := rawsock.ExtendedErr{Errno: unix.ECANCELED, Origin: unix.SO_EE_ORIGIN_TXTIME, Code: unix.SO_EE_CODE_TXTIME_MISSED, Info: 2, Data: 1}
	if ns, ok := missed.Txtime(); !ok || ns != 1<<32|2 {
		t.Errorf("%#x, %v", ns, ok)
	}
	if _, _, ok := missed.TxTimestamp(); ok {
		t.Error("a packet that was not sent has a time of sending")
	}
}

// A socket for both families can have both kinds of errors in its queue, if it has
// both options; those of IPv4 have mapped addresses.
func TestErrorQueueOfADualStackSocket(t *testing.T) {
	fd := open(t, unix.AF_INET6, unix.SOCK_DGRAM, 0)
	enable(t, fd, unix.SOL_IPV6, unix.IPV6_RECVERR)
	enable(t, fd, unix.SOL_IP, unix.IP_RECVERR)
	mapped := netip.MustParseAddr("::ffff:127.0.0.1")
	port := portOf(deserted(t, loopback(0)))
	dest := rawsock.SockaddrInet6(mapped.As16(), port, 0, 0)
	sendControl(t, fd, dest, []byte("x"), nil)
	await(t, fd, 0)
	var q rawsock.QueuedErr
	_, err := fd.RecvErr(&q, nil, 0)
	check(t, err)
	if q.Errno != unix.ECONNREFUSED || q.Origin != unix.SO_EE_ORIGIN_ICMP || q.Dest != dest || q.Offender.AddrPort().Addr() != mapped {
		t.Errorf("%+v, to %v", q.ExtendedErr, q.Dest)
	}
}

// A router that a datagram does not get past says so: the offender is not the
// destination.
func TestTimeExceededNamesTheRouter(t *testing.T) {
	a, b := sockettest.NewNetns(t), sockettest.NewNetns(t)
	sockettest.Veth(a, b, "10.0.0.1/24", "10.0.0.2/24")
	b.Run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
	a.Run("ip", "route", "add", "10.9.0.0/24", "via", "10.0.0.2")
	b.Run("ip", "route", "add", "10.9.0.0/24", "dev", "veth0")
	var fd rawsock.FD
	a.Do(func() { fd = open(t, unix.AF_INET, unix.SOCK_DGRAM, 0) })
	enable(t, fd, unix.SOL_IP, unix.IP_RECVERR)
	dest := rawsock.SockaddrInet4([4]byte{10, 9, 0, 9}, 33434)
	sendControl(t, fd, dest, []byte("probe"), rawsock.AppendTTL(nil, 1))
	await(t, fd, 0)
	var q rawsock.QueuedErr
	buf := make([]byte, 10)
	n, err := fd.RecvErr(&q, buf, 0)
	check(t, err)
	want := rawsock.ExtendedErr{
		Errno: unix.EHOSTUNREACH, Origin: unix.SO_EE_ORIGIN_ICMP, Type: 11, Code: 0,
		Offender: rawsock.SockaddrInet4([4]byte{10, 0, 0, 2}, 0),
	}
	if q.ExtendedErr != want || q.Dest != dest || string(buf[:n]) != "probe" {
		t.Errorf("%+v, to %v: %q", q.ExtendedErr, q.Dest, buf[:n])
	}
}

// Packet sockets have an error queue of their own kind.
func TestErrorQueueOfAPacketSocket(t *testing.T) {
	sockettest.NeedRoot(t)
	fd, err := rawsock.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	sockettest.Need(t, err == nil, "needs CAP_NET_RAW")
	adopt(t, fd)
	flags := unix.SOF_TIMESTAMPING_TX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE | unix.SOF_TIMESTAMPING_OPT_ID
	check(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_TIMESTAMPING_OLD, flags))
	to, err := rawsock.SockaddrPacket(rawsock.PacketAddr{Protocol: 0x88b5, Ifindex: int32(loopbackIndex(t)), Halen: 6})
	check(t, err)
	sendControl(t, fd, to, []byte("experiment"), nil)
	buf := make([]byte, 100)
	_, n, kind, id := txTimestamp(t, fd, buf)
	if kind != unix.SCM_TSTAMP_SND || id != 0 || n < 10 || string(buf[n-10:n]) != "experiment" {
		t.Errorf("kind %d, number %d, packet %q", kind, id, buf[:n])
	}
}
