package main

import (
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// benchRun is the clients of one measurement.
type benchRun struct {
	clients []*client
	stream  *benchStream // nil without --json-stream
	notes   func(format string, args ...any)
	detail  func(format string, args ...any)
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

func newBenchRun(stderr io.Writer, s *benchStream, t target, f benchFlags) (*benchRun, error) {
	b := &benchRun{stream: s, notes: f.say.notes(stderr), detail: f.say.details(stderr)}
	threads := f.threads
	for i := range threads {
		first, last := i*t.conns/threads, (i+1)*t.conns/threads
		cl, err := newClient(t, first, last-first, &b.stop)
		if err != nil {
			b.close()
			return nil, err
		}
		cl.stream, cl.number = s, i
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
func (r *benchReport) measure(stderr io.Writer, s *benchStream, t target, f benchFlags) error {
	b, err := newBenchRun(stderr, s, t, f)
	if err != nil {
		return err
	}
	defer b.close()
	done := interrupts(&b.stop, func() {
		for _, cl := range b.clients {
			_ = cl.p.Wake() // a client that is gone needs none
		}
	})
	err = b.stages(t, f, r)
	if s := done(); s != nil {
		r.signal = s
	}
	return err
}

func (b *benchRun) stages(t target, f benchFlags, r *benchReport) error {
	start := time.Now()
	deadline := start.Add(t.patience)
	if err := b.each(func(cl *client) error { return cl.open(deadline) }); err != nil {
		return err
	}
	b.detail("%d connections to %s opened in %v", t.conns, t.label, time.Since(start).Round(time.Microsecond))
	sound, err := b.probe(t, r)
	if err != nil {
		return err
	}
	var took time.Duration
	if sound {
		if took, err = b.drive(t, f); err != nil {
			return err
		}
	}
	b.detail("measured for %v, waiting for the last answers", took.Round(time.Microsecond))
	if err := b.each((*client).finish); err != nil {
		return err
	}
	r.fill(b.clients, b.stream, took)
	return nil
}

// drive has every client measure at the same time and returns the longest time that one took.
func (b *benchRun) drive(t target, f benchFlags) (time.Duration, error) {
	warm := time.Now()
	if f.messages == 0 {
		warm = warm.Add(f.warmup)
	}
	took := make([]time.Duration, t.conns)
	err := b.each(func(cl *client) (err error) {
		took[cl.conns[0].check.conn], err = cl.drive(warm, warm.Add(f.duration), b.share(cl, f.messages, int64(t.conns)))
		return err
	})
	return slices.Max(took), err
}

// share is a client's part of the limit of messages: as the connections are shared, the last client taking what is left.
func (b *benchRun) share(cl *client, messages, conns int64) int64 {
	first := int64(cl.conns[0].check.conn)
	last := first + int64(len(cl.conns))
	return messages*last/conns - messages*first/conns
}

// probe finds out whether every connection is served. A server that answers on one only is a sequential one: then the run goes on
// with that connection. If some are not answered there is nothing to measure, only losses to report: then sound is false.
func (b *benchRun) probe(t target, r *benchReport) (sound bool, err error) {
	var total, answered atomic.Int64
	deadline := time.Now().Add(t.patience)
	err = b.each(func(cl *client) error {
		n, err := cl.probe(deadline, &total)
		answered.Add(int64(n))
		return err
	})
	if err != nil {
		return false, err
	}
	switch n := int(answered.Load()); {
	case n == t.conns || b.stop.Load():
		return true, nil
	case n == 1:
		b.notes("only 1 of %d connections is answered, the server serves one at a time: using 1 connection", t.conns)
		r.Connections = 1
		for _, cl := range b.clients {
			cl.keepAnswered()
		}
		return true, nil
	default:
		b.notes("only %d of %d connections were answered within %v", n, t.conns, t.patience)
		return false, nil
	}
}
