package poller

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// kqueue is the backend on kqueue(2). There a registration is up to two
// knotes, one for each filter, which report and end apart from each other; the
// table makes them one. It finds a registration by its descriptor, not by
// udata, which has only 32 bits on 32-bit systems; that is safe because a knote
// goes away with its descriptor, and so does what it had to report.
type kqueue struct {
	waker
	k       sys.Kernel
	fd      int
	pipe    *wakePipe // nil where EVFILT_USER works
	trigger [1]sys.Kevent
	changes []sys.Kevent
	results [2 * len(filters)]sys.Kevent
	buf     []sys.Kevent   // as long as the longest slice that Wait was given
	regs    []registration // by descriptor
	turn    uint64         // counts Waits
}

type registration struct {
	token   uint64
	turn    uint64 // of the Wait that last reported it,
	at      int    // and where in events
	filters Interest
	mode    Mode
	added   bool
}

// filters lists what an interest takes in kqueue; Priority takes nothing. The
// knotes that exist are kept as an Interest too.
var filters = [...]struct {
	interest Interest
	filter   int16
}{
	{Read, sys.EVFILT_READ},
	{Write, sys.EVFILT_WRITE},
}

func newKqueue(k sys.Kernel) (*kqueue, error) {
	fd, e := k.Kqueue()
	if e != 0 {
		return nil, fmt.Errorf("poller: kqueue: %w", e)
	}
	p := &kqueue{k: k, fd: fd}
	if err := p.openWake(); err != nil {
		k.Close(fd)
		return nil, err
	}
	return p, nil
}

// openWake tries EVFILT_USER. Where there is none, as on NetBSD 9, the answer
// is EINVAL and the wake is a pipe, level-triggered and drained.
func (p *kqueue) openWake() error {
	e := p.apply(sys.Kevent{Filter: sys.EVFILT_USER, Flags: sys.EV_ADD | sys.EV_CLEAR})
	if e == 0 {
		p.trigger[0] = sys.Kevent{Filter: sys.EVFILT_USER, Fflags: sys.NOTE_TRIGGER}
		p.signal = p.triggerUser
		return nil
	}
	if e != unix.EINVAL {
		return fmt.Errorf("poller: kevent of EVFILT_USER: %w", e)
	}
	pipe, err := newWakePipe(p.k)
	if err != nil {
		return err
	}
	if e := p.apply(sys.Kevent{Ident: uint64(pipe.r), Filter: sys.EVFILT_READ, Flags: sys.EV_ADD}); e != 0 {
		pipe.close()
		return fmt.Errorf("poller: kevent of the wake pipe: %w", e)
	}
	p.pipe, p.signal = pipe, pipe.write
	return nil
}

func (p *kqueue) triggerUser() (done bool, e sys.Errno) {
	_, e = p.k.Kevent(p.fd, p.trigger[:], nil, 0)
	return e == 0, e
}

// apply submits changes and returns the first errno among their results.
// EV_RECEIPT makes each change answer for itself and keeps events, which would
// be lost here, out of the list. A knote to delete that is not there is what
// was wanted: EV_ONESHOT or the closing of the descriptor has deleted it.
func (p *kqueue) apply(changes ...sys.Kevent) sys.Errno {
	p.changes = append(p.changes[:0], changes...)
	for i := range p.changes {
		p.changes[i].Flags |= sys.EV_RECEIPT
	}
	n, e := p.k.Kevent(p.fd, p.changes, p.results[:len(p.changes)], 0)
	if e != 0 {
		return e
	}
	for i, r := range p.results[:n] {
		e := sys.Errno(r.Data)
		if r.Flags&sys.EV_ERROR == 0 || e == 0 {
			continue
		}
		if e == unix.ENOENT && p.changes[i].Flags&sys.EV_DELETE != 0 {
			continue
		}
		return e
	}
	return 0
}

// replace deletes the knotes of one interest and then adds those of another. A
// deleted and added knote looks at its descriptor afresh on every system, and
// takes the new mode, which an added-again one does not.
func (p *kqueue) replace(fd int, from, to Interest, mode Mode) sys.Errno {
	var changes [2 * len(filters)]sys.Kevent
	list := changes[:0]
	for _, f := range filters {
		if from&f.interest != 0 {
			list = append(list, sys.Kevent{Ident: uint64(fd), Filter: f.filter, Flags: sys.EV_DELETE})
		}
	}
	var add uint16 = sys.EV_ADD
	switch mode {
	case Edge:
		add |= sys.EV_CLEAR
	case OneShot:
		add |= sys.EV_ONESHOT
	}
	for _, f := range filters {
		if to&f.interest != 0 {
			list = append(list, sys.Kevent{Ident: uint64(fd), Filter: f.filter, Flags: add})
		}
	}
	if len(list) == 0 {
		return 0
	}
	return p.apply(list...)
}

