package loop_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
)

func TestAbstractSocket(t *testing.T) {
	name := fmt.Sprintf("rawloop-test-%d", os.Getpid())
	s := serve(t, loop.Config{}, "unix://@"+name, always(echo{}))
	if got, kind := s.lis.Addr().Unix(); got != name || kind != rawsock.UnixAbstract {
		t.Errorf("Addr is %q, %v", got, kind)
	}
	served(t, s.dialUnix("@"+name), nil)
	if _, err := s.Listen("unix://@"+name, always(echo{})); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("again: %v", err)
	}
}

// TestPrivilegedPort runs itself as nobody.
func TestPrivilegedPort(t *testing.T) {
	const port = "tcp://127.0.0.1:1"
	low, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	must(t, err)
	if n, err := strconv.Atoi(strings.TrimSpace(string(low))); err != nil || n < 2 {
		t.Skipf("no port is privileged here: %q", low)
	}
	if os.Getuid() == 0 && os.Getenv(childEnv) == "" {
		got := start(t, "TestPrivilegedPort", "1").ask("")
		if want := "bind tcp 127.0.0.1:1: permission denied"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		return
	}
	if os.Getuid() == 0 {
		must(t, syscall.Setgroups(nil))
		must(t, syscall.Setgid(65534))
		must(t, syscall.Setuid(65534))
	}
	_, err = idle(t, 1).Listen(port, always(echo{}))
	if os.Getenv(childEnv) != "" {
		fmt.Println(err)
		os.Exit(0) // nobody may not even look for leaks in /proc/self/fd
	}
	if !errors.Is(err, unix.EACCES) {
		t.Errorf("%v", err)
	}
}

func TestOptionsReachAcceptedSockets(t *testing.T) {
	type sockopts struct{ nodelay, rcvbuf, sndbuf int }
	got := make(chan sockopts, 1)
	handler := always(&calls{open: func(c loop.Conn) {
		var o sockopts
		for _, row := range []struct {
			v           *int
			level, name int
		}{{&o.nodelay, unix.IPPROTO_TCP, unix.TCP_NODELAY}, {&o.rcvbuf, unix.SOL_SOCKET, unix.SO_RCVBUF}, {&o.sndbuf, unix.SOL_SOCKET, unix.SO_SNDBUF}} {
			v, err := unix.GetsockoptInt(int(c.FD()), row.level, row.name)
			if err != nil {
				t.Error(err)
			}
			*row.v = v
		}
		got <- o
	}})
	for _, adopted := range []bool{false, true} {
		for query, check := range map[string]func(o sockopts) bool{
			"":                           func(o sockopts) bool { return o.nodelay == 1 && o.rcvbuf > 2*20000 },
			"?nodelay=1":                 func(o sockopts) bool { return o.nodelay == 1 },
			"?nodelay=0":                 func(o sockopts) bool { return o.nodelay == 0 },
			"?rcvbuf=20000":              func(o sockopts) bool { return o.rcvbuf == 2*20000 },
			"?sndbuf=30000&rcvbuf=16KiB": func(o sockopts) bool { return o.sndbuf == 2*30000 && o.rcvbuf == 32<<10 },
		} {
			t.Run(fmt.Sprint(adopted, query), func(t *testing.T) {
				addr := tcpAddr
				if adopted {
					addr = fmt.Sprintf("fd://%d", listening(t, unix.AF_INET, unix.SOCK_STREAM))
				}
				s := serve(t, loop.Config{Loops: 2}, addr+query, handler)
				s.dial()
				if o := receive(t, got, "OnOpen"); !check(o) {
					t.Errorf("%+v", o)
				}
			})
		}
	}
}

// A unix socket with a backlog of 1 takes two that wait and no more.
func TestBacklog(t *testing.T) {
	addr := unixAddr(t)
	_, err := idle(t, 1).Listen(addr+"?backlog=1", always(echo{}))
	must(t, err)
	waiting := 0
	for range 5 {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(fd)
		if err := unix.Connect(fd, &unix.SockaddrUnix{Name: strings.TrimPrefix(addr, "unix://")}); err == nil {
			waiting++
		} else if err != unix.EAGAIN {
			t.Fatal(err)
		}
	}
	if waiting != 2 {
		t.Errorf("%d wait", waiting)
	}
}

func TestAdoptErrors(t *testing.T) {
	var pipe [2]int
	must(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	a, _ := sockettest.Pair(t)
	stream, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	datagram, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	packets := listeningUnix(t, unix.SOCK_SEQPACKET)
	mine := []int{pipe[0], pipe[1], stream, datagram, packets}
	for _, c := range []struct {
		name string
		fd   int
		want string
	}{
		{"pipe", pipe[0], "socket operation on non-socket"},
		{"closed", 19_999, "bad file descriptor"},
		{"connected", a, "not a listening stream socket"},
		{"stream", stream, "not a listening stream socket"},
		{"datagram", datagram, "not a listening stream socket"},
		{"seqpacket", packets, "not a listening stream socket"},
	} {
		g := idle(t, 2)
		before := sockettest.OpenFDs(t)
		addr := fmt.Sprintf("fd://%d", c.fd)
		lis, err := g.Listen(addr, always(echo{}))
		if err == nil || !strings.HasSuffix(err.Error(), c.want) || !strings.Contains(err.Error(), addr) || lis != nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if now := sockettest.OpenFDs(t); now != before {
			t.Errorf("%s: %d descriptors, %d before", c.name, now, before)
		}
	}
	for _, fd := range mine {
		must(t, unix.Close(fd)) // still the caller's
	}
}

func listeningUnix(t testing.TB, typ int) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, typ|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: strings.TrimPrefix(unixAddr(t), "unix://")}))
	must(t, unix.Listen(fd, 16))
	return fd
}

func TestAdopt(t *testing.T) {
	for name, make := range map[string]func() int{
		"tcp":  func() int { return listening(t, unix.AF_INET, unix.SOCK_STREAM) },
		"unix": func() int { return listeningUnix(t, unix.SOCK_STREAM) },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, loop.Config{Loops: 2}, fmt.Sprintf("fd://%d", make()), always(echo{}))
			if got, _, _ := strings.Cut(s.lis.String(), " "); got != name {
				t.Errorf("String is %q", s.lis)
			}
			for range 5 {
				served(t, s.dial(), nil)
			}
		})
	}
}

// Whoever shares the open file description may make the listener blocking at
// any time. Connections must be served all the same, and the group must end.
func TestAdoptedListenerMadeBlocking(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		fd := listening(t, unix.AF_INET, unix.SOCK_STREAM)
		ours, err := unix.Dup(fd)
		must(t, err)
		defer unix.Close(ours)
		s := serve(t, loop.Config{Backend: w.backend}, fmt.Sprintf("fd://%d", fd), always(echo{}))
		if flags, err := unix.FcntlInt(uintptr(ours), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("flags %#x, %v: left blocking", flags, err)
		}
		for range 3 {
			must(t, unix.SetNonblock(ours, false))
			served(t, s.dial(), nil)
		}
		must(t, unix.SetNonblock(ours, false))
		c := s.dial()
		served(t, c, nil)
		start := time.Now()
		must(t, s.Close())
		hungUp(t, c)
		if took := time.Since(start); took > patience/2 {
			t.Errorf("the end took %v", took)
		}
	})
}
