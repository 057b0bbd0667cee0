package main

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/rawsock"
)

// target is what every client of a run connects to and how.
type target struct {
	addrs    []rawsock.Sockaddr // tried in order
	label    string
	unix     bool
	noDelay  bool
	rcvBuf   int
	sndBuf   int
	size     int           // bytes of a message
	pipeline int           // messages in flight on a connection
	conns    int           // connections of all clients together
	patience time.Duration // how long to wait for connections and for answers that do not come
}

// client drives some of the connections of a run from one goroutine: an edge-triggered loop of its own that neither allocates nor
// copies for a message. Its stages are open, probe, drive and finish, in this order.
type client struct {
	t      target
	p      poller.Poller
	conns  []benchConn
	events []poller.Event
	in     []byte // what recv(2) fills
	out    []byte // what send(2) takes
	base   time.Time
	stop   *atomic.Bool // ends drive early

	live      int   // connections that are open
	waiting   int   // connections of the current stage that have not done what it waits for
	issued    int64 // messages that drive has begun to send
	limit     int64 // most messages to issue, 0 for no limit
	replies   int64 // messages answered in all
	issuing   bool  // replies are followed by new messages
	recording bool
	res       result

	stream   *benchStream // nil without --json-stream
	number   int          // of this client
	interval int          // of the stream, under way
	reported result       // how far the stream knows
}

// result is what a client measured.
type result struct {
	hist     *hdrhistogram.Histogram // nanoseconds
	messages int64                   // answered while recording
	errors   int64
	firstErr error
	damage   damage
}

// maxLatency is the longest latency that the histogram holds; a longer one counts as this.
const maxLatency = int64(time.Hour)

// newClient makes a client for the connections first, first+1, … of the run.
func newClient(t target, first, n int, stop *atomic.Bool) (*client, error) {
	p, err := poller.New("")
	if err != nil {
		return nil, err
	}
	if !poller.BackendOf(p).Has(poller.Edge) {
		p.Close()
		return nil, fmt.Errorf("bench needs an edge-triggered poller, which %s is not", poller.BackendOf(p))
	}
	cl := &client{
		t: t, p: p, stop: stop, base: time.Now(),
		conns:  make([]benchConn, n),
		events: make([]poller.Event, min(max(n, 1), 1024)),
		in:     make([]byte, 64<<10),
		out:    make([]byte, 64<<10),
		res:    result{hist: hdrhistogram.New(1, maxLatency, 3)},
	}
	begun := make([]int64, n*t.pipeline)
	for i := range cl.conns {
		c := &cl.conns[i]
		c.fd = -1
		c.check = checker{conn: first + i, conns: t.conns}
		c.begun, begun = begun[:t.pipeline:t.pipeline], begun[t.pipeline:]
	}
	return cl, nil
}

func (cl *client) now() int64 { return int64(time.Since(cl.base)) }

// step waits for events until deadline at most and handles them.
func (cl *client) step(deadline time.Time) error {
	// A wait that cannot sleep is the cheaper call, and with many connections there is nearly always something.
	n, err := cl.p.Wait(cl.events, 0)
	if n == 0 && err == nil {
		n, err = cl.p.Wait(cl.events, max(time.Until(deadline), 0))
	}
	if err != nil {
		return fmt.Errorf("wait for events: %w", err)
	}
	for _, ev := range cl.events[:n] {
		cl.handle(int(ev.Token), ev.Ready)
	}
	return nil
}

func (cl *client) handle(i int, ready poller.Ready) {
	c := &cl.conns[i]
	switch {
	case c.fd < 0:
	case c.state == connecting:
		cl.connected(c)
	default:
		if ready&poller.Writable != 0 && c.blocked {
			cl.flush(c)
		}
		if ready&^poller.Writable != 0 {
			cl.receive(c, ready)
		}
	}
}

// open connects everything, with at most a listener's usual queue in the making at a time.
func (cl *client) open(deadline time.Time) error {
	const inTheMaking = 128
	for next := 0; ; {
		for next < len(cl.conns) && next-cl.live < inTheMaking {
			again, err := cl.connect(next)
			if err != nil {
				return err
			}
			if again {
				break
			}
			next++
		}
		switch {
		case cl.res.firstErr != nil:
			return cl.res.firstErr
		case cl.live == len(cl.conns):
			return nil
		case time.Now().After(deadline) || cl.stop.Load():
			return &opError{"connect", cl.t.label, fmt.Errorf("%d of %d connections opened in time", cl.live, len(cl.conns))}
		}
		// A full unix listener refuses with EAGAIN and tells nobody when it has room again.
		if err := cl.step(time.Now().Add(5 * time.Millisecond)); err != nil {
			return err
		}
	}
}

