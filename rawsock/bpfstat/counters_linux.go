package bpfstat

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Counters are open counters. Any goroutine may use them.
type Counters struct {
	level   Level
	mu      sync.RWMutex // held for writing by Close: a map's descriptor must not be reused under a reader
	closed  bool
	coll    *ebpf.Collection
	links   []link.Link
	list    *link.Iter
	sockets *ebpf.Map
	wakes   *ebpf.Map // of level Wake
	totals  *ebpf.Map
	opened  atomic.Uint64 // connections that were established before they were watched
}

// Level returns what Open was asked for.
func (c *Counters) Level() Level { return c.level }

// Watch counts the socket from now on. Of a TCP listener also everything that it
// accepts is counted, each socket for itself, without a call for each; watch it
// before listen(2), for what is in its queue already has inherited nothing. Of an
// AF_UNIX listener nothing is: watch what it accepts.
//
// It can be called again without harm. A duplicate of a descriptor is the same
// socket. There is no way back but the socket's end and Close.
func (c *Counters) Watch(fd rawsock.FD) error {
	start, err := startOf(fd)
	if err != nil {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	key := int32(fd)
	err = c.sockets.Update(&key, &start, ebpf.UpdateNoExist)
	if errors.Is(err, ebpf.ErrKeyExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("bpfstat: watch descriptor %d: %w", fd, err)
	}
	if start.State&opened != 0 {
		c.opened.Add(1)
	}
	return nil
}

// Bits of programsSocketCounts.State.
const opened, finQueued = 1, 2

// startOf returns what the entry of a new socket holds. That a connection is
// established is known only to who looks, when nobody watched it becoming so.
func startOf(fd rawsock.FD) (start programsSocketCounts, err error) {
	protocol, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil {
		return start, fmt.Errorf("bpfstat: watch descriptor %d: %w", fd, err)
	}
	switch protocol {
	case unix.IPPROTO_MPTCP:
		if _, err := fd.Getpeername(); err == unix.ENOTCONN {
			return start, ErrMPTCP
		}
	case unix.IPPROTO_TCP:
		var state [1]byte // the first of struct tcp_info
		_, err := fd.GetsockoptBytes(unix.IPPROTO_TCP, unix.TCP_INFO, state[:])
		if err != nil {
			break
		}
		if connected&(1<<state[0]) != 0 {
			start.State |= opened
		}
		if halfClosed&(1<<state[0]) != 0 {
			start.State |= finQueued
		}
	}
	return start, nil
}

// halfClosed has a bit for each TCP state of a connection whose FIN is sent or
// queued, connected for each of one that was established, include/net/tcp_states.h.
const (
	halfClosed = 1<<unix.BPF_TCP_FIN_WAIT1 | 1<<unix.BPF_TCP_FIN_WAIT2 | 1<<unix.BPF_TCP_LAST_ACK | 1<<unix.BPF_TCP_CLOSING
	connected  = halfClosed | 1<<unix.BPF_TCP_ESTABLISHED | 1<<unix.BPF_TCP_CLOSE_WAIT
)

// Read returns what was counted of a socket; ErrNotWatched if nobody watches it.
// The counts go when the last descriptor of the socket is closed. It does not
// allocate.
func (c *Counters) Read(fd rawsock.FD) (Counts, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return Counts{}, ErrClosed
	}
	r := readers.Get().(*reader)
	defer readers.Put(r)
	r.key = int32(fd)
	if err := c.sockets.Lookup(&r.key, &r.socket); err != nil {
		return Counts{}, readError(fd, err)
	}
	counts := Counts{Calls: r.socket.Calls.public()}
	if c.wakes == nil {
		return counts, nil
	}
	switch err := c.wakes.Lookup(&r.key, &r.wake); {
	case err == nil:
		counts.Wait = r.wake.Wait.public()
	case !errors.Is(err, ebpf.ErrKeyNotExist): // else nothing has arrived yet
		return Counts{}, readError(fd, err)
	}
	return counts, nil
}

