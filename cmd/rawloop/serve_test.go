package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
)

// pythonClient sends stdin to a server, half-closes, and prints what returns.
const pythonClient = `
import socket, sys, threading
family, where = sys.argv[1], sys.argv[2]
if family == "tcp":
    host, port = where.rsplit(":", 1)
    s = socket.create_connection((host, int(port)))
else:
    s = socket.socket(socket.AF_UNIX)
    s.connect(where)
def send():
    s.sendall(sys.stdin.buffer.read())
    s.shutdown(socket.SHUT_WR)
t = threading.Thread(target=send)
t.start()
while data := s.recv(65536):
    sys.stdout.buffer.write(data)
t.join()
`

// foreignClients are echo clients that nobody here wrote.
func foreignClients(t *testing.T, where, path string) map[string]*exec.Cmd {
	t.Helper()
	sockettest.NeedProgram(t, "socat", "ncat", "nc")
	python := sockettest.NeedPython(t)
	host, port, err := net.SplitHostPort(where)
	if err != nil {
		t.Fatal(err)
	}
	cmds := make(map[string]*exec.Cmd)
	for name, args := range map[string][]string{
		"python tcp":  {python, "-c", pythonClient, "tcp", where},
		"python unix": {python, "-c", pythonClient, "unix", path},
		"socat tcp":   {"socat", "-t", "10", "-", "TCP:" + where},
		"socat unix":  {"socat", "-t", "10", "-", "UNIX-CONNECT:" + path},
		"ncat tcp":    {"ncat", host, port},
		"ncat unix":   {"ncat", "-U", path},
		"nc tcp":      {"nc", "-N", host, port},
		"nc unix":     {"nc", "-N", "-U", path},
	} {
		cmds[name] = exec.CommandContext(t.Context(), args[0], args[1:]...)
	}
	return cmds
}

func TestServesForeignClientsAtOnce(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			path := socketPath(t)
			p := start(t, "echo", "--engine", engine, "tcp://127.0.0.1:0", "unix://"+path)
			lines := p.listening(2)
			if lines[1] != "unix "+path {
				t.Errorf("second listener is %q, want unix %s", lines[1], path)
			}
			var wg sync.WaitGroup
			for name, cmd := range foreignClients(t, tcp(t, lines[0]), path) {
				wg.Go(func() {
					want := payload(300_000)
					var errs bytes.Buffer
					cmd.Stdin, cmd.Stderr = bytes.NewReader(want), &errs
					got, err := cmd.Output()
					if err := errors.Join(err, sameBytes(got, want)); err != nil {
						t.Errorf("%s: %v; %s", name, err, errs.String())
					}
				})
			}
			wg.Wait()
			p.signal(unix.SIGTERM)
			p.expectExit(exitOK)
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the socket's path is still there: %v", err)
			}
		})
	}
}

func TestServesInheritedListener(t *testing.T) {
	for _, engine := range engines {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		file, err := ln.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		p := prepare(t, "echo", "--engine", engine, "fd://3")
		p.cmd.ExtraFiles = []*os.File{file}
		p.run()
		where := tcp(t, p.listening(1)[0])
		if where != ln.Addr().String() {
			t.Errorf("engine %s listens on %s, want %s", engine, where, ln.Addr())
		}
		c := dialTCP(t, where)
		expectEcho(t, c)
		c.Close()
		p.signal(unix.SIGTERM)
		p.expectExit(exitOK)
		// The listener is shared: that one process stops must not end it for the others.
		dialTCP(t, where)
		if c, err := ln.Accept(); err != nil {
			t.Errorf("engine %s spoilt the listener it was given: %v", engine, err)
		} else {
			c.Close()
		}
	}
}

func dialTCP(t *testing.T, where string) *net.TCPConn {
	t.Helper()
	c, err := net.DialTimeout("tcp", where, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(limit))
	return c.(*net.TCPConn)
}

// expectEcho sends a message and wants it back.
func expectEcho(t *testing.T, c net.Conn) {
	t.Helper()
	if err := roundTrip(c); err != nil {
		t.Fatal(err)
	}
}

func roundTrip(c net.Conn) error {
	want := payload(1000)
	if _, err := c.Write(want); err != nil {
		return err
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	return sameBytes(got, want)
}

func TestDrainAnswersAndReports(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			p := start(t, "echo", "--json", "--engine", engine, "127.0.0.1:0")
			where := p.listening(1)[0]
			c := dialTCP(t, tcp(t, where))
			expectEcho(t, c)
			p.signal(unix.SIGINT)
			if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
				t.Errorf("an idle connection got %d bytes and %v when the server drained, want end of file", len(rest), err)
			}
			c.Close()
			p.expectExit(exitOK)
			var s serverStats
			if err := json.Unmarshal(p.stdout.Bytes(), &s); err != nil {
				t.Fatalf("%v: %s", err, p.stdout.String())
			}
			if s.Schema != "rawloop.echo/1" || s.Engine != engine || len(s.Listeners) != 1 || s.Listeners[0] != where {
				t.Errorf("statistics of %q, engine %q, listeners %q", s.Schema, s.Engine, s.Listeners)
			}
			if s.Accepted != 1 || s.Closed != 1 || s.Open != 0 || s.BytesIn != 1000 || s.BytesOut != 1000 || s.Drain == nil || s.Drain.Forced != 0 {
				t.Errorf("statistics: %s", p.stdout.String())
			}
			if (s.Loop != nil) != (engine == engineLoop) {
				t.Errorf("loop statistics of engine %s: %+v", engine, s.Loop)
			}
		})
	}
}

