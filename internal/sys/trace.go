package sys

import (
	"slices"
	"sync/atomic"
	"unsafe"
)

// Call is one system call as the trace hook sees it, after it returned: the
// arguments as the kernel got them, and copies of the memory behind them.
type Call struct {
	Name  string // of the system call, which can depend on the architecture
	Args  []Arg
	Ret   int // 0 with an errno, -1 where it would be a descriptor
	Errno Errno
}

// Arg is one argument of a Call: a number, or the address of memory. What there
// is of the memory is copied; nil means that it was not looked at, or that the
// call did not write it.
type Arg struct {
	Word uintptr // the number, sign-extended, or the address; 0 is NULL
	In   []byte  // the memory before the call
	Out  []byte  // the memory after the call

	Iov      []Block   // of readv, writev and vmsplice
	Messages []Message // of sendmsg and its relatives: one, or many
}

// Block is memory that other memory points to.
type Block struct {
	Addr uintptr
	Size int    // what the kernel was told
	Data []byte // what holds data; nil if it was not looked at
}

// Message is a struct msghdr, or with Len a struct mmsghdr.
type Message struct {
	Name       Block
	NameLen    int // msg_namelen after the call
	Iov        []Block
	IovAddr    uintptr
	Control    Block
	ControlLen int // msg_controllen after the call
	Flags      int // msg_flags after the call
	Len        int // msg_len after the call
}

var hook atomic.Pointer[func(Call)]

// SetTrace installs f to be called after every hooked system call, on the
// goroutine that made it, so at the same time on several. There is one hook: f
// takes the place of the one before. stop takes f away, if it is still there. f
// must not make hooked calls. It may keep what it is given.
func SetTrace(f func(Call)) (stop func()) {
	hook.Store(&f)
	return func() { hook.CompareAndSwap(&f, nil) }
}

// Tracing reports whether a hook is set. That one load is all that a hooked call
// pays while there is none:
//
//	e := bind(fd, sa)
//	if Tracing() {
//		to, size := addrIn(sa)
//		trace("bind", 0, e, num(fd), to, size)
//	}
//	return e
//
// The functions that make an Arg copy, so that the caller's memory does not
// escape: it stays on the stack whether tracing is on or off.
func Tracing() bool { return hook.Load() != nil }

func trace(name string, ret int, e Errno, args ...Arg) {
	if f := hook.Load(); f != nil { // it may have gone since
		(*f)(Call{Name: name, Args: slices.Clone(args), Ret: ret, Errno: e})
	}
}

// num is a number.
func num(v int) Arg { return Arg{Word: uintptr(v)} }

// null is a NULL pointer.
func null() Arg { return Arg{} }

// unknown is an address that is not NULL and that nobody will miss: the memory
// behind it is copied on every path.
const unknown = ^uintptr(0)

// bytesIn is a buffer that the call reads.
func bytesIn(p []byte) Arg {
	return Arg{Word: uintptr(bytesPointer(p)), In: copyOf(p)}
}

// bytesOut is a buffer of which the call wrote n bytes, unless it failed. n may
// be more than there are.
func bytesOut(p []byte, n int, e Errno) Arg {
	a := Arg{Word: uintptr(bytesPointer(p))}
	if e == 0 {
		a.Out = copyOf(p[:max(0, min(n, len(p)))])
	}
	return a
}

// addrIn is an address that the call reads, and its length.
func addrIn(sa *RawSockaddr) (addr, size Arg) {
	if sa == nil {
		return null(), null()
	}
	return Arg{Word: uintptr(unsafe.Pointer(&sa.Data)), In: copyOf(sa.Bytes())}, num(int(sa.Len))
}

// addrOut is an address that the call wrote, unless it failed, and the
// value-result length.
func addrOut(sa *RawSockaddr, e Errno) (addr, size Arg) {
	if sa == nil {
		return null(), null()
	}
	addr = Arg{Word: uintptr(unsafe.Pointer(&sa.Data))}
	if e == 0 {
		addr.Out = copyOf(sa.Bytes())
	}
	size = Arg{Word: uintptr(unsafe.Pointer(&sa.Len)), In: nativeInts(SizeofSockaddrStorage), Out: nativeInts(int(sa.Len))}
	return addr, size
}

// copyOf is never nil: no bytes are bytes that were looked at.
func copyOf(p []byte) []byte { return append([]byte{}, p...) }

// blocksIn is the vector of a call that reads its buffers.
func blocksIn(bufs [][]byte) []Block {
	blocks := make([]Block, len(bufs))
	for i, p := range bufs {
		blocks[i] = Block{Addr: uintptr(bytesPointer(p)), Size: len(p), Data: copyOf(p)}
	}
	return blocks
}

func addressOf[T any](list []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(list))) }
