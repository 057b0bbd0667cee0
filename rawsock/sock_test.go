package rawsock_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

const (
	brief    = 40 * time.Millisecond // a timeout that is meant to pass
	patience = 10 * time.Second      // one that is not
)

// sock returns a Sock that is closed when the test ends.
func sock(t testing.TB, domain, typ int) *rawsock.Sock {
	t.Helper()
	s, err := rawsock.NewSock(domain, typ, 0)
	check(t, err)
	return closing(t, s)
}

func closing(t testing.TB, s *rawsock.Sock) *rawsock.Sock {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// sockPair returns two connected Socks with a timeout.
func sockPair(t testing.TB, typ int, timeout time.Duration) (a, b *rawsock.Sock) {
	t.Helper()
	fds, err := rawsock.Socketpair(unix.AF_UNIX, typ, 0)
	check(t, err)
	var socks [2]*rawsock.Sock
	for i, fd := range fds {
		socks[i], err = rawsock.FromFD(fd)
		check(t, err)
		closing(t, socks[i])
		check(t, socks[i].SetTimeout(timeout))
	}
	return socks[0], socks[1]
}

// server returns a Sock that listens on loopback TCP, and where.
func server(t testing.TB, cfg rawsock.ServerConfig) (*rawsock.Sock, rawsock.Sockaddr) {
	t.Helper()
	l, err := rawsock.CreateServer([]rawsock.Sockaddr{loopback(0)}, cfg)
	check(t, err)
	closing(t, l)
	addr, err := l.Getsockname()
	check(t, err)
	return l, addr
}

// takes checks that what passed since start is a timeout of want: not less, and
// not so much more that it was another's.
func takes(t testing.TB, start time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(start); took < want || took > patience/2 {
		t.Errorf("took %v, want %v", took, want)
	}
}

// wantTimeout checks the error of a timeout by all the ways to ask for it.
func wantTimeout(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want a timeout", err)
	}
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v has no Timeout that reports true", err)
	}
}

// F2, F4: the mode follows from the timeout, and the descriptor from the mode.
func TestModes(t *testing.T) {
	s := sock(t, unix.AF_INET, unix.SOCK_STREAM)
	for _, c := range []struct {
		set           func() error
		timeout       time.Duration
		block, kernel bool
	}{
		{func() error { return nil }, rawsock.NoTimeout, true, false},
		{func() error { return s.SetTimeout(0) }, 0, false, true},
		{func() error { return s.SetTimeout(time.Second) }, time.Second, true, true},
		{func() error { return s.SetBlocking(false) }, 0, false, true},
		{func() error { return s.SetTimeout(1) }, 1, true, true},
		{func() error { return s.SetTimeout(math.MaxInt64) }, math.MaxInt64, true, true},
		{func() error { return s.SetBlocking(true) }, rawsock.NoTimeout, true, false},
	} {
		check(t, c.set())
		if s.GetTimeout() != c.timeout || s.GetBlocking() != c.block || nonblocking(t, s.FD) != c.kernel {
			t.Errorf("timeout %v, blocking %v, O_NONBLOCK %v, want %+v", s.GetTimeout(), s.GetBlocking(), nonblocking(t, s.FD), c)
		}
	}
	wantErrno(t, s.SetTimeout(-2), unix.EINVAL)
	if s.GetTimeout() != rawsock.NoTimeout {
		t.Errorf("a timeout that was refused is %v", s.GetTimeout())
	}
}

// A timeout that no clock will ever reach is one all the same.
func TestLongestTimeout(t *testing.T) {
	check(t, rawsock.SetDefaultTimeout(math.MaxInt64))
	defer rawsock.SetDefaultTimeout(rawsock.NoTimeout)
	a, b := sockPair(t, unix.SOCK_STREAM, rawsock.GetDefaultTimeout())
	if a.GetTimeout() != math.MaxInt64 {
		t.Errorf("timeout %v", a.GetTimeout())
	}
	got := make(chan byte, 1)
	go func() {
		buf := make([]byte, 1)
		_, _ = b.Recvfull(buf, 0)
		got <- buf[0]
	}()
	if n, err := a.Sendall([]byte("x"), 0); n != 1 || err != nil {
		t.Error(n, err)
	}
	if c := <-got; c != 'x' {
		t.Errorf("received %q", c)
	}
}

