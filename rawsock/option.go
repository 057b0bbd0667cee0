package rawsock

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Option is a socket option whose value is a T: TCPNoDelay.Set(fd, true). There
// is a package variable for each option, named after its C name. Set and Get make
// one system call each, setsockopt(2) or getsockopt(2), and return its bare errno.
// They do not allocate, unless T is a string to get.
//
// Two errors are made up here, and then no call is made: EINVAL for a value that
// the option's C type cannot hold (a number too large, a duration that is no
// multiple of the option's unit, a name too long or with a NUL), and
// errors.ErrUnsupported for an option that this operating system does not have.
//
// Options that the kernel only tells are [ReadOption], those that it only takes
// [WriteOption]; those of no fixed size are [BytesOption], [ReadBytesOption] and
// [WriteBytesOption].
type Option[T any] struct {
	row   *OptionInfo
	codec *codec[T]
}

// ReadOption is an [Option] that can only be read.
type ReadOption[T any] struct {
	row   *OptionInfo
	codec *codec[T]
}

// WriteOption is an [Option] that can only be set.
type WriteOption[T any] struct {
	row   *OptionInfo
	codec *codec[T]
}

// Set wraps setsockopt(2).
func (o Option[T]) Set(fd FD, v T) error { return setOption(fd, o.row, o.codec, v) }

// Set wraps setsockopt(2).
func (o WriteOption[T]) Set(fd FD, v T) error { return setOption(fd, o.row, o.codec, v) }

// Get wraps getsockopt(2).
func (o Option[T]) Get(fd FD) (T, error) { return getOption(fd, o.row, o.codec) }

// Get wraps getsockopt(2).
func (o ReadOption[T]) Get(fd FD) (T, error) { return getOption(fd, o.row, o.codec) }

// AppendTo appends the bytes of v's C type to b, as Set gives them to the kernel.
// With an error b comes back as it was.
func (o Option[T]) AppendTo(b []byte, v T) ([]byte, error) { return o.codec.appendTo(b, v) }

// AppendTo appends the bytes of v's C type to b, as Set gives them to the kernel.
// With an error b comes back as it was.
func (o WriteOption[T]) AppendTo(b []byte, v T) ([]byte, error) { return o.codec.appendTo(b, v) }

// Decode makes a value of the bytes that getsockopt(2) wrote. EINVAL: they are
// fewer than the option's C type has.
func (o Option[T]) Decode(b []byte) (T, error) { return o.codec.decode(b) }

// Decode makes a value of the bytes that getsockopt(2) wrote. EINVAL: they are
// fewer than the option's C type has.
func (o ReadOption[T]) Decode(b []byte) (T, error) { return o.codec.decode(b) }

func setOption[T any](fd FD, row *OptionInfo, c *codec[T], v T) error {
	if row.Number == absent {
		return errors.ErrUnsupported
	}
	value, e := c.write(v)
	if e != 0 {
		return e
	}
	return asError(sys.Setsockopt(int(fd), row.Level, row.Number, value.bytes()))
}

func getOption[T any](fd FD, row *OptionInfo, c *codec[T]) (v T, err error) {
	if row.Number == absent {
		return v, errors.ErrUnsupported
	}
	value := optval{n: c.size}
	n, e := sys.Getsockopt(int(fd), row.Level, row.Number, value.bytes())
	if e != 0 {
		return v, e
	}
	value.n = n
	v, e = c.value(value)
	return v, asError(e)
}

// BytesOption is a socket option of no fixed size, as bytes in the caller's
// memory. Set and Get make one system call each and do not allocate.
type BytesOption struct{ bytesRow }

// ReadBytesOption is a [BytesOption] that can only be read.
type ReadBytesOption struct{ bytesRow }

// WriteBytesOption is a [BytesOption] that can only be set.
type WriteBytesOption struct{ bytesRow }

type bytesRow struct {
	row   *OptionInfo
	ctype string
}

