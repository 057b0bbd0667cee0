package bpfstat_test

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// plainWriter hides that a connection can splice, for which package net keeps
// pipes.
type plainWriter struct{ io.Writer }

// One packet in eleven is dropped, in a network namespace of this test's own, on
// its way in or before it has left: the counters stay exact, no byte that was
// sent again is counted twice, and the retransmissions are those that TCP_INFO
// tells of.
func TestRetransmissions(t *testing.T) {
	for _, where := range []string{"input", "output"} {
		t.Run(where, func(t *testing.T) { retransmissions(t, where) })
	}
}

func retransmissions(t *testing.T, where string) {
	ns := sockettest.NewNetns(t)
	sockettest.NeedProgram(t, "nft")
	c := open(t, bpfstat.Calls)
	ns.Run("nft", "add", "table", "inet", "lossy")
	ns.Run("nft", "add", "chain", "inet", "lossy", where, "{ type filter hook "+where+" priority 0; }")
	ns.Run("nft", "add", "rule", "inet", "lossy", where, "tcp flags & (syn|rst) == 0", "numgen", "inc", "mod", "11", "==", "10", "drop")

	var client *net.TCPConn
	var server *end
	ns.Do(func() {
		l, sa := listen(t, c, loopback4)
		conn, err := net.DialTimeout("tcp", sa.AddrPort().String(), patience)
		must(t, err)
		client = conn.(*net.TCPConn)
		fd, _, err := l.Accept4(unix.SOCK_CLOEXEC)
		must(t, err)
		server = own(t, fd)
	})
	defer client.Close()
	must(t, client.SetDeadline(time.Now().Add(2*patience)))

	const rounds, size = 15, 50_000
	copied := make(chan error, 1)
	go func() { // the client is an echo
		_, err := io.Copy(plainWriter{client}, client)
		copied <- err
	}()
	p := make([]byte, size)
	for range rounds {
		for sent := 0; sent < size; {
			n, err := server.Send(p[sent:], 0)
			if err == unix.EAGAIN {
				continue
			}
			must(t, err)
			sent += n
		}
		receive(server, size)
	}
	server.check(c, "over a lossy path")
	info, err := unix.GetsockoptTCPInfo(int(server.fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	must(t, err)
	shutdown(server)
	must(t, <-copied)
	must(t, client.CloseWrite())
	drain(server)
	server.close()
	sum := settled(t, c, 1)
	if sum.TCP.Sent != rounds*size || sum.TCP.Received != rounds*size || sum.TCP.Unread != 0 || sum.TCP.Unsent != 0 {
		t.Errorf("%+v, want %d bytes each way", sum.TCP, rounds*size)
	}
	// The end of the connection may be sent again, too. What has not left is, in TCP's eyes, not sent again.
	least := uint64(info.Total_retrans)
	if sum.TCP.Retransmits < least || sum.TCP.Retransmits > least+5 || where == "input" && (least == 0 || sum.TCP.Retransmitted == 0) {
		t.Errorf("%d retransmissions of %d bytes, TCP_INFO had %d", sum.TCP.Retransmits, sum.TCP.Retransmitted, least)
	}
	t.Logf("%d segments sent again", sum.TCP.Retransmits)
}
