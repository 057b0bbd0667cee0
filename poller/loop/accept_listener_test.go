//go:build linux

package loop_test

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/poller/loop"
)

// Without a spare descriptor there is only the back-off, and the spare one is
// taken again as soon as there is one.
func TestNoSpareToShed(t *testing.T) {
	var now sys.Errno
	k := &faulty{}
	sockets := 0
	accepts := script{call: "accept"}
	k.fail = func(call string, fd int) sys.Errno {
		if call == "socket" {
			sockets++
			return now
		}
		return accepts.fail(call, fd)
	}
	var reports []error
	s := stepOn(t, loop.Config{OnError: func(err error) { reports = append(reports, err) }}, k, tcpAddr, always(echo{}))
	now, accepts.errs = unix.EMFILE, []sys.Errno{unix.EMFILE, 0, unix.EMFILE}
	first := s.dial()
	s.until(func() bool { return s.l.StatsNow().Shed == 1 }, "the first client is turned away")
	hungUp(t, first)
	second := s.dial()
	s.until(func() bool { return len(reports) == 1 }, "the report of the back-off")
	now = 0
	served(t, second, func(cond func() bool) { s.until(cond, "the echo after the back-off") })
	tries := sockets
	s.turns(10)
	if sockets != tries {
		t.Errorf("%d more attempts to get a spare descriptor", sockets-tries)
	}
	accepts.errs = []sys.Errno{unix.ENFILE}
	third := s.dial()
	s.until(func() bool { return s.l.StatsNow().Shed == 2 }, "the third client is turned away")
	hungUp(t, third)
}

func TestAcceptsPerTurn(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		const most, clients = 3, 20
		s := step(t, loop.Config{Backend: w.backend, Limits: loop.Limits{AcceptsPerTurn: most}}, nil, tcpAddr, always(echo{}))
		var conns []net.Conn
		for range clients {
			conns = append(conns, s.dial())
		}
		for before := uint64(0); before < clients; {
			s.turns(1)
			now := s.l.StatsNow().Accepted
			if got := now - before; got > most || got == 0 {
				t.Fatalf("%d accepted in one turn, %d before; want 1..%d", got, before, most)
			}
			before = now
		}
		for _, c := range conns {
			served(t, c, func(cond func() bool) { s.until(cond, "the echo") })
		}
	})
}

// Whoever is connected has a turn between two shares of accepting.
func TestAcceptingDoesNotHoldUpOthers(t *testing.T) {
	s := step(t, loop.Config{Limits: loop.Limits{AcceptsPerTurn: 2}}, nil, tcpAddr, always(echo{}))
	old := s.dial()
	s.until(func() bool { return s.l.StatsNow().Accepted == 1 }, "the first client")
	for range 50 {
		s.dial()
	}
	_, err := old.Write([]byte("x"))
	must(t, err)
	s.until(func() bool { return s.l.StatsNow().BytesOut == 1 }, "the echo")
	if n := s.l.StatsNow().Accepted; n > 21 {
		t.Errorf("%d accepted before the echo", n)
	}
}

func TestMaxConns(t *testing.T) {
	for _, c := range []struct {
		loops int
		addr  func(t testing.TB) string
	}{{1, func(testing.TB) string { return tcpAddr }}, {3, func(testing.TB) string { return tcpAddr }}, {3, unixAddr}} {
		addr := c.addr(t)
		t.Run(fmt.Sprint(c.loops, addr[:4]), func(t *testing.T) {
			s := serve(t, loop.Config{Loops: c.loops, MaxConns: 4}, addr, always(echo{}))
			var conns []net.Conn
			for range 4 {
				conns = append(conns, s.dial())
				served(t, conns[len(conns)-1], nil)
			}
			for range 3 {
				hungUp(t, s.dial())
			}
			sockettest.Eventually(t, patience, func() bool { return s.Stats().Shed == 3 }, "three are counted as shed")
			must(t, conns[0].Close())
			sockettest.Eventually(t, patience, func() bool { return s.Stats().Closed == 1 }, "one leaves")
			served(t, s.dial(), nil)
			for _, c := range conns[1:] {
				served(t, c, nil)
			}
			if st := s.Stats(); st.Conns > 4 || st.Shed != 3 {
				t.Errorf("%d connections, %d shed", st.Conns, st.Shed)
			}
		})
	}
}

