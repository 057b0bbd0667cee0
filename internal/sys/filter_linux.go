package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// SockFilter is struct sock_filter, one instruction of classic BPF.
type SockFilter = unix.SockFilter

func attachFilter(fd, name int, filter []SockFilter) Errno {
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: unsafe.SliceData(filter)}
	_, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, uintptr(name), uintptr(unsafe.Pointer(&prog)), unsafe.Sizeof(prog), 0)
	return e
}

func getFilter(fd int, filter []SockFilter) (int, Errno) {
	size := uint32(len(filter))
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_GET_FILTER, uintptr(unsafe.Pointer(unsafe.SliceData(filter))), uintptr(unsafe.Pointer(&size)), 0)
	if e != 0 {
		return 0, e
	}
	return int(size), 0
}

// SockFprog is the memory of a struct sock_fprog, for a Setsockopt that takes
// bytes. The instructions that it points to lie behind it in the same
// allocation, so whoever holds the bytes holds them too. A copy of the bytes
// points into the original.
//
// It is not inlined, because memory that it returns must be on the heap: a stack
// that grows would move it away from the pointer. To the garbage collector none
// of it is a pointer.
//
//go:noinline
func SockFprog(filter []SockFilter) []byte {
	type fprog struct {
		len    uint16
		filter uintptr
	}
	const head, each = int(unsafe.Sizeof(fprog{})), int(unsafe.Sizeof(SockFilter{}))
	memory := make([]uint64, (head+each*max(len(filter), 1)+7)/8)
	start := unsafe.Pointer(unsafe.SliceData(memory))
	code := unsafe.Add(start, head)
	copy(unsafe.Slice((*SockFilter)(code), len(filter)), filter)
	*(*fprog)(start) = fprog{len: uint16(len(filter)), filter: uintptr(code)}
	return unsafe.Slice((*byte)(start), head)
}

// traceAttachFilter shows the struct sock_fprog, and the instructions as memory
// that it points to.
func traceAttachFilter(fd, name int, filter []SockFilter, e Errno) {
	prog := SockFprog(filter)
	value := Arg{Word: unknown, In: prog, Iov: []Block{filterBlock(filter)}}
	trace("setsockopt", 0, e, num(fd), num(unix.SOL_SOCKET), num(name), value, num(len(prog)))
}

func traceGetFilter(fd int, filter []SockFilter, n int, e Errno) {
	value := Arg{Word: addressOf(filter)}
	if e == 0 && len(filter) > 0 {
		value.Out = filterBlock(filter[:min(n, len(filter))]).Data
	}
	size := Arg{Word: unknown, In: nativeInts(len(filter)), Out: nativeInts(n)}
	trace("getsockopt", 0, e, num(fd), num(unix.SOL_SOCKET), num(unix.SO_GET_FILTER), value, size)
}

// filterBlock copies the memory of filter.
func filterBlock(filter []SockFilter) Block {
	size := len(filter) * int(unsafe.Sizeof(SockFilter{}))
	code := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(filter))), size)
	return Block{Addr: addressOf(filter), Size: size, Data: copyOf(code)}
}
