package rawsock

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Sockatmark wraps sockatmark(3), which is one ioctl(SIOCATMARK): whether the
// next byte to read is the one after which urgent data was sent.
func (fd FD) Sockatmark() (bool, error) {
	v, err := fd.ioctlInt(siocAtmark)
	return v != 0, err
}

// Inq is ioctl(FIONREAD), which for sockets Linux also calls SIOCINQ: how many
// bytes can be read from a stream (tcp(7): EINVAL on a listener), or how long the
// next datagram is (udp(7)), 0 if there is none or it is empty.
func (fd FD) Inq() (int, error) { return fd.ioctlInt(siocInq) }

// Outq is ioctl(SIOCOUTQ): how many bytes the send queue holds; of TCP those that
// the peer has not acknowledged, and elsewhere with the kernel's overhead. Linux
// only.
func (fd FD) Outq() (int, error) { return fd.ioctlInt(siocOutq) }

// OutqNSD is ioctl(SIOCOUTQNSD): how many bytes of the send queue of TCP have
// not been sent yet. Linux only.
func (fd FD) OutqNSD() (int, error) { return fd.ioctlInt(siocOutqNSD) }

// Gstamp is ioctl(SIOCGSTAMP): when the last packet given to the user arrived
// (socket(7)), in whole microseconds. Linux only. ENOENT: none arrived since
// this was asked first, which starts the taking of times, or since an option
// started it. With SO_TIMESTAMP or SO_TIMESTAMPNS set the time does not come
// here but with the packet.
//
// The kernel has two layouts for it. This is the old one, struct timeval, whose
// seconds have 32 bits where a C long has; GstampNew is the other.
func (fd FD) Gstamp() (time.Time, error) {
	return fd.stamp(siocGstamp, unix.SizeofLong, time.Microsecond)
}

// GstampNew is ioctl(SIOCGSTAMP_NEW), with seconds of 64 bits: Linux 5.1.
func (fd FD) GstampNew() (time.Time, error) { return fd.stamp(siocGstampNew, 8, time.Microsecond) }

// GstampNS is ioctl(SIOCGSTAMPNS): Gstamp in nanoseconds, struct timespec.
func (fd FD) GstampNS() (time.Time, error) {
	return fd.stamp(siocGstampNS, unix.SizeofLong, time.Nanosecond)
}

// GstampNSNew is ioctl(SIOCGSTAMPNS_NEW), with seconds of 64 bits: Linux 5.1.
func (fd FD) GstampNSNew() (time.Time, error) { return fd.stamp(siocGstampNSNew, 8, time.Nanosecond) }

func (fd FD) ioctlInt(request uint) (int, error) {
	if request == 0 {
		return 0, unix.ENOSYS
	}
	v, e := sys.IoctlInt(int(fd), request)
	return v, asError(e)
}

// stamp reads two fields of word bytes: seconds and units.
func (fd FD) stamp(request uint, word int, unit time.Duration) (time.Time, error) {
	if request == 0 {
		return time.Time{}, unix.ENOSYS
	}
	var b [16]byte
	if e := sys.Ioctl(int(fd), request, b[:2*word]); e != 0 {
		return time.Time{}, e
	}
	field := func(p []byte) int64 {
		if word == 4 {
			return int64(int32(binary.NativeEndian.Uint32(p)))
		}
		return int64(binary.NativeEndian.Uint64(p))
	}
	return time.Unix(field(b[:]), field(b[word:])*int64(unit)), nil
}