// Linux accepts a connection that was reset in the queue, and getpeername has
// nothing more to tell of it (failure class C3).
func TestResetBeforeAccept(t *testing.T) {
	opened, cause := make(chan string, 1), make(chan error, 1)
	s := step(t, loop.Config{OnError: func(err error) { t.Errorf("reported: %v", err) }}, nil, tcpAddr, always(&calls{
		open:  func(c loop.Conn) { opened <- c.RemoteAddr().String() },
		close: func(_ loop.Conn, err error) { cause <- err },
	}))
	s.turns(2)
	c := s.dial()
	peer := c.LocalAddr().String()
	reset(t, c)
	s.until(func() bool { return len(cause) > 0 }, "OnClose")
	if got := <-opened; got != peer {
		t.Errorf("RemoteAddr is %s, want %s", got, peer)
	}
	if err := <-cause; !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("OnClose with %v, want ECONNRESET", err)
	}
	s.turns(1)
	if st := s.l.StatsNow(); st.Accepted != 1 || st.Closed != 1 || st.AcceptErrors != 0 {
		t.Errorf("%+v", st)
	}
}

// endedListener runs a group whose first listener is killed, and checks that it
// ends once and alone.
func endedListener(t *testing.T, kill func(port int)) {
	eachBackend(t, func(t *testing.T, w way) {
		reports := make(chan error, 100)
		s := serve(t, loop.Config{Backend: w.backend, OnError: func(err error) { reports <- err }}, tcpAddr, always(echo{}))
		victim := s.lis
		old := s.dial()
		served(t, old, nil)
		kill(int(victim.Addr().AddrPort().Port()))
		err := receive(t, reports, "the report")
		var le *loop.ListenError
		if !errors.As(err, &le) || le.Call != "accept" || !errors.Is(err, unix.EINVAL) || le.Address != victim.String() {
			t.Errorf("reported %T %v", err, err)
		}
		turns := s.Stats().Turns
		s.listen(tcpAddr, always(echo{}))
		for range 3 {
			served(t, s.dial(), nil)
		}
		served(t, old, nil)
		if n := s.Stats().Turns - turns; n > 100 {
			t.Errorf("%d turns for a few messages: a spin", n)
		}
		if len(reports) > 0 {
			t.Errorf("reported again: %v", <-reports)
		}
	})
}

func TestListenerKilledBySs(t *testing.T) {
	sockettest.NeedRoot(t)
	sockettest.NeedProgram(t, "ss")
	endedListener(t, func(port int) {
		out, err := exec.CommandContext(t.Context(), "ss", "-K", "-t", "state", "listening", "sport", "=", ":"+strconv.Itoa(port)).CombinedOutput()
		if err != nil {
			t.Fatalf("ss: %v: %s", err, out)
		}
	})
}

func TestListenerShutDown(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		reports := make(chan error, 100)
		s := serve(t, loop.Config{Backend: w.backend, OnError: func(err error) { reports <- err }}, tcpAddr, always(echo{}))
		fd := listening(t, unix.AF_INET, unix.SOCK_STREAM)
		ours, err := unix.Dup(fd)
		must(t, err)
		defer unix.Close(ours)
		s.listen("fd://"+strconv.Itoa(fd), always(echo{}))
		old := s.dial()
		served(t, old, nil)
		must(t, unix.Shutdown(ours, unix.SHUT_RDWR))
		if err := receive(t, reports, "the report"); !errors.Is(err, unix.EINVAL) {
			t.Errorf("reported %v", err)
		}
		turns := s.Stats().Turns
		served(t, old, nil)
		deadline := time.Now().Add(20 * time.Millisecond)
		sockettest.Eventually(t, patience, func() bool { return time.Now().After(deadline) }, "some time")
		if n := s.Stats().Turns - turns; n > 50 || len(reports) > 0 {
			t.Errorf("%d turns, %d more reports: a spin", n, len(reports))
		}
	})
}

// listening is a socket that a program might be given.
func listening(t testing.TB, domain, typ int) int {
	t.Helper()
	fd, err := unix.Socket(domain, typ|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	must(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(t, unix.Listen(fd, 16))
	return fd
}