// lookup returns fd's place in the table, nil if it has none, after the checks
// that Add, Modify and Remove share.
func (p *kqueue) lookup(fd int, token uint64, interest Interest, mode Mode) (*registration, error) {
	if p.closed {
		return nil, errClosed
	}
	if err := checkArgs(Kqueue, fd, token, interest, mode); err != nil {
		return nil, err
	}
	if fd < len(p.regs) && p.regs[fd].added {
		return &p.regs[fd], nil
	}
	return nil, nil
}

func (p *kqueue) Add(fd int, token uint64, interest Interest, mode Mode) error {
	r, err := p.lookup(fd, token, interest, mode)
	if err != nil {
		return err
	}
	if r != nil {
		return unix.EEXIST
	}
	if e := p.replace(fd, 0, interest, mode); e != 0 {
		p.replace(fd, interest, 0, Level)
		return e
	}
	if fd >= len(p.regs) {
		p.regs = append(p.regs, make([]registration, fd+1-len(p.regs))...)
	}
	p.regs[fd] = registration{token: token, filters: interest, mode: mode, added: true}
	return nil
}

func (p *kqueue) Modify(fd int, token uint64, interest Interest, mode Mode) error {
	r, err := p.lookup(fd, token, interest, mode)
	if err != nil {
		return err
	}
	if r == nil {
		return unix.ENOENT
	}
	e := p.replace(fd, r.filters, interest, mode)
	r.token, r.filters, r.mode = token, r.filters|interest, mode
	if e == 0 {
		r.filters = interest
	}
	return errnoErr(e)
}

func (p *kqueue) Remove(fd int) error {
	r, err := p.lookup(fd, 0, 0, Level)
	if err != nil {
		return err
	}
	if r == nil {
		return unix.ENOENT
	}
	e := p.replace(fd, r.filters, 0, Level)
	*r = registration{}
	return errnoErr(e)
}

// maxKqueueWait is how long a wait may be: Darwin answers EINVAL beyond 10^8
// seconds, and 32-bit systems have fewer than 2^31.
const maxKqueueWait = 1e6 * time.Second

func (p *kqueue) Wait(events []Event, timeout time.Duration) (int, error) {
	if p.closed {
		return 0, errClosed
	}
	if len(events) == 0 {
		return 0, unix.EINVAL
	}
	if len(events) > len(p.buf) {
		p.buf = make([]sys.Kevent, len(events))
	}
	got, e := p.k.Kevent(p.fd, nil, p.buf[:len(events)], int64(max(sys.Forever, min(timeout, maxKqueueWait))))
	if e != 0 && e != unix.EINTR {
		return 0, e
	}
	p.turn++
	n := 0
	for i := range p.buf[:got] {
		n = p.take(&p.buf[i], events, n)
	}
	p.disarm(p.buf[:got])
	return n, nil
}

// take puts one kevent into the event of its descriptor, the n-th one if this
// batch has none yet, and returns how many there are then.
func (p *kqueue) take(kev *sys.Kevent, events []Event, n int) int {
	switch {
	case kev.Filter == sys.EVFILT_USER:
		p.noticed()
		return n
	case p.pipe != nil && kev.Ident == uint64(p.pipe.r):
		p.pipe.drain()
		p.noticed()
		return n
	case kev.Ident >= uint64(len(p.regs)):
		return n
	}
	r := &p.regs[kev.Ident]
	side, ready := translate(kev)
	if r.filters&side == 0 {
		return n
	}
	if r.turn != p.turn {
		r.turn, r.at = p.turn, n
		events[n] = Event{Token: r.token}
		n++
	}
	events[r.at].Ready |= ready
	if r.mode == OneShot {
		r.filters &^= side // EV_ONESHOT has deleted the knote
	}
	return n
}

// translate gives a kevent the meaning that the package comment describes.
// EV_EOF is no error: the peer may only have half-closed, and kev.Data bytes
// that it sent before may be unread. Only an errno in fflags is.
func translate(kev *sys.Kevent) (side Interest, ready Ready) {
	eof := ReadClosed
	side, ready = Read, Readable
	if kev.Filter == sys.EVFILT_WRITE {
		eof = Hangup
		side, ready = Write, Writable
	}
	if kev.Flags&sys.EV_EOF != 0 {
		ready |= eof
		if kev.Fflags != 0 {
			ready |= Failed
		}
	}
	if kev.Flags&sys.EV_ERROR != 0 {
		ready |= Failed
	}
	return side, ready
}

// disarm deletes what is left of OneShot registrations that were reported: the
// other filter's knote. Should that fail, its event will find no filter in the
// table and be dropped.
func (p *kqueue) disarm(batch []sys.Kevent) {
	for i := range batch {
		ident := batch[i].Ident
		if batch[i].Filter == sys.EVFILT_USER || ident >= uint64(len(p.regs)) {
			continue
		}
		r := &p.regs[ident]
		if r.mode != OneShot || r.filters == 0 || r.turn != p.turn {
			continue
		}
		left := r.filters
		r.filters = 0
		p.replace(int(ident), left, 0, Level)
	}
}

func (p *kqueue) Close() error {
	if p.closed {
		return errClosed
	}
	p.waker.close()
	if p.pipe != nil {
		p.pipe.close()
	}
	return errnoErr(p.k.Close(p.fd))
}
