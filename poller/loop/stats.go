package loop

import (
	"sync"
	"time"

	"github.com/rawloop/rawloop/internal/sys"
)

// Stats is what a loop, or all loops of a group together, have done so far.
type Stats struct {
	Conns        uint64        `json:"conns"` // open now
	Accepted     uint64        `json:"accepted"`
	Closed       uint64        `json:"closed"`
	AcceptErrors uint64        `json:"accept_errors"` // errnos of accept(2) other than EAGAIN
	Shed         uint64        `json:"shed"`          // accepted and closed at once: too many connections or descriptors
	Panics       uint64        `json:"panics"`
	Turns        uint64        `json:"turns"`
	Events       uint64        `json:"events"`
	MaxBatch     uint64        `json:"max_batch"` // most events of one turn
	Stale        uint64        `json:"stale"`     // events for connections that had ended
	Spins        uint64        `json:"spins"`     // waits made by busy polling
	BytesIn      uint64        `json:"bytes_in"`
	BytesOut     uint64        `json:"bytes_out"`
	Again        uint64        `json:"again"`        // EAGAIN from recv and send
	ShortWrites  uint64        `json:"short_writes"` // sends that took only a part
	Queued       uint64        `json:"queued"`       // output that waits for the kernel now
	Unsent       uint64        `json:"unsent"`       // output dropped because its connection ended
	Ignored      uint64        `json:"ignored"`      // errors of cleaning up
	Paused       time.Duration `json:"paused_ns"`    // reading held back by the high-water mark, summed over connections
	LongestTurn  time.Duration `json:"longest_turn_ns"`
	Calls        Calls         `json:"calls"`
}

// Calls counts the system calls that a loop has made, by kind.
type Calls struct {
	Wait     uint64 `json:"wait"` // epoll_pwait, kevent, poll
	Ctl      uint64 `json:"ctl"`  // epoll_ctl
	Accept   uint64 `json:"accept"`
	Recv     uint64 `json:"recv"`
	Send     uint64 `json:"send"`
	Sendmsg  uint64 `json:"sendmsg"`
	Shutdown uint64 `json:"shutdown"`
	Close    uint64 `json:"close"`
	Sockopt  uint64 `json:"sockopt"`
	Wake     uint64 `json:"wake"` // writes that woke the loop
	Other    uint64 `json:"other"`
}

// Total is the sum of all kinds.
func (c Calls) Total() uint64 { return sys.Calls(c).Total() }

// snapshot is the copy of a loop's counters that other goroutines read. The
// loop counts without it, and fills it about once a millisecond and before it
// sleeps.
type snapshot struct {
	mu    sync.Mutex
	stats Stats
	at    int64
}

const publishEvery = int64(time.Millisecond)

// Stats returns the loop's counters, at most about a millisecond old. Any
// goroutine may call it.
func (l *Loop) Stats() Stats {
	l.shared.mu.Lock()
	defer l.shared.mu.Unlock()
	return l.shared.stats
}

func (l *Loop) publish() {
	s := l.stats
	s.Queued = uint64(l.queued.Load())
	s.Calls = Calls(l.k.Calls())
	l.shared.mu.Lock()
	l.shared.stats = s
	l.shared.mu.Unlock()
	l.shared.at = l.now
}

// endTurn counts the turn. Its end is the next one's idea of now.
func (l *Loop) endTurn(start int64) {
	l.stats.Turns++
	l.now = l.k.Now()
	l.stats.LongestTurn = max(l.stats.LongestTurn, time.Duration(l.now-start))
	if l.now-l.shared.at >= publishEvery {
		l.publish()
	}
}

func (l *Loop) pausedFor(s *conn) time.Duration { return time.Duration(l.now - s.paused) }

// Stats adds up the counters of all loops; MaxBatch and LongestTurn are the
// largest of any. Any goroutine may call it.
func (g *Group) Stats() Stats {
	var sum Stats
	for _, l := range g.loops {
		sum.add(l.Stats())
	}
	return sum
}

func (s *Stats) add(o Stats) {
	s.Conns += o.Conns
	s.Accepted += o.Accepted
	s.Closed += o.Closed
	s.AcceptErrors += o.AcceptErrors
	s.Shed += o.Shed
	s.Panics += o.Panics
	s.Turns += o.Turns
	s.Events += o.Events
	s.MaxBatch = max(s.MaxBatch, o.MaxBatch)
	s.Stale += o.Stale
	s.Spins += o.Spins
	s.BytesIn += o.BytesIn
	s.BytesOut += o.BytesOut
	s.Again += o.Again
	s.ShortWrites += o.ShortWrites
	s.Queued += o.Queued
	s.Unsent += o.Unsent
	s.Ignored += o.Ignored
	s.Paused += o.Paused
	s.LongestTurn = max(s.LongestTurn, o.LongestTurn)
	s.Calls.add(o.Calls)
}

func (c *Calls) add(o Calls) {
	c.Wait += o.Wait
	c.Ctl += o.Ctl
	c.Accept += o.Accept
	c.Recv += o.Recv
	c.Send += o.Send
	c.Sendmsg += o.Sendmsg
	c.Shutdown += o.Shutdown
	c.Close += o.Close
	c.Sockopt += o.Sockopt
	c.Wake += o.Wake
	c.Other += o.Other
}
