package rawsock

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// optval is the memory of an option's value. Codecs take and return it by value:
// behind a pointer given to a function that is known at run time only, it would
// move to the heap.
type optval struct {
	data [maxOptval]byte
	n    int
}

// maxOptval is at least the size of the largest C type with a codec, struct
// tcp_info.
const maxOptval = 288

func (v *optval) bytes() []byte { return v.data[:v.n] }

func (v *optval) append(b []byte) { v.n += copy(v.data[v.n:], b) }

func (v *optval) uint32() uint32 { return binary.NativeEndian.Uint32(v.data[:]) }

// codec is how a T is laid out in C.
type codec[T any] struct {
	ctype string
	size  int // what getsockopt is given room for
	least int // what it must fill, or there is no value
	write func(T) (optval, unix.Errno)
	read  func(optval) T
}

func (c *codec[T]) appendTo(b []byte, v T) ([]byte, error) {
	value, e := c.write(v)
	if e != 0 {
		return b, e
	}
	return append(b, value.bytes()...), nil
}

func (c *codec[T]) decode(b []byte) (T, error) {
	var value optval
	value.append(b[:min(len(b), c.size)])
	v, e := c.value(value)
	return v, asError(e)
}

func (c *codec[T]) value(value optval) (v T, e unix.Errno) {
	if value.n < c.least {
		return v, unix.EINVAL
	}
	return c.read(value), 0
}

// The kernel takes an int for all of these, and may answer with one byte, as the
// BSDs do for IP_MULTICAST_TTL.
var (
	asBool      = codec[bool]{"int", 4, 1, writeBool, func(v optval) bool { return readInt(v) != 0 }}
	asInt       = codec[int]{"int", 4, 1, func(v int) (optval, unix.Errno) { return intValue(int64(v), 1) }, readInt}
	asOctet     = codec[int]{octetType, octetSize, 1, writeOctet, readInt}
	asOctetBool = codec[bool]{octetType, octetSize, 1, func(v bool) (optval, unix.Errno) { return writeOctet(bit(v)) }, asBool.read}
	asFD        = codec[FD]{"int", 4, 4, nil, func(v optval) FD { return FD(readInt(v)) }}
	asErrno     = codec[unix.Errno]{"int", 4, 4, nil, func(v optval) unix.Errno { return unix.Errno(readInt(v)) }}
	asIfindex   = codec[int]{"int, in network byte order", 4, 4, writeIfindex, readIfindex}
)

// Durations in the unit that the option has in C.
var (
	asSeconds      = codec[time.Duration]{"int, in s", 4, 4, durationIn(time.Second), readIn(time.Second)}
	asMilliseconds = codec[time.Duration]{"int, in ms", 4, 4, durationIn(time.Millisecond), readIn(time.Millisecond)}
	asMicroseconds = codec[time.Duration]{"int, in µs", 4, 4, durationIn(time.Microsecond), readIn(time.Microsecond)}
	asTimeval      = codec[time.Duration]{"struct timeval", sys.SizeofTimeval, sys.SizeofTimeval, writeTimeval, readTimeval}
	asTimeval64    = codec[time.Duration]{"struct __kernel_sock_timeval", 16, 16, writeTimeval64, readTimeval64}
)

var (
	asUint32 = structCodec[uint32]("unsigned int")
	asUint64 = structCodec[uint64]("uint64_t")
	asRate   = codec[uint64]{"unsigned long", 8, 4, writeRate, readRate}
	asName   = codec[string]{"char[16]", nameSize, 0, writeName, readName}
	asDevice = codec[string]{"char[IFNAMSIZ]", nameSize, 0, writeName, readName}
)

// structCodec is for a T that is laid out as in C and has no pointers.
func structCodec[T any](ctype string) codec[T] {
	var v T
	size := len(sys.Memory(&v))
	return codec[T]{ctype, size, size, writeStruct[T], readStruct[T]}
}

func writeStruct[T any](v T) (value optval, e unix.Errno) {
	value.append(sys.Memory(&v))
	return value, 0
}

func readStruct[T any](value optval) (v T) {
	copy(sys.Memory(&v), value.bytes())
	return v
}

