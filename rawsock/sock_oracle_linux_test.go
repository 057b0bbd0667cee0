package rawsock_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// modes are the three modes: T in Python, timeout here.
var modes = []struct {
	name, python string
	timeout      time.Duration
}{
	{"blocking", "T = None\n", rawsock.NoTimeout},
	{"nonblocking", "T = 0\n", 0},
	{"timeout", "T = 0.03\n", 30 * time.Millisecond},
}

// inModes makes three twins of one. What goes wrong in ours, which has no test to
// fail, is seen by the calls that it does not make.
func inModes(name, python string, ours func(timeout time.Duration), only string) []twin {
	var twins []twin
	for _, m := range modes {
		twins = append(twins, twin{m.name + ": " + name, m.python + python, func() { ours(m.timeout) }, only})
	}
	return twins
}

func newSock(domain, typ int, timeout time.Duration) *rawsock.Sock {
	s, _ := rawsock.NewSock(domain, typ, 0)
	s.SetTimeout(timeout)
	return s
}

// F1, F2, F4: in each mode a Sock makes the calls that Python makes, and waits as
// long.
func TestSockAgainstPython(t *testing.T) {
	twins := inModes("to and from itself", `
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(T)
s.bind(("127.0.0.1", 0))
s.connect(s.getsockname())
s.send(b"one")
s.recv(10)
s.sendto(b"two", s.getsockname())
s.recvfrom(10)
s.sendall(b"three")
s.recv(0)
s.recv(10, MSG_PEEK)
s.sendall(b"")
s.sendmsg([b"fo", b"ur"])
s.recvmsg(10)
s.close()
s.close()
`, selfTalk, "")
	nothing := inModes("nothing comes", `
s = socket(AF_UNIX, SOCK_DGRAM)
s.settimeout(T)
try: s.recv(10)
except OSError: pass
try: s.recvfrom(10)
except OSError: pass
`, func(timeout time.Duration) {
		s := newSock(unix.AF_UNIX, unix.SOCK_DGRAM, timeout)
		s.Recv(make([]byte, 10), 0)
		s.Recvfrom(make([]byte, 10), 0)
		end()
		s.Close()
	}, "")
	twins = append(twins, nothing[1:]...) // a blocking one would wait for ever
	twins = append(twins, twin{"less than a millisecond", `
s = socket(AF_UNIX, SOCK_DGRAM)
s.settimeout(0.0002)
s.recv(10)
`, func() {
		s := newSock(unix.AF_UNIX, unix.SOCK_DGRAM, 200*time.Microsecond)
		s.Recv(make([]byte, 10), 0)
		end()
		s.Close()
	}, ""})
	twins = append(twins, sockLives()...)
	sameAsPython(t, twins)
}

func selfTalk(timeout time.Duration) {
	buf := make([]byte, 10)
	s := newSock(unix.AF_INET, unix.SOCK_DGRAM, timeout)
	s.Bind(loopback(0))
	name, _ := s.Getsockname()
	s.Connect(name)
	s.Send([]byte("one"), 0)
	s.Recv(buf, 0)
	name, _ = s.Getsockname()
	s.Sendto([]byte("two"), 0, name)
	s.Recvfrom(buf, 0)
	s.Sendall([]byte("three"), 0)
	s.Recv(nil, 0)
	s.Recv(buf, unix.MSG_PEEK)
	s.Sendall(nil, 0)
	s.Sendmsg(&rawsock.Msghdr{Buffers: [][]byte{[]byte("fo"), []byte("ur")}}, 0)
	s.Recvmsg(&rawsock.Msghdr{Buffers: [][]byte{buf}}, 0)
	s.Close()
	s.Close()
}

