package bpfstat

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Each goes over all watched sockets, listeners among them. The kernel writes
// them as the sequence is read, a hundred or so at a time; where sockets open or
// close meanwhile one may be missing or come twice. Stopping early is fine. An
// error is the last element.
func (c *Counters) Each() iter.Seq2[Socket, error] {
	return func(yield func(Socket, error) bool) {
		sockets, err := c.openList()
		if err != nil {
			yield(Socket{}, err)
			return
		}
		defer sockets.Close() //nolint:errcheck // it was only read
		for r := bufio.NewReaderSize(sockets, 1<<16); ; {
			s, err := nextSocket(r)
			if err == io.EOF || !yield(s, err) || err != nil {
				return
			}
		}
	}
}

func (c *Counters) openList() (io.ReadCloser, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return nil, ErrClosed
	}
	sockets, err := c.list.Open()
	if err != nil {
		return nil, fmt.Errorf("bpfstat: list sockets: %w", err)
	}
	return sockets, nil
}

// nextSocket reads what the program rawloop_list writes of one socket.
func nextSocket(r io.Reader) (Socket, error) {
	var l programsListedSocket
	if err := binary.Read(r, binary.NativeEndian, &l); err != nil {
		return Socket{}, listError(err)
	}
	s := Socket{
		Cookie: l.Cookie, Domain: int(l.Family), Type: int(l.Type), Protocol: int(l.Protocol), State: int(l.State),
		Local: addrPort(l.Family, l.Local, l.LocalPort), Remote: addrPort(l.Family, l.Remote, l.RemotePort),
		TCP: l.Tcp.public(), RTT: time.Duration(l.Rtt) * time.Microsecond,
		Counts: Counts{Calls: l.Calls.public()},
	}
	if l.HasWait == 0 {
		return s, nil
	}
	var w programsWakeCounts
	if err := binary.Read(r, binary.NativeEndian, &w); err != nil {
		return Socket{}, listError(err)
	}
	s.Wait = w.Wait.public()
	return s, nil
}

// listError keeps the end apart from everything else.
func listError(err error) error {
	if err == io.EOF {
		return err
	}
	return fmt.Errorf("bpfstat: list sockets: %w", err)
}

func addrPort(family uint16, addr [16]byte, port uint16) netip.AddrPort {
	switch family {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(addr[:4])), port)
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16(addr).Unmap(), port)
	}
	return netip.AddrPort{}
}
