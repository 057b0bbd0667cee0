package bpfstat_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

var (
	loopback4 = rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0)
	loopback6 = rawsock.SockaddrInet6([16]byte{15: 1}, 0, 0, 0)
)

// pairs make two connected sockets of each kind, the second one watched.
var pairs = []struct {
	name string
	make func(t *testing.T, c *bpfstat.Counters) (a, b *end)
}{
	{"tcp4", tcpPair(loopback4)},
	{"tcp6", tcpPair(loopback6)},
	{"udp4", udpPair(loopback4)},
	{"udp6", udpPair(loopback6)},
	{"unix stream", unixPair(unix.SOCK_STREAM)},
	{"unix dgram", unixPair(unix.SOCK_DGRAM)},
	{"unix seqpacket", unixPair(unix.SOCK_SEQPACKET)},
}

// tcpPair inherits from its listener.
func tcpPair(loopback rawsock.Sockaddr) func(*testing.T, *bpfstat.Counters) (a, b *end) {
	return func(t *testing.T, c *bpfstat.Counters) (a, b *end) {
		l, sa := listen(t, c, loopback)
		return dial(t, l, sa)
	}
}

func udpPair(loopback rawsock.Sockaddr) func(*testing.T, *bpfstat.Counters) (a, b *end) {
	return func(t *testing.T, c *bpfstat.Counters) (a, b *end) {
		var ends [2]*end
		var names [2]rawsock.Sockaddr
		for i := range ends {
			fd, err := rawsock.Socket(loopback.Family(), unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
			must(t, err)
			ends[i] = own(t, fd)
			must(t, fd.Bind(loopback))
			names[i], err = fd.Getsockname()
			must(t, err)
		}
		must(t, ends[0].fd.Connect(names[1]))
		must(t, ends[1].fd.Connect(names[0]))
		must(t, c.Watch(ends[1].fd))
		return ends[0], ends[1]
	}
}

func unixPair(typ int) func(*testing.T, *bpfstat.Counters) (a, b *end) {
	return func(t *testing.T, c *bpfstat.Counters) (a, b *end) {
		fds, err := rawsock.Socketpair(unix.AF_UNIX, typ|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		must(t, c.Watch(fds[1]))
		return own(t, fds[0]), own(t, fds[1])
	}
}

func eachPair(t *testing.T, level bpfstat.Level, f func(t *testing.T, c *bpfstat.Counters, a, b *end)) {
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			c := open(t, level)
			a, b := p.make(t, c)
			f(t, c, a, b)
		})
	}
}

// Whatever is done with a watched socket is counted; what its peer does is not.
func TestCallsAreCounted(t *testing.T) {
	eachPair(t, bpfstat.Calls, func(t *testing.T, c *bpfstat.Counters, a, b *end) {
		rnd := rand.New(rand.NewPCG(1, 2))
		buf := make([]byte, 4096)
		for range 200 {
			p := buf[:1+rnd.IntN(1000)]
			switch rnd.IntN(6) {
			case 0: // nothing there: EAGAIN; or what was sent before
				b.Recv(buf, 0) //nolint:errcheck
			case 1:
				a.Send(p, 0) //nolint:errcheck
				readable(t, b.fd)
				b.Recv(buf, unix.MSG_PEEK) //nolint:errcheck
			case 2:
				n, err := unix.Writev(int(b.fd), [][]byte{p[:len(p)/2], p[len(p)/2:]})
				b.send(n, err) //nolint:errcheck
				a.Recv(buf, 0) //nolint:errcheck
			case 3:
				a.Send(p, 0) //nolint:errcheck
				readable(t, b.fd)
				n, err := unix.Readv(int(b.fd), [][]byte{buf[:10], buf[10:]})
				b.recv(n, err, 0) //nolint:errcheck
			case 4:
				b.Send(p, unix.MSG_OOB|unix.MSG_DONTROUTE) //nolint:errcheck // some families refuse it
				a.Recv(buf, 0)                             //nolint:errcheck
			default:
				b.Send(p, 0)   //nolint:errcheck
				a.Recv(buf, 0) //nolint:errcheck
			}
		}
		b.check(c, "watched")
		if b.made.RecvAgain == 0 || b.made.RecvBytes == 0 || b.made.SendBytes == 0 {
			t.Errorf("the test did not do enough: %+v", b.made)
		}
		if _, err := c.Read(a.fd); err != bpfstat.ErrNotWatched {
			t.Errorf("peer: %v", err)
		}
		if got := totals(t, c).Calls; got != b.made {
			t.Errorf("totals %+v, made %+v", got, b.made)
		}
		dup, err := unix.Dup(int(b.fd))
		must(t, err)
		defer unix.Close(dup)
		if got := read(t, c, rawsock.FD(dup)).Calls; got != b.made {
			t.Errorf("duplicate: %+v, made %+v", got, b.made)
		}
	})
}

