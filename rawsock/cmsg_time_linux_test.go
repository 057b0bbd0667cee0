package rawsock_test

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// between fails the test unless ts was taken since start, allowing for the coarser
// clock of the kernel.
func between(t *testing.T, name string, ts, start time.Time) {
	t.Helper()
	if ts.Before(start.Add(-20*time.Millisecond)) || ts.After(time.Now().Add(20*time.Millisecond)) {
		t.Errorf("%s: %v, which is not since %v", name, ts, start)
	}
}

// Every layout of a time of arrival.
func TestReceiveTimestamps(t *testing.T) {
	software := func(c rawsock.Cmsg) (time.Time, bool) {
		ts, ok := c.Timestamping()
		return ts.Software, ok && ts.Legacy.IsZero() && ts.Hardware.IsZero()
	}
	flags := unix.SOF_TIMESTAMPING_RX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE
	for name, c := range map[string]struct {
		option, value int
		read          func(rawsock.Cmsg) (time.Time, bool)
	}{
		"SO_TIMESTAMP_OLD":    {unix.SO_TIMESTAMP_OLD, 1, rawsock.Cmsg.Timestamp},
		"SO_TIMESTAMP_NEW":    {unix.SO_TIMESTAMP_NEW, 1, rawsock.Cmsg.Timestamp},
		"SO_TIMESTAMPNS_OLD":  {unix.SO_TIMESTAMPNS_OLD, 1, rawsock.Cmsg.Timestamp},
		"SO_TIMESTAMPNS_NEW":  {unix.SO_TIMESTAMPNS_NEW, 1, rawsock.Cmsg.Timestamp},
		"SO_TIMESTAMPING_OLD": {unix.SO_TIMESTAMPING_OLD, flags, software},
		"SO_TIMESTAMPING_NEW": {unix.SO_TIMESTAMPING_NEW, flags, software},
	} {
		t.Run(name, func(t *testing.T) {
			udp, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
			enableOr(t, udp, unix.SOL_SOCKET, c.option, c.value, "5.1")
			start := time.Now()
			var m *rawsock.Msghdr
			// The kernel begins to take times soon after the option, not at once.
			sockettest.Eventually(t, 5*time.Second, func() bool {
				sendControl(t, udp, addr, []byte("x"), nil)
				_, m = recvControl(t, udp)
				return len(m.Control) > 0
			}, "a time with a datagram")
			between(t, name, find(t, m, c.read), start)
		})
	}
}

// Both word sizes are read on every machine.
func TestTimestampLayouts(t *testing.T) {
	words := func(size int, values ...int64) (b []byte) {
		for _, v := range values {
			if size == 4 {
				b = binary.NativeEndian.AppendUint32(b, uint32(v))
			} else {
				b = binary.NativeEndian.AppendUint64(b, uint64(v))
			}
		}
		return b
	}
	const sec, fraction = -7, 123456
	for _, size := range []int{4, 8} {
		data := words(size, sec, fraction)
		for typ, want := range map[int]time.Time{
			unix.SO_TIMESTAMP_OLD:   time.UnixMicro(sec*1e6 + fraction),
			unix.SO_TIMESTAMP_NEW:   time.UnixMicro(sec*1e6 + fraction),
			unix.SO_TIMESTAMPNS_OLD: time.Unix(sec, fraction),
			unix.SO_TIMESTAMPNS_NEW: time.Unix(sec, fraction),
		} {
			m := rawsock.Cmsg{Level: unix.SOL_SOCKET, Type: typ, Data: data}
			if got, ok := m.Timestamp(); !ok || !got.Equal(want) {
				t.Errorf("type %d with words of %d: %v, %v, want %v", typ, size, got, ok, want)
			}
			m.Data = data[:len(data)-1]
			if _, ok := m.Timestamp(); ok {
				t.Errorf("type %d: %d bytes are a time", typ, len(m.Data))
			}
		}
		m := rawsock.Cmsg{Level: unix.SOL_SOCKET, Type: unix.SO_TIMESTAMPING_NEW, Data: slices.Concat(data, words(size, 0, 0), words(size, 0, 1))}
		want := rawsock.Timestamps{Software: time.Unix(sec, fraction), Hardware: time.Unix(0, 1)}
		if got, ok := m.Timestamping(); !ok || got != want {
			t.Errorf("words of %d: %+v, %v", size, got, ok)
		}
		m.Data = m.Data[:len(m.Data)-size]
		if _, ok := m.Timestamping(); ok {
			t.Errorf("%d bytes are times", len(m.Data))
		}
	}
}