// clogged connects a client that sends until the server takes no more, and reads nothing. That the client's kernel takes nothing for a
// while is not enough: the server must have input that it does not take and output that it cannot send.
//
// The server is to have smallBuffers. A thread that sleeps in send(2) is woken when a third of the send buffer is free, but also by
// shutdown(2), and takes what is free then: what waits to be read must be more than that.
func clogged(t *testing.T, where string) *net.TCPConn {
	t.Helper()
	c := dialTCP(t, where)
	chunk := payload(1 << 20)
	end := time.Now().Add(limit)
	for stalls := 0; stalls < 3; {
		if time.Now().After(end) {
			t.Fatalf("the server still takes what is sent after %v", limit)
		}
		c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := c.Write(chunk)
		switch {
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			t.Fatal(err)
		case n > 0 || !stuck(t, c):
			stalls = 0
		default:
			stalls++
		}
	}
	return c
}

// smallBuffers is an address whose connections can send little and receive much without being served.
const smallBuffers = "tcp://127.0.0.1:0?sndbuf=16k&rcvbuf=200k"

// stuck reports whether the server's end of c has both input and output waiting, by /proc/net/tcp (proc(5)); it is true where there is
// no such file.
func stuck(t *testing.T, c *net.TCPConn) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	ends := fmt.Sprintf(":%04X ", c.RemoteAddr().(*net.TCPAddr).Port) + `\w+` + fmt.Sprintf(":%04X ", c.LocalAddr().(*net.TCPAddr).Port)
	queues := regexp.MustCompile(ends + `\w\w (\w{8}):(\w{8})`).FindSubmatch(table)
	return queues != nil && string(queues[1]) != "00000000" && string(queues[2]) != "00000000"
}

func TestDrainForcesWhatIsLeft(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			p := start(t, "echo", "--json", "--drain", "50ms", "--engine", engine, smallBuffers)
			clogged(t, tcp(t, p.listening(1)[0]))
			p.signal(unix.SIGTERM)
			p.expectExit(exitOK)
			var s serverStats
			if err := json.Unmarshal(p.stdout.Bytes(), &s); err != nil {
				t.Fatal(err)
			}
			if s.Drain == nil || s.Drain.Connections != 1 || s.Drain.Forced != 1 || s.Drain.BytesUnsent <= 0 {
				t.Errorf("drain of a clogged connection: %s", p.stdout.String())
			}
			if !strings.Contains(p.stderr(), "1 of 1 connections closed by force") {
				t.Errorf("stderr does not say so: %s", p.stderr())
			}
		})
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			path := socketPath(t)
			p := start(t, "echo", "--drain", "1h", "--engine", engine, smallBuffers, "unix://"+path)
			where := tcp(t, p.listening(2)[0])
			clogged(t, where)
			p.signal(unix.SIGTERM)
			// Nothing is accepted any more: the drain has begun, and the clogged connection keeps it from ending.
			sockettest.Eventually(t, limit, func() bool {
				c, err := net.Dial("tcp", where)
				if err == nil {
					c.Close()
				}
				return err != nil
			}, "the listener to close")
			p.signal(unix.SIGTERM)
			p.expectExit(exitFailure)
			if !strings.Contains(p.stderr(), "ended by a second signal (terminated) with ") {
				t.Errorf("stderr: %s", p.stderr())
			}
		})
	}
}

func TestMaxConnsSheds(t *testing.T) {
	for _, engine := range []string{engineLoop, engineNet, engineThread} {
		t.Run(engine, func(t *testing.T) {
			p := start(t, "echo", "--json", "--max-conns", "2", "--engine", engine, "127.0.0.1:0")
			where := tcp(t, p.listening(1)[0])
			kept := []net.Conn{dialTCP(t, where), dialTCP(t, where)}
			for _, c := range kept {
				expectEcho(t, c)
			}
			if _, err := dialTCP(t, where).Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a connection too many got %v, want its end", err)
			}
			for _, c := range kept {
				expectEcho(t, c)
				c.Close()
			}
			p.signal(unix.SIGTERM)
			p.expectExit(exitOK)
			var s serverStats
			if err := json.Unmarshal(p.stdout.Bytes(), &s); err != nil || s.Shed != 1 {
				t.Errorf("%v, shed %d, want 1: %s", err, s.Shed, p.stdout.String())
			}
		})
	}
}

func TestQuietAndVerbose(t *testing.T) {
	for _, engine := range engines {
		path := socketPath(t)
		p := start(t, "echo", "-q", "-v", "--engine", engine, "unix://"+path)
		var c net.Conn
		sockettest.Eventually(t, limit, func() (ok bool) {
			var err error
			c, err = net.Dial("unix", path)
			return err == nil
		}, "a server on %s", path)
		expectEcho(t, c)
		c.Close()
		sockettest.Eventually(t, limit, func() bool { return strings.Contains(p.stderr(), "close unix") }, "the line of the close")
		p.signal(unix.SIGTERM)
		p.expectExit(exitOK)
		if text := p.stderr(); strings.Contains(text, "listening") || !strings.Contains(text, "open unix") {
			t.Errorf("engine %s, stderr: %s", engine, text)
		}
	}
}
