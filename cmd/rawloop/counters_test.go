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

// The kernel may know connections that the loop never had, and each that it knows has to end.
func TestComparisonOfLives(t *testing.T) {
	for _, tt := range []struct {
		opened, closed, shed uint64 // the loop had 3
		received             uint64 // and 30 bytes
		field                string // that differs
		unaccepted           uint64
	}{
		{opened: 3, closed: 3, received: 30},
		{opened: 5, closed: 5, received: 30, unaccepted: 2},
		{opened: 5, closed: 5, shed: 2, received: 30},
		{opened: 4, closed: 4, shed: 2, received: 30}, // one was of AF_UNIX
		{opened: 2, closed: 2, received: 30, field: "opened"},
		{opened: 5, closed: 4, received: 30, field: "closed", unaccepted: 2},
		{opened: 3, closed: 4, received: 30, field: "closed"},
		{opened: 4, closed: 4, received: 31, field: "tcp_received", unaccepted: 1},
	} {
		k := new(comparer)
		k.tcp.opened, k.tcp.closed, k.tcp.in = 3, 3, 30
		k.compareLives(loop.Stats{Shed: tt.shed}, &bpfstat.Totals{Opened: tt.opened, Closed: tt.closed, TCP: bpfstat.TCPCounts{Received: tt.received}})
		var field string
		for _, d := range k.result.Differences {
			field = d.Field
			break
		}
		if field != tt.field || k.result.Unaccepted != tt.unaccepted {
			t.Errorf("%+v: %+v", tt, k.result)
		}
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
