package main

import (
	"context"
	"errors"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/poller/loop"
)

// loopEngine serves on the event loop.
type loopEngine struct {
	group *loop.Group
	opts  serverOptions
}

func newLoopEngine(o serverOptions) (engine, error) {
	g, err := loop.New(loop.Config{
		Loops:    o.loops,
		BusyPoll: o.busyPoll,
		MaxConns: o.maxConns,
		OnError:  func(err error) { o.report("%v", err) },
	})
	if err != nil {
		return nil, err
	}
	return &loopEngine{g, o}, nil
}

func (e *loopEngine) listen(addrs []address.Address) ([]endpoint, error) {
	var out []endpoint
	for _, a := range addrs {
		lis, err := e.group.Listen(a.String(), e.handler(a))
		if err != nil {
			e.close()
			return nil, fromLoop(a, err)
		}
		out = append(out, endpoint{labelOf(a, lis.Addr()), lis.Addr()})
	}
	return out, nil
}

// fromLoop gives an error of the loop's Listen the form of every other: its call and reason, our words for the address, and a hint.
func fromLoop(a address.Address, err error) error {
	var le *loop.ListenError
	if !errors.As(err, &le) {
		return err
	}
	label := le.Address
	if sas, rerr := a.Resolve(context.Background(), true); rerr == nil {
		label = labelOf(a, sas[0])
	}
	return fromNet(le.Err, le.Call, label)
}

func (e *loopEngine) handler(a address.Address) func(loop.Conn) loop.Handler {
	if e.opts.trace == nil {
		return func(loop.Conn) loop.Handler { return new(echoHandler) }
	}
	return func(c loop.Conn) loop.Handler {
		return &tracedHandler{trace: e.opts.trace, label: labelOf(a, c.RemoteAddr())}
	}
}

func (e *loopEngine) serve() error {
	if err := e.group.Run(); err != nil && !errors.Is(err, loop.ErrClosed) {
		return err
	}
	return nil
}

func (e *loopEngine) drain(ctx context.Context) drainReport {
	r, err := e.group.Drain(ctx)
	if errors.Is(err, loop.ErrClosed) {
		// The signal came before serve had begun to run the group.
		e.close()
	}
	return drainReport{r.Conns, r.Forced, r.BytesUnsent}
}

func (e *loopEngine) close() {
	if err := e.group.Close(); err != nil && !errors.Is(err, loop.ErrClosed) {
		e.opts.report("%v", err)
	}
}

func (e *loopEngine) stats() serverStats {
	s := e.group.Stats()
	return serverStats{
		Accepted:     int64(s.Accepted),
		Closed:       int64(s.Closed),
		Open:         int64(s.Conns),
		Shed:         int64(s.Shed),
		AcceptErrors: int64(s.AcceptErrors),
		BytesIn:      int64(s.BytesIn),
		BytesOut:     int64(s.BytesOut),
		Loop:         &s,
	}
}

// echoHandler writes back what it gets. The loop stops reading from a peer that does not read, so a write is refused only when many
// such peers have used up what a loop may queue.
type echoHandler struct {
	loop.Base
	rest []byte // refused, to be written before anything else
}

func (h *echoHandler) OnData(c loop.Conn, in []byte) int {
	if n, err := c.Write(in); err != nil {
		h.rest = append(h.rest, in[n:]...)
		c.PauseRead()
	}
	return len(in)
}

func (h *echoHandler) OnDrain(c loop.Conn) {
	if len(h.rest) == 0 {
		return
	}
	n, err := c.Write(h.rest)
	h.rest = append(h.rest[:0], h.rest[n:]...)
	if err == nil {
		h.rest = nil
		c.ResumeRead()
	}
}

// tracedHandler says when its connection opens and closes.
type tracedHandler struct {
	echoHandler
	trace func(format string, args ...any)
	label string
}

func (h *tracedHandler) OnOpen(loop.Conn) { h.trace("open %s", h.label) }

func (h *tracedHandler) OnClose(_ loop.Conn, cause error) {
	if cause != nil {
		h.trace("close %s: %v", h.label, cause)
		return
	}
	h.trace("close %s", h.label)
}
