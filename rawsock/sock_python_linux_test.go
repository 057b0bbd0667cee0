package rawsock_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// pythonFacts prints what Python's sockets say of themselves and return, a line
// each, as goFacts does.
const pythonFacts = `
import errno, os
from socket import *

def result(f, *args):
    try:
        r = f(*args)
    except TimeoutError as e:
        return "timed out" if e.errno is None else errno.errorcode[e.errno]
    except ValueError:
        return "EINVAL"
    except OSError as e:
        return errno.errorcode[e.errno]
    return "ok" if r is None else len(r) if isinstance(r, bytes) else r

def say(name, *values):
    print(name, *("None" if v is None else int(v * 1000) if isinstance(v, float) else int(v) if isinstance(v, bool) else v for v in values))

def mode(name, s):
    say(name, s.gettimeout(), s.getblocking(), not os.get_blocking(s.fileno()))

s = socket()
mode("new", s)
for t in None, 0.0, 0.5:
    s.settimeout(t)
    mode("settimeout", s)
for b in False, True:
    s.setblocking(b)
    mode("setblocking", s)
say("settimeout of -1", result(s.settimeout, -1.5))
mode("after", s)
s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK)
mode("SOCK_NONBLOCK", s)
say("type", int(s.type))

l = create_server(("127.0.0.1", 0))
def accepted():
    c = create_connection(l.getsockname())
    return l.accept()[0]
l.settimeout(5)
mode("accepted", accepted())
l.settimeout(None)
setdefaulttimeout(0.25)
mode("default", socket())
mode("accepted by default", accepted())
mode("fileno by default", socket(fileno=socketpair()[0].detach()))
setdefaulttimeout(0)
mode("default 0", socket())
say("setdefaulttimeout of -1", result(setdefaulttimeout, -1.5))
say("getdefaulttimeout", getdefaulttimeout())
setdefaulttimeout(None)

for family, kind, proto in [(AF_INET, SOCK_STREAM, 0), (AF_INET, SOCK_DGRAM, 0), (AF_UNIX, SOCK_SEQPACKET, 0), (AF_INET, SOCK_STREAM, IPPROTO_TCP)]:
    s = socket(fileno=socket(family, kind, proto).detach())
    say("fileno", int(s.family), int(s.type), s.proto)
say("fileno of a file", result(lambda: socket(fileno=os.dup(0))))

u = socket(); u.bind(("127.0.0.1", 0))
full = socket(); full.bind(("127.0.0.1", 0)); full.listen(0)
first = create_connection(full.getsockname())
for t in None, 0.0, 0.03:
    def connecting(method, to):
        s = socket()
        s.settimeout(t)
        return result(getattr(s, method), to.getsockname())
    say("connect refused", connecting("connect", u))
    say("connect_ex refused", connecting("connect_ex", u))
    say("connect_ex", connecting("connect_ex", l))
    if t is not None:
        say("connect without answer", connecting("connect", full))
        say("connect_ex without answer", connecting("connect_ex", full))

for t in None, 0.0, 0.03:
    a, b = socketpair()
    a.settimeout(t)
    b.send(b"abc")
    say("recv", result(a.recv, 2), result(a.recv, 0), result(a.recv, 9))
    if t is not None:
        say("recv of nothing", result(a.recv, 9))
        say("sendall to nobody", result(a.sendall, bytes(1 << 24)))
    b.close()
    say("after the end", result(a.recv, 9), result(a.send, b"x"), result(a.sendall, b""))
    d = a.dup()
    mode("dup", d)
    a.close()
    say("closed", a.fileno(), result(a.recv, 9), result(a.send, b"x"), result(a.settimeout, t), result(a.close))
    say("detached", d.detach() > 2, d.fileno())
`

// facts does in Go what pythonFacts does.
type facts struct {
	t *testing.T
	strings.Builder
}

func (f *facts) say(name string, values ...any) {
	f.WriteString(name)
	for _, v := range values {
		switch v := v.(type) {
		case bool:
			fmt.Fprint(f, " ", map[bool]int{true: 1}[v])
		case time.Duration:
			if v == rawsock.NoTimeout {
				f.WriteString(" None")
			} else {
				fmt.Fprint(f, " ", v.Milliseconds())
			}
		case error:
			fmt.Fprint(f, " ", errorName(v))
		case nil:
			f.WriteString(" ok")
		default:
			fmt.Fprint(f, " ", v)
		}
	}
	f.WriteString("\n")
}

func errorName(err error) string {
	var errno unix.Errno
	switch {
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timed out"
	}
	return err.Error()
}