// A full socket refuses, a broken one fails, and both are counted as such.
func TestErrorsAreCounted(t *testing.T) {
	c := open(t, bpfstat.Calls)
	a, b := unixPair(unix.SOCK_STREAM)(t, c)
	chunk := make([]byte, 1<<16)
	for err := error(nil); err != unix.EAGAIN; {
		_, err = b.Send(chunk, 0)
	}
	a.close()
	if _, err := b.Send(chunk, 0); err != unix.EPIPE {
		t.Errorf("send to a closed peer: %v", err)
	}
	b.check(c, "watched")
	if b.made.SendAgain != 1 || b.made.SendErrors != 1 {
		t.Errorf("made %+v", b.made)
	}
	if _, err := b.fd.Recv(chunk, unix.MSG_OOB); err == nil { // unix has none at hand
		t.Error("no error")
	}
	if got := read(t, c, b.fd).Calls.RecvErrors; got != 1 {
		t.Errorf("%d errors of recv, want 1", got)
	}
}

// A listener that is misused counts nothing that its connections would inherit.
func TestConnectionsBeginAtZero(t *testing.T) {
	c := open(t, bpfstat.Wake)
	l, sa := listen(t, c, loopback4)
	for range 3 {
		if _, err := l.Recv(make([]byte, 1), 0); err != unix.ENOTCONN {
			t.Fatalf("recv on a listener: %v", err)
		}
		if _, err := l.Send(make([]byte, 1), unix.MSG_NOSIGNAL); err != unix.EPIPE {
			t.Fatalf("send on a listener: %v", err)
		}
		_, b := dial(t, l, sa)
		if got := read(t, c, b.fd); got != (bpfstat.Counts{}) {
			t.Errorf("a new connection has %+v", got)
		}
	}
}

