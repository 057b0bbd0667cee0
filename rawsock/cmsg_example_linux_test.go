package rawsock_test

import (
	"fmt"
	"log"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// datagramSocket returns a UDP socket bound to a port of the loopback address.
func datagramSocket() (fd rawsock.FD, name rawsock.Sockaddr) {
	fd = must(rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))
	if err := fd.Bind(rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0)); err != nil {
		log.Fatal(err)
	}
	return fd, must(fd.Getsockname())
}

// A datagram is sent with a TTL of its own, and received with its TTL and the
// address that it was sent to.
func ExampleMsghdr_Cmsgs() {
	fd, name := datagramSocket()
	defer fd.Close()
	for _, option := range []int{unix.IP_PKTINFO, unix.IP_RECVTTL} {
		if err := fd.SetsockoptInt(unix.IPPROTO_IP, option, 1); err != nil {
			log.Fatal(err)
		}
	}
	out := &rawsock.Msghdr{Name: name, Buffers: [][]byte{[]byte("hello")}, Control: rawsock.AppendTTL(nil, 3)}
	must(fd.Sendmsg(out, 0))

	in := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 64)}, Control: make([]byte, 128)}
	must(fd.Recvmsg(in, 0))
	for m := range in.Cmsgs() {
		if info, ok := m.Pktinfo4(); ok {
			fmt.Println("to", info.Addr)
		}
		if ttl, ok := m.TTL(); ok {
			fmt.Println("ttl", ttl)
		}
	}
	// Output:
	// to [127 0 0 1]
	// ttl 3
}

// The kernel tells which datagram nobody took, and why.
func ExampleFD_RecvErr() {
	gone, dest := datagramSocket()
	gone.Close()
	fd, _ := datagramSocket()
	defer fd.Close()
	if err := fd.SetsockoptInt(unix.IPPROTO_IP, unix.IP_RECVERR, 1); err != nil {
		log.Fatal(err)
	}
	must(fd.Sendto([]byte("is there anybody?"), 0, dest))
	must(rawsock.Poll([]rawsock.PollFd{{Fd: int32(fd)}}, 1000)) // POLLERR needs no asking for

	var q rawsock.QueuedErr
	buf := make([]byte, 64)
	n := must(fd.RecvErr(&q, buf, 0))
	fmt.Printf("%q: %v, ICMP type %d code %d from %v\n", buf[:n], q.Errno, q.Type, q.Code, q.Offender.AddrPort().Addr())
	fmt.Println(q.Dest == dest)
	// Output:
	// "is there anybody?": connection refused, ICMP type 3 code 3 from 127.0.0.1
	// true
}