// count is how much a call transferred, or its error.
func count(n int, err error) any {
	if err != nil {
		return err
	}
	return n
}

func (f *facts) mode(name string, s *rawsock.Sock) {
	f.say(name, s.GetTimeout(), s.GetBlocking(), nonblocking(f.t, s.FD))
}

func (f *facts) made(s *rawsock.Sock, err error) *rawsock.Sock {
	f.t.Helper()
	check(f.t, err)
	return closing(f.t, s)
}

var allModes = []time.Duration{rawsock.NoTimeout, 0, 30 * time.Millisecond}

func (f *facts) modes() {
	s := f.made(rawsock.NewSock(unix.AF_INET, unix.SOCK_STREAM, 0))
	f.mode("new", s)
	for _, d := range []time.Duration{rawsock.NoTimeout, 0, 500 * time.Millisecond} {
		check(f.t, s.SetTimeout(d))
		f.mode("settimeout", s)
	}
	for _, on := range []bool{false, true} {
		check(f.t, s.SetBlocking(on))
		f.mode("setblocking", s)
	}
	f.say("settimeout of -1", s.SetTimeout(-1500*time.Millisecond))
	f.mode("after", s)
	s = f.made(rawsock.NewSock(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0))
	f.mode("SOCK_NONBLOCK", s)
	f.say("type", s.Type())
}

// defaults leaves the default timeout as it was.
func (f *facts) defaults(l *rawsock.Sock) {
	defer rawsock.SetDefaultTimeout(rawsock.GetDefaultTimeout())
	name, err := l.Getsockname()
	check(f.t, err)
	accepted := func() *rawsock.Sock {
		f.made(rawsock.CreateConnection([]rawsock.Sockaddr{name}, rawsock.ConnectionConfig{}))
		c, _, err := l.Accept()
		return f.made(c, err)
	}
	check(f.t, l.SetTimeout(5*time.Second))
	f.mode("accepted", accepted())
	check(f.t, l.SetTimeout(rawsock.NoTimeout))
	check(f.t, rawsock.SetDefaultTimeout(250*time.Millisecond))
	f.mode("default", f.made(rawsock.NewSock(unix.AF_INET, unix.SOCK_STREAM, 0)))
	f.mode("accepted by default", accepted())
	fds, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(f.t, err)
	check(f.t, fds[1].Close())
	f.mode("fileno by default", f.made(rawsock.FromFD(fds[0])))
	check(f.t, rawsock.SetDefaultTimeout(0))
	f.mode("default 0", f.made(rawsock.NewSock(unix.AF_INET, unix.SOCK_STREAM, 0)))
	f.say("setdefaulttimeout of -1", rawsock.SetDefaultTimeout(-1500*time.Millisecond))
	f.say("getdefaulttimeout", rawsock.GetDefaultTimeout())
}

// fileno is A6, A21 and D13.
func (f *facts) fileno() {
	for _, c := range [][3]int{
		{unix.AF_INET, unix.SOCK_STREAM, 0}, {unix.AF_INET, unix.SOCK_DGRAM, 0}, {unix.AF_UNIX, unix.SOCK_SEQPACKET, 0},
		{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_TCP},
	} {
		fd, err := rawsock.Socket(c[0], c[1], c[2])
		check(f.t, err)
		s := f.made(rawsock.FromFD(fd))
		f.say("fileno", s.Family(), s.Type(), s.Proto())
	}
	null, err := os.Open(os.DevNull)
	check(f.t, err)
	defer null.Close()
	_, err = rawsock.FromFD(rawsock.FD(null.Fd()))
	f.say("fileno of a file", err)
}

// connects is F5 and F7.
func (f *facts) connects(l *rawsock.Sock) {
	name, err := l.Getsockname()
	check(f.t, err)
	dead, full := unused(f.t), blackhole(f.t)
	for _, d := range allModes {
		fresh := func() *rawsock.Sock {
			s := sock(f.t, unix.AF_INET, unix.SOCK_STREAM)
			check(f.t, s.SetTimeout(d))
			return s
		}
		f.say("connect refused", fresh().Connect(dead))
		f.say("connect_ex refused", int(fresh().ConnectEx(dead)))
		f.say("connect_ex", int(fresh().ConnectEx(name)))
		if d != rawsock.NoTimeout {
			f.say("connect without answer", fresh().Connect(full))
			f.say("connect_ex without answer", int(fresh().ConnectEx(full)))
		}
	}
}

