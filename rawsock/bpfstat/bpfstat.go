package bpfstat

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Level says how much is counted. Each level has what those before it have.
type Level uint8

const (
	Lifecycle Level = iota // connections opened and closed, and their sums
	Calls                  // sends and receives of every socket
	Wake                   // how long data waited to be received
)

var levelNames = [...]string{"lifecycle", "calls", "wake"}

// String returns "lifecycle", "calls" or "wake".
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// MarshalText writes what String returns.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes, for flag.TextVar and the like.
func (l *Level) UnmarshalText(text []byte) error {
	for i, name := range levelNames {
		if string(text) == name {
			*l = Level(i)
			return nil
		}
	}
	return fmt.Errorf("bpfstat: level %q, want lifecycle, calls or wake", text)
}

// Config shapes Counters. The zero value counts Lifecycle.
type Config struct {
	Level Level
}

var (
	// ErrUnavailable says that this process cannot have counters here; the error
	// that matches it says what is missing. A program that the kernel's verifier
	// refuses is a fault of this package and does not match.
	ErrUnavailable = errors.New("bpfstat: unavailable")

	// ErrNotWatched is returned by Read for a socket that nobody watches.
	ErrNotWatched = errors.New("bpfstat: the socket is not watched")

	// ErrMPTCP is returned by Watch for an MPTCP socket that is no connection, as
	// package net makes for every listener: what it accepts would not be watched.
	// net.ListenConfig.SetMultipathTCP(false) makes a listener whose connections
	// are.
	ErrMPTCP = errors.New("bpfstat: an MPTCP socket that is no connection; what it accepts would inherit nothing: listen without MPTCP")

	// ErrClosed is returned after Close.
	ErrClosed = errors.New("bpfstat: counters are closed")
)

// UnavailableError is an ErrUnavailable with its reason.
type UnavailableError struct {
	Missing string // "CAP_BPF and CAP_PERFMON"
	Err     error  // what the kernel said, if it was asked
}

func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return ErrUnavailable.Error() + ": needs " + e.Missing
	}
	return fmt.Sprintf("%v: needs %s: %v", ErrUnavailable, e.Missing, e.Err)
}

// Unwrap returns what the kernel said.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrUnavailable) true.
func (e *UnavailableError) Is(target error) bool { return target == ErrUnavailable }

// CallCounts is what calls on a socket came to. Again and Errors are among Recv
// and Send. No count ever falls, and neither does what is left of Recv and Send
// without the two.
type CallCounts struct {
	Recv       uint64 `json:"recv"` // recv, recvfrom, read, readv; one for each message of recvmmsg
	RecvBytes  uint64 `json:"recv_bytes"`
	RecvAgain  uint64 `json:"recv_again"`  // EAGAIN
	RecvErrors uint64 `json:"recv_errors"` // every other errno
	Send       uint64 `json:"send"`        // send, sendto, write, writev; one for each message of sendmmsg and each piece of sendfile
	SendBytes  uint64 `json:"send_bytes"`
	SendAgain  uint64 `json:"send_again"`
	SendErrors uint64 `json:"send_errors"`
}

// TCPCounts is what TCP did for a connection, or for all that have ended. SYNs
// and FINs are not counted as bytes.
type TCPCounts struct {
	Received      uint64 `json:"received"`      // bytes, in order and acknowledged
	Unread        uint64 `json:"unread"`        // of these, not received by the program
	Sent          uint64 `json:"sent"`          // bytes, each once
	Unsent        uint64 `json:"unsent"`        // bytes that the program sent and TCP has not
	Retransmitted uint64 `json:"retransmitted"` // bytes sent again
	SegsIn        uint64 `json:"segs_in"`
	SegsOut       uint64 `json:"segs_out"`
	DataSegsIn    uint64 `json:"data_segs_in"`
	DataSegsOut   uint64 `json:"data_segs_out"`
	Retransmits   uint64 `json:"retransmits"` // segments
}

// Buckets is how many buckets a Histogram has.
const Buckets = 24

// Histogram counts durations by powers of two: Count[0] those below 1 µs,
// Count[i] those from 2^(i-1) µs to below 2^i µs, and the last all that are
// longer.
type Histogram struct {
	Sum   time.Duration   `json:"sum_ns"` // each in whole µs
	Count [Buckets]uint64 `json:"count"`
}

// Bound returns the upper bound of bucket i. The last has none.
func Bound(i int) time.Duration { return time.Microsecond << i }

// N returns how many durations were counted.
func (h *Histogram) N() (n uint64) {
	for _, c := range h.Count {
		n += c
	}
	return n
}

// Quantile returns the upper bound of the bucket that holds the q-quantile,
// 0 <= q <= 1, and 0 if nothing was counted. Bound(Buckets-1), about 8 s, stands
// for all that is longer than half of it.
func (h *Histogram) Quantile(q float64) time.Duration {
	n := h.N()
	rank := min(uint64(q*float64(n)), max(n, 1)-1)
	for i, c := range h.Count {
		if rank < c {
			return Bound(i)
		}
		rank -= c
	}
	return 0
}

// Counts is what was counted of one socket, zero below the level that counts it.
type Counts struct {
	Calls CallCounts `json:"calls"`
	Wait  Histogram  `json:"wait"` // from the arrival of data to the receive that found it
}

// Totals is what was counted of all watched sockets, also those that are gone.
// It never falls.
type Totals struct {
	Opened uint64     `json:"opened"` // TCP connections established, or watched when they already were
	Closed uint64     `json:"closed"` // of these, closed by the program and done with by TCP
	TCP    TCPCounts  `json:"tcp"`    // sums over those that TCP has ended; of Unread over those that are closed
	RTT    Histogram  `json:"rtt"`    // smoothed round-trip time of each that has ended and had one
	Calls  CallCounts `json:"calls"`
	Wait   Histogram  `json:"wait"`
}

// Socket is a watched socket as Each finds it.
type Socket struct {
	Cookie                 uint64 // SO_COOKIE: names the socket for as long as the machine runs
	Domain, Type, Protocol int
	State                  int            // of TCP, as TCP_INFO has it
	Local, Remote          netip.AddrPort // of IPv4 and IPv6
	TCP                    TCPCounts      // of a TCP connection, so far
	RTT                    time.Duration  // smoothed
	Counts
}
