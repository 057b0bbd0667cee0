package rawsock

import (
	"encoding/binary"
	"iter"
	"math"
	"slices"

	"golang.org/x/sys/unix"
)

// Cmsg is one control message (cmsg(3)) as it came: the fields of a struct
// cmsghdr and the bytes after it. What Data means is said by Level and Type; the
// methods of Cmsg read the kinds known here and are false for any other kind and
// for data of the wrong size.
//
// Data is the control buffer's own memory, not a copy.
type Cmsg struct {
	Level, Type int
	Data        []byte

	// Truncated: Data is less than what was sent, because the buffer was too
	// small for it.
	Truncated bool
}

// Is reports whether m is of that level and type.
func (m Cmsg) Is(level, typ int) bool { return m.Level == level && m.Type == typ }

// NextCmsg returns the first control message of control and what comes after it.
// It is false where there is none: at the end, or at a header that is cut or
// whose cmsg_len is less than itself. Nothing is read past the end of control,
// whatever cmsg_len says: a message that claims more than is there is returned
// with what is there, and Truncated.
//
// The kernel's own sign of truncation is MSG_CTRUNC. Linux then shortens cmsg_len
// too (net/core/scm.c, put_cmsg), so that the last message looks whole; see
// [Msghdr.Cmsgs].
func NextCmsg(control []byte) (m Cmsg, rest []byte, ok bool) {
	if len(control) < unix.SizeofCmsghdr {
		return Cmsg{}, nil, false
	}
	size := cmsgSize(control)
	if size < unix.SizeofCmsghdr {
		return Cmsg{}, nil, false
	}
	end := int(min(size, uint64(len(control))))
	m = Cmsg{
		Level:     int(int32(binary.NativeEndian.Uint32(control[cmsgLevel:]))),
		Type:      int(int32(binary.NativeEndian.Uint32(control[cmsgType:]))),
		Data:      control[min(cmsgData(), end):end:end],
		Truncated: size > uint64(len(control)),
	}
	return m, control[min(alignCmsg(end), len(control)):], true
}

// Cmsgs iterates over the control messages of control, as [NextCmsg] finds them.
// It does not allocate.
func Cmsgs(control []byte) iter.Seq[Cmsg] {
	return func(yield func(Cmsg) bool) {
		for {
			m, rest, ok := NextCmsg(control)
			if !ok || !yield(m) {
				return
			}
			control = rest
		}
	}
}

// AppendCmsg appends a control message to b, which is empty or holds others, with
// the padding that a further one needs: CmsgSpace(len(data)) bytes. level and typ
// are C ints. It allocates only where b has no room.
//
// What is too long for the kernel is for the kernel to refuse (ENOBUFS, EINVAL).
func AppendCmsg(b []byte, level, typ int, data []byte) []byte {
	b, room := openCmsg(b, level, typ, len(data))
	copy(room, data)
	return b
}

// openCmsg appends a message of n zero bytes and returns where they are.
func openCmsg(b []byte, level, typ, n int) (longer, room []byte) {
	start := alignCmsg(len(b))
	size := cmsgData() + n
	end := start + alignCmsg(size)
	b, tail := slices.Grow(b, end-len(b))[:end], len(b)
	clear(b[tail:])
	putCmsgSize(b[start:], uint64(size))
	binary.NativeEndian.PutUint32(b[start+cmsgLevel:], uint32(level))
	binary.NativeEndian.PutUint32(b[start+cmsgType:], uint32(typ))
	return b, b[start+cmsgData() : start+size]
}

// CmsgAlign is CMSG_ALIGN: n rounded up to what the data of a control message is
// aligned to.
//
// EINVAL: n is negative or the result fits no C int. (socklen_t is unsigned, but
// the kernel takes no more than an int.)
func CmsgAlign(n int) (int, error) {
	if n < 0 || n > math.MaxInt32-(alignCmsg(1)-1) {
		return 0, unix.EINVAL
	}
	return alignCmsg(n), nil
}

// CmsgLen is CMSG_LEN: the cmsg_len of a message with n bytes of data, which is
// without the padding at its end.
//
// EINVAL: n is negative or the result fits no C int.
func CmsgLen(n int) (int, error) {
	if n < 0 || n > math.MaxInt32-cmsgData() {
		return 0, unix.EINVAL
	}
	return cmsgData() + n, nil
}

// CmsgSpace is CMSG_SPACE: how many bytes a message with n bytes of data takes in
// a control buffer.
//
// EINVAL: n is negative or the result fits no C int.
func CmsgSpace(n int) (int, error) {
	if n < 0 || n > math.MaxInt32-cmsgData()-alignCmsg(1) {
		return 0, unix.EINVAL
	}
	return cmsgData() + alignCmsg(n), nil
}

// NewControl makes a control buffer with room for one message of each of these
// data sizes. Convenience; like make it panics where a size is out of range.
//
// The padding of a room for descriptors can be room for one more of them: see
// [FD.RecvFds].
func NewControl(sizes ...int) []byte {
	total := 0
	for _, n := range sizes {
		space, err := CmsgSpace(n)
		if err != nil {
			panic("rawsock: size of a control message out of range")
		}
		total += space
	}
	return make([]byte, total)
}
