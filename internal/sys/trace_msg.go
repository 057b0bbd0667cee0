package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// The records of calls with several buffers.

func traceSendmsg(fd int, to *RawSockaddr, buffers [][]byte, control []byte, flags, n int, e Errno) {
	m := messageIn(to, buffers, control)
	trace("sendmsg", n, e, num(fd), Arg{Word: unknown, Messages: []Message{m}}, num(flags))
}

func traceRecvmsg(fd int, from *RawSockaddr, buffers [][]byte, control []byte, flags int, r Received, e Errno) {
	m := messageOut(from, buffers, control, r, e)
	trace("recvmsg", r.N, e, num(fd), Arg{Word: unknown, Messages: []Message{m}}, num(flags))
}

// messageIn is a message that the call reads.
func messageIn(to *RawSockaddr, buffers [][]byte, control []byte) Message {
	m := Message{Iov: blocksIn(buffers), IovAddr: vectorAddr(buffers), Control: blockIn(control), ControlLen: len(control)}
	if to != nil {
		m.Name = blockIn(to.Bytes())
		m.NameLen = int(to.Len)
	}
	return m
}

// messageOut is a message that the call fills, unless it fails.
func messageOut(from *RawSockaddr, buffers [][]byte, control []byte, r Received, e Errno) Message {
	m := Message{Iov: blocksOut(buffers, r.N, e), IovAddr: vectorAddr(buffers), Control: blockOut(control, r.Control, e)}
	m.ControlLen, m.Flags = r.Control, r.Flags
	if from != nil {
		m.Name = blockOut(from.Data[:], len(from.Bytes()), e)
		m.NameLen = int(from.Len)
	}
	return m
}

func blockIn(p []byte) Block {
	if len(p) == 0 {
		return Block{}
	}
	return Block{Addr: addressOf(p), Size: len(p), Data: copyOf(p)}
}

// blockOut is memory of which the call wrote n bytes, unless it failed.
func blockOut(p []byte, n int, e Errno) Block {
	if len(p) == 0 {
		return Block{}
	}
	b := Block{Addr: addressOf(p), Size: len(p)}
	if e == 0 {
		b.Data = copyOf(p[:max(0, min(n, len(p)))])
	}
	return b
}

// blocksOut is the vector of a call that wrote n bytes to its buffers.
func blocksOut(bufs [][]byte, n int, e Errno) []Block {
	blocks := make([]Block, len(bufs))
	for i, p := range bufs {
		blocks[i] = Block{Addr: uintptr(bytesPointer(p)), Size: len(p)}
		if e == 0 {
			valid := max(0, min(n, len(p)))
			blocks[i].Data = copyOf(p[:valid])
			n -= valid
		}
	}
	return blocks
}

func vectorAddr(bufs [][]byte) uintptr {
	if len(bufs) == 0 {
		return 0
	}
	return unknown
}

func traceSendmmsg(fd int, b Batch, flags, n int, e Errno) {
	list := make([]Message, len(b.slots))
	for i := range list {
		s := &b.slots[i]
		list[i] = messageIn(s.sendName(), s.buffers, s.control)
		list[i].Flags = b.flags(i)
		if i < n {
			list[i].Len = int(s.result.n)
		}
	}
	trace("sendmmsg", n, e, num(fd), Arg{Word: addressOf(b.heads), Messages: list}, num(len(list)), num(flags))
}

// sendName is nil for a NULL name.
func (s *slot) sendName() *RawSockaddr {
	if s.name.Len == 0 {
		return nil
	}
	return &s.name
}

// traceRecvmmsg makes the call too, because it shows the timeout before and
// after it. Of messages that did not come nothing is shown but the room.
func traceRecvmmsg(fd int, b Batch, flags int, timeout *time.Duration) (int, Errno) {
	wait := timeoutBefore(timeout)
	n, e := recvmmsg(fd, b, flags, timeout)
	wait.Out = timeoutBefore(timeout).In
	list := make([]Message, len(b.slots))
	for i := range list {
		s := &b.slots[i]
		name, result, came := &s.name, b.Result(i), Errno(0)
		if s.noName {
			name = nil
		}
		if i >= n {
			result, came = Received{}, unix.EAGAIN
		}
		list[i] = messageOut(name, s.buffers, s.control, result, came)
		list[i].Len = result.N
	}
	trace(recvmmsgName, n, e, num(fd), Arg{Word: addressOf(b.heads), Messages: list}, num(len(list)), num(flags), wait)
	return n, e
}
