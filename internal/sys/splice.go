package sys

import (
	"encoding/binary"
	"unsafe"
)

// Sendfile wraps sendfile(2): with offset nil it moves the file offset of in.
func Sendfile(out, in int, offset *int64, n int) (int, Errno) {
	if Tracing() {
		at := offsetIn(offset)
		sent, e := sendfile(out, in, offset, n)
		trace(sendfileName, sent, e, num(out), num(in), offsetOut(at, offset), num(n))
		return sent, e
	}
	return sendfile(out, in, offset, n)
}

// Splice wraps splice(2).
func Splice(in int, inOffset *int64, out int, outOffset *int64, n, flags int) (int, Errno) {
	if Tracing() {
		from, to := offsetIn(inOffset), offsetIn(outOffset)
		moved, e := splice(in, inOffset, out, outOffset, n, flags)
		trace("splice", moved, e, num(in), offsetOut(from, inOffset), num(out), offsetOut(to, outOffset), num(n), num(flags))
		return moved, e
	}
	return splice(in, inOffset, out, outOffset, n, flags)
}

// Tee wraps tee(2).
func Tee(in, out, n, flags int) (int, Errno) {
	copied, e := tee(in, out, n, flags)
	if Tracing() {
		trace("tee", copied, e, num(in), num(out), num(n), num(flags))
	}
	return copied, e
}

// offsetIn and offsetOut show an offset before and after a call.

func offsetIn(offset *int64) Arg {
	if offset == nil {
		return null()
	}
	return Arg{Word: uintptr(unsafe.Pointer(offset)), In: binary.NativeEndian.AppendUint64(nil, uint64(*offset))}
}

func offsetOut(before Arg, offset *int64) Arg {
	before.Out = offsetIn(offset).In
	return before
}
