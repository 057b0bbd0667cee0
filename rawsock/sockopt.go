package rawsock

import (
	"encoding/binary"
	"math"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// GetsockoptInt wraps getsockopt(2) for an option that is a C int; one that the
// kernel answers with a single byte, as the BSDs do for IP_MULTICAST_TTL, is
// widened. Reading SO_ERROR clears it.
func (fd FD) GetsockoptInt(level, name int) (int, error) {
	var value [4]byte
	n, e := sys.Getsockopt(int(fd), level, name, value[:])
	if e != 0 {
		return 0, e
	}
	if n == 1 {
		return int(value[0]), nil
	}
	return int(int32(binary.NativeEndian.Uint32(value[:]))), nil
}

// SetsockoptInt wraps setsockopt(2) for an option that is a C int. A value that
// fits neither int32 nor uint32 is EINVAL without a system call, as the kernel
// would see another number.
func (fd FD) SetsockoptInt(level, name, value int) error {
	if int64(value) < math.MinInt32 || int64(value) > math.MaxUint32 {
		return unix.EINVAL
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(value))
	return asError(sys.Setsockopt(int(fd), level, name, b[:]))
}

// GetsockoptBytes wraps getsockopt(2) for an option of any type: the kernel
// writes its bytes to value, and n is how many of them are valid.
func (fd FD) GetsockoptBytes(level, name int, value []byte) (n int, err error) {
	n, e := sys.Getsockopt(int(fd), level, name, value)
	if e != 0 {
		return 0, e
	}
	return n, nil
}

// SetsockoptBytes wraps setsockopt(2) for an option of any type: value is the
// memory of the option's C type.
func (fd FD) SetsockoptBytes(level, name int, value []byte) error {
	return asError(sys.Setsockopt(int(fd), level, name, value))
}

// GetsockoptUint64 wraps getsockopt(2) for an option that is a uint64_t, such as
// SO_COOKIE. EINVAL, after the call: the kernel gave another number of bytes.
func (fd FD) GetsockoptUint64(level, name int) (uint64, error) {
	var value [8]byte
	n, e := sys.Getsockopt(int(fd), level, name, value[:])
	if e != 0 {
		return 0, e
	}
	if n != len(value) {
		return 0, unix.EINVAL
	}
	return binary.NativeEndian.Uint64(value[:]), nil
}

// SetsockoptUint64 wraps setsockopt(2) for an option that is a uint64_t.
func (fd FD) SetsockoptUint64(level, name int, value uint64) error {
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], value)
	return asError(sys.Setsockopt(int(fd), level, name, b[:]))
}

// SetsockoptNull wraps setsockopt(2) with a NULL pointer for the value and size
// as its length, which some options take: ALG_SET_AEAD_AUTHSIZE has its number
// there. A size that is no int32 is EINVAL without a system call, as the kernel
// would see another. It is ENOSYS except on Linux.
func (fd FD) SetsockoptNull(level, name, size int) error {
	if !isCInt(size) {
		return unix.EINVAL
	}
	return asError(sys.SetsockoptNull(int(fd), level, name, size))
}
