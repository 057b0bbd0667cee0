package loop_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
)

// Every call on a connection's descriptor is counted a second time below the
// loop, and is in what Conn.IO says in OnClose; the sum of all is in Stats.
func TestIOOfEachConnection(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		made := make(map[int]*loop.IO)
		of := func(fd int) *loop.IO {
			if made[fd] == nil {
				made[fd] = new(loop.IO)
			}
			return made[fd]
		}
		sent := func(io *loop.IO, n int, e sys.Errno) {
			note(n, e, &io.Send, &io.SendBytes, &io.SendAgain, &io.SendErrors)
		}
		k := &kernel{
			recv: func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
				n, e := host.Recv(fd, p)
				io := of(fd)
				note(n, e, &io.Recv, &io.RecvBytes, &io.RecvAgain, &io.RecvErrors)
				return n, e
			},
			send: func(host sys.Kernel, fd int, p []byte) (int, sys.Errno) {
				n, e := host.Send(fd, p)
				sent(of(fd), n, e)
				return n, e
			},
			sendv: func(host sys.Kernel, fd int, bufs [][]byte) (int, sys.Errno) {
				n, e := host.Sendv(fd, bufs)
				sent(of(fd), n, e)
				return n, e
			},
		}
		var sum loop.IO
		ended := 0
		check := func(c loop.Conn, _ error) {
			fd := int(c.FD())
			if got := c.IO(); fd < 0 || got != *of(fd) {
				t.Errorf("descriptor %d: counted %+v, made %+v", fd, got, *of(fd))
			}
			addIO(&sum, c.IO())
			delete(made, fd)
			ended++
		}
		s := step(t, loop.Config{Backend: w.backend, CountIO: true}, k, w.addr(t), func(loop.Conn) loop.Handler {
			return &calls{data: echo{}.OnData, close: check}
		})
		for i := range 6 {
			p := s.connect()
			p.send(strings.Repeat("x", 1+1000*i))
			s.turns(3)
			if i%2 == 0 {
				p.shutdown()
				s.turns(3)
			} else {
				p.reset()
			}
			p.close()
			s.until(func() bool { return ended == i+1 }, "the connection ends")
		}
		st := s.l.StatsNow()
		if st.Accepted != 6 || sum.RecvBytes != st.BytesIn || sum.SendBytes != st.BytesOut || sum.Recv != st.Calls.Recv ||
			sum.Send != st.Calls.Send+st.Calls.Sendmsg || sum.RecvAgain+sum.SendAgain != st.Again {
			t.Errorf("sum %+v, stats %+v", sum, st)
		}
	})
}

func note(n int, e sys.Errno, calls, bytes, again, errs *uint64) {
	*calls++
	switch e {
	case 0:
		*bytes += uint64(n)
	case unix.EAGAIN:
		*again++
	default:
		*errs++
	}
}

func addIO(sum *loop.IO, io loop.IO) {
	sum.Recv += io.Recv
	sum.RecvBytes += io.RecvBytes
	sum.RecvAgain += io.RecvAgain
	sum.RecvErrors += io.RecvErrors
	sum.Send += io.Send
	sum.SendBytes += io.SendBytes
	sum.SendAgain += io.SendAgain
	sum.SendErrors += io.SendErrors
}

// Without CountIO nothing is counted, and after the close nothing is known.
func TestIOOfNoConnection(t *testing.T) {
	for _, on := range []bool{false, true} {
		var kept loop.Conn
		var seen loop.IO
		s := step(t, loop.Config{CountIO: on}, nil, tcpAddr, always(&calls{
			open:  func(c loop.Conn) { kept = c },
			close: func(c loop.Conn, _ error) { seen = c.IO() },
		}))
		p := s.connect()
		p.send("one")
		p.close()
		s.until(func() bool { return s.l.StatsNow().Closed == 1 }, "the connection ends")
		if after := kept.IO(); (seen.RecvBytes == 3) != on || after != (loop.IO{}) || (loop.Conn{}).IO() != (loop.IO{}) {
			t.Errorf("CountIO %v: %+v in OnClose, %+v after", on, seen, after)
		}
	}
}

// OnListener sees each socket bound and before it listens, or adopted.
func TestOnListener(t *testing.T) {
	type seen struct {
		fd        rawsock.FD
		listening int
		bound     bool
	}
	var got []seen
	g, err := loop.New(loop.Config{Loops: 2, OnListener: func(fd rawsock.FD) error {
		on, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
		if err != nil {
			return err
		}
		sa, err := fd.Getsockname()
		name, _ := sa.Unix()
		got = append(got, seen{fd, on, sa.AddrPort().Port() != 0 || name != ""})
		return err
	}})
	must(t, err)
	defer g.Close() //nolint:errcheck
	for _, addr := range []string{tcpAddr, unixAddr(t)} {
		_, err := g.Listen(addr, always(echo{}))
		must(t, err)
	}
	l, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	must(t, err)
	must(t, l.Listen(1))
	_, err = g.Listen(fmt.Sprintf("fd://%d", l), always(echo{}))
	must(t, err)
	if n := len(got); n < 3 || got[n-1].fd != l || got[n-1].listening != 1 {
		t.Fatalf("saw %+v, want the adopted %d last", got, l)
	}
	for _, s := range got[:len(got)-1] {
		if s.listening != 0 || !s.bound {
			t.Errorf("saw %+v, want it bound and not listening", s)
		}
	}
}

// An error of OnListener is Listen's, and leaves nothing behind.
func TestOnListenerRefuses(t *testing.T) {
	no := errors.New("no")
	g, err := loop.New(loop.Config{OnListener: func(rawsock.FD) error { return no }})
	must(t, err)
	defer g.Close() //nolint:errcheck
	l, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	must(t, err)
	defer l.Close() //nolint:errcheck
	must(t, l.Listen(1))
	path := unixAddr(t)
	before := sockettest.OpenFDs(t)
	for _, addr := range []string{tcpAddr, path, fmt.Sprintf("fd://%d", l)} {
		var le *loop.ListenError
		if lis, err := g.Listen(addr, always(echo{})); lis != nil || !errors.Is(err, no) || !errors.As(err, &le) || le.Call != "OnListener" {
			t.Errorf("%s: %v, %v", addr, lis, err)
		}
	}
	if after := sockettest.OpenFDs(t); after != before {
		t.Errorf("%d descriptors, before %d", after, before)
	}
	if _, err := os.Lstat(strings.TrimPrefix(path, "unix://")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's file: %v", err)
	}
}
