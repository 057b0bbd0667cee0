// Command counters is an echo server whose sockets the kernel counts: every
// second it prints what they did, and for each connection, as it ends, what that
// came to. Without the privilege it says what is missing and serves all the same.
//
//	go build ./examples/counters && sudo ./counters 127.0.0.1:9000
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

func main() {
	addr := "127.0.0.1:0"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	if err := run(ctx, addr, time.Second, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "counters:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, every time.Duration, out io.Writer) error {
	counters, err := bpfstat.Open(bpfstat.Config{Level: bpfstat.Wake})
	switch {
	case err == nil:
		defer counters.Close()
	case errors.Is(err, bpfstat.ErrUnavailable):
		fmt.Fprintln(out, err) // the server runs on
	default:
		return err
	}
	g, err := loop.New(loop.Config{OnListener: func(fd rawsock.FD) error {
		if counters == nil {
			return nil
		}
		return counters.Watch(fd) // and with it every connection that it accepts
	}})
	if err != nil {
		return err
	}
	lis, err := g.Listen(addr, func(loop.Conn) loop.Handler { return &echo{counters: counters, out: out} })
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "listening", lis)
	ended := make(chan error, 1)
	go func() { ended <- g.Run() }()
	for tick := time.NewTicker(every); ; {
		select {
		case <-tick.C:
			show(counters, out)
		case <-ctx.Done():
			tick.Stop()
			g.Close()
			defer show(counters, out)
			return <-ended
		}
	}
}

// show prints the sums over all connections, also those that are gone.
func show(c *bpfstat.Counters, out io.Writer) {
	if c == nil {
		return
	}
	sum, err := c.Totals()
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	fmt.Fprintf(out, "opened %d, closed %d, in %d B, out %d B, %d segments sent again; data waited < %v (half), < %v (99 %%)\n",
		sum.Opened, sum.Closed, sum.Calls.RecvBytes, sum.Calls.SendBytes, sum.TCP.Retransmits, sum.Wait.Quantile(0.5), sum.Wait.Quantile(0.99))
}

type echo struct {
	loop.Base
	counters *bpfstat.Counters
	out      io.Writer
}

func (h *echo) OnData(c loop.Conn, in []byte) int {
	n, _ := c.Write(in)
	return n
}

func (h *echo) OnClose(c loop.Conn, _ error) {
	if h.counters == nil {
		return
	}
	if n, err := h.counters.Read(c.FD()); err == nil {
		fmt.Fprintf(h.out, "%v: %d receives of %d B, %d sends of %d B\n", c.RemoteAddr(), n.Calls.Recv, n.Calls.RecvBytes, n.Calls.Send, n.Calls.SendBytes)
	}
}
