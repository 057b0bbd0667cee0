package bpfstat_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// patience is how long a test waits for what should happen at once.
const patience = 10 * time.Second

// open opens counters until the test ends. Where they are unavailable the test
// is skipped and says why, or fails if REQUIRE_BPF=1.
func open(t testing.TB, level bpfstat.Level) *bpfstat.Counters {
	t.Helper()
	c, err := bpfstat.Open(bpfstat.Config{Level: level})
	switch {
	case errors.Is(err, bpfstat.ErrUnavailable) && os.Getenv("REQUIRE_BPF") != "1":
		t.Skip(err)
	case err != nil:
		t.Fatalf("%v: %+v", level, err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil && err != bpfstat.ErrClosed {
			t.Error(err)
		}
	})
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, c *bpfstat.Counters, fd rawsock.FD) bpfstat.Counts {
	t.Helper()
	counts, err := c.Read(fd)
	must(t, err)
	return counts
}

func totals(t testing.TB, c *bpfstat.Counters) bpfstat.Totals {
	t.Helper()
	sum, err := c.Totals()
	must(t, err)
	return sum
}

// settled waits until as many connections have ended as were opened.
func settled(t testing.TB, c *bpfstat.Counters, opened uint64) (sum bpfstat.Totals) {
	t.Helper()
	sockettest.Eventually(t, patience, func() bool {
		sum = totals(t, c)
		return sum.Opened >= opened && sum.Closed == sum.Opened
	}, "%d connections closed", opened)
	if sum.Opened != opened {
		t.Errorf("%d connections opened, want %d", sum.Opened, opened)
	}
	return sum
}

// end is a socket that counts what it does.
type end struct {
	t    testing.TB
	fd   rawsock.FD
	made bpfstat.CallCounts
}

func (e *end) send(n int, err error) (int, error) {
	e.made.Send++
	switch {
	case err == nil:
		e.made.SendBytes += uint64(n)
	case err == unix.EAGAIN:
		e.made.SendAgain++
	default:
		e.made.SendErrors++
	}
	return n, err
}

func (e *end) recv(n int, err error, flags int) (int, error) {
	e.made.Recv++
	switch {
	case err == unix.EAGAIN:
		e.made.RecvAgain++
	case err != nil:
		e.made.RecvErrors++
	case flags&unix.MSG_PEEK == 0:
		e.made.RecvBytes += uint64(n)
	}
	return n, err
}

func (e *end) Send(p []byte, flags int) (int, error) {
	n, err := e.fd.Send(p, flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return e.send(n, err)
}

func (e *end) Recv(p []byte, flags int) (int, error) {
	n, err := e.fd.Recv(p, flags|unix.MSG_DONTWAIT)
	return e.recv(n, err, flags)
}

// check compares what the kernel counted with what was done.
func (e *end) check(c *bpfstat.Counters, what string) {
	e.t.Helper()
	if got := read(e.t, c, e.fd).Calls; got != e.made {
		e.t.Errorf("%s: kernel counted %+v, made %+v", what, got, e.made)
	}
}

// listen makes a TCP listener on loopback; watched, if c is not nil.
func listen(t testing.TB, c *bpfstat.Counters, loopback rawsock.Sockaddr) (rawsock.FD, rawsock.Sockaddr) {
	t.Helper()
	l, err := rawsock.Socket(loopback.Family(), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { l.Close() })
	must(t, l.Bind(loopback))
	if c != nil {
		must(t, c.Watch(l))
	}
	must(t, l.Listen(128))
	sa, err := l.Getsockname()
	must(t, err)
	return l, sa
}

// dial connects to a listener and accepts. Both ends are closed with the test,
// or by end.close before.
func dial(t testing.TB, l rawsock.FD, sa rawsock.Sockaddr) (client, server *end) {
	t.Helper()
	a, err := rawsock.Socket(sa.Family(), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	must(t, a.Connect(sa))
	b, _, err := l.Accept4(unix.SOCK_CLOEXEC)
	must(t, err)
	return own(t, a), own(t, b)
}

func own(t testing.TB, fd rawsock.FD) *end {
	e := &end{t: t, fd: fd}
	t.Cleanup(e.close)
	return e
}

func (e *end) close() {
	if e.fd >= 0 {
		e.fd.Close()
		e.fd = -1
	}
}

// reset closes with RST.
func (e *end) reset() {
	e.t.Helper()
	must(e.t, unix.SetsockoptLinger(int(e.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
	e.close()
}

// readable waits until there is something to receive.
func readable(t testing.TB, fd rawsock.FD) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, int(patience.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if err != nil || n != 1 {
			t.Fatalf("poll: %d, %v", n, err)
		}
		return
	}
}