// reader is the memory of one Read: what is handed to Lookup escapes.
type reader struct {
	key    int32
	socket programsSocketCounts
	wake   programsWakeCounts
}

var readers = sync.Pool{New: func() any { return new(reader) }}

func readError(fd rawsock.FD, err error) error {
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return ErrNotWatched
	}
	return fmt.Errorf("bpfstat: read descriptor %d: %w", fd, err)
}

// Totals adds up what was counted of all watched sockets.
func (c *Counters) Totals() (Totals, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return Totals{}, ErrClosed
	}
	var perCPU []programsTotalCounts
	key := uint32(0)
	if err := c.totals.Lookup(&key, &perCPU); err != nil {
		return Totals{}, fmt.Errorf("bpfstat: read totals: %w", err)
	}
	sum := Totals{Opened: c.opened.Load()}
	for i := range perCPU {
		sum.add(&perCPU[i])
	}
	return sum, nil
}

func (t *Totals) add(o *programsTotalCounts) {
	t.Opened += o.Opened
	t.Closed += o.Closed
	t.TCP.add(o.Tcp.public())
	t.Calls.add(o.Calls.public())
	rtt, wait := o.Rtt.public(), o.Wait.public()
	t.RTT.add(&rtt)
	t.Wait.add(&wait)
}

func (h *Histogram) add(o *Histogram) {
	h.Sum += o.Sum
	for i, c := range o.Count {
		h.Count[i] += c
	}
}

func (c *CallCounts) add(o CallCounts) {
	c.Recv += o.Recv
	c.RecvBytes += o.RecvBytes
	c.RecvAgain += o.RecvAgain
	c.RecvErrors += o.RecvErrors
	c.Send += o.Send
	c.SendBytes += o.SendBytes
	c.SendAgain += o.SendAgain
	c.SendErrors += o.SendErrors
}

func (c *TCPCounts) add(o TCPCounts) {
	c.Received += o.Received
	c.Unread += o.Unread
	c.Sent += o.Sent
	c.Unsent += o.Unsent
	c.Retransmitted += o.Retransmitted
	c.SegsIn += o.SegsIn
	c.SegsOut += o.SegsOut
	c.DataSegsIn += o.DataSegsIn
	c.DataSegsOut += o.DataSegsOut
	c.Retransmits += o.Retransmits
}

// Close stops counting and frees everything in the kernel. ErrClosed if it was
// called before.
func (c *Counters) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.closed = true
	return c.free()
}

func (c *Counters) free() error {
	var errs []error
	for _, l := range c.links {
		errs = append(errs, l.Close())
	}
	if c.list != nil {
		errs = append(errs, c.list.Close())
	}
	if c.coll != nil {
		c.coll.Close()
	}
	return errors.Join(errs...)
}

func (c *programsCalls) public() CallCounts {
	return CallCounts{
		Recv: c.RecvDone + c.RecvAgain + c.RecvErrors, RecvBytes: c.RecvBytes, RecvAgain: c.RecvAgain, RecvErrors: c.RecvErrors,
		Send: c.SendDone + c.SendAgain + c.SendErrors, SendBytes: c.SendBytes, SendAgain: c.SendAgain, SendErrors: c.SendErrors,
	}
}

func (c *programsTcpCounts) public() TCPCounts {
	return TCPCounts{
		Received: c.Received, Unread: c.Unread, Sent: c.Sent, Unsent: c.Unsent, Retransmitted: c.Retransmitted,
		SegsIn: c.SegsIn, SegsOut: c.SegsOut, DataSegsIn: c.DataSegsIn, DataSegsOut: c.DataSegsOut, Retransmits: c.Retransmits,
	}
}

func (h *programsHistogram) public() Histogram {
	return Histogram{Sum: time.Duration(h.Sum) * time.Microsecond, Count: h.Count}
}
