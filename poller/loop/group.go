package loop

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rawloop/rawloop/internal/sys"
)

// Group is one or more loops that serve the same listeners. Its methods may be
// called from any goroutine.
type Group struct {
	cfg      Config
	k        sys.Kernel // for setting up, under mu; each loop has its own
	loops    []*Loop
	maxConns int
	conns    atomic.Int64
	done     chan struct{} // closed when every loop has ended

	stepping atomic.Bool // a program is in Step

	mu      sync.Mutex
	adopted map[int]bool // descriptors of fd:// listeners
	running bool
	closed  bool
}

// New makes a group; nothing runs before Run. Close frees it.
func New(cfg Config) (*Group, error) {
	return newGroup(cfg, sys.NewKernel)
}

func newGroup(cfg Config, kernel func() sys.Kernel) (_ *Group, err error) {
	cfg, err = cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	openRuntimePoller()
	g := &Group{cfg: cfg, k: kernel(), done: make(chan struct{}), adopted: map[int]bool{}}
	if g.maxConns, err = connLimit(g.k, cfg.MaxConns); err != nil {
		return nil, err
	}
	for range cfg.Loops {
		l, err := newLoop(g, kernel())
		if err != nil {
			g.free()
			return nil, err
		}
		g.loops = append(g.loops, l)
	}
	return g, nil
}

// openRuntimePoller makes the Go runtime open its own epoll descriptor now,
// which it does with the first timer of a program. If that were a
// context.WithTimeout around Drain in a server that is out of descriptors, the
// runtime would end the process.
func openRuntimePoller() { time.AfterFunc(time.Hour, func() {}).Stop() }

// connLimit keeps some descriptors for everything else, but under a very low
// limit no more than half.
func connLimit(k sys.Kernel, want int) (int, error) {
	if want > 0 {
		return want, nil
	}
	limit, e := k.DescriptorLimit()
	if e != 0 {
		return 0, e
	}
	const most = 1 << 30
	n := int(min(limit, most))
	return max(n-reservedFDs, n/2, 1), nil
}

// Loops returns the loops of the group.
func (g *Group) Loops() []*Loop { return g.loops }

// Run runs every loop on a goroutine of its own and returns when all have
// ended: after Close or Drain, or with a poller's error. It can be called once.
func (g *Group) Run() error {
	g.mu.Lock()
	if g.running || g.closed {
		g.mu.Unlock()
		return ErrClosed
	}
	g.running = true
	g.mu.Unlock()

	errs := make([]error, len(g.loops))
	var wg sync.WaitGroup
	for i, l := range g.loops {
		wg.Go(func() { errs[i] = l.runToEnd() })
	}
	wg.Wait()
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	close(g.done)
	return errors.Join(errs...)
}

func (l *Loop) runToEnd() error {
	l.goroutine.Store(goroutineID())
	var failed error
	for !l.ended {
		if err := l.turn(); err != nil && failed == nil {
			failed = err
			l.ignore(l.g.stop()) // a group does not limp on with fewer loops
		}
	}
	return failed
}

// Close ends the group at once: listeners and connections are closed, with
// OnClose(ErrClosed) for each. Those with output queued or input unconsumed are
// reset. It does not wait for Run to return, so a handler may call it.
//
// A group that nobody runs is freed before Close returns; if a program steps
// the loops itself, Close belongs to the goroutine that does, and from inside a
// Step the next Step ends the loop.
func (g *Group) Close() error {
	g.mu.Lock()
	running, closed := g.running, g.closed
	if !running {
		g.closed = true
	}
	g.mu.Unlock()
	if closed {
		return ErrClosed
	}
	err := g.stop()
	if !running && !g.stepping.Load() {
		g.free()
	}
	return err
}

// stop has every loop end.
func (g *Group) stop() error {
	return g.order(func(l *Loop) { l.stopping = true })
}

// order runs fn on every loop that has not ended.
func (g *Group) order(fn func(*Loop)) error {
	var errs []error
	for _, l := range g.loops {
		if err := l.order(func() { fn(l) }); err != nil && err != ErrClosed {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// free ends loops that nobody runs, here.
func (g *Group) free() {
	for _, l := range g.loops {
		l.stopping = true
		for !l.ended {
			l.ignore(l.turn())
		}
	}
}

// Serve listens on one address and runs one loop with every default until that
// fails: New, Listen and Run, for programs that need no more. It always returns
// an error.
func Serve(addr string, newHandler func(Conn) Handler) error {
	g, err := New(Config{})
	if err != nil {
		return err
	}
	if _, err := g.Listen(addr, newHandler); err != nil {
		return errors.Join(err, g.Close())
	}
	return errors.Join(g.Run(), ErrClosed)
}
