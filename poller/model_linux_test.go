package poller_test

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// modelKernel serves kqueue(2) on a kernel that has none, for real sockets: the
// algorithm of FreeBSD's kern_event.c with its two halves taken from Linux. An
// edge-triggered epoll tells when a knote is activated, as KNOTE() does, and
// poll(2) with FIONREAD is a filter's f_event, which is asked again before
// anything is reported. Two epolls, as each takes a descriptor only once.
//
// It is a model, made from the manual pages: what it shares with no real
// kqueue is not found by it.
type modelKernel struct {
	sys.Kernel
	user bool // EVFILT_USER is there

	mu     sync.Mutex // a trigger comes from any goroutine
	queues map[int]*modelQueue
}

func newModel(k sys.Kernel, user bool) *modelKernel {
	return &modelKernel{Kernel: k, user: user, queues: make(map[int]*modelQueue)}
}

type modelQueue struct {
	outer  int    // epoll over the three below: what a wait sleeps on
	filter [2]int // edge-triggered epolls for EVFILT_READ and EVFILT_WRITE
	user   int    // eventfd
	knotes map[knoteKey]*knote
	active []*knote // in the order in which they will be asked

	spare  []*knote
	count  [8]byte
	ready  [32]unix.EpollEvent
	pollfd [1]unix.PollFd
}

type knoteKey struct {
	ident  uint64
	filter int16
}

type knote struct {
	knoteKey
	flags   uint16
	active  bool
	trigger bool // EVFILT_USER
}

// modelTrigger is what makes an eventfd readable.
var modelTrigger = []byte("trigger!")

func (m *modelKernel) Kqueue() (int, sys.Errno) {
	q := &modelQueue{knotes: make(map[knoteKey]*knote)}
	for _, fd := range []*int{&q.outer, &q.filter[0], &q.filter[1]} {
		*fd, _ = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	}
	q.user, _ = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	for _, fd := range []int{q.filter[0], q.filter[1], q.user} {
		ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
		if err := unix.EpollCtl(q.outer, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return -1, unix.ENOMEM
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queues[q.outer] = q
	return q.outer, 0
}

func (m *modelKernel) Close(fd int) sys.Errno {
	m.mu.Lock()
	defer m.mu.Unlock()
	if q := m.queues[fd]; q != nil {
		delete(m.queues, fd)
		for _, inner := range []int{q.filter[0], q.filter[1], q.user} {
			unix.Close(inner)
		}
	}
	return m.Kernel.Close(fd)
}

func (m *modelKernel) Kevent(kq int, changes, events []sys.Kevent, timeout int64) (int, sys.Errno) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.queues[kq]
	if q == nil {
		return 0, unix.EBADF
	}
	receipts := 0
	for _, c := range changes {
		e := m.change(q, c)
		if e == 0 && c.Flags&sys.EV_RECEIPT == 0 {
			continue
		}
		if receipts == len(events) {
			return 0, e
		}
		c.Flags, c.Data = sys.EV_ERROR, int64(e)
		events[receipts] = c
		receipts++
	}
	if receipts > 0 || len(events) == 0 {
		return receipts, 0
	}
	return m.wait(q, events, timeout)
}

func (m *modelKernel) wait(q *modelQueue, events []sys.Kevent, timeout int64) (int, sys.Errno) {
	end := m.Now() + timeout
	for {
		q.activate()
		if n := q.scan(events); n > 0 || timeout == 0 {
			return n, 0
		}
		msec := -1
		if timeout > 0 {
			msec = int(min((max(0, end-m.Now())+int64(time.Millisecond)-1)/int64(time.Millisecond), 1<<30))
		}
		m.mu.Unlock()
		n, err := unix.EpollWait(q.outer, q.ready[:], msec)
		m.mu.Lock()
		if err == unix.EINTR {
			return 0, unix.EINTR
		}
		if n == 0 {
			return 0, 0
		}
	}
}

// change applies one entry of a changelist.
func (m *modelKernel) change(q *modelQueue, c sys.Kevent) sys.Errno {
	key := knoteKey{c.Ident, c.Filter}
	kn := q.knotes[key]
	if c.Filter == sys.EVFILT_USER && !m.user {
		return unix.EINVAL
	}
	if c.Filter != sys.EVFILT_USER {
		if _, err := unix.FcntlInt(uintptr(c.Ident), unix.F_GETFD, 0); err != nil {
			return unix.EBADF
		}
	}
	switch {
	case kn == nil && c.Flags&sys.EV_ADD == 0:
		return unix.ENOENT
	case c.Flags&sys.EV_DELETE != 0:
		q.drop(kn)
		return 0
	case kn == nil:
		kn = &knote{knoteKey: key, flags: c.Flags} // flags stay as they are when it is added again
		q.knotes[key] = kn
		q.watch(unix.EPOLL_CTL_ADD, key)
	}
	if c.Fflags&sys.NOTE_TRIGGER != 0 {
		kn.trigger = true
		unix.Write(q.user, modelTrigger)
	}
	q.enqueue(kn) // to be asked at the next scan
	return 0
}

func (q *modelQueue) watch(op int, key knoteKey) {
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(key.ident)}
	epfd := q.filter[0]
	switch key.filter {
	case sys.EVFILT_USER:
		return
	case sys.EVFILT_WRITE:
		ev.Events, epfd = unix.EPOLLOUT|unix.EPOLLET, q.filter[1]
	}
	unix.EpollCtl(epfd, op, int(key.ident), &ev)
}

