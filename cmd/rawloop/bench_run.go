package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// benchRun is the clients of one measurement.
type benchRun struct {
	clients []*client
	stop    atomic.Bool
}

// each runs fn for every client at the same time and returns their errors.
func (b *benchRun) each(fn func(cl *client) error) error {
	errs := make([]error, len(b.clients))
	var wg sync.WaitGroup
	for i, cl := range b.clients {
		wg.Go(func() { errs[i] = fn(cl) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func newBenchRun(t target, threads int) (*benchRun, error) {
	b := &benchRun{}
	for i := range threads {
		first, last := i*t.conns/threads, (i+1)*t.conns/threads
		cl, err := newClient(t, first, last-first, &b.stop)
		if err != nil {
			b.close()
			return nil, err
		}
		b.clients = append(b.clients, cl)
	}
	return b, nil
}

func (b *benchRun) close() {
	for _, cl := range b.clients {
		cl.close()
	}
}

// measure takes a run through its stages and fills in the report.
func (r *benchReport) measure(stderr io.Writer, t target, f benchFlags) error {
	b, err := newBenchRun(t, f.threads)
	if err != nil {
		return err
	}
	defer b.close()
	done := interrupts(&b.stop, func() {
		for _, cl := range b.clients {
			_ = cl.p.Wake() // a client that is gone needs none
		}
	})
	err = b.stages(stderr, t, f, r)
	if s := done(); s != nil {
		r.signal = s
	}
	return err
}

func (b *benchRun) stages(stderr io.Writer, t target, f benchFlags, r *benchReport) error {
	deadline := time.Now().Add(t.patience)
	if err := b.each(func(cl *client) error { return cl.open(deadline) }); err != nil {
		return err
	}
	if err := b.probe(stderr, t, r); err != nil {
		return err
	}
	var (
		warm = time.Now().Add(f.warmup)
		end  = warm.Add(f.duration)
		took atomic.Int64
	)
	if f.messages > 0 {
		warm = time.Now()
	}
	err := b.each(func(cl *client) error {
		d, err := cl.drive(warm, end, b.share(cl, f.messages, int64(t.conns)))
		for old := took.Load(); int64(d) > old && !took.CompareAndSwap(old, int64(d)); old = took.Load() {
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := b.each((*client).finish); err != nil {
		return err
	}
	r.fill(b.clients, time.Duration(took.Load()))
	return nil
}

// share is a client's part of the limit of messages: as the connections are shared, the last client taking what is left.
func (b *benchRun) share(cl *client, messages, conns int64) int64 {
	first := int64(cl.conns[0].check.conn)
	last := first + int64(len(cl.conns))
	return messages*last/conns - messages*first/conns
}

// probe finds out whether every connection is served. A server that answers on one only is a sequential one: then the run goes on
// with that connection.
func (b *benchRun) probe(stderr io.Writer, t target, r *benchReport) error {
	var total, answered atomic.Int64
	deadline := time.Now().Add(t.patience)
	err := b.each(func(cl *client) error {
		n, err := cl.probe(deadline, &total)
		answered.Add(int64(n))
		return err
	})
	if err != nil {
		return err
	}
	switch n := int(answered.Load()); {
	case n == t.conns || b.stop.Load():
		return nil
	case n == 1:
		fmt.Fprintf(stderr, "rawloop: only 1 of %d connections is answered, the server serves one at a time: using 1 connection\n", t.conns)
		r.Connections = 1
		for _, cl := range b.clients {
			cl.keepAnswered()
		}
		return nil
	default:
		return &opError{"recv", t.label, fmt.Errorf("%d of %d connections were answered in time", n, t.conns)}
	}
}