func (f *facts) transfers() {
	buf := make([]byte, 9)
	for _, d := range allModes {
		a, b := sockPair(f.t, unix.SOCK_STREAM, rawsock.NoTimeout)
		check(f.t, a.SetTimeout(d))
		_, err := b.Send([]byte("abc"), 0)
		check(f.t, err)
		f.say("recv", count(a.Recv(buf[:2], 0)), count(a.Recv(nil, 0)), count(a.Recv(buf, 0)))
		if d != rawsock.NoTimeout {
			f.say("recv of nothing", count(a.Recv(buf, 0)))
			_, err := a.Sendall(make([]byte, 1<<24), 0)
			f.say("sendall to nobody", err)
		}
		check(f.t, b.Close())
		_, err = a.Sendall(nil, 0)
		f.say("after the end", count(a.Recv(buf, 0)), count(a.Send([]byte("x"), 0)), err)
		dup := f.made(a.Dup())
		f.mode("dup", dup)
		check(f.t, a.Close())
		f.say("closed", int(a.FD), count(a.Recv(buf, 0)), count(a.Send([]byte("x"), 0)), a.SetTimeout(d), a.Close())
		fd := adopt(f.t, dup.Detach())
		f.say("detached", fd > 2, int(dup.FD))
	}
}

// A6, A21, D13, F1–F5, F7: what Python's sockets say of their mode and return from
// their calls, ours do.
func TestSockSaysWhatPythonSays(t *testing.T) {
	python := sockettest.NeedPython(t)
	cmd := exec.CommandContext(t.Context(), python, "-c", pythonFacts)
	want, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3: %v\n%s", err, want)
	}
	l, _ := server(t, rawsock.ServerConfig{})
	f := &facts{t: t}
	f.modes()
	f.defaults(l)
	f.fileno()
	f.connects(l)
	f.transfers()
	got, lines := strings.Split(f.String(), "\n"), strings.Split(string(want), "\n")
	if len(got) != len(lines) {
		t.Errorf("%d lines, Python has %d", len(got), len(lines))
	}
	for i := range min(len(got), len(lines)) {
		if got[i] != lines[i] {
			t.Errorf("line %d: %q, Python says %q", i+1, got[i], lines[i])
		}
	}
}

// pythonEcho serves one connection, and is a client after it: it connects to
// argv[1], sends all of it back, and says what it got.
const pythonEcho = `
import hashlib, socket, sys
l = socket.create_server(("127.0.0.1", 0))
print(l.getsockname()[1], flush=True)
c, _ = l.accept()
got = bytearray()
while data := c.recv(1 << 16):
    got += data
c.sendall(got)
c.close()
c = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
c.sendall(got)
c.shutdown(socket.SHUT_WR)
back = c.makefile("rb").read()
print(len(back), back == got[::-1], flush=True)
`

// D6, D14, C12: much data to python3 and back, as its client and as its server.
func TestLargeDataWithPython(t *testing.T) {
	python := sockettest.NeedPython(t)
	l, addr := server(t, rawsock.ServerConfig{})
	check(t, l.SetTimeout(patience))
	cmd := exec.CommandContext(t.Context(), python, "-c", pythonEcho, strconv.Itoa(int(addr.AddrPort().Port())))
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	says := bufio.NewReader(out)
	line, err := says.ReadString('\n')
	check(t, err)
	port, err := strconv.Atoi(strings.TrimSpace(line))
	check(t, err)
	data := bytes.Repeat([]byte("the quick brown fox "), 1<<18)

	s, err := rawsock.CreateConnection([]rawsock.Sockaddr{loopback(uint16(port))}, rawsock.ConnectionConfig{Timeout: patience})
	check(t, err)
	closing(t, s)
	if n, err := s.Sendall(data, 0); n != len(data) || err != nil {
		t.Fatal(n, err)
	}
	check(t, s.Shutdown(unix.SHUT_WR))
	got := make([]byte, len(data))
	if n, err := s.Recvfull(got, 0); n != len(data) || err != nil || !bytes.Equal(got, data) {
		t.Fatal(n, err)
	}
	if n, err := s.Read(got); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}

	c, _, err := l.Accept()
	check(t, err)
	closing(t, c)
	check(t, c.SetTimeout(patience))
	all, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(all, data) {
		t.Fatalf("%d bytes, %v", len(all), err)
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	if n, err := c.Write(all); n != len(all) || err != nil {
		t.Fatal(n, err)
	}
	check(t, c.Close())
	if line, err := says.ReadString('\n'); err != nil || line != fmt.Sprintf("%d True\n", len(data)) {
		t.Errorf("Python got %q, %v", line, err)
	}
	check(t, cmd.Wait())
}