// Every call that sleeps for input ends with its timeout, and says EAGAIN where
// it may not sleep.
func TestTimeoutOfEveryCall(t *testing.T) {
	l, _ := server(t, rawsock.ServerConfig{})
	quiet, _ := sockPair(t, unix.SOCK_STREAM, 0)
	full, _ := sockPair(t, unix.SOCK_STREAM, 0)
	buf := make([]byte, 1<<16)
	for err := error(nil); err == nil; {
		_, err = full.Send(buf, 0)
	}
	for name, c := range map[string]struct {
		s    *rawsock.Sock
		call func() error
	}{
		"accept":   {l, func() error { _, _, err := l.Accept(); return err }},
		"recv":     {quiet, func() error { _, err := quiet.Recv(buf, unix.MSG_PEEK); return err }},
		"recvfrom": {quiet, func() error { _, _, err := quiet.Recvfrom(buf, 0); return err }},
		"recvfull": {quiet, func() error { _, err := quiet.Recvfull(buf, 0); return err }},
		"read":     {quiet, func() error { _, err := quiet.Read(buf); return err }},
		"send":     {full, func() error { _, err := full.Send(buf, 0); return err }},
		"sendto":   {full, func() error { _, err := full.Sendto(buf, 0, rawsock.Sockaddr{}); return err }},
		"sendall":  {full, func() error { _, err := full.Sendall(buf, 0); return err }},
		"write":    {full, func() error { _, err := full.Write(buf); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, c.s.SetTimeout(0))
			wantErrno(t, c.call(), unix.EAGAIN)
			check(t, c.s.SetTimeout(brief))
			start := time.Now()
			wantTimeout(t, c.call())
			takes(t, start, brief)
		})
	}
}

// D6, D14: what is larger than every buffer goes through, and comes back.
func TestSendallRecvfull(t *testing.T) {
	for name, timeout := range map[string]time.Duration{"blocking": rawsock.NoTimeout, "timeout": patience} {
		t.Run(name, func(t *testing.T) {
			a, b := sockPair(t, unix.SOCK_STREAM, timeout)
			sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
			done := make(chan error, 1)
			go func() {
				n, err := a.Sendall(sent, 0)
				if err == nil && n != len(sent) {
					err = io.ErrShortWrite
				}
				done <- errors.Join(err, a.Shutdown(unix.SHUT_WR))
			}()
			got := make([]byte, len(sent))
			if n, err := b.Recvfull(got, 0); n != len(got) || err != nil {
				t.Fatal(n, err)
			}
			check(t, <-done)
			if !bytes.Equal(got, sent) {
				t.Error("other bytes arrived")
			}
			if n, err := b.Recvfull(got, 0); n != 0 || err != io.EOF {
				t.Errorf("at the end: %d, %v", n, err)
			}
		})
	}
}

func TestRecvfullAtTheEnd(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	if n, err := rawsock.Sendall(a, []byte("abc"), 0); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	check(t, a.Shutdown(unix.SHUT_WR))
	buf := make([]byte, 4)
	if n, err := rawsock.Recvfull(b, nil, 0); n != 0 || err != nil {
		t.Errorf("nothing wanted: %d, %v", n, err)
	}
	if n, err := rawsock.Recvfull(b, buf, 0); n != 3 || err != io.ErrUnexpectedEOF || string(buf[:n]) != "abc" {
		t.Errorf("in the middle: %q, %v", buf[:n], err)
	}
	if n, err := rawsock.Recvfull(b, buf, 0); n != 0 || err != io.EOF {
		t.Errorf("before the first byte: %d, %v", n, err)
	}
}

// One deadline limits all of Sendall, however often the peer takes a little.
func TestSendallHasOneDeadline(t *testing.T) {
	const limit = 4 * brief
	a, b := sockPair(t, unix.SOCK_STREAM, limit)
	check(t, b.SetTimeout(patience))
	received := make(chan int, 1)
	go func() {
		total, buf := 0, make([]byte, 1<<12)
		for {
			n, err := b.Recv(buf, 0)
			if total += n; n == 0 || err != nil {
				received <- total
				return
			}
		}
	}()
	endless := make([]byte, 1<<30) // takes far longer than limit in bites of 4 KiB
	start := time.Now()
	n, err := a.Sendall(endless, 0)
	wantTimeout(t, err)
	takes(t, start, limit)
	check(t, a.Shutdown(unix.SHUT_WR))
	if got := <-received; got != n || n == 0 {
		t.Errorf("Sendall said %d, %d arrived", n, got)
	}
}
