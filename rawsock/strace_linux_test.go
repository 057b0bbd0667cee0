package rawsock_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
)

// step is a mark and the system calls that followed it on the same thread.
type step struct {
	name  string
	calls []string
}

// tracedCalls are the calls that could touch a socket. The architecture need not
// have those after a question mark.
const tracedCalls = "%network,read,write,readv,writev,close,ioctl,fcntl,?fcntl64,?poll,ppoll,?ppoll_time64," +
	"?select,?_newselect,pselect6,?pselect6_time64,?sendfile,?sendfile64,splice,tee,vmsplice,dup,dup3"

// traced runs a program under strace and returns what happened between its
// marks. Only tracedCalls are recorded: the Go runtime's
// futex and memory calls are its own.
func traced(t *testing.T, options []string, program ...string) []step {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"-ff", "-qq", "-e", "trace=" + tracedCalls}, options...)
	args = append(append(args, "-o", filepath.Join(dir, "trace")), program...)
	cmd := exec.Command("strace", args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", program, err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "trace.*"))
	check(t, err)
	for _, file := range files { // one for each thread
		text, err := os.ReadFile(file)
		check(t, err)
		if steps := cut(string(text)); len(steps) > 0 {
			return steps
		}
	}
	t.Fatalf("no marks in %d traces", len(files))
	return nil
}

// Marks that are no step: the calls after aside belong to none, and those of the
// step before again do not count.
const (
	aside = "aside"
	again = "again"
)

var markLine = regexp.MustCompile(`^write\(-1, "mark ([^"]*)"`)

func cut(trace string) []step {
	var steps []step
	for line := range strings.Lines(trace) {
		if m := markLine.FindStringSubmatch(line); m != nil {
			if m[1] == again && len(steps) > 0 {
				steps[len(steps)-1].calls = nil
				continue
			}
			steps = append(steps, step{name: m[1]})
		} else if len(steps) > 0 && !strings.HasPrefix(line, "---") {
			last := &steps[len(steps)-1]
			last.calls = append(last.calls, strings.TrimSpace(line))
		}
	}
	return slices.DeleteFunc(steps, func(s step) bool { return s.name == aside })
}

// tracedHelper traces this test binary in a mode of runHelper.
func tracedHelper(t *testing.T, mode string, options ...string) []step {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	return traced(t, append(options, "-E", helperEnv+"="+mode), exe)
}

// callOf is which system call a step must make, by the first word of its name,
// where that is not the call itself.
var callOf = map[string]string{
	"send": "sendto", "recv": "recvfrom", "setnonblock": "ioctl", "setblock": "ioctl",
}

// callOf386 is what 386 has instead: with wider offsets and times.
var callOf386 = map[string]string{
	"fcntl": "fcntl64", "sendfile": "sendfile64", "ppoll": "ppoll_time64", "recvmmsg": "recvmmsg_time64",
	"pselect6": "pselect6_time64", "select": "pselect6_time64",
}

func (s step) call() string {
	word, _, _ := strings.Cut(s.name, " ")
	if word == "accept" && (runtime.GOARCH == "386" || runtime.GOARCH == "s390x") {
		return "accept4" // Linux has no accept(2) there but in socketcall(2)
	}
	if call, ok := callOf[word]; ok {
		word = call
	}
	if runtime.GOARCH == "386" && callOf386[word] != "" {
		return callOf386[word]
	}
	return word
}

// Row A2.
func TestOneCallIsOneSystemCall(t *testing.T) {
	sockettest.NeedProgram(t, "strace")
	steps := tracedHelper(t, "calls")
	if len(steps) < 45 {
		t.Errorf("%d steps, want at least 45", len(steps))
	}
	for _, s := range steps {
		if len(s.calls) != 1 || !strings.HasPrefix(s.calls[0], s.call()+"(") {
			t.Errorf("%s: want one %s, got %q", s.name, s.call(), s.calls)
		}
	}
	text := fmt.Sprint(steps)
	for _, want := range []string{ // the flags and the bytes are the caller's
		"socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP)",
		`"hello", 5, MSG_DONTWAIT, NULL, 0) = 5`,
		", 100, MSG_PEEK, NULL, NULL) = 6",
		"[128 => 16], SOCK_CLOEXEC)",
		", FIONBIO, [1])", ", FIONBIO, [0])",
		`sin6_flowinfo=htonl(703710), inet_pton(AF_INET6, "::1", &sin6_addr)`,
		`sun_path="s.sock"}, 9)`, "{sa_family=AF_UNIX}, 2)",
		"socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0, ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no step has %s in\n%s", want, text)
		}
	}
}

