package loop_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
)

// panics says in which callback a connection panics; "c" makes it write.
type panics struct {
	in  string
	end *ended
}

func (p *panics) at(where string) {
	if where == p.in {
		panic("in " + where)
	}
}

func (p *panics) handler() loop.Handler {
	return &calls{
		open: func(loop.Conn) { p.at("OnOpen") },
		data: func(c loop.Conn, in []byte) int {
			_, _ = c.Write(make([]byte, 300_000)) // more than high water
			p.at("OnData")
			return len(in)
		},
		eof:   func(c loop.Conn, _ []byte) { p.at("OnReadEOF"); c.Close() },
		drain: func(loop.Conn) { p.at("OnDrain") },
		close: func(c loop.Conn, cause error) { p.end.onClose(c, cause); p.at("OnClose") },
	}
}

// L2: a panic ends its own connection and no other, is reported, and counted.
func TestPanicInCallback(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, where := range []string{"newHandler", "OnOpen", "OnData", "OnReadEOF", "OnDrain", "OnClose"} {
			t.Run(where, func(t *testing.T) { panicIn(t, w, where) })
		}
	})
}

func panicIn(t *testing.T, w way, where string) {
	var reports []error
	p := panics{in: where, end: &ended{}}
	opened := 0
	cfg := loop.Config{Backend: w.backend, OnError: func(err error) { reports = append(reports, err) }}
	cfg.Limits = loop.Limits{HighWater: 100_000}
	s := step(t, cfg, nil, tcpAddr+"?sndbuf=64k", func(c loop.Conn) loop.Handler {
		if opened++; opened != 2 {
			return echo{}
		}
		p.at("newHandler")
		return p.handler()
	})
	before := s.connect()
	s.turns(2)
	before.send("12")
	c := s.connect() // the one that panics, among others in the same batch
	others := []*peer{before, s.connect(), s.connect()}
	s.turns(3)
	if where == "OnData" || where == "OnDrain" {
		c.send("x")
	}
	if where == "OnReadEOF" || where == "OnClose" {
		c.shutdown()
	}
	s.until(func() bool { c.discard(); return s.l.StatsNow().Panics == 1 }, "the panic")
	s.turns(3)
	_, end := s.drainAll(c)
	if where == "OnClose" {
		if p.end.cause != nil {
			t.Errorf("cause is %v", p.end.cause)
		}
	} else if end != unix.ECONNRESET {
		t.Errorf("the peer sees %v", end)
	}
	var report *loop.PanicError
	if len(reports) != 1 || !errors.As(reports[0], &report) || report.Value != "in "+where || !strings.Contains(string(report.Stack), "panic_test.go") {
		t.Errorf("reports: %v", reports)
	}
	if where != "newHandler" && where != "OnClose" && p.end.cause != error(report) {
		t.Errorf("cause is %v", p.end.cause)
	}
	if where != "newHandler" && p.end.n != 1 {
		t.Errorf("%d times OnClose", p.end.n)
	}
	s.until(func() bool { return s.l.StatsNow().Conns == 3 }, "the others are open and it is not")
	checkEchoes(t, s, others)
}

// checkEchoes checks that connections still serve; the first one has an old
// answer waiting.
func checkEchoes(t *testing.T, s *stepper, others []*peer) {
	t.Helper()
	for i, o := range others {
		want := "echo"
		if i == 0 {
			want = "12echo"
		}
		o.send("echo")
		if got := s.collect(o, len(want)); string(got) != want {
			t.Errorf("another connection got %q", got)
		}
	}
}

// Panics outside connections: the loop goes on with what is next.
func TestPanicInPostAndTimer(t *testing.T) {
	var reports []error
	s := step(t, loop.Config{OnError: func(err error) { reports = append(reports, err) }}, nil, tcpAddr, always(echo{}))
	var ran []string
	must(t, s.l.Post(func() { panic("posted") }))
	must(t, s.l.Post(func() {
		s.l.AfterFunc(0, func() { panic("timer") })
		s.l.AfterFunc(0, func() { ran = append(ran, "timer") })
	}))
	must(t, s.l.Post(func() { ran = append(ran, "post") }))
	s.until(func() bool { return len(ran) == 2 }, "both others")
	if got := strings.Join(ran, " "); got != "post timer" || len(reports) != 2 || s.l.StatsNow().Panics != 2 {
		t.Errorf("ran %q, reports %v", got, reports)
	}
	c := s.connect()
	c.send("x")
	if got := s.collect(c, 1); string(got) != "x" {
		t.Errorf("got %q", got)
	}
}

// With CrashOnPanic a panic is what it is in Go. The child dies of it.
func TestCrashOnPanic(t *testing.T) {
	const child = "RAWLOOP_TEST_CRASH"
	if os.Getenv(child) != "" {
		crash(t)
		return
	}
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestCrashOnPanic$", "-test.timeout=10s")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "panic: deliberate") {
		t.Errorf("the child ends with %v:\n%s", err, out)
	}
}

func crash(t *testing.T) {
	s := serve(t, loop.Config{CrashOnPanic: true}, tcpAddr, always(&calls{
		data: func(loop.Conn, []byte) int { panic("deliberate") },
	}))
	c := s.dial()
	_, err := c.Write([]byte("x"))
	must(t, err)
	_, _ = c.Read(make([]byte, 1))
	t.Error("the program is still alive")
}
