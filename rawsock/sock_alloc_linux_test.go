package rawsock_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Transfers through a Sock allocate no more than the exact calls, in every mode.
func TestSockDoesNotAllocate(t *testing.T) {
	data, buf := []byte("0123456789"), make([]byte, 10)
	for name, timeout := range map[string]time.Duration{"blocking": rawsock.NoTimeout, "nonblocking": 0, "timeout": patience} {
		a, b := sockPair(t, unix.SOCK_STREAM, timeout)
		wantNoAllocs(t, name+" send recv", func() error {
			return firstOf(errOf(a.Send(data, 0)), errOf(b.Recv(buf, 0)))
		})
		wantNoAllocs(t, name+" sendto recvfrom", func() error {
			return firstOf(errOf(a.Sendto(data, 0, rawsock.Sockaddr{})), errOf2(b.Recvfrom(buf, 0)))
		})
		wantNoAllocs(t, name+" write read", func() error {
			return firstOf(errOf(a.Write(data)), errOf(b.Read(buf)))
		})
		wantNoAllocs(t, name+" sendall recvfull", func() error {
			return firstOf(errOf(a.Sendall(data, 0)), errOf(b.Recvfull(buf, 0)))
		})
		wantNoAllocs(t, name+" Sendall Recvfull", func() error {
			return firstOf(errOf(rawsock.Sendall(a.FD, data, 0)), errOf(rawsock.Recvfull(b.FD, buf, 0)))
		})
		out := rawsock.Msghdr{Buffers: [][]byte{data}}
		in := rawsock.Msghdr{Buffers: [][]byte{buf}}
		wantNoAllocs(t, name+" sendmsg recvmsg", func() error {
			return firstOf(errOf(a.Sendmsg(&out, 0)), errOf(b.Recvmsg(&in, 0)))
		})
		wantNoAllocs(t, name+" settimeout", func() error { return a.SetTimeout(timeout) })
	}
}
