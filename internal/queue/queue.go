// Package queue brings work from any goroutine to the goroutine of a loop.
package queue

import (
	"errors"
	"sync"
	"sync/atomic"
)

var (
	// ErrFull means that the queue holds as much as it may; nothing was added.
	ErrFull = errors.New("queue: full")
	// ErrClosed means that Push was called after Close.
	ErrClosed = errors.New("queue: closed")
)

// Queue is a bounded queue with many producers and one consumer. Producers fill one
// batch under a mutex while the consumer runs another one without it; the two batches
// change places in Drain, so that in steady state nothing is allocated.
type Queue[T any] struct {
	maxItems, maxBytes int64
	items, bytes       atomic.Int64 // accepted and not yet released by Drain

	mu     sync.Mutex
	closed bool
	in     batch[T]

	out  batch[T] // the consumer's
	next int      // the first item of out that was not run
}

// New returns a queue that holds at most maxItems items with maxBytes bytes of data,
// those that Drain is running included.
func New[T any](maxItems, maxBytes int) *Queue[T] {
	return &Queue[T]{maxItems: int64(maxItems), maxBytes: int64(maxBytes)}
}

// Push adds v with a copy of data, in order, or nothing at all: it returns ErrFull or
// ErrClosed. Any goroutine may call it. If wake is true the consumer may be asleep and
// the caller must wake it; pushes that find others waiting need not.
func (q *Queue[T]) Push(v T, data []byte) (wake bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false, ErrClosed
	}
	if q.items.Load() >= q.maxItems || int64(len(data)) > q.maxBytes-q.bytes.Load() {
		return false, ErrFull
	}
	wake = len(q.in.items) == 0
	q.in.add(v, data)
	q.items.Add(1)
	q.bytes.Add(int64(len(data)))
	return wake, nil
}

// Len returns the number of items that were accepted and not yet released by Drain,
// which releases them together. Any goroutine may call it.
func (q *Queue[T]) Len() int { return int(q.items.Load()) }

// Close makes every later Push fail with ErrClosed and returns the number of items
// that are left; Drain still runs them. Any goroutine may call it, more than once.
func (q *Queue[T]) Close() (left int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	return q.Len()
}

// Drain calls run for each item that was pushed before, once and in order, and returns
// their number. What is pushed meanwhile waits for the next Drain. The data is the
// queue's and valid until run returns. Only the consumer calls Drain, and not from run.
// If run panics, the items after it are left to the next Drain.
func (q *Queue[T]) Drain(run func(v T, data []byte)) int {
	if q.next == len(q.out.items) {
		q.release()
		if !q.take() {
			return 0
		}
	}
	n := 0
	for q.next < len(q.out.items) {
		it := q.out.items[q.next]
		q.next++
		n++
		run(it.v, q.out.data(it))
	}
	q.release()
	return n
}

// take exchanges the batches, and reports whether there is anything to run. A push
// that it does not see wakes the consumer.
func (q *Queue[T]) take() bool {
	if q.items.Load() == 0 {
		return false
	}
	q.mu.Lock()
	q.in, q.out = q.out, q.in
	q.mu.Unlock()
	return true
}

// release forgets the batch that was run.
func (q *Queue[T]) release() {
	q.items.Add(-int64(len(q.out.items)))
	q.bytes.Add(-int64(len(q.out.arena)))
	q.out.reset()
	q.next = 0
}