// sockLives are how a Sock begins and ends: A6, A7, D11, D13, F3.
func sockLives() []twin {
	return []twin{
		{"with", "with socket(): pass", func() {
			s := newSock(unix.AF_INET, unix.SOCK_STREAM, rawsock.NoTimeout)
			defer s.Close()
		}, "socket close"},
		{"SOCK_NONBLOCK", "s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK)\ns.close()", func() {
			s, _ := rawsock.NewSock(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
			s.Close()
		}, ""},
		{"default timeout", `
setdefaulttimeout(3)
s = socket()
s.settimeout(None)
setdefaulttimeout(None)
s.close()
`, func() {
			rawsock.SetDefaultTimeout(3 * time.Second)
			s, _ := rawsock.NewSock(unix.AF_INET, unix.SOCK_STREAM, 0)
			s.SetTimeout(rawsock.NoTimeout)
			rawsock.SetDefaultTimeout(rawsock.NoTimeout)
			s.Close()
		}, ""},
		{"fileno", `
fd = socket(AF_INET6, SOCK_DGRAM).detach()
begin()
s = socket(fileno=fd)
s.close()
`, func() {
			fd := newSock(unix.AF_INET6, unix.SOCK_DGRAM, rawsock.NoTimeout).Detach()
			begin()
			s, _ := rawsock.FromFD(fd)
			s.Close()
		}, ""},
		{"dup", `
s = socket()
s.settimeout(1)
begin()
d = s.dup()
d.close()
`, func() {
			s := newSock(unix.AF_INET, unix.SOCK_STREAM, time.Second)
			begin()
			d, _ := s.Dup()
			d.Close()
			end()
			s.Close()
		}, "fcntl close"}, // Python asks for the duplicate's name
	}
}

// Interrupted calls are made again, but for connect(2), which is waited for:
// every second call is told EINTR, and connect always.
func TestInterruptedAgainstPython(t *testing.T) {
	twins := inModes("to and from itself", `
s = socket(AF_UNIX, SOCK_DGRAM)
s.settimeout(T)
s.bind(b"")
s.sendto(b"one", s.getsockname())
s.recv(10)
s.sendmsg([b"two"], [], 0, s.getsockname())
s.recvmsg(10)
`, func(timeout time.Duration) {
		buf := make([]byte, 10)
		s := newSock(unix.AF_UNIX, unix.SOCK_DGRAM, timeout)
		s.Bind(rawsock.SockaddrUnixUnnamed())
		name, _ := s.Getsockname()
		s.Sendto([]byte("one"), 0, name)
		s.Recv(buf, 0)
		name, _ = s.Getsockname()
		s.Sendmsg(&rawsock.Msghdr{Name: name, Buffers: [][]byte{[]byte("two")}}, 0)
		s.Recvmsg(&rawsock.Msghdr{Buffers: [][]byte{buf}}, 0)
		end()
		s.Close()
	}, "sendto recvfrom sendmsg recvmsg poll")
	twins = append(twins, inModes("connect", `
s = socket()
s.settimeout(T)
s.connect(("127.0.0.1", 1))
`, func(timeout time.Duration) {
		s := newSock(unix.AF_INET, unix.SOCK_STREAM, timeout)
		s.Connect(loopback(1))
		end()
		s.Close()
	}, "")...)
	ours := sameAsPython(t, twins,
		"-e", "inject=sendto,recvfrom,sendmsg,recvmsg,poll:error=EINTR:when=1+2", "-e", "inject=connect:error=EINTR")
	interrupted := 0
	for _, s := range ours {
		interrupted += strings.Count(fmt.Sprint(s.calls), "(INJECTED)")
	}
	if interrupted < 20 {
		t.Errorf("%d calls were interrupted", interrupted)
	}
}

// Readiness that was none: every second recv is told EAGAIN, and what is left of
// the timeout is waited for.
func TestFalseReadinessAgainstPython(t *testing.T) {
	sameAsPython(t, inModes("recv", `
a, b = socketpair()
a.settimeout(T)
b.send(b"x")
a.recv(10)
`, func(timeout time.Duration) {
		fds, _ := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		a, _ := rawsock.FromFD(fds[0])
		a.SetTimeout(timeout)
		fds[1].Send([]byte("x"), 0)
		a.Recv(make([]byte, 10), 0)
		end()
		a.Close()
		fds[1].Close()
	}, "poll sendto recvfrom"), "-e", "inject=recvfrom:error=EAGAIN:when=1+2")
}

// What other kernels do: SO_ERROR is EISCONN for a connection that was made, and
// close(2) says ECONNRESET. Neither is an error of a Sock.
func TestOtherKernelsAnswers(t *testing.T) {
	sockettest.NeedProgram(t, "strace")
	steps := tracedHelper(t, "answers",
		"-e", fmt.Sprintf("inject=close:error=ECONNRESET:when=%d+", loaderCloses+1),
		"-e", fmt.Sprintf("inject=getsockopt:poke_exit=@arg4=%x", binary.NativeEndian.AppendUint32(nil, uint32(unix.EISCONN))))
	if text := fmt.Sprint(steps); !strings.Contains(text, "SO_ERROR, [EISCONN]") || !strings.Contains(text, "ECONNRESET") {
		t.Errorf("the kernel did not answer so: %s", text)
	}
}

func otherAnswers() error {
	for range loaderCloses {
		unix.Close(-1)
	}
	l, err := rawsock.CreateServer([]rawsock.Sockaddr{loopback(0)}, rawsock.ServerConfig{})
	if err != nil {
		return err
	}
	name, err := l.Getsockname()
	if err != nil {
		return err
	}
	s := newSock(unix.AF_INET, unix.SOCK_STREAM, time.Second)
	mark("connect")
	err = s.Connect(name)
	mark("close")
	err = errors.Join(err, s.Close(), l.Close())
	mark(aside)
	return err
}

func TestSendfileAgainstPython(t *testing.T) {
	twins := inModes("part of a file", `
a, b = socketpair()
a.settimeout(T)
try: a.sendfile(open("/proc/self/exe", "rb"), 100, 5)
except ValueError: pass
`, func(timeout time.Duration) {
		fds, _ := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		a, _ := rawsock.FromFD(fds[0])
		a.SetTimeout(timeout)
		f, _ := os.Open("/proc/self/exe")
		a.Sendfile(rawsock.FD(f.Fd()), 100, 5)
		end()
		f.Close()
		a.Close()
		fds[1].Close()
	}, "sendfile sendfile64")
	twins = slices.Delete(twins, 1, 2) // refused without a call
	sameAsPython(t, twins, "-e", "trace=write,sendfile,?sendfile64")
}

// D2, D3, F5, C12: making a connection in each mode.
func TestConnectAgainstPython(t *testing.T) {
	twins := inModes("established", `
l = create_server(("127.0.0.1", 0))
l.settimeout(T)
c = socket()
c.settimeout(T)
try: c.connect(l.getsockname())
except BlockingIOError: pass
s = l.accept()[0]
try: c.connect(l.getsockname())
except OSError: pass
c.connect_ex(l.getsockname())
`, func(timeout time.Duration) {
		l, _ := rawsock.CreateServer([]rawsock.Sockaddr{loopback(0)}, rawsock.ServerConfig{})
		l.SetTimeout(timeout)
		c := newSock(unix.AF_INET, unix.SOCK_STREAM, timeout)
		name, _ := l.Getsockname()
		c.Connect(name)
		s, _, _ := l.Accept()
		c.Connect(name)
		c.ConnectEx(name)
		end()
		closeAll(l, c, s)
	}, "socket setsockopt bind listen connect accept4 poll getsockopt") // Python makes the accepted one blocking by a call
	twins = append(twins, inModes("refused", `
u = socket(); u.bind(("127.0.0.1", 0))
c = socket()
c.settimeout(T)
begin()
c.connect_ex(u.getsockname())
`, func(timeout time.Duration) {
		u, c := newSock(unix.AF_INET, unix.SOCK_STREAM, rawsock.NoTimeout), newSock(unix.AF_INET, unix.SOCK_STREAM, timeout)
		u.Bind(loopback(0))
		begin()
		name, _ := u.Getsockname()
		c.ConnectEx(name)
		end()
		closeAll(u, c)
	}, "")...)
	silent := inModes("no answer", `
l = socket(); l.bind(("127.0.0.1", 0)); l.listen(0)
first = socket(); first.connect(l.getsockname())
c = socket()
c.settimeout(T)
begin()
try: c.connect(l.getsockname())
except OSError: pass
`, func(timeout time.Duration) {
		l, first := newSock(unix.AF_INET, unix.SOCK_STREAM, rawsock.NoTimeout), newSock(unix.AF_INET, unix.SOCK_STREAM, rawsock.NoTimeout)
		l.Bind(loopback(0))
		l.Listen(0)
		name, _ := l.Getsockname()
		first.Connect(name)
		c := newSock(unix.AF_INET, unix.SOCK_STREAM, timeout)
		begin()
		name, _ = l.Getsockname()
		c.Connect(name)
		end()
		closeAll(l, first, c)
	}, "")
	twins = append(twins, silent[1:]...) // a blocking one would wait for minutes
	full := inModes("full queue of a unix socket", `
l = socket(AF_UNIX); l.bind(b""); l.listen(0)
first = socket(AF_UNIX); first.connect(l.getsockname())
c = socket(AF_UNIX)
c.settimeout(T)
begin()
c.connect_ex(l.getsockname())
`, func(timeout time.Duration) {
		l, first := newSock(unix.AF_UNIX, unix.SOCK_STREAM, rawsock.NoTimeout), newSock(unix.AF_UNIX, unix.SOCK_STREAM, rawsock.NoTimeout)
		l.Bind(rawsock.SockaddrUnixUnnamed())
		l.Listen(0)
		name, _ := l.Getsockname()
		first.Connect(name)
		c := newSock(unix.AF_UNIX, unix.SOCK_STREAM, timeout)
		begin()
		name, _ = l.Getsockname()
		c.ConnectEx(name)
		end()
		closeAll(l, first, c)
	}, "")
	twins = append(twins, full[1:]...)
	sameAsPython(t, append(twins, creators()...))
}

func closeAll(socks ...*rawsock.Sock) {
	for _, s := range socks {
		s.Close()
	}
}

// creators are create_server and create_connection with their options.
func creators() []twin {
	calls := "socket setsockopt bind listen ioctl connect poll getsockopt close"
	serve := func(sa rawsock.Sockaddr, cfg rawsock.ServerConfig) func() {
		return func() {
			l, err := rawsock.CreateServer([]rawsock.Sockaddr{sa}, cfg)
			if err == nil {
				l.Close()
			}
		}
	}
	any6 := rawsock.SockaddrInet6([16]byte{}, 0, 0, 0)
	return []twin{
		{"server of IPv6", "create_server(('::', 0), family=AF_INET6).close()", serve(any6, rawsock.ServerConfig{}), calls},
		{"server of both", "create_server(('::', 0), family=AF_INET6, dualstack_ipv6=True).close()",
			serve(any6, rawsock.ServerConfig{DualStack: true}), calls},
		{"shared port", "create_server(('127.0.0.1', 0), reuse_port=True, backlog=7).close()",
			serve(loopback(0), rawsock.ServerConfig{ReusePort: true, Backlog: 7}), calls},
		{"server nowhere", "create_server(('192.0.2.1', 0))", serve(rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 0), rawsock.ServerConfig{}), calls},
		{"connection", `
u = socket(); u.bind(("127.0.0.1", 0))
getaddrinfo("127.0.0.1", 1)
begin()
try: create_connection(u.getsockname(), 2, ("127.0.0.1", 0))
except OSError: pass
end()
`, func() {
			u := newSock(unix.AF_INET, unix.SOCK_STREAM, rawsock.NoTimeout)
			u.Bind(loopback(0))
			name, _ := u.Getsockname()
			begin()
			rawsock.CreateConnection([]rawsock.Sockaddr{name}, rawsock.ConnectionConfig{Timeout: 2 * time.Second, Source: loopback(0)})
			end()
			u.Close()
		}, strings.TrimPrefix(calls, "socket ")}, // Python has a protocol from getaddrinfo
	}
}