// probe sends one message on each connection and returns how many were answered: all of them, what was at the deadline, or one, if
// for a second after it no other was. total counts the answers of all clients.
func (cl *client) probe(deadline time.Time, total *atomic.Int64) (int, error) {
	const patience = time.Second
	cl.waiting = len(cl.conns)
	for i := range cl.conns {
		cl.issue(&cl.conns[i], 1, cl.now())
	}
	var seen, counted int64
	quiet := deadline
	for now := time.Now(); cl.waiting > 0 && now.Before(deadline) && now.Before(quiet); now = time.Now() {
		if cl.stop.Load() || cl.res.firstErr != nil {
			break
		}
		if err := cl.step(now.Add(20 * time.Millisecond)); err != nil {
			return 0, err
		}
		answered := int64(len(cl.conns) - cl.waiting)
		total.Add(answered - counted)
		counted = answered
		if n := total.Load(); n != seen {
			seen, quiet = n, deadline
			if n == 1 && cl.t.conns > 1 {
				quiet = now.Add(patience)
			}
		}
	}
	return len(cl.conns) - cl.waiting, cl.res.firstErr
}

// keepAnswered closes the connections that probe got no answer on and forgets that they were ever sent to.
func (cl *client) keepAnswered() {
	for i := range cl.conns {
		if c := &cl.conns[i]; c.fd >= 0 && c.done == 0 {
			cl.drop(c)
			c.check.next = c.sent
		}
	}
}

// drive keeps pipeline messages in flight on each connection, records from warm on and stops issuing at end. With a limit it stops
// when so many messages are answered, or when for the target's patience none was. It returns for how long it recorded.
func (cl *client) drive(warm, end time.Time, limit int64) (time.Duration, error) {
	cl.issued, cl.limit, cl.issuing = 0, limit, true
	first := cl.replies
	for i := range cl.conns {
		if c := &cl.conns[i]; c.fd >= 0 {
			cl.issue(c, cl.t.pipeline, cl.now())
		}
	}
	seen, quiet := cl.replies, time.Now().Add(cl.t.patience)
	for cl.live > 0 && !cl.stop.Load() {
		now := time.Now()
		if cl.replies != seen {
			seen, quiet = cl.replies, now.Add(cl.t.patience)
		}
		if !now.Before(end) || limit > 0 && (cl.replies-first >= limit || now.After(quiet)) {
			break
		}
		cl.recording = !now.Before(warm)
		deadline := end
		if !cl.recording {
			deadline = warm
		} else if limit > 0 {
			deadline = quiet
		}
		if cl.stream != nil && cl.recording {
			deadline = cl.tick(now, warm, deadline)
		}
		if err := cl.step(deadline); err != nil {
			return 0, err
		}
	}
	cl.issuing = false
	took := max(time.Since(warm), 0)
	if cl.stream != nil {
		cl.publish(took, true)
	}
	return took, nil
}

// idle reports whether no connection waits for an answer.
func (cl *client) idle() bool {
	for i := range cl.conns {
		if c := &cl.conns[i]; c.fd >= 0 && c.check.progress(c.sent) < c.issued {
			return false
		}
	}
	return true
}

// finish waits for the last answers, half-closes, reads until end of file so that no byte too many stays unseen, and closes.
func (cl *client) finish() error {
	cl.recording = false
	for deadline := time.Now().Add(cl.t.patience); cl.live > 0 && time.Now().Before(deadline) && !cl.idle(); {
		if err := cl.step(deadline); err != nil {
			return err
		}
	}
	for i := range cl.conns {
		if c := &cl.conns[i]; c.fd >= 0 {
			c.state = finishing
			c.fd.Shutdown(unix.SHUT_WR)
		}
	}
	for deadline := time.Now().Add(cl.t.patience); cl.live > 0 && time.Now().Before(deadline); {
		if err := cl.step(deadline); err != nil {
			return err
		}
	}
	for i := range cl.conns {
		c := &cl.conns[i]
		if c.fd >= 0 {
			cl.drop(c)
		}
		c.check.finish(c.sent)
		cl.res.damage.add(c.check.damage)
	}
	return nil
}

// fail drops a connection that ended other than it should.
func (cl *client) fail(c *benchConn, call string, err error) {
	cl.res.errors++
	if cl.res.firstErr == nil {
		cl.res.firstErr = &opError{call, cl.t.label, err}
	}
	cl.drop(c)
}

func (cl *client) drop(c *benchConn) {
	if c.state != connecting {
		cl.live--
	}
	cl.p.Remove(int(c.fd))
	c.fd.Close()
	c.fd = -1
}

// close releases what the stages have left.
func (cl *client) close() {
	for i := range cl.conns {
		if c := &cl.conns[i]; c.fd >= 0 {
			cl.drop(c)
		}
	}
	cl.p.Close()
}

var errPeerClosed = errors.New("closed by the server")
