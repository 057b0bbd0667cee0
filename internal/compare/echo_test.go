//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// bgCtx outlives single tests: the programs are built once for all.
var bgCtx = context.Background()

// A client that writes until nothing more fits and only then reads gets every
// byte back: what the kernel did not take is kept, and reading goes on after.
func TestRemainderIsKept(t *testing.T) {
	b := built(t)
	for _, s := range []server{
		builtin("")[0], variant{procs: 1}.server(), variant{procs: 1, level: true}.server(),
	} {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			srv, err := serve(ctx, b.serverCPU, s.Argv(b.bin, workload{}), s.Env)
			if err != nil {
				t.Fatal(err)
			}
			defer srv.stop()
			c, err := net.Dial("tcp", srv.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			fillThenRead(t, c.(*net.TCPConn))
		})
	}
}

func fillThenRead(t *testing.T, c *net.TCPConn) {
	t.Helper()
	want := make([]byte, 32<<20)
	for i := range want {
		want[i] = byte(i * 7 >> 3)
	}
	sent := fill(t, c, want)
	got := make([]byte, sent)
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatalf("after %d bytes sent: %v", sent, err)
	}
	if !bytes.Equal(got, want[:sent]) {
		t.Error("the bytes that came back differ")
	}
	// The connection is still read after its output was stuck.
	if _, err := c.Write(want[:100]); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got[:100]); err != nil {
		t.Fatal(err)
	}
}

// fill writes b until the write stalls and returns how much was taken.
func fill(t *testing.T, c *net.TCPConn, b []byte) int {
	t.Helper()
	if err := c.SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	if err := c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := c.Write(b)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("writing without reading took all %d bytes: %v", n, err)
	}
	return n
}

// The driver's check of lengths finds servers that lose, add or cut.
func TestDriverFindsWrongLengths(t *testing.T) {
	b := *built(t)
	b.duration, b.warmup = 50*time.Millisecond, 0
	wrong := map[string]struct {
		reply func(net.Conn, []byte) error
		want  string
	}{
		"loses a byte": {func(c net.Conn, p []byte) error {
			_, err := c.Write(p[1:])
			return err
		}, "did not return everything"},
		"adds a byte": {func(c net.Conn, p []byte) error {
			_, err := c.Write(append(p, 'x'))
			return err
		}, "more bytes returned"},
		"closes": {func(net.Conn, []byte) error { return io.EOF }, "closed by the server"},
	}
	for name, w := range wrong {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := misbehave(t, w.reply)
			wl := workload{Connections: 2, Size: 64, Pipeline: 1}
			d, err := b.drive(t.Context(), wl, addr, func() error { return nil })
			if d.Errors == 0 || err == nil || !strings.Contains(err.Error(), w.want) {
				t.Errorf("errors %d, %v; want %q", d.Errors, err, w.want)
			}
		})
	}
}

// misbehave serves reply for each read until the test ends.
func misbehave(t *testing.T, reply func(net.Conn, []byte) error) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil || reply(c, buf[:n]) != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}

// A server runs on its CPU only, with the descriptors the hard limit allows,
// and is gone when stop returns; this process keeps its own CPUs.
func TestServerProcess(t *testing.T) {
	b := built(t)
	var before, after unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	srv, err := serve(t.Context(), b.driverCPU, builtin("")[0].Argv(b.bin, workload{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	pid := srv.cmd.Process.Pid
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(pid, &cpus); err != nil {
		t.Error(err)
	}
	if cpus.Count() != 1 || !cpus.IsSet(b.driverCPU) {
		t.Errorf("server may use %d CPUs, want CPU %d alone", cpus.Count(), b.driverCPU)
	}
	var lim unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &lim); err != nil {
		t.Error(err)
	}
	if lim.Cur != lim.Max {
		t.Errorf("server has %d descriptors of %d", lim.Cur, lim.Max)
	}
	srv.stop()
	if err := unix.Kill(pid, 0); err != unix.ESRCH {
		t.Errorf("after stop the server is still there: %v", err)
	}
	if err := unix.SchedGetaffinity(0, &after); err != nil || after != before {
		t.Errorf("own CPUs changed: %v", err)
	}
}

func TestServerThatNeverListens(t *testing.T) {
	argv := []string{"/bin/sh", "-c", "echo no such port >&2; exit 1"}
	_, err := serve(t.Context(), 0, argv, nil)
	if err == nil || !strings.Contains(err.Error(), "no such port") {
		t.Errorf("got %v, want what the server said", err)
	}
}
