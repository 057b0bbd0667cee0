package bpfstat_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// The ends of a TCP connection, and what of its bytes each leaves behind. The
// client sends 1000 bytes and the server 300, of which the one receives 600 and
// the other all.
var endings = []struct {
	name string
	end  func(client, server *end)
	want bpfstat.TCPCounts // of the server's socket, without the segments
}{
	{"server closes with bytes unread", func(client, server *end) {
		server.close()
		client.close()
	}, bpfstat.TCPCounts{Received: 1000, Unread: 400, Sent: 300}},
	{"client half-closes, server reads all", func(client, server *end) {
		shutdown(client)
		drain(server)
		server.close()
		drain(client)
		client.close()
	}, bpfstat.TCPCounts{Received: 1000, Sent: 300}},
	{"client half-closes, server leaves bytes and end unread", func(client, server *end) {
		shutdown(client)
		await(server, unix.BPF_TCP_CLOSE_WAIT)
		server.close()
		client.close()
	}, bpfstat.TCPCounts{Received: 1000, Unread: 400, Sent: 300}},
	{"client half-closes, server leaves the end unread", func(client, server *end) {
		receive(server, 400)
		shutdown(client)
		await(server, unix.BPF_TCP_CLOSE_WAIT)
		server.close()
		client.close()
	}, bpfstat.TCPCounts{Received: 1000, Sent: 300}},
	{"server half-closes first", func(client, server *end) {
		shutdown(server)
		drain(client)
		receive(server, 400)
		client.close()
		drain(server)
		server.close()
	}, bpfstat.TCPCounts{Received: 1000, Sent: 300}},
	{"client resets, server reads on", func(client, server *end) {
		client.reset()
		await(server, unix.BPF_TCP_CLOSE)
		receive(server, 400)
		server.close()
	}, bpfstat.TCPCounts{Received: 1000, Sent: 300}},
	{"server resets", func(client, server *end) {
		server.reset()
		client.close()
	}, bpfstat.TCPCounts{Received: 1000, Unread: 400, Sent: 300}},
	{"server resets with all read", func(client, server *end) { // by tcp_disconnect, which forgets what was counted
		receive(server, 400)
		server.reset()
		client.close()
	}, bpfstat.TCPCounts{Received: 1000, Sent: 300}},
	{"server dissolves the connection", func(client, server *end) {
		must(server.t, server.fd.Disconnect())
		server.close()
		client.close()
	}, bpfstat.TCPCounts{Received: 1000, Unread: 400, Sent: 300}},
}

func TestLifecycle(t *testing.T) {
	for _, loopback := range []rawsock.Sockaddr{loopback4, loopback6} {
		for _, e := range endings {
			t.Run(e.name+" "+rawsock.FamilyName(loopback.Family()), func(t *testing.T) {
				c := open(t, bpfstat.Lifecycle)
				l, sa := listen(t, c, loopback)
				client, server := dial(t, l, sa)
				if got := totals(t, c); got.Opened != 1 || got.Closed != 0 {
					t.Errorf("%d opened, %d closed, want 1 and 0", got.Opened, got.Closed)
				}
				must2(client.Send(make([]byte, 1000), 0))(t)
				receive(server, 600)
				must2(server.Send(make([]byte, 300), 0))(t)
				receive(client, 300)
				e.end(client, server)
				got := settled(t, c, 1)
				segments := got.TCP
				got.TCP.SegsIn, got.TCP.SegsOut, got.TCP.DataSegsIn, got.TCP.DataSegsOut = 0, 0, 0, 0
				if got.TCP != e.want {
					t.Errorf("%+v, want %+v", got.TCP, e.want)
				}
				if segments.DataSegsIn != 1 || segments.DataSegsOut != 1 || segments.SegsIn < 2 || segments.SegsOut < 2 {
					t.Errorf("segments %+v", segments)
				}
				if got.RTT.N() != 1 || got.Calls != (bpfstat.CallCounts{}) || got.Wait.N() != 0 {
					t.Errorf("%d round trips, calls %+v, %d waits", got.RTT.N(), got.Calls, got.Wait.N())
				}
			})
		}
	}
}

// What the program has sent and TCP has not is told apart from what it has.
func TestLifecycleUnsent(t *testing.T) {
	for _, fin := range []bool{false, true} {
		c := open(t, bpfstat.Calls)
		l, sa := listen(t, c, loopback4)
		client, server := dial(t, l, sa)
		chunk := make([]byte, 1<<16)
		for err := error(nil); err != unix.EAGAIN; {
			_, err = server.Send(chunk, 0)
		}
		if fin {
			shutdown(server) // its end stands behind the bytes that are not sent
		}
		client.reset()
		server.close()
		sum := settled(t, c, 1)
		if tcp := sum.TCP; tcp.Unsent == 0 || tcp.Sent+tcp.Unsent != server.made.SendBytes {
			t.Errorf("half-closed %v: %+v, the program sent %d", fin, tcp, server.made.SendBytes)
		}
	}
}

