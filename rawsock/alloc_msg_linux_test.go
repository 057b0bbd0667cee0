package rawsock_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestMessagesDoNotAllocate(t *testing.T) {
	udp, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	check(t, udp.SetsockoptInt(unix.IPPROTO_IP, unix.IP_PKTINFO, 1))
	buf := make([]byte, 64)
	out := &rawsock.Msghdr{Name: addr, Buffers: [][]byte{buf[:10], buf[10:]}, Control: unix.PktInfo4(&unix.Inet4Pktinfo{})}
	in := &rawsock.Msghdr{Buffers: [][]byte{buf[:1], buf[1:30], buf[30:]}, Control: make([]byte, 100)}
	wantNoAllocs(t, "sendmsg recvmsg", func() error {
		_, err := udp.Sendmsg(out, 0)
		in.Control = in.Control[:cap(in.Control)]
		_, err2 := udp.Recvmsg(in, 0)
		if in.Name != addr || len(in.Control) != len(out.Control) {
			return unix.EBADMSG
		}
		return firstOf(err, err2)
	})
	fds := ready(udp, unix.POLLOUT)
	wantNoAllocs(t, "poll ppoll", func() error {
		timeout, mask := time.Second, rawsock.Sigset{}
		_, err := rawsock.Poll(fds, 1000)
		_, err2 := rawsock.Ppoll(fds, &timeout, &mask)
		return firstOf(err, err2)
	})
}
