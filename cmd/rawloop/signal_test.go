package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
)

// slowDrain is an engine whose drain ends when it is told to.
type slowDrain struct {
	engine
	finish chan struct{}
	served chan error
}

func (e *slowDrain) drain(context.Context) drainReport {
	<-e.finish
	e.served <- nil
	return drainReport{Connections: 7}
}

func (e *slowDrain) stats() serverStats { return serverStats{} }
func (e *slowDrain) close()             {}

// timeout(1) sends its signal to the process and to the process group.
func TestTwoSignalsAtOnceDrain(t *testing.T) {
	e := &slowDrain{finish: make(chan struct{}), served: make(chan error, 1)}
	signals := make(chan os.Signal)
	go func() {
		signals <- unix.SIGTERM
		signals <- unix.SIGTERM
		close(e.finish)
	}()
	r, err := serveUntilSignal(e, signals, e.served, time.Minute)
	if err != nil || r == nil || r.Connections != 7 {
		t.Errorf("%+v, %v", r, err)
	}
}

// sharedListener is a listening socket that start can pass on as descriptor 3.
func sharedListener(t *testing.T) (rawsock.FD, *os.File, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return rawsock.FD(file.Fd()), file, ln.Addr().String()
}

func TestEndsWithItsLastListener(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			fd, file, where := sharedListener(t)
			p := prepare(t, "echo", "--engine", engine, "fd://3")
			p.cmd.ExtraFiles = []*os.File{file}
			p.run()
			p.listening(1)
			if err := fd.Shutdown(unix.SHUT_RDWR); err != nil {
				t.Fatal(err)
			}
			p.expectExit(exitFailure)
			if want := "rawloop: accept tcp " + where + ": invalid argument"; !strings.Contains(p.stderr(), want) {
				t.Errorf("stderr: %s, want %s", p.stderr(), want)
			}
		})
	}
}

func TestServesOnWithOneListenerLess(t *testing.T) {
	fd, file, where := sharedListener(t)
	p := prepare(t, "echo", "--loops", "2", "fd://3", "127.0.0.1:0")
	p.cmd.ExtraFiles = []*os.File{file}
	p.run()
	other := tcp(t, p.listening(2)[1])
	if err := fd.Shutdown(unix.SHUT_RDWR); err != nil {
		t.Fatal(err)
	}
	p.expectLine("rawloop: accept tcp " + where + ": invalid argument")
	c := dialTCP(t, other)
	expectEcho(t, c)
	c.Close()
	p.signal(unix.SIGTERM)
	p.expectExit(exitFailure)
}

// What the loop refused and the echo still owed is part of what a drain leaves unsent.
func TestDrainCountsRefusedBytes(t *testing.T) {
	e, err := newLoopEngine(serverOptions{loops: 1, report: t.Logf}, loop.Limits{MaxQueued: 4096, MaxQueuedLoop: 4096, HighWater: 4096})
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
	clogged(t, eps[0].addr.String())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r := e.drain(ctx)
	if err := <-served; err != nil {
		t.Error(err)
	}
	s := e.stats()
	if owed := s.BytesIn - s.BytesOut; r.Forced != 1 || r.BytesUnsent != owed || owed <= 4096 {
		text, _ := json.Marshal(r)
		t.Errorf("drained %s with %d bytes owed", text, owed)
	}
}
