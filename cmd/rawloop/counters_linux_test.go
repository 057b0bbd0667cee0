package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// needBPF skips the test where the kernel's counters are unavailable, or fails it if REQUIRE_BPF=1.
func needBPF(t *testing.T) {
	t.Helper()
	c, err := bpfstat.Open(bpfstat.Config{Level: bpfstat.Wake})
	switch {
	case errors.Is(err, bpfstat.ErrUnavailable) && os.Getenv("REQUIRE_BPF") != "1":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// compared ends the server and returns what it says of the kernel's counts.
func (p *process) compared() serverStats {
	p.t.Helper()
	p.signal(unix.SIGTERM)
	p.expectExit(exitOK)
	s := serverStats{comparison: new(comparison)}
	if err := json.Unmarshal(p.stdout.Bytes(), &s); err != nil {
		p.t.Fatalf("%v: %s", err, p.stdout.String())
	}
	if ends := strings.HasSuffix(p.stdout.String(), "\"agree\": true\n}\n"); ends != s.Agree {
		p.t.Errorf("the object does not end with agree: %s", p.stdout.String())
	}
	return s
}

// The kernel agrees about connections that end in every way, on several loops, over TCP and unix.
func TestCountersAgree(t *testing.T) {
	needBPF(t)
	for _, level := range []bpfstat.Level{bpfstat.Lifecycle, bpfstat.Calls, bpfstat.Wake} {
		t.Run(level.String(), func(t *testing.T) {
			args := []string{"echo", "--json", "--counters", level.String(), "--loops", "2", "127.0.0.1:0", "[::1]:0"}
			networks := []string{"tcp", "tcp"}
			if level > bpfstat.Lifecycle { // which sees TCP alone
				args, networks = append(args, "unix://"+socketPath(t)), append(networks, "unix")
			}
			p := start(t, args...)
			n := uint64(0)
			for i, where := range p.listening(len(networks)) {
				_, addr, _ := strings.Cut(where, " ")
				for end := range 4 {
					visit(t, networks[i], addr, end)
					n++
				}
			}
			s := p.compared()
			if !s.Agree || s.Sockets != n || s.Bytes != uint64(s.BytesIn+s.BytesOut) || s.Kernel == nil || len(s.Differences) != 0 {
				t.Errorf("%d connections: %s", n, p.stdout.String())
			}
			if want := s.Loop.Calls.Recv + s.Loop.Calls.Send + s.Loop.Calls.Sendmsg; level > bpfstat.Lifecycle && s.Calls != want {
				t.Errorf("%d calls compared, want %d", s.Calls, want)
			}
			if waits := s.Kernel.Wait.N(); (waits > 0) != (level == bpfstat.Wake) {
				t.Errorf("%d waits", waits)
			}
			if !strings.Contains(p.stderr(), "the kernel agrees") {
				t.Errorf("stderr: %s", p.stderr())
			}
		})
	}
}

// visit echoes once and ends: by closing, half-closing, resetting, or with the answer unread.
func visit(t *testing.T, network, addr string, end int) {
	t.Helper()
	c, err := net.DialTimeout(network, addr, limit)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(limit))
	expectEcho(t, c)
	switch end {
	case 1:
		c.(interface{ CloseWrite() error }).CloseWrite()
		if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
			t.Errorf("after the half-close: %d bytes, %v", len(rest), err)
		}
	case 2:
		if tc, ok := c.(*net.TCPConn); ok {
			tc.SetLinger(0)
		}
	case 3:
		c.Write(payload(1000))
	}
}

// Nothing compared is not agreement: no connection, or none that the level counts.
func TestCountersWithNothingToCompare(t *testing.T) {
	needBPF(t)
	p := start(t, "echo", "--json", "--counters", "calls", "127.0.0.1:0")
	p.listening(1)
	if s := p.compared(); s.Agree || s.Sockets != 0 {
		t.Errorf("no connection: %s", p.stdout.String())
	}
	path := socketPath(t)
	p = start(t, "echo", "--json", "--counters", "lifecycle", "unix://"+path)
	p.listening(1)
	visit(t, "unix", path, 0)
	if s := p.compared(); s.Agree || len(s.Differences) != 1 || s.Differences[0].Field != "sockets_compared" {
		t.Errorf("unix at level lifecycle: %s", p.stdout.String())
	}
}

// misreader receives once behind the loop's back.
type misreader struct {
	echoHandler
	done *bool
}

func (h *misreader) OnData(c loop.Conn, in []byte) int {
	if !*h.done {
		*h.done = true
		c.FD().Recv(make([]byte, 1), unix.MSG_DONTWAIT)
	}
	return h.echoHandler.OnData(c, in)
}

// One read that the loop does not count is found, on its socket and in the sum.
func TestCountersFindAMiscount(t *testing.T) {
	needBPF(t)
	for _, wrong := range []bool{false, true} {
		k, err := newComparer(bpfstat.Calls, t.Logf)
		if err != nil {
			t.Fatal(err)
		}
		defer k.close()
		e, err := newLoopEngine(serverOptions{loops: 1, report: t.Logf, kernel: k}, loop.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		done := !wrong
		lis, err := e.group.Listen("127.0.0.1:0", func(c loop.Conn) loop.Handler {
			return k.wrap(c, &misreader{echoHandler{unsent: &e.unsent}, &done}, "tcp "+c.RemoteAddr().String(), true)
		})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- e.serve() }()
		for range 3 {
			visit(t, "tcp", lis.Addr().String(), 0)
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		e.drain(ctx)
		if err := <-served; err != nil {
			t.Error(err)
		}
		r := k.finish(e.group.Stats())
		fields := make(map[string]bool)
		for _, d := range r.Differences {
			fields[d.Field] = true
			if d.Kernel != d.Loop+1 {
				t.Errorf("%+v, want one more in the kernel", d)
			}
		}
		if r.Agree == wrong || r.Sockets != 3 || fields["recv"] != wrong || fields["recv_again"] != wrong {
			t.Errorf("wrong %v: %+v", wrong, r)
		}
	}
}

// Without the privilege the server runs as it would, and says what is missing.
func TestCountersUnavailable(t *testing.T) {
	sockettest.NeedRoot(t)
	p := prepare(t, "echo", "--json", "--counters", "calls", "127.0.0.1:0")
	p.cmd.Path = copyOfBinary(t)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	p.cmd.Dir = "/"
	p.run()
	visit(t, "tcp", tcp(t, p.listening(1)[0]), 0)
	s := p.compared()
	const missing = "needs CAP_BPF and CAP_PERFMON"
	if s.Agree || !strings.Contains(s.Unavailable, missing) || s.Kernel != nil || s.BytesIn != 1000 {
		t.Errorf("%s", p.stdout.String())
	}
	if !strings.Contains(p.stderr(), missing) || !slices.Contains(strings.Split(p.stderr(), "\n"), "rawloop: counters calls: not available") {
		t.Errorf("stderr: %s", p.stderr())
	}
}

// copyOfBinary is this program where every user can run it.
func copyOfBinary(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "rl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "rawloop")
	if err := os.WriteFile(path, text, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
