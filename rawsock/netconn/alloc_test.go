package netconn_test

import (
	"context"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// TestNoAllocation guards what the package documentation says.
func TestNoAllocation(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	u := packetConn(t, bound(t, "127.0.0.1:0"))
	to, buf := u.LocalAddrPort(), make([]byte, 64)
	m := &rawsock.Msghdr{Buffers: [][]byte{buf}}
	for name, call := range map[string]func() error{
		"Write, Read": func() error { a.Write(buf); _, err := b.Read(buf); return err },
		"WriteToAddrPort, ReadFromAddrPort": func() error {
			u.WriteToAddrPort(buf, to)
			_, _, err := u.ReadFromAddrPort(buf)
			return err
		},
		"Sendmsg, Recvmsg": func() error {
			a.Sendmsg(context.Background(), m, 0)
			_, err := b.Recvmsg(context.Background(), m, 0)
			return err
		},
	} {
		var err error
		if n := testing.AllocsPerRun(100, func() { err = call() }); n != 0 || err != nil {
			t.Errorf("%s allocates %v times, error %v", name, n, err)
		}
	}
}
