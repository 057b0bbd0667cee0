package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestCmsgsDoNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 256)
	data := []byte{1, 2, 3}
	wantNoAllocs(t, "build and iterate", func() error {
		b := rawsock.AppendCmsg(buf, 1, 1, data)
		b = rawsock.AppendCmsg(b, 2, 2, data)
		n := 0
		for m := range rawsock.Cmsgs(b) {
			n += len(m.Data)
		}
		if n != 2*len(data) {
			return unix.EINVAL
		}
		return nil
	})
	wantNoAllocs(t, "rights", func() error {
		var room [4]rawsock.FD
		b := rawsock.AppendRights(buf, 3, 4)
		for m := range rawsock.Cmsgs(b) {
			if fds, ok := m.Rights(room[:0]); !ok || len(fds) != 2 {
				return unix.EINVAL
			}
		}
		return nil
	})
}

// A datagram with every control message that a server wants, sent and received.
func TestTypedCmsgsDoNotAllocate(t *testing.T) {
	udp, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	enable(t, udp, unix.SOL_IP, unix.IP_PKTINFO, unix.IP_RECVTTL, unix.IP_RECVTOS, unix.IP_RECVORIGDSTADDR)
	enable(t, udp, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_OLD)
	room := make([]byte, 256)
	buf := make([]byte, 64)
	out := &rawsock.Msghdr{Name: addr, Buffers: [][]byte{buf[:10]}}
	in := &rawsock.Msghdr{Buffers: [][]byte{buf}, Control: make([]byte, 256)}
	wantNoAllocs(t, "sendmsg recvmsg", func() error {
		out.Control = rawsock.AppendPktinfo4(room[:0], rawsock.Pktinfo4{SpecDst: [4]byte{127, 0, 0, 1}})
		out.Control = rawsock.AppendTOS(rawsock.AppendTTL(out.Control, 9), 8)
		out.Control = rawsock.AppendUDPSegment(out.Control, 100)
		_, err := udp.Sendmsg(out, 0)
		in.Control = in.Control[:cap(in.Control)]
		_, err2 := udp.Recvmsg(in, 0)
		found := 0
		for m := range in.Cmsgs() {
			info, isInfo := m.Pktinfo4()
			ttl, isTTL := m.TTL()
			dst, isDst := m.OrigDst()
			_, isTime := m.Timestamp()
			if isInfo && info.Addr[0] == 127 || isTTL && ttl == 9 || isDst && dst == addr || isTime {
				found++
			}
		}
		if found != 4 {
			return unix.EBADMSG
		}
		return firstOf(err, err2)
	})
}

func TestRecvErrDoesNotAllocate(t *testing.T) {
	fd, _ := bound(t, unix.SOCK_DGRAM, loopback(0))
	enable(t, fd, unix.SOL_IP, unix.IP_RECVERR)
	dest := deserted(t, loopback(0))
	data, buf := []byte("x"), make([]byte, 64)
	var q rawsock.QueuedErr
	queued := ready(fd, 0)
	wantNoAllocs(t, "sendto recverr", func() error {
		_, err := fd.Sendto(data, 0, dest)
		_, err2 := rawsock.Poll(queued, 5000)
		_, err3 := fd.RecvErr(&q, buf, 0)
		if q.Errno != unix.ECONNREFUSED || q.Dest != dest || q.Offender.IsZero() {
			return unix.EBADMSG
		}
		return firstOf(err, err2, err3)
	})
}