// Set wraps setsockopt(2).
func (o BytesOption) Set(fd FD, value []byte) error { return o.set(fd, value) }

// Set wraps setsockopt(2).
func (o WriteBytesOption) Set(fd FD, value []byte) error { return o.set(fd, value) }

// Get wraps getsockopt(2): the kernel writes to value, and n is how many of its
// bytes are valid. Some options also read value first; they say so.
func (o BytesOption) Get(fd FD, value []byte) (n int, err error) { return o.get(fd, value) }

// Get wraps getsockopt(2): the kernel writes to value, and n is how many of its
// bytes are valid. Some options also read value first; they say so.
func (o ReadBytesOption) Get(fd FD, value []byte) (n int, err error) { return o.get(fd, value) }

func (o bytesRow) set(fd FD, value []byte) error {
	if o.row.Number == absent {
		return errors.ErrUnsupported
	}
	return fd.SetsockoptBytes(o.row.Level, o.row.Number, value)
}

func (o bytesRow) get(fd FD, value []byte) (n int, err error) {
	if o.row.Number == absent {
		return 0, errors.ErrUnsupported
	}
	return fd.GetsockoptBytes(o.row.Level, o.row.Number, value)
}

// SockDomain reads SO_DOMAIN, the family of the socket. FamilyName names it.
func (fd FD) SockDomain() (int, error) { return SODomain.Get(fd) }

// SockType reads SO_TYPE. TypeName names it.
func (fd FD) SockType() (int, error) { return SOType.Get(fd) }

// SockProtocol reads SO_PROTOCOL. ProtoName names it.
func (fd FD) SockProtocol() (int, error) { return SOProtocol.Get(fd) }

// SockError takes SO_ERROR, the pending error of the socket, as a bare errno; nil
// when there is none. err is the error of the call itself.
func (fd FD) SockError() (pending, err error) {
	e, err := SOError.Get(fd)
	return asError(e), err
}

// absent is the number of an option that this operating system does not have.
const absent = -1

// OptionInfo is what is known about an option beside its value.
type OptionInfo struct {
	Name   string // in C: TCP_NODELAY
	Level  int    // IPPROTO_TCP
	Number int    // -1 where this operating system lacks the option
	Type   string // of the value, in C
	Access Access

	Since  string     // the first Linux that has it
	Man    string     // where it is described
	Cap    string     // the capability that setting needs, and when
	Denied unix.Errno // what Set returns without it
	Needs  string     // what a kernel may be built or run without
	Lacks  unix.Errno // what Set or Get returns then
	Reads  string     // how what is read differs from what was set; empty if not
}

// Access is how an option can be used.
type Access int

// An option can be read, set or both.
const (
	CanGet Access = 1 << iota
	CanSet
)

// String is "get", "set" or "get set".
func (a Access) String() string {
	switch a {
	case CanGet:
		return "get"
	case CanSet:
		return "set"
	case CanGet | CanSet:
		return "get set"
	}
	return "none"
}

func describe(row *OptionInfo, ctype string, a Access) OptionInfo {
	info := *row
	info.Type, info.Access = ctype, a
	return info
}

// Info returns what is known about the option.
func (o Option[T]) Info() OptionInfo { return describe(o.row, o.codec.ctype, CanGet|CanSet) }

// Info returns what is known about the option.
func (o ReadOption[T]) Info() OptionInfo { return describe(o.row, o.codec.ctype, CanGet) }

// Info returns what is known about the option.
func (o WriteOption[T]) Info() OptionInfo { return describe(o.row, o.codec.ctype, CanSet) }

// Info returns what is known about the option.
func (o BytesOption) Info() OptionInfo { return describe(o.row, o.ctype, CanGet|CanSet) }

// Info returns what is known about the option.
func (o ReadBytesOption) Info() OptionInfo { return describe(o.row, o.ctype, CanGet) }

// Info returns what is known about the option.
func (o WriteBytesOption) Info() OptionInfo { return describe(o.row, o.ctype, CanSet) }
