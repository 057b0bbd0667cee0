package loop

import (
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/rawloop/rawloop/internal/buf"
	"github.com/rawloop/rawloop/internal/queue"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/internal/timer"
	"github.com/rawloop/rawloop/poller"
)

// batch is how many events one wait can bring.
const batch = 1024

// Loop is one event loop of a Group: it owns connections and runs their
// handlers. Post, Stats and Group may be called from any goroutine, everything
// else belongs to the goroutine that runs the loop.
type Loop struct {
	// What every message touches comes first.
	k     sys.Kernel
	buf   []byte  // the shared read buffer
	conns []*conn // by slot

	// What the running callback has written, and whose it is.
	collecting *conn
	first      []byte   // the only write so far; with more they are segments
	pending    int      // bytes of all
	segments   [][]byte // borrowed, or in scratch

	queued                   atomic.Int64 // output of all connections, Sends under way included
	maxQueued, maxQueuedLoop int          // of Limits

	events      []poller.Event
	got, cursor int // events of this turn; how far the running phase has come
	stats       Stats

	p    poller.Poller
	g    *Group
	cfg  *Config
	mode poller.Mode // Edge where the backend has it

	// Memory that lives as long as the loop.
	scratch []byte
	tail    int // where the last segment begins in scratch, -1 if it is not there
	vectors [][]byte
	addr    sys.RawSockaddr
	pool    buf.Pool

	free     []uint32 // slots to use again
	dying    []*conn  // closed when the turn ends
	starving []Conn   // were refused output because the loop holds too much

	accepting []*acceptor // by slot
	listening int         // how many of them are open

	// Work for this turn and the next.
	todo, ready     []Conn
	settling, dirty []Conn
	accepts         []*acceptor
	acceptors       []*acceptor

	posts   *queue.Queue[message]
	control *queue.Queue[func()]
	run     func(message, []byte)
	runCtl  func(func(), []byte)

	wheel timer.Wheel
	now   int64
	spin  spinner
	spare int // a descriptor to give up when there are no others, -1 if there is none

	draining bool // take no more, let the busy finish
	forced   bool // the time for that is over
	stopping bool // close everything now
	ended    bool
	drained  Report
	// goroutine is who runs the loop, for Drain.
	goroutine atomic.Uint64

	shared snapshot
	tally  *tally // with Config.CountIO; then it is k
}

func newLoop(g *Group, k sys.Kernel) (*Loop, error) {
	p, err := poller.NewKernel(k, g.cfg.Backend)
	if err != nil {
		return nil, err
	}
	var counting *tally
	if g.cfg.CountIO {
		counting = &tally{Kernel: k}
		k = counting
	}
	l := &Loop{
		k: k, p: p, g: g, cfg: &g.cfg,
		maxQueued:     g.cfg.Limits.MaxQueued,
		maxQueuedLoop: g.cfg.Limits.MaxQueuedLoop,
		mode:          poller.Level,
		events:        make([]poller.Event, batch),
		buf:           make([]byte, readBuffer),
		scratch:       make([]byte, 0, scratchSize),
		segments:      make([][]byte, 0, sys.MaxVectors),
		vectors:       make([][]byte, 0, sys.MaxVectors),
		tally:         counting,
		tail:          -1,
		spare:         -1,
		posts:         queue.New[message](g.cfg.Limits.MaxPosts, g.cfg.Limits.MaxQueuedLoop),
		control:       queue.New[func()](1<<16, 0),
		spin:          newSpinner(g.cfg.BusyPoll),
	}
	if poller.BackendOf(p).Has(poller.Edge) {
		l.mode = poller.Edge
	}
	l.run, l.runCtl = l.receive, func(fn func(), _ []byte) { fn() }
	l.now = k.Now()
	l.wheel.Advance(l.now)
	l.takeSpare()
	return l, nil
}

// Group returns the group that the loop belongs to.
func (l *Loop) Group() *Group { return l.g }

// Step is one turn of the loop: wait for events or for what else is due, then
//
//	dispatch events → timers → posted functions → connections that had more to
//	do → settle what all of these asked for → close what ended → accept
//
// It returns ErrClosed when the loop has ended, and a poller's error, which
// ends it, otherwise nil. Group.Run calls it until then; only a program that
// steps loops itself calls it, always from one goroutine.
func (l *Loop) Step() error {
	l.g.stepping.Store(true)
	defer l.g.stepping.Store(false)
	return l.turn()
}

