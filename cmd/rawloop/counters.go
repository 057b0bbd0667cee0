package main

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller/loop"
	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// countersFlag is the level of --counters, if it was given.
type countersFlag struct {
	level bpfstat.Level
	given bool
}

func (f *countersFlag) Type() string   { return "level" }
func (f *countersFlag) String() string { return "" }

func (f *countersFlag) Set(s string) error {
	f.given = true
	if err := f.level.UnmarshalText([]byte(s)); err != nil {
		return fmt.Errorf("want lifecycle, calls or wake")
	}
	return nil
}

// comparison is what echo --counters prints: the kernel's counts, and whether the loop's own are the same.
type comparison struct {
	Level       bpfstat.Level   `json:"counters"`
	Unavailable string          `json:"counters_unavailable,omitempty"` // why there are none
	Kernel      *bpfstat.Totals `json:"kernel,omitempty"`
	Sockets     uint64          `json:"sockets_compared"`
	Bytes       uint64          `json:"bytes_compared"`
	Calls       uint64          `json:"calls_compared"`
	Unaccepted  uint64          `json:"never_accepted,omitempty"` // connections that came as the listeners closed: TCP reset them
	Differences []difference    `json:"differences,omitempty"`    // the first of them
	Agree       bool            `json:"agree"`                    // everything that the level counts was compared and is the same
}

// difference is a count that is not the same. Of a single socket, if it names one.
type difference struct {
	Socket string `json:"socket,omitempty"` // "tcp 127.0.0.1:34567", the peer's address
	Field  string `json:"field"`
	Loop   uint64 `json:"loop"`
	Kernel uint64 `json:"kernel"`
}

// maxDifferences is how many are kept.
const maxDifferences = 100

// comparer watches what a loop engine serves and compares each connection with its counters as it ends. Its methods may be called on
// any loop.
type comparer struct {
	c     *bpfstat.Counters // nil without
	level bpfstat.Level

	mu     sync.Mutex
	result comparison
	tcp    struct{ opened, closed, in, out uint64 } // what the loop did over TCP
}

// newComparer opens counters. Where they are unavailable it says so and compares nothing; any other reason not to have them is an error.
func newComparer(level bpfstat.Level, note func(format string, args ...any)) (*comparer, error) {
	k := &comparer{level: level, result: comparison{Level: level}}
	var err error
	switch k.c, err = bpfstat.Open(bpfstat.Config{Level: level}); {
	case errors.Is(err, bpfstat.ErrUnavailable):
		note("%v; serving without counters", err)
		k.result.Unavailable = err.Error()
	case err != nil:
		return nil, err
	}
	return k, nil
}

// onListener is loop.Config.OnListener. What a listener cannot pass on is watched as it opens.
func (k *comparer) onListener(fd rawsock.FD) error {
	if k.c == nil {
		return nil
	}
	if err := k.c.Watch(fd); err != bpfstat.ErrMPTCP {
		return err
	}
	return nil
}

// wrap puts the comparison around the handler of a connection that opens. inherits says that its listener was watched before it was one.
func (k *comparer) wrap(c loop.Conn, h loop.Handler, label string, inherits bool) loop.Handler {
	if k.c == nil {
		return h
	}
	if !inherits {
		if err := k.c.Watch(c.FD()); err != nil {
			k.differ(difference{Socket: label, Field: "not watched"})
		}
	}
	protocol, err := c.FD().SockProtocol()
	ch := &comparedHandler{h, k, label, err == nil && protocol == unix.IPPROTO_TCP}
	if ch.tcp {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.tcp.opened++
	}
	return ch
}

// comparedHandler compares when its connection ends.
type comparedHandler struct {
	loop.Handler
	k     *comparer
	label string
	tcp   bool
}

func (h *comparedHandler) OnClose(c loop.Conn, cause error) {
	h.Handler.OnClose(c, cause)
	h.k.ended(c, h.label, h.tcp)
}

// callFields are the fields of a connection's counts on both sides.
var callFields = []struct {
	name   string
	loop   func(*loop.IO) uint64
	kernel func(*bpfstat.CallCounts) uint64
}{
	{"recv", func(l *loop.IO) uint64 { return l.Recv }, func(k *bpfstat.CallCounts) uint64 { return k.Recv }},
	{"recv_bytes", func(l *loop.IO) uint64 { return l.RecvBytes }, func(k *bpfstat.CallCounts) uint64 { return k.RecvBytes }},
	{"recv_again", func(l *loop.IO) uint64 { return l.RecvAgain }, func(k *bpfstat.CallCounts) uint64 { return k.RecvAgain }},
	{"recv_errors", func(l *loop.IO) uint64 { return l.RecvErrors }, func(k *bpfstat.CallCounts) uint64 { return k.RecvErrors }},
	{"send", func(l *loop.IO) uint64 { return l.Send }, func(k *bpfstat.CallCounts) uint64 { return k.Send }},
	{"send_bytes", func(l *loop.IO) uint64 { return l.SendBytes }, func(k *bpfstat.CallCounts) uint64 { return k.SendBytes }},
	{"send_again", func(l *loop.IO) uint64 { return l.SendAgain }, func(k *bpfstat.CallCounts) uint64 { return k.SendAgain }},
	{"send_errors", func(l *loop.IO) uint64 { return l.SendErrors }, func(k *bpfstat.CallCounts) uint64 { return k.SendErrors }},
}