// An interrupted call is reported and not made again, close(2) least of all.
func TestInterruptedCallsAreNotRepeated(t *testing.T) {
	sockettest.NeedProgram(t, "strace")
	calls := "inject=bind,connect,listen,accept,accept4,getsockname,getpeername,sendto,recvfrom,sendmsg,recvmsg," +
		"getsockopt,setsockopt,shutdown,socketpair:error=EINTR"
	closes := fmt.Sprintf("inject=close:error=EINTR:when=%d+", loaderCloses+1)
	for _, s := range tracedHelper(t, "eintr", "-e", calls, "-e", closes) {
		if len(s.calls) != 1 || !strings.HasPrefix(s.calls[0], s.call()+"(") || !strings.Contains(s.calls[0], "EINTR") {
			t.Errorf("%s: want one interrupted %s, got %q", s.name, s.call(), s.calls)
		}
	}
}

// pythonCalls makes the same calls with Python's socket module. It uses _accept,
// because accept adds a getsockname.
const pythonCalls = `
import _socket, os, struct
from socket import *

def do(name, f, *args):
    try:
        os.write(-1, b"mark " + name.encode())
    except OSError:
        pass
    return f(*args)

l = do("socket", _socket.socket, AF_INET, SOCK_STREAM)
do("setsockopt int", l.setsockopt, SOL_SOCKET, SO_REUSEADDR, 1)
do("bind inet", l.bind, ("127.0.0.1", 0))
addr = do("getsockname inet", l.getsockname)
do("listen", l.listen, 5)
client = do("socket 2", _socket.socket, AF_INET, SOCK_STREAM)
do("connect", client.connect, addr)
server, _ = do("accept4", l._accept)
do("getpeername", client.getpeername)
do("send", client.send, b"hello", MSG_DONTWAIT)
do("send to NULL", client.send, b"!")
s = do("aside", lambda: _socket.socket(fileno=server))
do("recv", s.recv, 100, MSG_PEEK)
do("read", os.read, server, 100)
do("write", os.write, server, b"bye")
do("setnonblock", client.setblocking, False)
do("setblock", client.setblocking, True)
do("getsockopt int", l.getsockopt, SOL_SOCKET, SO_TYPE)
do("getsockopt bytes", l.getsockopt, SOL_SOCKET, SO_LINGER, 8)
do("setsockopt bytes", l.setsockopt, SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
do("shutdown", client.shutdown, SHUT_WR)
for fd in s, client, l:
    do("close", fd.close)

a = do("socket datagram", _socket.socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP)
b = do("socket datagram 2", _socket.socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP)
do("bind datagram", a.bind, ("127.0.0.1", 0))
addr = do("getsockname datagram", a.getsockname)
do("sendto", b.sendto, b"one", MSG_DONTWAIT, addr)
do("recvfrom", a.recvfrom, 100, MSG_TRUNC)
do("sendto nothing", b.sendto, b"", addr)
do("recvfrom nothing", a.recvfrom, 100)
for fd in a, b:
    do("close", fd.close)

for family, sa in [(AF_UNIX, "s.sock"), (AF_UNIX, b"\0rawsock\0%d" % os.getppid()), (AF_UNIX, ""), (AF_INET6, ("::1", 0, 0xabcde, 1))]:
    fd = do("socket address", _socket.socket, family, SOCK_STREAM)
    do("bind address", fd.bind, sa)
    do("getsockname address", fd.getsockname)
    do("close", fd.close)
pair = do("socketpair", _socket.socketpair, AF_UNIX, SOCK_SEQPACKET)
do("aside", int)
`

func TestSameSystemCallsAsPython(t *testing.T) {
	sockettest.NeedProgram(t, "strace")
	python := sockettest.NeedPython(t)
	exe, err := exec.Command(python, "-c", "import sys; print(sys.executable)").Output()
	check(t, err)
	theirs := traced(t, nil, strings.TrimSpace(string(exe)), "-c", pythonCalls)
	ours := tracedHelper(t, "calls")
	if len(ours) != len(theirs) {
		t.Fatalf("%d steps, Python has %d", len(ours), len(theirs))
	}
	for i := range ours {
		got, want := normal(ours[i]), normal(theirs[i])
		if got != want {
			t.Errorf("%s\n\tours   %s\n\tPython %s", ours[i].name, got, want)
		}
	}
}
