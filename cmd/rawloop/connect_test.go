package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// serveOne accepts one connection, has fn speak to it, and closes it.
func serveOne(t *testing.T, network, where string, fn func(c net.Conn) error) (addr string, done chan error) {
	t.Helper()
	ln, err := net.Listen(network, where)
	if err != nil {
		t.Fatal(err)
	}
	done = make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c, err := ln.Accept()
		if err == nil {
			err = fn(c)
			c.Close()
		}
		done <- err
	}()
	t.Cleanup(func() {
		ln.Close()
		<-ended
	})
	return ln.Addr().String(), done
}

func TestConnectHalfClosesAndReadsOn(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		where := "127.0.0.1:0"
		if network == "unix" {
			where = socketPath(t)
		}
		want := payload(1 << 20)
		addr, done := serveOne(t, network, where, func(c net.Conn) error {
			got, err := io.ReadAll(c) // ends only at the half-close
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c, "%d bytes, %v\n", len(got), sameBytes(got, want))
			return err
		})
		code, stdout, stderr := runCommand(t, bytes.NewReader(want), "connect", network+"://"+addr)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if code != exitOK || stdout != "1048576 bytes, <nil>\n" {
			t.Errorf("%s: exit %d, stdout %q, stderr %s", network, code, stdout, stderr)
		}
	}
}

func TestConnectSendsOnAfterTheServerHalfCloses(t *testing.T) {
	want := payload(1 << 20)
	addr, done := serveOne(t, "tcp", "127.0.0.1:0", func(c net.Conn) error {
		if _, err := io.WriteString(c, "bye\n"); err != nil {
			return err
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			return err
		}
		got, err := io.ReadAll(c)
		if err != nil {
			return err
		}
		return sameBytes(got, want)
	})
	code, stdout, stderr := runCommand(t, bytes.NewReader(want), "connect", addr)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if code != exitOK || stdout != "bye\n" {
		t.Errorf("exit %d, stdout %q, stderr %s", code, stdout, stderr)
	}
}

func TestConnectEchoesThroughEcho(t *testing.T) {
	p := start(t, "echo", "tcp://127.0.0.1:0", "unix://"+socketPath(t))
	for _, line := range p.listening(2) {
		network, where, _ := strings.Cut(line, " ")
		want := payload(3 << 20)
		code, stdout, stderr := runCommand(t, bytes.NewReader(want), "connect", network+"://"+where)
		if err := sameBytes([]byte(stdout), want); err != nil || code != exitOK {
			t.Errorf("%s: exit %d, %v, stderr %s", line, code, err, stderr)
		}
	}
}

// A path may fill sun_path to its last byte, which package net has no way to write.
func TestConnectToTheLongestPath(t *testing.T) {
	path := socketPath(t)
	for rawsock.MaxUnixPath > len(path) {
		path += "x"
	}
	p := start(t, "echo", "unix://"+path)
	p.listening(1)
	want := payload(1000)
	code, stdout, stderr := runCommand(t, bytes.NewReader(want), "connect", "-v", "unix://"+path)
	if err := sameBytes([]byte(stdout), want); err != nil || code != exitOK {
		t.Errorf("exit %d, %v, stderr %s", code, err, stderr)
	}
	if !strings.Contains(stderr, "connected unix "+path) || !strings.Contains(stderr, "sent 1000 bytes, received 1000") {
		t.Errorf("-v says %s", stderr)
	}
}

func TestConnectLimitsThePause(t *testing.T) {
	release := make(chan struct{})
	addr, _ := serveOne(t, "tcp", "127.0.0.1:0", func(net.Conn) error { <-release; return nil })
	defer close(release)
	code, _, stderr := runCommand(t, strings.NewReader("hello"), "connect", "-w", "100ms", addr)
	if want := "rawloop: recv tcp " + addr + ": timed out\n"; code != exitTimeout || stderr != want {
		t.Errorf("exit %d, want %d; stderr %q, want %q", code, exitTimeout, stderr, want)
	}
}

func TestConnectReportsReset(t *testing.T) {
	addr, _ := serveOne(t, "tcp", "127.0.0.1:0", func(c net.Conn) error {
		if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
			return err
		}
		return c.(*net.TCPConn).SetLinger(0)
	})
	code, _, stderr := runCommand(t, strings.NewReader("hello"), "connect", addr)
	if want := "rawloop: recv tcp " + addr + ": connection reset by peer\n"; code != exitFailure || stderr != want {
		t.Errorf("exit %d, stderr %q, want %q", code, stderr, want)
	}
}

func TestConnectRefused(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	code, _, stderr := runCommand(t, nil, "connect", addr)
	if want := "rawloop: connect tcp " + addr + ": connection refused (nothing listens there)\n"; code != exitFailure || stderr != want {
		t.Errorf("exit %d, stderr %q, want %q", code, stderr, want)
	}
}

func TestConnectCutByASignal(t *testing.T) {
	read := make(chan struct{})
	release := make(chan struct{})
	addr, _ := serveOne(t, "tcp", "127.0.0.1:0", func(c net.Conn) error {
		_, err := io.ReadFull(c, make([]byte, 5))
		close(read)
		<-release
		return err
	})
	defer close(release)
	p := prepare(t, "connect", addr)
	p.cmd.Stdin = strings.NewReader("hello")
	p.run()
	<-read
	p.signal(unix.SIGINT)
	p.expectExit(130)
}

func TestClosedStdoutEndsQuietly(t *testing.T) {
	server := start(t, "echo", "127.0.0.1:0")
	where := tcp(t, server.listening(1)[0])
	for _, args := range [][]string{
		{"connect", where},
		{"version", "--json"},
		{"bench", "-n", "10", "-c", "1", where},
		{"completion", "bash"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		p := prepare(t, args...)
		p.cmd.Stdin = bytes.NewReader(payload(1000))
		p.cmd.Stdout = w
		p.run()
		w.Close()
		p.expectExit(exitOK)
		if text := p.stderr(); text != "" {
			t.Errorf("%v is not quiet: %s", args, text)
		}
	}
}

func TestServerOutlivesItsStderr(t *testing.T) {
	p := prepare(t, "echo", "-v", "127.0.0.1:0")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	line := make([]byte, 100)
	n, err := r.Read(line)
	r.Close()
	if err != nil {
		t.Fatal(err)
	}
	where := tcp(t, strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "listening ")))
	for range 3 {
		c := dialTCP(t, where)
		expectEcho(t, c)
		c.Close()
	}
	p.signal(unix.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("a server whose stderr is a closed pipe: %v", err)
	}
}

func TestIsTerminalKnowsAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if isTerminal(r) || isTerminal(strings.NewReader("")) {
		t.Error("a pipe or a reader counts as a terminal")
	}
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	sockettest.Need(t, err == nil, fmt.Sprintf("no pseudo-terminal: %v", err))
	defer master.Close()
	if !isTerminal(master) {
		t.Error("a terminal does not count as one")
	}
}