// ended compares a connection that the loop has done with and not closed yet.
func (k *comparer) ended(c loop.Conn, label string, tcp bool) {
	io := c.IO()
	var counts bpfstat.Counts
	var err error
	if k.level >= bpfstat.Calls {
		counts, err = k.c.Read(c.FD())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if tcp {
		k.tcp.closed++
		k.tcp.in += io.RecvBytes
		k.tcp.out += io.SendBytes
	}
	if k.level < bpfstat.Calls {
		return
	}
	if err != nil {
		k.differLocked(difference{Socket: label, Field: "not read: " + err.Error()})
		return
	}
	k.result.Sockets++
	k.result.Bytes += io.RecvBytes + io.SendBytes
	k.result.Calls += io.Recv + io.Send
	for _, f := range callFields {
		k.compareLocked(label, f.name, f.loop(&io), f.kernel(&counts.Calls))
	}
}

func (k *comparer) differ(d difference) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.differLocked(d)
}

func (k *comparer) differLocked(d difference) {
	if len(k.result.Differences) < maxDifferences {
		k.result.Differences = append(k.result.Differences, d)
	}
}

func (k *comparer) compareLocked(socket, field string, loop, kernel uint64) {
	if loop != kernel {
		k.differLocked(difference{socket, field, loop, kernel})
	}
}

// tcpGrace is how long the kernel may take to be done with connections that the loop has closed: their last segments are still under way.
const tcpGrace = time.Second

// finish compares the sums when the loop has ended.
func (k *comparer) finish(st loop.Stats) *comparison {
	if k.c == nil {
		return &k.result
	}
	sum, err := k.settled()
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.differLocked(difference{Field: "not read: " + err.Error()})
	}
	k.result.Kernel = &sum
	k.compareLives(st, &sum)
	if k.level >= bpfstat.Calls {
		k.compareCalls(st, &sum.Calls)
	}
	k.compareLocked("", "sockets_compared", st.Accepted, k.result.Sockets)
	k.result.Agree = k.result.Sockets > 0 && len(k.result.Differences) == 0
	result := k.result // a copy: after a second signal connections are still ending
	return &result
}

// close frees the counters, if there are any.
func (k *comparer) close() {
	if k.c != nil {
		k.c.Close() //nolint:errcheck // it was only read
	}
}

// settled returns the kernel's sums when it has done with every TCP connection, or when it takes too long.
func (k *comparer) settled() (sum bpfstat.Totals, err error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(tcpGrace); ; <-tick.C {
		sum, err = k.c.Totals()
		if err != nil || sum.Closed >= sum.Opened || time.Now().After(end) {
			return sum, err
		}
	}
}

// compareLives compares what TCP itself says of the connections, as it is at every level. The kernel knows more of them: those that the
// loop turned away, and those that it never had. They are closed like all, and no byte of theirs was read or sent.
func (k *comparer) compareLives(st loop.Stats, sum *bpfstat.Totals) {
	others := sum.Opened - k.tcp.opened
	if sum.Opened < k.tcp.opened {
		k.differLocked(difference{"", "opened", k.tcp.opened, sum.Opened})
		others = 0
	}
	k.result.Unaccepted = others - min(others, st.Shed)
	k.compareLocked("", "closed", k.tcp.closed+others, sum.Closed)
	k.compareLocked("", "tcp_received", k.tcp.in, sum.TCP.Received-sum.TCP.Unread)
	k.compareLocked("", "tcp_sent", k.tcp.out, sum.TCP.Sent+sum.TCP.Unsent)
	if k.level < bpfstat.Calls {
		k.result.Sockets = min(k.tcp.closed, sum.Closed)
		k.result.Bytes = k.tcp.in + k.tcp.out
	}
}

// compareCalls compares the loops' own statistics with the sums over all sockets.
func (k *comparer) compareCalls(st loop.Stats, sum *bpfstat.CallCounts) {
	k.compareLocked("", "recv", st.Calls.Recv, sum.Recv)
	k.compareLocked("", "send", st.Calls.Send+st.Calls.Sendmsg, sum.Send)
	k.compareLocked("", "bytes_in", st.BytesIn, sum.RecvBytes)
	k.compareLocked("", "bytes_out", st.BytesOut, sum.SendBytes)
	k.compareLocked("", "again", st.Again, sum.RecvAgain+sum.SendAgain)
}

// summary is the comparison in a line, for people.
func (r *comparison) summary() string {
	switch {
	case r.Unavailable != "":
		return "counters " + r.Level.String() + ": not available"
	case r.Agree:
		return fmt.Sprintf("counters %v: the kernel agrees on %d sockets, %d bytes, %d calls", r.Level, r.Sockets, r.Bytes, r.Calls)
	}
	if len(r.Differences) == 0 {
		return fmt.Sprintf("counters %v: nothing to compare", r.Level)
	}
	return fmt.Sprintf("counters %v: the kernel does not agree; %d differences, the first %+v", r.Level, len(r.Differences), r.Differences[0])
}
