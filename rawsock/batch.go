package rawsock

import (
	"time"

	"github.com/rawloop/rawloop/internal/sys"
)

// Batch is the messages of one sendmmsg(2) or recvmmsg(2): an array of struct
// mmsghdr with the memory that it points at. It is the caller's, to be used again
// and again; the calls on it do not allocate. Like a slice it is a view: copies
// share the messages, and Slice makes a view of some of them. Two calls at the
// same time must not have a message in common.
//
// What is set for a message stays set for the calls that follow, in either
// direction; only a name is replaced by the sender's. What a call says about a
// message (N, Control, Flags) can be read until the next one.
//
//	b := rawsock.NewBatch(32)
//	for i := range b.Len() {
//		b.SetBuffers(i, make([]byte, 2048))
//	}
//	n, err := fd.Recvmmsg(b, unix.MSG_WAITFORONE, nil)
//	for i := range n {
//		handle(b.Data(i), b.Name(i))
//	}
type Batch struct{ raw sys.Batch }

// NewBatch returns a batch of n messages without names, buffers and control
// data.
func NewBatch(n int) Batch { return Batch{sys.NewBatch(n)} }

// Len is how many messages there are.
func (b Batch) Len() int { return b.raw.Len() }

// Slice is the messages from i on, up to but not including j. After a
// Sendmmsg that sent n of them, b.Slice(n, b.Len()) is the rest.
func (b Batch) Slice(i, j int) Batch { return Batch{b.raw.Slice(i, j)} }

// NoSleep is b for calls that cannot sleep: those with MSG_DONTWAIT, on a socket
// where that flag keeps its promise. They are made without a word to the Go
// scheduler, which otherwise takes the processor away from a call of more than
// 20 µs, as long batches are. Calls without the flag are made as ever.
//
// It is for inet, inet6 and unix. A netlink request is carried out within the
// call and can wait for others whatever the flags, and a call that sleeps so
// stalls the garbage collector and with it the program.
func (b Batch) NoSleep() Batch { return Batch{b.raw.NoSleep()} }

// SetBuffers sets msg_iov of message i. It allocates only if the message never
// had as many, unless it is one. The buffers belong to the batch's calls until
// others are set; a message whose buffer is to be shortened is given that part of
// it.
func (b Batch) SetBuffers(i int, buffers ...[]byte) { b.raw.SetBuffers(i, buffers...) }

// SetName sets the destination of message i; the zero Sockaddr is a NULL pointer.
func (b Batch) SetName(i int, to Sockaddr) { b.raw.SetName(i, &to.raw) }

// SetNoName says whether Recvmmsg passes a NULL pointer for the name of message
// i. The name is then left as it is.
func (b Batch) SetNoName(i int, on bool) { b.raw.SetNoName(i, on) }

// SetControl sets msg_control of message i: the data to send, or the room for
// what comes, all of which each Recvmmsg may fill. No bytes are a NULL pointer.
func (b Batch) SetControl(i int, control []byte) { b.raw.SetControl(i, control) }

// N is msg_len of message i: how many bytes were sent or received. With
// MSG_TRUNC it may exceed the buffers.
func (b Batch) N(i int) int { return b.raw.Result(i).N }

// Data is what was received into the first buffer of message i.
func (b Batch) Data(i int) []byte {
	buffers := b.raw.Buffers(i)
	if len(buffers) == 0 {
		return nil
	}
	return buffers[0][:min(b.N(i), len(buffers[0]))]
}

// Name is the sender of message i, the zero Sockaddr where the kernel gave none;
// before a Recvmmsg it is what SetName set.
func (b Batch) Name(i int) Sockaddr {
	sa := Sockaddr{raw: *b.raw.Name(i)}
	return sa.received()
}

// Control is the control data that came with message i.
func (b Batch) Control(i int) []byte { return b.raw.Control(i) }

// Flags is msg_flags of message i as Recvmmsg found it.
func (b Batch) Flags(i int) int { return b.raw.Result(i).Flags }

// Sendmmsg wraps sendmmsg(2): it sends the messages of b one after the other and
// returns how many went; N tells how much of each. The kernel stops at the first
// that fails, and its errno is only returned if no other was sent before it. It
// takes 1024 messages a call. Linux only.
func (fd FD) Sendmmsg(b Batch, flags int) (n int, err error) {
	n, e := sys.Sendmmsg(int(fd), b.raw, flags)
	return n, asError(e)
}

// Recvmmsg wraps recvmmsg(2): it receives up to b.Len() messages and returns how
// many came. On a blocking socket it waits for all of them; with MSG_WAITFORONE
// only for the first. An error after the first message is returned by the next
// call on the socket. Linux only; on 32 bits it is recvmmsg_time64(2), Linux 5.1.
//
// timeout nil is none. The kernel looks at the timeout only after a message has
// come (recvmmsg(2), BUGS): while none comes the call sleeps on. What is left of
// it is written back. A negative one is EINVAL.
func (fd FD) Recvmmsg(b Batch, flags int, timeout *time.Duration) (n int, err error) {
	n, e := sys.Recvmmsg(int(fd), b.raw, flags, timeout)
	return n, asError(e)
}