// A connection that already was one counts as opened by being watched, a socket
// that becomes one when it does, and one that fails to is neither opened nor
// closed.
func TestLifecycleOfWatchedSockets(t *testing.T) {
	c := open(t, bpfstat.Lifecycle)
	l, sa := listen(t, nil, loopback4)
	client, server := dial(t, l, sa)
	must(t, c.Watch(server.fd))
	must(t, c.Watch(server.fd))
	must(t, c.Watch(client.fd))
	if got := totals(t, c); got.Opened != 2 {
		t.Errorf("%d opened, want 2", got.Opened)
	}
	for _, to := range []rawsock.Sockaddr{sa, rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 1)} {
		fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		must(t, c.Watch(fd))
		fd.Connect(to) //nolint:errcheck // the second is refused
		must(t, fd.Close())
	}
	client.close()
	server.close()
	settled(t, c, 3)
}

// A socket can be a connection twice, and then a listener: each time is one
// opened and one closed, with its own bytes.
func TestLifecycleOfSocketsThatBeginAnew(t *testing.T) {
	c := open(t, bpfstat.Calls)
	l, sa := listen(t, nil, loopback4)
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	e := own(t, fd)
	must(t, c.Watch(fd))
	if _, err := e.Recv(make([]byte, 1), 0); err != unix.ENOTCONN {
		t.Fatalf("recv before connect: %v", err)
	}
	for n := 1; n <= 2; n++ {
		must(t, fd.Connect(sa))
		must2(e.Send(make([]byte, 100*n), 0))(t)
		must(t, fd.Disconnect())
	}
	e.check(c, "connected twice")
	must(t, fd.Bind(loopback4))
	must(t, fd.Listen(1))
	where, err := fd.Getsockname()
	must(t, err)
	client, server := dial(t, fd, where)
	if got := read(t, c, server.fd); got != (bpfstat.Counts{}) {
		t.Errorf("a new connection has %+v", got)
	}
	client.close()
	server.close()
	if sum := settled(t, c, 3); sum.TCP.Sent+sum.TCP.Unsent != 300 || sum.TCP.Received != 0 {
		t.Errorf("%+v, want 300 bytes sent", sum.TCP)
	}
	l.Close()
}

// A connection whose end was queued before it was watched: the end is no byte.
func TestLifecycleOfHalfClosedSocket(t *testing.T) {
	c := open(t, bpfstat.Lifecycle)
	l, sa := listen(t, nil, loopback4)
	client, server := dial(t, l, sa)
	chunk := make([]byte, 1<<16)
	for err := error(nil); err != unix.EAGAIN; {
		_, err = server.Send(chunk, 0)
	}
	shutdown(server)
	must(t, c.Watch(server.fd))
	client.reset()
	server.close()
	if tcp := settled(t, c, 1).TCP; tcp.Unsent == 0 || tcp.Sent+tcp.Unsent != server.made.SendBytes {
		t.Errorf("%+v, the program sent %d", tcp, server.made.SendBytes)
	}
}

// must2 fails the test for the error of a call with a count.
func must2(_ int, err error) func(testing.TB) {
	return func(t testing.TB) {
		t.Helper()
		must(t, err)
	}
}

func shutdown(e *end) {
	e.t.Helper()
	must(e.t, e.fd.Shutdown(unix.SHUT_WR))
}

// receive takes exactly n bytes.
func receive(e *end, n int) {
	e.t.Helper()
	for buf := make([]byte, n); n > 0; {
		readable(e.t, e.fd)
		m, err := e.Recv(buf[:n], 0)
		if err != nil || m == 0 {
			e.t.Fatalf("%d bytes are missing: %v", n, err)
		}
		n -= m
	}
}

// drain receives to the end.
func drain(e *end) {
	e.t.Helper()
	for buf := make([]byte, 4096); ; {
		readable(e.t, e.fd)
		n, err := e.Recv(buf, 0)
		must(e.t, err)
		if n == 0 {
			return
		}
	}
}

// await waits for a state of TCP.
func await(e *end, state uint8) {
	e.t.Helper()
	sockettest.Eventually(e.t, patience, func() bool {
		info, err := unix.GetsockoptTCPInfo(int(e.fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		return err == nil && info.State == state
	}, "TCP state %d", state)
}

// The wait for a receive lies between what the clock says around it.
func TestWake(t *testing.T) {
	eachPair(t, bpfstat.Wake, func(t *testing.T, c *bpfstat.Counters, a, b *end) {
		buf := make([]byte, 100)
		must2(b.Send(buf, 0))(t) // waits for nothing
		if _, err := b.Recv(buf, 0); err != unix.EAGAIN {
			t.Fatal(err)
		}
		for _, wait := range []time.Duration{0, 3 * time.Millisecond} {
			before := read(t, c, b.fd).Wait
			start := time.Now()
			must2(a.Send(buf, 0))(t)
			readable(t, b.fd)
			arrived := time.Now()
			must2(b.Recv(buf, unix.MSG_PEEK))(t) // leaves it where it is
			<-time.After(wait)
			least := time.Since(arrived)
			must2(b.Recv(buf, 0))(t)
			most := time.Since(start)
			after := read(t, c, b.fd).Wait
			if got := after.Sum - before.Sum; got < least-time.Microsecond || got > most {
				t.Errorf("waited %v, want %v..%v", got, least, most)
			}
			if after.N() != before.N()+1 {
				t.Errorf("%d waits, before %d", after.N(), before.N())
			}
		}
		all, sum := read(t, c, b.fd).Wait, totals(t, c).Wait
		if all != sum {
			t.Errorf("socket %+v, totals %+v", all, sum)
		}
		if q := all.Quantile(1); q < 3*time.Millisecond || all.Quantile(0) > q {
			t.Errorf("quantiles %v, %v", all.Quantile(0), q)
		}
	})
}
