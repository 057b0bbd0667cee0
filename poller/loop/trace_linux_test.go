package loop_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
)

// loopCalls are the calls of a loop and of its clients.
const loopCalls = "%network,read,close,epoll_create1,epoll_ctl,epoll_pwait,ppoll,eventfd2,pipe2,ioctl,fcntl,newfstatat,unlinkat,prlimit64" +
	",?fcntl64,?fstatat64"

// A loop and its clients, traced, are what strace sees of them, with the flags
// that the loop adds to its calls.
func TestTraceIsWhatStracePrints(t *testing.T) {
	if backend := os.Getenv(childEnv); backend != "" {
		traceALoop(t, poller.Backend(backend))
		return
	}
	for _, backend := range []poller.Backend{poller.Epoll, poller.Poll} {
		t.Run(string(backend), func(t *testing.T) {
			dir := t.TempDir()
			theirs := sockettest.Strace(t, loopCalls, dir, []string{childEnv + "=" + string(backend), "GORACE=atexit_sleep_ms=0"},
				os.Args[0], "-test.run=^TestTraceIsWhatStracePrints$", "-test.timeout=60s")
			text, err := os.ReadFile(filepath.Join(dir, "ours"))
			must(t, err)
			ours := strings.Split(strings.TrimSpace(string(text)), "\n")
			sockettest.SameTrace(t, ours, withoutLeft(theirs))
			wantLines(t, string(text),
				"MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = ", ", MSG_DONTWAIT, NULL, NULL) = ", "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK",
				"SOCK_CLOEXEC|SOCK_NONBLOCK) = -1 EAGAIN", "sendmsg(", "shutdown(", "unlinkat(AT_FDCWD, ", "fcntl", "EFD_CLOEXEC|EFD_NONBLOCK",
				map[poller.Backend]string{poller.Poll: "ppoll([{fd=", poller.Epoll: "epoll_pwait("}[backend])
		})
	}
}

func wantLines(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no line with %q", part)
		}
	}
}

// withoutLeft leaves out the time that ppoll(2) did not wait, which a Kernel
// keeps to itself.
func withoutLeft(lines []string) []string {
	for i, line := range lines {
		if before, _, ok := strings.Cut(line, ", left {"); ok {
			lines[i] = before + ")"
		}
	}
	return lines
}

// traceALoop steps a loop and makes the calls of its clients on one thread, which
// is all that strace is asked about.
func traceALoop(t *testing.T, backend poller.Backend) {
	runtime.LockOSThread()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	time.AfterFunc(time.Hour, func() {}).Stop() // the runtime opens its own epoll descriptor
	var text bytes.Buffer
	path := filepath.Join(t.TempDir(), "s")
	given := listening(t, unix.AF_INET, unix.SOCK_STREAM)

	sockettest.Mark("begin")
	stop := rawsock.Trace(&text)
	g, err := loop.New(loop.Config{Backend: backend, BusyPoll: -1})
	must(t, err)
	for _, addr := range []string{tcpAddr, "unix://" + path, fmt.Sprintf("fd://%d", given)} {
		_, err = g.Listen(addr, always(mixed{}))
		must(t, err)
	}
	l := g.Loops()[0]
	must(t, l.Step()) // takes up the listeners
	ofGiven, err := rawsock.FD(given).Getsockname()
	must(t, err)
	ofPath, err := rawsock.SockaddrUnixPath(path)
	must(t, err)
	for _, sa := range []rawsock.Sockaddr{ofGiven, ofPath} {
		converse(t, l, sa)
	}
	must(t, g.Close())
	for err == nil {
		err = l.Step()
	}
	stop()
	sockettest.Mark("end")
	must(t, os.WriteFile("ours", text.Bytes(), 0o600))
}

// converse is a client of the loop, which is stepped until it has answered.
func converse(t *testing.T, l *loop.Loop, sa rawsock.Sockaddr) {
	c, err := rawsock.Socket(sa.Family(), unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	must(t, err)
	_ = c.Connect(sa) // EINPROGRESS over TCP
	must(t, l.Step())
	buf := make([]byte, 1<<16)
	for _, words := range []string{"hello, and this is longer than what strace shows", strings.Repeat("x", 30000), bye} {
		_, err := c.Send([]byte(words), unix.MSG_NOSIGNAL)
		must(t, err)
		for err = unix.EAGAIN; err == unix.EAGAIN; {
			must(t, l.Step())
			_, err = c.Recv(buf, 0)
		}
		must(t, err)
	}
	must(t, c.Close())
	must(t, l.Step())
}
