package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rawloop/rawloop/internal/sockettest"
)

func TestMain(m *testing.M) { sockettest.Main(m) }

// A client echoes five bytes; the server serves it with counters or without, and
// with them says what the kernel counted.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, "127.0.0.1:0", 10*time.Millisecond, w)
		w.Close()
	}()
	var clients sync.WaitGroup
	defer clients.Wait()
	var unavailable, closed bool
	for sc := bufio.NewScanner(r); sc.Scan(); {
		line := sc.Text()
		where, listening := strings.CutPrefix(line, "listening tcp ")
		switch {
		case listening:
			clients.Go(func() {
				visit(t, where)
				if unavailable {
					cancel() // else when the counters have it
				}
			})
		case strings.Contains(line, "unavailable"):
			unavailable = true
			if os.Getenv("REQUIRE_BPF") == "1" {
				t.Error(line)
			}
		case strings.Contains(line, "receives of 5 B, 1 sends of 5 B"):
			closed = true
		case closed && strings.Contains(line, "opened 1, closed 1, in 5 B, out 5 B"):
			cancel()
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if closed == unavailable {
		t.Errorf("counters unavailable: %v; a connection counted: %v", unavailable, closed)
	}
}

func visit(t *testing.T, where string) {
	c, err := net.DialTimeout("tcp", where, 10*time.Second)
	if err != nil {
		t.Log(err) // the server may have ended
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write([]byte("hello")); err == nil {
		io.ReadFull(c, make([]byte, 5))
	}
}
