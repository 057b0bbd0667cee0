package sys

import "time"

// Batch is the messages of one sendmmsg(2) or recvmmsg(2), with all the memory
// that the call needs: the array of struct mmsghdr and what it points at. Like a
// slice it is a view: copies share the messages, and Slice makes a view of some.
//
// What is set stays set for the calls that follow, in either direction. What a
// call says of a message is there until the next one.
type Batch struct {
	slots   []slot
	heads   []mmsghdr
	noSleep bool
}

// slot is what the struct mmsghdr of the same index is made of and read into.
// What a call touches is one cache line of 64 bytes, with an inet name.
type slot struct {
	control []byte
	result  result
	noName  bool        // recvmmsg gets a NULL pointer
	name    RawSockaddr // bytes beyond its length are zero
	buffers [][]byte
	vectors Vectors
	_       [32]byte // up to 256 bytes, on 64 bits
}

// result is a Received that takes less room.
type result struct{ n, control, flags int32 }

// NewBatch returns a batch of n messages that have no name, no buffer and no
// control data.
func NewBatch(n int) Batch {
	b := Batch{slots: make([]slot, n), heads: make([]mmsghdr, n)}
	buffers, vectors := make([][]byte, n), oneEach(n)
	for i := range b.slots {
		b.slots[i].buffers = buffers[i : i : i+1]
		b.slots[i].vectors = vectors(i)
	}
	return b
}

// Len is how many messages there are.
func (b Batch) Len() int { return len(b.slots) }

// Slice is the messages from i on, up to but not including j.
func (b Batch) Slice(i, j int) Batch {
	b.slots, b.heads = b.slots[i:j], b.heads[i:j]
	return b
}

// NoSleep is b for calls on a socket where MSG_DONTWAIT keeps them from
// sleeping: with that flag they are made in the raw form.
func (b Batch) NoSleep() Batch {
	b.noSleep = true
	return b
}

// SetBuffers sets msg_iov of message i. It allocates if there never were as many
// buffers.
func (b Batch) SetBuffers(i int, buffers ...[]byte) {
	s := &b.slots[i]
	clear(s.buffers)
	s.buffers = append(s.buffers[:0], buffers...)
	b.setBuffers(i)
}

// Buffers is what SetBuffers set.
func (b Batch) Buffers(i int) [][]byte { return b.slots[i].buffers }

// SetName sets the destination of message i; without bytes it is NULL.
func (b Batch) SetName(i int, to *RawSockaddr) { b.slots[i].name = *to }

// SetNoName says whether recvmmsg gets NULL for the name of message i.
func (b Batch) SetNoName(i int, on bool) { b.slots[i].noName = on }

// Name is the destination, or the sender that recvmmsg told.
func (b Batch) Name(i int) *RawSockaddr { return &b.slots[i].name }

// SetControl sets msg_control of message i: what to send, or where to receive.
func (b Batch) SetControl(i int, control []byte) {
	b.slots[i].control, b.slots[i].result.control = control, 0
	b.setControl(i)
}

// Control is what came of control data with message i.
func (b Batch) Control(i int) []byte {
	s := &b.slots[i]
	return s.control[:s.result.control]
}

// Result is what the last call said of message i. Of one that was sent only N
// is known.
func (b Batch) Result(i int) Received {
	r := b.slots[i].result
	return Received{N: int(r.n), Control: int(r.control), Flags: int(r.flags)}
}

// Sendmmsg wraps sendmmsg(2).
func Sendmmsg(fd int, b Batch, flags int) (int, Errno) {
	n, e := sendmmsg(fd, b, flags)
	if Tracing() {
		traceSendmmsg(fd, b, flags, n, e)
	}
	return n, e
}

// Recvmmsg wraps recvmmsg(2): timeout nil is none, and the kernel leaves in it
// what was not waited.
func Recvmmsg(fd int, b Batch, flags int, timeout *time.Duration) (int, Errno) {
	if Tracing() {
		return traceRecvmmsg(fd, b, flags, timeout)
	}
	return recvmmsg(fd, b, flags, timeout)
}
