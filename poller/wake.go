package poller

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// waker is Wake for every backend. Backends differ in signal, which makes the
// kernel end a wait, and in how the owner notices; then they call noticed.
// signal reports no error and not done when the kernel says that a signal is
// pending already; that is believed for this Wake but not for later ones.
//
// state is epoch<<1 | signalled. A Wake that finds the signalled bit set has
// nothing to do: the signal of this epoch was given, wholly, and the owner has
// not noticed it yet. The bit is set only after signal succeeded, so nobody
// relies on a signal that then fails; and only if the epoch is still the one in
// which the signal began, or a slow Wake would mark as signalled an epoch whose
// signal the owner has already used up, and all later Wakes would be lost.
type waker struct {
	state  atomic.Uint64
	signal func() (done bool, e sys.Errno)

	mu     sync.RWMutex // held for reading around signal, so that close waits for it
	closed bool         // written by the owner under mu
}

// Wake implements Poller.
func (w *waker) Wake() error {
	state := w.state.Load()
	if state&1 != 0 {
		return nil
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	done, e := w.signal()
	for e == unix.EINTR {
		done, e = w.signal()
	}
	if done {
		w.state.CompareAndSwap(state, state|1)
	}
	return errnoErr(e)
}

// noticed begins a new epoch. The owner calls it when it has used up the
// kernel's signal and before it returns to the caller, who then looks at what
// the wakes were for.
func (w *waker) noticed() {
	w.state.Store((w.state.Load() | 1) + 1)
}

// close makes Wake fail from now on. After it no signal is under way: writing
// to a descriptor number that somebody else has got meanwhile would put wake
// bytes into a stranger's stream.
func (w *waker) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.noticed()
}

// wakePipe is a descriptor that a write makes readable: an eventfd(2), or a
// pipe where there is none.
type wakePipe struct {
	k    sys.Kernel
	r, w int // the same for an eventfd
	buf  [64]byte
}

func newWakePipe(k sys.Kernel) (*wakePipe, error) {
	fd, e := k.Eventfd()
	if e == 0 {
		return &wakePipe{k: k, r: fd, w: fd}, nil
	}
	if e != unix.ENOSYS {
		return nil, fmt.Errorf("poller: eventfd: %w", e)
	}
	r, w, e := k.Pipe()
	if e != 0 {
		return nil, fmt.Errorf("poller: pipe: %w", e)
	}
	return &wakePipe{k: k, r: r, w: w}, nil
}

// one is what an eventfd adds to its counter, and what a pipe carries.
var one = binary.NativeEndian.AppendUint64(nil, 1)

// write makes the descriptor readable. EAGAIN says that it is: the counter or
// the pipe is full.
func (p *wakePipe) write() (done bool, e sys.Errno) {
	_, e = p.k.Write(p.w, one)
	if e == unix.EAGAIN {
		return false, 0
	}
	return e == 0, e
}

// writeEdge is write for an eventfd that is registered edge-triggered and not
// read when it fires. Each write is an edge, but a counter at its limit of
// 2^64-2 (eventfd(2)) takes no more, which would be a lost wake: so empty it.
func (p *wakePipe) writeEdge() (done bool, e sys.Errno) {
	_, e = p.k.Write(p.w, one)
	if e == unix.EAGAIN {
		var count [8]byte
		if _, e = p.k.Read(p.r, count[:]); e == 0 || e == unix.EAGAIN {
			_, e = p.k.Write(p.w, one)
		}
	}
	return e == 0, e
}

// drain makes the descriptor unreadable again. What one read leaves in a pipe,
// or a failure, makes the next wait return again, which is allowed.
func (p *wakePipe) drain() {
	_, e := p.k.Read(p.r, p.buf[:])
	for e == unix.EINTR {
		_, e = p.k.Read(p.r, p.buf[:])
	}
}

func (p *wakePipe) close() {
	p.k.Close(p.r)
	if p.w != p.r {
		p.k.Close(p.w)
	}
}