func TestTimestampingPktinfo(t *testing.T) {
	data := binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, 3), 1514)
	m := rawsock.Cmsg{Level: unix.SOL_SOCKET, Type: unix.SCM_TIMESTAMPING_PKTINFO, Data: append(data, make([]byte, 8)...)}
	if index, length, ok := m.TimestampingPktinfo(); !ok || index != 3 || length != 1514 {
		t.Errorf("%d, %d, %v", index, length, ok)
	}
}

// timestamper returns a UDP socket connected to itself that numbers its times of
// sending.
func timestamper(t *testing.T, flags int) rawsock.FD {
	t.Helper()
	udp, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	check(t, udp.Connect(addr))
	flags |= unix.SOF_TIMESTAMPING_SOFTWARE | unix.SOF_TIMESTAMPING_OPT_ID
	check(t, udp.SetsockoptInt(unix.SOL_SOCKET, unix.SO_TIMESTAMPING_OLD, flags))
	return udp
}

// txTimestamp reads a time of sending from the error queue.
func txTimestamp(t *testing.T, fd rawsock.FD, p []byte) (q rawsock.QueuedErr, n int, kind, id uint32) {
	t.Helper()
	await(t, fd, 0)
	n, err := fd.RecvErr(&q, p, 0)
	check(t, err)
	kind, id, ok := q.TxTimestamp()
	if !ok || q.Errno != unix.ENOMSG || q.Flags != unix.MSG_ERRQUEUE || q.Time.Software.IsZero() {
		t.Fatalf("%+v", q)
	}
	return q, n, kind, id
}

// Times of sending come by the error queue, with the packet or without it, and
// with its number.
func TestTransmitTimestamps(t *testing.T) {
	start := time.Now()
	udp := timestamper(t, unix.SOF_TIMESTAMPING_TX_SOFTWARE)
	for id := range uint32(2) {
		_, err := udp.Send([]byte("packet"), 0)
		check(t, err)
		buf := make([]byte, 100)
		q, n, kind, gotID := txTimestamp(t, udp, buf)
		if kind != unix.SCM_TSTAMP_SND || gotID != id || n < len("packet") || string(buf[n-6:n]) != "packet" {
			t.Errorf("kind %d, number %d, packet %q", kind, gotID, buf[:n])
		}
		between(t, "sent", q.Time.Software, start)
	}
	var q rawsock.QueuedErr
	if _, err := udp.RecvErr(&q, nil, 0); err != error(unix.EAGAIN) || q.Origin != 0 || len(q.Control()) != 0 {
		t.Errorf("an empty queue: %v, %+v", err, q)
	}
}

// A control message asks for the times of one packet and may give it a number.
func TestTimestampsOfOnePacket(t *testing.T) {
	udp := timestamper(t, unix.SOF_TIMESTAMPING_OPT_TSONLY)
	_, err := udp.Send([]byte("not this one"), 0)
	check(t, err)
	control := rawsock.AppendTimestamping(nil, unix.SOF_TIMESTAMPING_TX_SCHED)
	sendControl(t, udp, rawsock.Sockaddr{}, []byte("packet"), control)
	if _, n, kind, _ := txTimestamp(t, udp, make([]byte, 100)); n != 0 || kind != unix.SCM_TSTAMP_SCHED {
		t.Errorf("%d bytes, kind %d", n, kind)
	}
	control = rawsock.AppendTimestampID(control, 4711)
	_, err = udp.Sendmsg(&rawsock.Msghdr{Control: control}, 0)
	if err == error(unix.EINVAL) {
		t.Skip("needs Linux 6.13 for SCM_TS_OPT_ID")
	}
	check(t, err)
	if _, _, _, id := txTimestamp(t, udp, nil); id != 4711 {
		t.Errorf("number %d", id)
	}
	_, err = udp.Sendmsg(&rawsock.Msghdr{Control: rawsock.AppendTimestamping(nil, unix.SOF_TIMESTAMPING_RX_SOFTWARE)}, 0)
	wantErrno(t, err, unix.EINVAL)
}