// intValue is v in units as a C int; what is no whole number of them or fits no
// int is EINVAL.
func intValue(v, unit int64) (value optval, e unix.Errno) {
	if v%unit != 0 || v/unit < math.MinInt32 || v/unit > math.MaxInt32 {
		return value, unix.EINVAL
	}
	value.n = 4
	binary.NativeEndian.PutUint32(value.data[:], uint32(v/unit))
	return value, 0
}

func readInt(v optval) int {
	if v.n < 4 {
		return int(v.data[0])
	}
	return int(int32(v.uint32()))
}

func writeBool(v bool) (optval, unix.Errno) { return intValue(int64(bit(v)), 1) }

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

func writeOctet(v int) (value optval, e unix.Errno) {
	if octetSize != 1 {
		return intValue(int64(v), 1)
	}
	if v < 0 || v > math.MaxUint8 {
		return value, unix.EINVAL
	}
	value.append([]byte{byte(v)})
	return value, 0
}

func writeIfindex(v int) (value optval, e unix.Errno) {
	if v < 0 || v > math.MaxInt32 {
		return value, unix.EINVAL
	}
	value.n = 4
	binary.BigEndian.PutUint32(value.data[:], uint32(v))
	return value, 0
}

func readIfindex(v optval) int { return int(binary.BigEndian.Uint32(v.data[:])) }

func durationIn(unit time.Duration) func(time.Duration) (optval, unix.Errno) {
	return func(d time.Duration) (optval, unix.Errno) { return intValue(int64(d), int64(unit)) }
}

func readIn(unit time.Duration) func(optval) time.Duration {
	return func(v optval) time.Duration { return time.Duration(readInt(v)) * unit }
}

// micros is d in µs. Less than one would be 0, which is no limit, and the kernel
// takes negative time for none at all.
func micros(d time.Duration) (int64, unix.Errno) {
	if d < 0 || d%time.Microsecond != 0 {
		return 0, unix.EINVAL
	}
	return int64(d / time.Microsecond), 0
}

func writeTimeval(d time.Duration) (value optval, e unix.Errno) {
	us, e := micros(d)
	if e == 0 {
		value.n, e = sys.PutTimeval(value.data[:], us)
	}
	return value, e
}

func readTimeval(v optval) time.Duration { return duration(sys.Timeval(v.data[:])) }

func writeTimeval64(d time.Duration) (optval, unix.Errno) {
	us, e := micros(d)
	value, _ := writeStruct([2]int64{us / 1e6, us % 1e6})
	return value, e
}

func readTimeval64(v optval) time.Duration {
	tv := readStruct[[2]int64](v)
	return duration(tv[0], tv[1])
}

// duration is sec and usec as the nearest Duration: the kernel's longest timeouts
// are beyond the 292 years that one can hold.
func duration(sec, usec int64) time.Duration {
	if sec >= math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(sec)*time.Second + time.Duration(usec)*time.Microsecond
}

// writeRate writes the int that every kernel takes, with all ones for no limit,
// where it says the same: kernels of 32 bits and old ones read no more than that
// of a long one, which on big-endian machines is its upper half.
func writeRate(v uint64) (optval, unix.Errno) {
	if v < math.MaxUint32 || v == math.MaxUint64 {
		return writeStruct(uint32(v))
	}
	return writeStruct(v)
}

// readRate widens what a 32-bit kernel gives, where all ones are no limit too.
func readRate(v optval) uint64 {
	if v.n >= 8 {
		return readStruct[uint64](v)
	}
	if r := v.uint32(); r != math.MaxUint32 {
		return uint64(r)
	}
	return math.MaxUint64
}

// nameSize is IFNAMSIZ, TCP_CA_NAME_MAX and TCP_ULP_NAME_MAX.
const nameSize = 16

// writeName refuses what the kernel would cut without a word: 15 bytes are read,
// up to a NUL.
func writeName(s string) (value optval, e unix.Errno) {
	if len(s) >= nameSize || strings.IndexByte(s, 0) >= 0 {
		return value, unix.EINVAL
	}
	value.append([]byte(s))
	return value, 0
}

func readName(v optval) string {
	s, _, _ := strings.Cut(string(v.bytes()), "\x00")
	return s
}
