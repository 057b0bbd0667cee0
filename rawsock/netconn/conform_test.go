package netconn_test

import (
	"flag"
	"net"
	"testing"

	"golang.org/x/net/nettest"
	"golang.org/x/sys/unix"
)

var rounds = flag.Int("rounds", 3, "how often the conformance tests are run")

// TestConn is the conformance test of x/net for connections. It reads with buffers
// of the size that it writes with, so that it holds for messages without a change.
func TestConn(t *testing.T) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			conform(t, func(t testing.TB) (net.Conn, net.Conn) {
				return connected(t, listener(t, p.typ, p.at(t)), p.typ)
			})
		})
	}
	for name, typ := range map[string]int{"socketpair": unix.SOCK_STREAM, "socketpair-seqpacket": unix.SOCK_SEQPACKET} {
		t.Run(name, func(t *testing.T) {
			conform(t, func(t testing.TB) (net.Conn, net.Conn) { return pair(t, typ) })
		})
	}
}

func conform(t *testing.T, make func(testing.TB) (net.Conn, net.Conn)) {
	for range *rounds {
		nettest.TestConn(t, func() (a, b net.Conn, stop func(), err error) {
			a, b = make(t)
			return a, b, func() { a.Close(); b.Close() }, nil
		})
	}
}
