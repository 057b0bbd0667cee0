package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/poller/loop"
)

// loopEngine serves on the event loop.
type loopEngine struct {
	group  *loop.Group
	opts   serverOptions
	unsent atomic.Int64  // refused by the loop, and still not sent when a drain forced the connection
	lost   chan struct{} // closed when no listener is left

	mu     sync.Mutex
	alive  map[string][]*loop.Listener // by what the loop calls them
	faults []error                     // what ended listeners
}

func newLoopEngine(o serverOptions, limits loop.Limits) (*loopEngine, error) {
	e := &loopEngine{opts: o, lost: make(chan struct{}), alive: make(map[string][]*loop.Listener)}
	cfg := loop.Config{
		Loops:    o.loops,
		BusyPoll: o.busyPoll,
		MaxConns: o.maxConns,
		Limits:   limits,
		OnError:  e.onError,
	}
	if o.kernel != nil {
		cfg.OnListener, cfg.CountIO = o.kernel.onListener, true
	}
	g, err := loop.New(cfg)
	if err != nil {
		return nil, err
	}
	e.group = g
	return e, nil
}

// onError reports what the loop met. Of the errors of a listener those that its socket cannot recover from end it, on every loop; the
// others are those of back-off.
func (e *loopEngine) onError(err error) {
	var le *loop.ListenError
	if !errors.As(err, &le) || !endsListener(err) {
		e.opts.report("%v", err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	listeners, ok := e.alive[le.Address]
	if !ok {
		return // another loop had it first
	}
	delete(e.alive, le.Address)
	e.faults = append(e.faults, &opError{le.Call, le.Address, le.Err})
	if len(e.alive) == 0 {
		close(e.lost)
		return
	}
	e.opts.report("%v", err)
	for _, lis := range listeners {
		if err := lis.Close(); err != nil && !errors.Is(err, loop.ErrClosed) {
			e.opts.report("%v", err)
		}
	}
}

// endsListener reports whether accept(2) says that this is not a listening socket (any more).
func endsListener(err error) bool {
	for _, errno := range []unix.Errno{unix.EBADF, unix.EINVAL, unix.ENOTSOCK, unix.EFAULT} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

func (e *loopEngine) listen(addrs []address.Address) ([]endpoint, error) {
	var out []endpoint
	for _, a := range addrs {
		lis, err := e.group.Listen(a.String(), e.handler(a))
		if err != nil {
			e.close()
			return nil, fromLoop(a, err)
		}
		e.alive[lis.String()] = append(e.alive[lis.String()], lis)
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
	label := textOf(a)
	if sas, rerr := a.Resolve(context.Background(), true); rerr == nil {
		label = labelOf(a, sas[0])
	}
	return &opError{le.Call, label, le.Err}
}

func (e *loopEngine) handler(a address.Address) func(loop.Conn) loop.Handler {
	newHandler := e.plainHandler(a)
	if e.opts.kernel == nil {
		return newHandler
	}
	inherits := a.IsStream() && !a.IsUnix()
	return func(c loop.Conn) loop.Handler {
		return e.opts.kernel.wrap(c, newHandler(c), labelOf(a, c.RemoteAddr()), inherits)
	}
}

func (e *loopEngine) plainHandler(a address.Address) func(loop.Conn) loop.Handler {
	if e.opts.trace == nil {
		return func(loop.Conn) loop.Handler { return &echoHandler{unsent: &e.unsent} }
	}
	return func(c loop.Conn) loop.Handler {
		return &tracedHandler{echoHandler{unsent: &e.unsent}, e.opts.trace, labelOf(a, c.RemoteAddr())}
	}
}

func (e *loopEngine) serve() error {
	ended := make(chan struct{})
	var last sync.WaitGroup
	last.Go(func() {
		select {
		case <-e.lost:
			ctx, cancel := context.WithTimeout(context.Background(), e.opts.drain)
			defer cancel()
			e.drain(ctx)
		case <-ended:
		}
	})
	err := e.group.Run()
	close(ended)
	last.Wait()
	if errors.Is(err, loop.ErrClosed) {
		err = nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return errors.Join(errors.Join(e.faults...), err)
}

func (e *loopEngine) drain(ctx context.Context) drainReport {
	r, err := e.group.Drain(ctx)
	if errors.Is(err, loop.ErrClosed) {
		// The signal came before serve had begun to run the group.
		e.close()
	}
	return drainReport{r.Conns, r.Forced, r.BytesUnsent + e.unsent.Load()}
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
	rest   []byte // refused, to be written before anything else
	unsent *atomic.Int64
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

func (h *echoHandler) OnClose(_ loop.Conn, cause error) {
	if errors.Is(cause, loop.ErrDrainTimeout) {
		h.unsent.Add(int64(len(h.rest)))
	}
}

// tracedHandler says when its connection opens and closes.
type tracedHandler struct {
	echoHandler
	trace func(format string, args ...any)
	label string
}

func (h *tracedHandler) OnOpen(loop.Conn) { h.trace("open %s", h.label) }

func (h *tracedHandler) OnClose(c loop.Conn, cause error) {
	h.echoHandler.OnClose(c, cause)
	if cause != nil {
		h.trace("close %s: %v", h.label, cause)
		return
	}
	h.trace("close %s", h.label)
}