func (l *Loop) turn() error {
	if l.ended {
		return ErrClosed
	}
	n, err := l.wait()
	start := l.k.Now()
	l.now = start
	if err != nil {
		l.stopping = true
	}
	l.todo, l.ready = l.ready, l.todo[:0]
	l.got = n
	l.stats.Events += uint64(n)
	l.stats.MaxBatch = max(l.stats.MaxBatch, uint64(n))
	l.phase(n > 0, (*Loop).dispatch)
	// Once: a timer that arms itself for now and panics must not keep the turn.
	l.try((*Loop).runTimers)
	l.phase(l.posted(), (*Loop).runPosts)
	l.phase(len(l.todo) > 0, (*Loop).runReady)
	l.feed()
	l.settling, l.dirty = l.dirty, l.settling[:0]
	l.phase(len(l.settling) > 0, (*Loop).settleDirty)
	l.phase(l.stopping, (*Loop).closeAll)
	l.reap()
	// Accepting comes last, when what this turn has freed can be used again.
	l.accepts, l.acceptors = l.acceptors, l.accepts[:0]
	l.phase(len(l.accepts) > 0, (*Loop).runAcceptors)
	l.endTurn(start)
	l.endIfDone()
	return err
}

// phase runs one part of a turn if it has anything to do. A callback that
// panics ends its connection; the phase goes on behind it, at the cursor.
func (l *Loop) phase(needed bool, part func(*Loop)) {
	if !needed {
		return
	}
	l.cursor = 0
	for !l.try(part) {
	}
}

func (l *Loop) try(part func(*Loop)) (done bool) {
	defer func() {
		if done || l.cfg.CrashOnPanic {
			return
		}
		if v := recover(); v != nil {
			l.panicked(&PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	part(l)
	return true
}

// panicked ends the connection whose callback panicked. The handler is in an
// unknown state, and so is what it wrote: the peer gets a reset.
func (l *Loop) panicked(err *PanicError) {
	l.stats.Panics++
	s := l.collecting
	l.forget()
	l.collecting = nil
	l.report(err)
	if s != nil && s.state != dead {
		s.fail(err)
		s.flags &^= lastWords
		l.touch(s)
	}
}

// report passes an error that has no caller to Config.OnError. It is called
// where everything else is done, but a panic in OnError must not undo that.
func (l *Loop) report(err error) {
	defer func() {
		if !l.cfg.CrashOnPanic && recover() != nil {
			l.stats.Panics++
		}
	}()
	l.cfg.OnError(err)
}

// ignore is for errors of cleaning up, which change nothing.
func (l *Loop) ignore(err error) {
	if err != nil {
		l.stats.Ignored++
	}
}

func (l *Loop) dispatch() {
	for l.cursor < l.got {
		ev := l.events[l.cursor]
		l.cursor++
		l.handle(ev)
	}
}

func (l *Loop) runTimers() { l.wheel.Advance(l.now) }

func (l *Loop) runPosts() {
	l.control.Drain(l.runCtl)
	l.posts.Drain(l.run)
}

// runReady goes on with connections that had more to do than their share.
func (l *Loop) runReady() {
	for l.cursor < len(l.todo) {
		c := l.todo[l.cursor]
		l.cursor++
		if s := c.live(); s != nil {
			s.flags &^= inReady
			if !s.has(sawEOF) {
				l.read(s)
			}
			l.settle(s)
		}
	}
}

func (l *Loop) settleDirty() {
	for l.cursor < len(l.settling) {
		c := l.settling[l.cursor]
		l.cursor++
		if s := c.live(); s != nil {
			s.flags &^= inDirty
			l.settle(s)
		}
	}
}

// makeReady gives s a turn without an event.
func (l *Loop) makeReady(s *conn) {
	if !s.has(inReady) {
		s.flags |= inReady
		l.ready = append(l.ready, Conn{s, s.gen})
	}
}

// touch has s settled when the turn ends.
func (l *Loop) touch(s *conn) {
	if !s.has(inDirty) {
		s.flags |= inDirty
		l.dirty = append(l.dirty, Conn{s, s.gen})
	}
}

// AfterFunc runs fn on the loop once d has passed, not early and at most about
// a millisecond late unless the loop is busy. The timer can be stopped. It must
// be called on the loop.
func (l *Loop) AfterFunc(d time.Duration, fn func()) *Timer {
	t := &Timer{loop: l}
	t.node.Handler = timer.Func(func(int64) { fn() })
	when := l.now
	if d > 0 {
		when = l.k.Now() + int64(d)
		if when < 0 {
			when = 1<<63 - 1
		}
	}
	l.wheel.Arm(&t.node, when)
	return t
}

// Timer is a function that waits for its time on a loop.
type Timer struct {
	loop *Loop
	node timer.Timer
}

// Stop reports whether it kept the function from running. It must be called on
// the loop.
func (t *Timer) Stop() bool { return t.loop.wheel.Cancel(&t.node) }
