package bpfstat_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// go test ./rawsock/bpfstat -run OverTheLoop -args -bpfstat.conns=100000
var conns = flag.Int("bpfstat.conns", 300, "connections to each server of TestCountersOverTheLoop")

// server is an echo server on the event loop whose every connection is compared
// with its counters when it ends.
type server struct {
	t                 testing.TB
	c                 *bpfstat.Counters
	g                 *loop.Group
	where             string // for net.Dial
	compared, differs atomic.Int64
	bytes, calls      atomic.Uint64
}

// serve runs one until the test ends. AF_UNIX connections inherit nothing and are
// watched as they open.
func serve(t testing.TB, c *bpfstat.Counters, addr string) *server {
	t.Helper()
	s := &server{t: t, c: c}
	g, err := loop.New(loop.Config{Loops: 2, CountIO: true, OnListener: c.Watch})
	must(t, err)
	s.g = g
	lis, err := g.Listen(addr, func(conn loop.Conn) loop.Handler {
		if strings.HasPrefix(addr, "unix") {
			if err := c.Watch(conn.FD()); err != nil {
				t.Errorf("watch: %v", err)
			}
		}
		return &compared{server: s}
	})
	must(t, err)
	_, s.where, _ = strings.Cut(lis.String(), " ")
	ended := make(chan error, 1)
	go func() { ended <- g.Run() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := g.Drain(ctx); err != nil && err != loop.ErrClosed {
			t.Errorf("drain: %v", err)
		}
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s
}

type compared struct {
	loop.Base
	*server
}

func (h *compared) OnData(c loop.Conn, in []byte) int {
	n, _ := c.Write(in)
	return n
}

func (h *compared) OnClose(c loop.Conn, _ error) {
	counts, err := h.c.Read(c.FD())
	io := c.IO()
	if kernel := counts.Calls; err != nil || loop.IO(kernel) != io {
		if h.differs.Add(1) < 5 {
			h.t.Errorf("kernel %+v, %v; loop %+v", kernel, err, io)
		}
	}
	h.compared.Add(1)
	h.bytes.Add(io.RecvBytes + io.SendBytes)
	h.calls.Add(io.Recv + io.Send)
}

// visit is one client: it sends and receives as rnd says, and ends in one of the
// ways in which clients end.
func visit(network, where string, rnd *rand.Rand) error {
	conn, err := net.DialTimeout(network, where, patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	var msg [3000]byte
	total := 0
	for range rnd.IntN(4) {
		n := 1 + rnd.IntN(len(msg))
		if _, err := conn.Write(msg[:n]); err != nil {
			return err
		}
		if rnd.IntN(2) == 0 {
			if _, err := io.ReadFull(conn, make([]byte, n+total)); err != nil {
				return err
			}
			n = -total
		}
		total += n
	}
	switch rnd.IntN(4) {
	case 0: // half-close, and read to the end
		if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			return err
		}
		if n, err := io.Copy(io.Discard, conn); err != nil || int(n) != total {
			return fmt.Errorf("after the half-close: %d bytes, want %d; %v", n, total, err)
		}
	case 1: // reset
		if c, ok := conn.(*net.TCPConn); ok {
			return c.SetLinger(0)
		}
	case 2: // close with the answer unread, which resets too
	default:
		if _, err := io.ReadFull(conn, make([]byte, total)); err != nil {
			return err
		}
	}
	return nil
}

func visitMany(t *testing.T, network, where string, n int) {
	t.Helper()
	const workers = 16
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			for left.Add(-1) >= 0 {
				if err := visit(network, where, rnd); err != nil {
					t.Errorf("client: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Each connection's counters equal what the loop itself did on it: over TCP of
// both families and unix, with half-closes, resets and answers that nobody reads.
func TestCountersOverTheLoop(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp6", "unix"} {
		for _, level := range []bpfstat.Level{bpfstat.Calls, bpfstat.Wake} {
			t.Run(fmt.Sprint(network, " ", level), func(t *testing.T) {
				c := open(t, level)
				addr := map[string]string{"tcp4": "tcp://127.0.0.1:0", "tcp6": "tcp://[::1]:0", "unix": "unix://" + filepath.Join(t.TempDir(), "s")}[network]
				s := serve(t, c, addr)
				visitMany(t, strings.TrimRight(network, "46"), s.where, *conns)
				compareSums(t, s)
			})
		}
	}
}

func compareSums(t *testing.T, s *server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := s.g.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	st, sum := s.g.Stats(), totals(t, s.c)
	if n := s.compared.Load(); uint64(n) != st.Accepted || n != int64(*conns) {
		t.Errorf("%d connections compared of %d", n, st.Accepted)
	}
	k := sum.Calls
	if k.RecvBytes != st.BytesIn || k.SendBytes != st.BytesOut || k.Recv != st.Calls.Recv ||
		k.Send != st.Calls.Send+st.Calls.Sendmsg || k.RecvAgain+k.SendAgain != st.Again {
		t.Errorf("kernel %+v, loop %+v", k, st)
	}
	if s.where[0] != '/' { // of TCP the same bytes are in the sums of its own
		tcp := settled(t, s.c, st.Accepted).TCP
		if tcp.Received-tcp.Unread != st.BytesIn || tcp.Sent+tcp.Unsent != st.BytesOut {
			t.Errorf("TCP %+v, loop %+v", tcp, st)
		}
	}
	t.Logf("%d connections, %d bytes, %d calls compared, %d differ", s.compared.Load(), s.bytes.Load(), s.calls.Load(), s.differs.Load())
	if n := sum.Wait.N(); s.c.Level() == bpfstat.Wake && (n == 0 || n > k.Recv) {
		t.Errorf("%d waits for %d receives", n, k.Recv)
	}
}

// The other sockets of the machine are not counted, be they beside or of the
// same program.
func TestStrangersAreNotCounted(t *testing.T) {
	c := open(t, bpfstat.Wake)
	watched, strange := serve(t, c, "tcp://127.0.0.1:0"), listenNet(t)
	visitMany(t, "tcp", strange, 20)
	if sum := totals(t, c); sum != (bpfstat.Totals{}) {
		t.Errorf("counted of strangers: %+v", sum)
	}
	visitMany(t, "tcp", watched.where, 1)
	if sum := settled(t, c, 1); sum.Calls.Recv == 0 {
		t.Errorf("not counted: %+v", sum)
	}
}

// listenNet is an echo server on package net, and its address.
func listenNet(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				io.Copy(plainWriter{conn}, conn) //nolint:errcheck // clients reset
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// Each finds the listener, its connections and a unix socket, with the counts
// that Read has.
func TestEach(t *testing.T) {
	c := open(t, bpfstat.Wake)
	want := make(map[uint64]*end)
	for _, loopback := range []rawsock.Sockaddr{loopback4, loopback6} {
		l, sa := listen(t, c, loopback)
		a, b := dial(t, l, sa)
		for i := range 3 {
			_, err := a.Send(make([]byte, 100+i), 0)
			must(t, err)
			readable(t, b.fd)
			_, err = b.Recv(make([]byte, 1000), 0)
			must(t, err)
		}
		want[cookie(t, l)], want[cookie(t, b.fd)] = &end{t: t, fd: l}, b
	}
	_, u := unixPair(unix.SOCK_STREAM)(t, c)
	want[cookie(t, u.fd)] = u
	for s, err := range c.Each() {
		must(t, err)
		e := want[s.Cookie]
		delete(want, s.Cookie)
		if e == nil {
			t.Errorf("a socket that is not watched, or twice: %+v", s)
			continue
		}
		checkListed(t, s, e, read(t, c, e.fd))
	}
	if len(want) != 0 {
		t.Errorf("%d sockets are missing", len(want))
	}
	for range c.Each() {
		break // leaves nothing open: TestMain looks
	}
}

func checkListed(t *testing.T, s bpfstat.Socket, e *end, counts bpfstat.Counts) {
	t.Helper()
	if s.Counts != counts || s.Calls != e.made {
		t.Errorf("listed %+v, read %+v, made %+v", s.Counts, counts, e.made)
	}
	if s.Domain == unix.AF_UNIX {
		return
	}
	local, err := e.fd.Getsockname()
	must(t, err)
	if s.Local != local.AddrPort() || s.Type != unix.SOCK_STREAM || s.Protocol != unix.IPPROTO_TCP {
		t.Errorf("%+v, want %v", s, local)
	}
	if s.State == unix.BPF_TCP_LISTEN {
		return
	}
	remote, err := e.fd.Getpeername()
	must(t, err)
	if s.Remote != remote.AddrPort() || s.TCP.Received != e.made.RecvBytes || s.Wait.N() != e.made.Recv || s.TCP.DataSegsIn != e.made.Recv {
		t.Errorf("%+v, want %v, %+v", s, remote, e.made)
	}
}

func cookie(t testing.TB, fd rawsock.FD) uint64 {
	t.Helper()
	v, err := unix.GetsockoptUint64(int(fd), unix.SOL_SOCKET, unix.SO_COOKIE)
	must(t, err)
	return v
}
