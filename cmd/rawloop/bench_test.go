package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// benchJSON runs bench with --json to its end.
func benchJSON(t *testing.T, code int, args ...string) (r benchReport, stderr string) {
	t.Helper()
	got, stdout, stderr := runCommand(t, nil, append([]string{"bench", "--json"}, args...)...)
	if got != code {
		t.Fatalf("bench %v: exit %d, want %d\nstdout: %s\nstderr: %s", args, got, code, stdout, stderr)
	}
	dec := json.NewDecoder(strings.NewReader(stdout))
	if err := dec.Decode(&r); err != nil {
		t.Fatalf("bench %v: %v: %s", args, err, stdout)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("bench %v: more than one object on stdout", args)
	}
	if r.Schema != "rawloop.bench/1" {
		t.Errorf("schema is %q", r.Schema)
	}
	return r, stderr
}

func TestBenchSelf(t *testing.T) {
	for _, engine := range engines {
		for _, where := range []string{"tcp://127.0.0.1:0", "unix://" + socketPath(t)} {
			r, stderr := benchJSON(t, exitOK, "--self", "--engine", engine, "-c", "10", "-d", "200ms", "--warmup", "20ms", where)
			conns := 10
			if engine == engineBlocking {
				conns = 1
				if !strings.Contains(stderr, "engine blocking serves one connection at a time: using 1 connection instead of 10") {
					t.Errorf("bench of engine blocking does not say what it does: %s", stderr)
				}
			}
			if r.Engine != engine || r.Connections != conns || r.Messages == 0 || r.PerSecond <= 0 || r.Errors != 0 || r.Bytes.total() != 0 {
				t.Errorf("engine %s at %s: %+v", engine, where, r)
			}
			l := r.Latency
			if l.Min <= 0 || l.Min > l.P50 || l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.P999 || l.P999 > l.P9999 || l.P9999 > l.Max {
				t.Errorf("engine %s: percentiles are out of order: %+v", engine, l)
			}
			if s := r.Server; s == nil || s.BytesIn != s.BytesOut || s.BytesIn < r.Messages*int64(r.Size) || s.Accepted != int64(conns) {
				t.Errorf("engine %s: the server's statistics do not fit %d messages: %+v", engine, r.Messages, s)
			}
		}
	}
}

func TestBenchPrintsATable(t *testing.T) {
	code, stdout, stderr := runCommand(t, nil, "bench", "--self", "-c", "3", "-d", "50ms")
	if code != exitOK || stderr != "" {
		t.Errorf("exit %d, stderr %s", code, stderr)
	}
	for _, text := range []string{"engine loop in this process", "p99.99", "0 lost", "0 wrong", "0 duplicated", "a second"} {
		if !strings.Contains(stdout, text) {
			t.Errorf("no %q in the table:\n%s", text, stdout)
		}
	}
}

func TestBenchStopsAfterMessages(t *testing.T) {
	for _, args := range [][]string{
		{"-n", "1000", "-c", "7", "--threads", "3", "--pipeline", "4", "-s", "100"},
		{"-n", "3", "-c", "10"},
		{"-n", "20", "-c", "2", "-s", "300k", "--pipeline", "2"},
		{"-n", "500", "-c", "1", "-s", "1"},
	} {
		r, _ := benchJSON(t, exitOK, append(args, "--self")...)
		if want, ok := map[string]int64{"1000": 1000, "3": 3, "20": 20, "500": 500}[args[1]]; !ok || r.Messages != want {
			t.Errorf("bench %v measured %d messages", args, r.Messages)
		}
	}
}

