//go:build linux

// Command netpollserver is the echo service on github.com/cloudwego/netpoll,
// set up as that project's guide asks: one poller (it advises one for every 20
// cores), nocopy reads and writes, and, because echo's stack does not grow, a
// plain goroutine for a request instead of the goroutine pool.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/cloudwego/netpoll"
)

// netpoll reads its configuration once, after package initialisation.
func init() {
	err := netpoll.Configure(netpoll.Config{
		PollerNum: 1,
		Runner:    func(_ context.Context, f func()) { go f() },
	})
	if err != nil {
		fail(err)
	}
}

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "TCP address to listen on")
	flag.Parse()
	ln, err := netpoll.CreateListener("tcp", *addr)
	if err != nil {
		fail(err)
	}
	loop, err := netpoll.NewEventLoop(echo)
	if err != nil {
		fail(err)
	}
	fmt.Fprintf(os.Stderr, "listening tcp %s\n", ln.Addr())
	if err := loop.Serve(ln); err != nil {
		fail(err)
	}
}

// echo returns everything that has been read so far. WriteBinary copies up to
// 4 KiB and refers to larger slices, which stay valid until Release.
func echo(_ context.Context, c netpoll.Connection) error {
	r, w := c.Reader(), c.Writer()
	p, err := r.Next(r.Len())
	if err != nil {
		return err
	}
	if _, err := w.WriteBinary(p); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return r.Release()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "netpollserver:", err)
	os.Exit(1)
}
