package main

import (
	"testing"

	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// Every field of a connection's counts is compared: one that differs is named, and nothing agrees that was not compared.
func TestComparisonOfFields(t *testing.T) {
	io := loop.IO{Recv: 10, RecvBytes: 100, RecvAgain: 2, RecvErrors: 1, Send: 8, SendBytes: 90, SendAgain: 3, SendErrors: 1}
	same := bpfstat.CallCounts(io)
	for _, f := range callFields {
		if f.loop(&io) != f.kernel(&same) || f.loop(&io) == 0 {
			t.Errorf("%s: %d and %d", f.name, f.loop(&io), f.kernel(&same))
		}
	}
	seen := make(map[string]bool)
	for _, miscount := range []func(*loop.IO){
		func(io *loop.IO) { io.Recv++ }, func(io *loop.IO) { io.RecvBytes++ }, func(io *loop.IO) { io.RecvAgain++ },
		func(io *loop.IO) { io.RecvErrors++ }, func(io *loop.IO) { io.Send++ }, func(io *loop.IO) { io.SendBytes++ },
		func(io *loop.IO) { io.SendAgain++ }, func(io *loop.IO) { io.SendErrors++ },
	} {
		wrong := io
		miscount(&wrong)
		for _, f := range callFields {
			if f.loop(&wrong) != f.kernel(&same) {
				seen[f.name] = true
			}
		}
	}
	if len(seen) != 8 {
		t.Errorf("miscounts of %v are seen", seen)
	}
}

// Only what is unavailable is done without: a fault is not hidden behind it.
func TestCountersThatFail(t *testing.T) {
	note := func(format string, args ...any) { t.Errorf(format, args...) }
	if k, err := newComparer(bpfstat.Wake+1, note); err == nil || k != nil {
		t.Errorf("%v, %v", k, err)
	}
}

func TestCountersUsage(t *testing.T) {
	for _, args := range [][]string{
		{"echo", "--counters", "everything", "127.0.0.1:0"},
		{"echo", "--counters", "", "127.0.0.1:0"},
		{"echo", "--counters", "calls", "--engine", "net", "127.0.0.1:0"},
		{"echo", "--counters", "calls", "--engine", "thread", "127.0.0.1:0"},
		{"echo", "--counters", "calls", "--engine", "blocking", "127.0.0.1:0"},
	} {
		if code, _, stderr := runCommand(t, nil, args...); code != exitUsage || stderr == "" {
			t.Errorf("%q: exit %d, %s", args, code, stderr)
		}
	}
}
