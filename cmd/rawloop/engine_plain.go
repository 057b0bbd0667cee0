package main

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
)

// plain is what the engines without an event loop share: their listeners, the register of open connections, counters and the drain.
// An engine adds how it accepts and how it echoes.
type plain struct {
	opts      serverOptions
	listeners []*listener
	started   time.Time
	ending    chan struct{} // closed when a drain begins
	served    chan struct{} // closed when serve is about to return

	mu    sync.Mutex
	conns map[plainConn]struct{}
	wakes []func() error // end the sleep of those who accept
	ended bool           // ending is closed

	accepted, closed, shed, acceptErrors, in, out atomic.Int64
}

// plainConn is an open connection, as a drain sees it.
type plainConn interface {
	stopRead() // what the kernel has received can still be read, then comes end of file
	kill()     // wakes whoever reads or writes; it does not free the descriptor
}

func newPlain(o serverOptions) *plain {
	return &plain{
		opts:    o,
		started: time.Now(),
		ending:  make(chan struct{}),
		served:  make(chan struct{}),
		conns:   make(map[plainConn]struct{}),
	}
}

func (p *plain) listen(addrs []address.Address) ([]endpoint, error) {
	all, err := listenAll(addrs)
	if err != nil {
		return nil, err
	}
	p.listeners = all
	var out []endpoint
	for _, l := range all {
		out = append(out, endpoint{l.label, l.addr})
	}
	return out, nil
}

// serveWith runs accept for each listener and returns when all have returned and every connection is closed.
func (p *plain) serveWith(accept func(l *listener) error) error {
	defer close(p.served)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for _, l := range p.listeners {
		wg.Go(func() {
			err := accept(l)
			p.mu.Lock()
			l.close()
			p.mu.Unlock()
			if err != nil {
				mu.Lock()
				errs = append(errs, &opError{"accept", l.label, err})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// admit registers a connection, or says that there is no room for it.
func (p *plain) admit(c plainConn, label string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted.Add(1)
	if len(p.conns) >= p.opts.maxConns {
		p.shed.Add(1)
		p.closed.Add(1)
		return false
	}
	p.conns[c] = struct{}{}
	if p.ended {
		c.stopRead()
	}
	if p.opts.trace != nil {
		p.opts.trace("open %s, %d connections", label, len(p.conns))
	}
	return true
}

// release takes a connection out of the register. Only then may its descriptor be closed: a drain must not shut down a stranger.
func (p *plain) release(c plainConn, label string, cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	p.closed.Add(1)
	if p.opts.trace != nil {
		if cause != nil {
			p.opts.trace("close %s: %v", label, cause)
		} else {
			p.opts.trace("close %s", label)
		}
	}
}

func (p *plain) drain(ctx context.Context) drainReport {
	var r drainReport
	p.mu.Lock()
	p.stopAccepting()
	r.Connections = len(p.conns)
	for c := range p.conns {
		c.stopRead()
	}
	p.mu.Unlock()
	select {
	case <-p.served:
	case <-ctx.Done():
		r.Forced = p.killAll()
		<-p.served
	}
	r.BytesUnsent = p.in.Load() - p.out.Load()
	return r
}

func (p *plain) close() {
	p.mu.Lock()
	p.stopAccepting()
	p.mu.Unlock()
	p.killAll()
}

// stopAccepting is called with p.mu held.
func (p *plain) stopAccepting() {
	if p.ended {
		return
	}
	p.ended = true
	close(p.ending)
	for _, wake := range p.wakes {
		if err := wake(); err != nil && !errors.Is(err, os.ErrClosed) {
			p.opts.report("%v", err)
		}
	}
	for _, l := range p.listeners {
		l.retire()
	}
}

// wakeBy has stopAccepting call wake.
func (p *plain) wakeBy(wake func() error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakes = append(p.wakes, wake)
}

func (p *plain) isEnding() bool {
	select {
	case <-p.ending:
		return true
	default:
		return false
	}
}

func (p *plain) killAll() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.kill()
	}
	return len(p.conns)
}

// acceptFault decides what follows an error of accept(2): another try (true), perhaps after a pause, or the listener's end. pause is the
// listener's current pause.
func (p *plain) acceptFault(l *listener, err error, pause *time.Duration) bool {
	if p.isEnding() {
		return false
	}
	if errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) {
		return true
	}
	p.acceptErrors.Add(1)
	if endsListener(err) {
		return false
	}
	if errors.Is(err, unix.ECONNABORTED) {
		return true
	}
	if *pause == 0 {
		p.opts.report("%v", &opError{"accept", l.label, err})
	}
	*pause = min(max(2**pause, 5*time.Millisecond), time.Second)
	select {
	case <-p.ending:
		return false
	case <-time.After(*pause):
		return true
	}
}

func (p *plain) stats() serverStats {
	s := serverStats{
		Accepted:     p.accepted.Load(),
		Closed:       p.closed.Load(),
		Shed:         p.shed.Load(),
		AcceptErrors: p.acceptErrors.Load(),
		BytesIn:      p.in.Load(),
		BytesOut:     p.out.Load(),
	}
	s.Open = s.Accepted - s.Closed
	return s
}