func TestBenchQuietAndVerbose(t *testing.T) {
	code, stdout, stderr := runCommand(t, nil, "bench", "--self", "-q", "--engine", "blocking", "-n", "10")
	if code != exitOK || stdout != "" || stderr != "" {
		t.Errorf("bench -q: exit %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	if _, stderr := benchJSON(t, exitOK, "--self", "-v", "-n", "10", "-c", "3"); !strings.Contains(stderr, "3 connections to tcp 127.0.0.1:") {
		t.Errorf("bench -v says %s", stderr)
	}
}

func TestBenchStream(t *testing.T) {
	code, stdout, stderr := runCommand(t, nil, "bench", "--self", "--json-stream", "-c", "6", "--threads", "2", "-d", "2300ms")
	if code != exitOK {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var final benchReport
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &final); err != nil || final.Schema != benchSchema || len(lines) != 4 {
		t.Fatalf("%v: %d lines, the last one of schema %q:\n%s", err, len(lines), final.Schema, stdout)
	}
	var sum benchInterval
	for k, line := range lines[:3] {
		var i benchInterval
		if err := json.Unmarshal([]byte(line), &i); err != nil {
			t.Fatal(err)
		}
		if i.Schema != intervalSchema || i.Start != float64(k) || i.Messages == 0 || i.Bytes != 64*i.Messages ||
			i.Latency.P50 <= 0 || i.Latency.P99 < i.Latency.P50 || k < 2 && i.Seconds != 1 {
			t.Errorf("interval %d: %s", k, line)
		}
		sum.Messages += i.Messages
		sum.Seconds += i.Seconds
	}
	if sum.Messages != final.Messages || max(sum.Seconds-final.Seconds, final.Seconds-sum.Seconds) > 1e-6 || final.Latency.P50 <= 0 {
		t.Errorf("intervals of %d messages and %v s, the whole: %s", sum.Messages, sum.Seconds, lines[3])
	}
}

// faulty is an echo server whose answers pass through spoil, which gets what one connection received and how much of it came before.
func faulty(t *testing.T, spoil func(in []byte, before int) []byte) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				buf := make([]byte, 64<<10)
				for before := 0; ; {
					n, err := c.Read(buf)
					if n > 0 {
						c.Write(spoil(buf[:n:n], before))
					}
					before += n
					if err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
	return ln.Addr().String()
}

// after passes n bytes of each connection unharmed.
func after(n int, spoil func([]byte) []byte) func([]byte, int) []byte {
	return func(in []byte, before int) []byte {
		if before < n {
			return in
		}
		return spoil(in)
	}
}

func TestBenchFindsFaultyServers(t *testing.T) {
	var swapped sync.Map
	var tickets atomic.Int64
	for _, tc := range []struct {
		name  string
		spoil func([]byte, int) []byte
		check func(d damage) bool
	}{
		{"corrupts", after(1000, func(b []byte) []byte { b[len(b)/2] ^= 0x40; return b }),
			func(d damage) bool { return d.Wrong > 0 && d.Lost == 0 && d.Duplicated == 0 }},
		{"zeroes", after(1000, func(b []byte) []byte { clear(b); return b }),
			func(d damage) bool { return d.Wrong > 0 && d.Lost == 0 && d.Duplicated == 0 }},
		{"loses messages", after(1000, func([]byte) []byte { return nil }),
			func(d damage) bool { return d.Lost > 0 && d.Wrong == 0 && d.Duplicated == 0 }},
		{"loses everything", after(0, func([]byte) []byte { return nil }),
			func(d damage) bool { return d == damage{Lost: 4 * 64} }},
		{"loses a byte", after(1000, func(b []byte) []byte { return b[1:] }),
			func(d damage) bool { return d.Lost > 0 && d.Wrong == 0 && d.Duplicated == 0 }},
		{"duplicates", after(1000, func(b []byte) []byte { return append(b, b...) }),
			func(d damage) bool { return d.Duplicated > 0 && d.Lost == 0 && d.Wrong == 0 }},
		{"swaps connections", after(1000, func(b []byte) []byte {
			mine := tickets.Add(1)
			swapped.Store(mine, bytes.Clone(b))
			if theirs, ok := swapped.LoadAndDelete(mine - 1); ok && len(theirs.([]byte)) == len(b) {
				return theirs.([]byte)
			}
			return b
		}), func(d damage) bool { return d.Wrong > 0 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, stderr := benchJSON(t, exitLost, "-c", "4", "-n", "2000", "-w", "300ms", faulty(t, tc.spoil))
			if !tc.check(r.Bytes) {
				t.Errorf("found %+v", r.Bytes)
			}
			if !strings.Contains(stderr, "bytes lost") {
				t.Errorf("stderr: %s", stderr)
			}
		})
	}
}

func TestBenchWithABrokenConnection(t *testing.T) {
	var n atomic.Int64
	addr := faulty(t, func(b []byte, before int) []byte {
		n.Add(1)
		return b
	})
	r, _ := benchJSON(t, exitOK, "-c", "2", "-n", "100", addr)
	if r.Messages != 100 || n.Load() < 100 {
		t.Errorf("%d messages, the server saw %d", r.Messages, n.Load())
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	code, _, stderr := runCommand(t, nil, "bench", "-c", "2", "-d", "100ms", ln.Addr().String())
	if code != exitFailure || !strings.Contains(stderr, ln.Addr().String()) {
		t.Errorf("a server that closes every connection: exit %d, %s", code, stderr)
	}
}

func TestBenchFindsASequentialServer(t *testing.T) {
	p := start(t, "echo", "--engine", "blocking", "127.0.0.1:0")
	where := tcp(t, p.listening(1)[0])
	r, stderr := benchJSON(t, exitOK, "-c", "5", "-n", "100", where)
	if r.Connections != 1 || r.Messages == 0 || !strings.Contains(stderr, "using 1 connection") {
		t.Errorf("%+v, stderr: %s", r, stderr)
	}
	if _, stderr = benchJSON(t, exitOK, "-q", "-c", "5", "-n", "100", where); stderr != "" {
		t.Errorf("bench -q says %s", stderr)
	}
}

func TestBenchCutByASignal(t *testing.T) {
	driven := make(chan struct{})
	once := sync.OnceFunc(func() { close(driven) })
	addr := faulty(t, after(10_000, func(b []byte) []byte { once(); return b }))
	p := start(t, "bench", "--json", "-d", "1h", "-c", "2", addr)
	<-driven
	p.signal(unix.SIGINT)
	p.expectExit(130)
	var r benchReport
	if err := json.Unmarshal(p.stdout.Bytes(), &r); err != nil || r.Bytes.total() != 0 {
		t.Errorf("%v: %s", err, p.stdout.String())
	}
}

func TestBenchDoesNotAllocateForAMessage(t *testing.T) {
	e, err := newEngine(serverOptions{engine: engineThread, loops: 1, report: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := parseStreams([]string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	eps, err := e.listen(addrs)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- e.serve() }()
	var stop atomic.Bool
	cl, err := newClient(target{addrs: []rawsock.Sockaddr{eps[0].addr}, label: "test", noDelay: true, size: 64, pipeline: 2, conns: 4, patience: limit}, 0, 4, &stop)
	if err != nil {
		t.Fatal(err)
	}
	if err := cl.open(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	far := time.Now().Add(time.Hour)
	drive := func(messages int64) {
		if _, err := cl.drive(time.Now(), far, messages); err != nil {
			t.Fatal(err)
		}
	}
	drive(1000)
	const messages = 20000
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	drive(messages)
	runtime.ReadMemStats(&m1)
	if n := m1.Mallocs - m0.Mallocs; n > messages/100 {
		t.Errorf("%d allocations for %d messages", n, messages)
	}
	if err := cl.finish(); err != nil || cl.res.damage.total() != 0 || cl.res.errors != 0 {
		t.Errorf("%v, %+v, %v", err, cl.res.damage, cl.res.firstErr)
	}
	cl.close()
	e.drain(t.Context())
	if err := <-served; err != nil {
		t.Error(err)
	}
}