// A batch is one call a message, and one more for the attempt that ends it.
func TestBatchesAreCountedByMessage(t *testing.T) {
	c := open(t, bpfstat.Calls)
	a, b := udpPair(loopback4)(t, c)
	batch := rawsock.NewBatch(5)
	for i := range batch.Len() {
		batch.SetBuffers(i, make([]byte, 10))
	}
	if n, err := b.fd.Sendmmsg(batch, 0); n != 5 || err != nil {
		t.Fatalf("sendmmsg: %d, %v", n, err)
	}
	for range 3 {
		must2(a.Send(make([]byte, 10), 0))(t)
	}
	if n, err := b.fd.Recvmmsg(batch, unix.MSG_DONTWAIT, nil); n != 3 || err != nil {
		t.Fatalf("recvmmsg: %d, %v", n, err)
	}
	if got, want := read(t, c, b.fd).Calls, (bpfstat.CallCounts{Send: 5, SendBytes: 50, Recv: 4, RecvBytes: 30, RecvAgain: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// A receive that a signal interrupts is an error, and when the kernel restarts it
// another call.
func TestRestartedCallsAreCounted(t *testing.T) {
	c := open(t, bpfstat.Calls)
	a, b := unixPair(unix.SOCK_STREAM)(t, c)
	thread, received := make(chan int), make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread <- unix.Gettid()
		_, err := b.fd.Recv(make([]byte, 1), 0)
		received <- err
	}()
	tid := <-thread
	sockettest.Eventually(t, patience, func() bool {
		// The runtime's own signal: it has a handler, with SA_RESTART, that ignores those it did not send.
		must(t, unix.Tgkill(os.Getpid(), tid, unix.SIGURG))
		return read(t, c, b.fd).Calls.RecvErrors > 0
	}, "a receive is interrupted")
	must2(a.Send(make([]byte, 1), 0))(t)
	must(t, <-received)
	if got := read(t, c, b.fd).Calls; got.Recv != got.RecvErrors+1 || got.RecvBytes != 1 {
		t.Errorf("counted %+v, want one receive behind those that were interrupted", got)
	}
}

// sendfile counts its bytes, whatever the pieces; so does splice to a socket.
func TestBytesOfSendfile(t *testing.T) {
	c := open(t, bpfstat.Calls)
	a, b := tcpPair(loopback4)(t, c)
	content := bytes.Repeat([]byte("0123456789abcdef"), 2000)
	file, err := os.CreateTemp(t.TempDir(), "")
	must(t, err)
	defer file.Close()
	_, err = file.Write(content)
	must(t, err)
	offset := int64(0)
	n, err := unix.Sendfile(int(b.fd), int(file.Fd()), &offset, len(content))
	must(t, err)
	received := 0
	for buf := make([]byte, 1<<16); received < n; {
		readable(t, a.fd)
		m, err := a.Recv(buf, 0)
		must(t, err)
		received += m
	}
	if got := read(t, c, b.fd).Calls; got.SendBytes != uint64(n) || got.Send == 0 || n != len(content) {
		t.Errorf("sendfile sent %d, kernel counted %+v", n, got)
	}
}

// What is documented as not counted: splice from a socket to a pipe.
func TestSpliceToPipeIsNotCounted(t *testing.T) {
	c := open(t, bpfstat.Calls)
	a, b := tcpPair(loopback4)(t, c)
	var pipe [2]int
	must(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	_, err := a.Send([]byte("hello"), 0)
	must(t, err)
	readable(t, b.fd)
	if n, err := unix.Splice(int(b.fd), nil, pipe[1], nil, 100, 0); n != 5 || err != nil {
		t.Fatalf("splice: %d, %v", n, err)
	}
	if got := read(t, c, b.fd).Calls.RecvBytes; got != 0 {
		t.Errorf("%d bytes counted: the documentation is out of date", got)
	}
}

func TestWatch(t *testing.T) {
	c := open(t, bpfstat.Calls)
	a, b := unixPair(unix.SOCK_STREAM)(t, c)
	_, err := b.Send([]byte("x"), 0)
	must(t, err)
	must(t, c.Watch(b.fd)) // again: nothing is lost
	b.check(c, "watched twice")

	if err := c.Watch(-1); !errors.Is(err, unix.EBADF) {
		t.Errorf("descriptor -1: %v", err)
	}
	file, err := os.Open(os.DevNull)
	must(t, err)
	defer file.Close()
	if err := c.Watch(rawsock.FD(file.Fd())); !errors.Is(err, unix.ENOTSOCK) {
		t.Errorf("a file: %v", err)
	}
	must(t, c.Close())
	for name, err := range map[string]error{
		"Watch": c.Watch(a.fd), "Close": c.Close(),
		"Read":   func() error { _, err := c.Read(b.fd); return err }(),
		"Totals": func() error { _, err := c.Totals(); return err }(),
		"Each": func() error {
			for _, err := range c.Each() {
				return err
			}
			return nil
		}(),
	} {
		if err != bpfstat.ErrClosed {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

// Two counters do not know of each other, be it on the same socket.
func TestTwoCounters(t *testing.T) {
	one, two := open(t, bpfstat.Calls), open(t, bpfstat.Calls)
	a, b := tcpPair(loopback4)(t, one)
	must2(b.Send(make([]byte, 10), 0))(t)
	must(t, two.Watch(b.fd))
	must2(b.Send(make([]byte, 10), 0))(t)
	b.check(one, "watched from the beginning")
	if got, want := read(t, two, b.fd).Calls, (bpfstat.CallCounts{Send: 1, SendBytes: 10}); got != want {
		t.Errorf("watched later: %+v, want %+v", got, want)
	}
	must(t, one.Close())
	must2(a.Send(make([]byte, 10), 0))(t)
	readable(t, b.fd)
	must2(b.Recv(make([]byte, 10), 0))(t)
	if got := read(t, two, b.fd).Calls; got.Send != 1 || got.RecvBytes != 10 {
		t.Errorf("after the other's Close: %+v", got)
	}
}

// Close may come at any time: what is called then has its result or ErrClosed,
// and never that of another descriptor with the same number.
func TestCloseInUse(t *testing.T) {
	c := open(t, bpfstat.Wake)
	_, b := tcpPair(loopback4)(t, c)
	calls := []func() error{
		func() error { return c.Watch(b.fd) },
		func() error { _, err := c.Read(b.fd); return err },
		func() error { _, err := c.Totals(); return err },
		func() (err error) {
			for _, err = range c.Each() {
				if err != nil {
					break
				}
			}
			return err
		},
	}
	var wg, running sync.WaitGroup
	running.Add(len(calls))
	for i, call := range calls {
		wg.Go(func() {
			err := call()
			running.Done()
			for err == nil {
				err = call()
			}
			if err != bpfstat.ErrClosed {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	running.Wait()
	must(t, c.Close())
	wg.Wait()
}

// MPTCP listeners, which net.Listen makes, are refused: nothing is inherited.
func TestWatchRefusesMPTCPListener(t *testing.T) {
	c := open(t, bpfstat.Calls)
	l, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
	if err != nil {
		t.Skipf("no MPTCP: %v", err)
	}
	defer l.Close()
	for _, when := range []string{"before", "after"} {
		if err := c.Watch(l); err != bpfstat.ErrMPTCP {
			t.Errorf("Watch %s listen: %v", when, err)
		}
		must(t, l.Listen(1))
	}
	sa, err := l.Getsockname()
	must(t, err)
	a, b := dial(t, l, sa)
	must(t, c.Watch(b.fd)) // a connection, as it is
	must2(a.Send(make([]byte, 10), 0))(t)
	readable(t, b.fd)
	must2(b.Recv(make([]byte, 10), 0))(t)
	b.check(c, "watched MPTCP")
}

func TestReadDoesNotAllocate(t *testing.T) {
	for _, level := range []bpfstat.Level{bpfstat.Calls, bpfstat.Wake} {
		c := open(t, level)
		_, b := unixPair(unix.SOCK_STREAM)(t, c)
		if n := testing.AllocsPerRun(100, func() { _, _ = c.Read(b.fd) }); n != 0 {
			t.Errorf("%v: %v allocations", level, n)
		}
	}
}