func (q *modelQueue) enqueue(kn *knote) {
	if !kn.active {
		kn.active = true
		q.active = append(q.active, kn)
	}
}

func (q *modelQueue) drop(kn *knote) {
	delete(q.knotes, kn.knoteKey)
	q.watch(unix.EPOLL_CTL_DEL, kn.knoteKey)
	kn.active = false // scan skips it
}

// activate queues the knotes to whose descriptors something has happened.
func (q *modelQueue) activate() {
	for i, epfd := range q.filter {
		filter := [...]int16{sys.EVFILT_READ, sys.EVFILT_WRITE}[i]
		for n := len(q.ready); n == len(q.ready); {
			n, _ = unix.EpollWait(epfd, q.ready[:], 0)
			for _, ev := range q.ready[:max(n, 0)] {
				if kn := q.knotes[knoteKey{uint64(ev.Fd), filter}]; kn != nil {
					q.enqueue(kn)
				}
			}
		}
	}
	unix.Read(q.user, q.count[:])
}

// scan reports active knotes; those that stay active go to the queue's end.
func (q *modelQueue) scan(events []sys.Kevent) (n int) {
	queue := q.active
	q.active = q.spare[:0]
	again := 0
	for i, kn := range queue {
		if n == len(events) {
			rest := queue[i:]
			q.active = append(q.active, rest...)
			rotate(q.active, again)
			break
		}
		if !kn.active || q.knotes[kn.knoteKey] != kn {
			continue
		}
		kev, ready := q.ask(kn)
		kn.active = false
		if !ready {
			continue
		}
		events[n] = kev
		n++
		switch {
		case kn.flags&sys.EV_ONESHOT != 0:
			q.drop(kn)
		case kn.flags&sys.EV_CLEAR != 0:
			kn.trigger = false
		default:
			q.enqueue(kn)
			again++
		}
	}
	q.spare = queue[:0]
	return n
}

// rotate moves the first k to the end.
func rotate(s []*knote, k int) {
	for range k {
		first := s[0]
		copy(s, s[1:])
		s[len(s)-1] = first
	}
}

// ask is f_event: is it ready now, and what is there to say?
func (q *modelQueue) ask(kn *knote) (sys.Kevent, bool) {
	kev := sys.Kevent{Ident: kn.ident, Filter: kn.filter, Flags: kn.flags}
	if kn.filter == sys.EVFILT_USER {
		return kev, kn.trigger
	}
	var events int16 = unix.POLLIN | unix.POLLRDHUP
	var eof int16 = unix.POLLRDHUP | unix.POLLHUP | unix.POLLERR
	if kn.filter == sys.EVFILT_WRITE {
		events, eof = unix.POLLOUT, unix.POLLHUP|unix.POLLERR
	}
	q.pollfd[0] = unix.PollFd{Fd: int32(kn.ident), Events: events}
	unix.Poll(q.pollfd[:], 0)
	got := q.pollfd[0].Revents
	if got == 0 {
		return kev, false
	}
	if got&unix.POLLNVAL != 0 { // closed: its knotes are gone
		q.drop(kn)
		return kev, false
	}
	if got&eof != 0 {
		kev.Flags |= sys.EV_EOF
	}
	if got&unix.POLLERR != 0 {
		kev.Fflags = uint32(unix.ECONNRESET)
	}
	kev.Data = 1
	if pending, err := unix.IoctlGetInt(int(kn.ident), unix.TIOCINQ); err == nil && kn.filter == sys.EVFILT_READ {
		kev.Data = int64(pending)
	}
	return kev, true
}
