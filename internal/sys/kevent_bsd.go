//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The numbers of kevent.go that are used as they are; not compiled where one
// differs.
var _ = [1]struct{}{}[EV_ADD^unix.EV_ADD|EV_DELETE^unix.EV_DELETE|EV_ONESHOT^unix.EV_ONESHOT|
	EV_CLEAR^unix.EV_CLEAR|EV_ERROR^unix.EV_ERROR|EV_EOF^unix.EV_EOF]

// keventList is memory for struct kevent without pointers in it: the field
// udata is a number here, which the garbage collector would take for a bad
// pointer where it has pointer type.
type keventList []uint64

// resize returns n entries, in the list's own memory if it is large enough.
func (l *keventList) resize(n int) []unix.Kevent_t {
	words := (n*int(unsafe.Sizeof(unix.Kevent_t{})) + 7) / 8
	if words > len(*l) {
		*l = make(keventList, words)
	}
	return unsafe.Slice((*unix.Kevent_t)(unsafe.Pointer(unsafe.SliceData(*l))), n)
}

// udata is the field as a number; on 32-bit systems its upper half is lost.
func udata(k *unix.Kevent_t) *uintptr { return (*uintptr)(unsafe.Pointer(&k.Udata)) }

// putKevent translates to the system's struct; EINVAL for a filter that it has
// not.
func putKevent(dst *unix.Kevent_t, src *Kevent) Errno {
	filter := 0
	switch src.Filter {
	case EVFILT_READ:
		filter = unix.EVFILT_READ
	case EVFILT_WRITE:
		filter = unix.EVFILT_WRITE
	case EVFILT_USER:
		if filter = evfiltUser; filter == 0 {
			return unix.EINVAL
		}
	default:
		return unix.EINVAL
	}
	unix.SetKevent(dst, int(src.Ident), filter, int(src.Flags))
	dst.Fflags, dst.Data = src.Fflags, src.Data
	*udata(dst) = uintptr(src.Udata)
	return 0
}

// getKevent is the reverse.
func getKevent(dst *Kevent, src *unix.Kevent_t) {
	*dst = Kevent{
		Ident: uint64(src.Ident), Flags: uint16(src.Flags), Fflags: src.Fflags,
		Data: src.Data, Udata: uint64(*udata(src)),
	}
	switch int(src.Filter) {
	case unix.EVFILT_READ:
		dst.Filter = EVFILT_READ
	case unix.EVFILT_WRITE:
		dst.Filter = EVFILT_WRITE
	default:
		dst.Filter = EVFILT_USER
	}
}

// kevent wraps kevent(2) on memory that the caller lends for the translation.
// With EV_RECEIPT in the changes, each gets its EV_ERROR entry in events, also
// on systems without the flag.
func kevent(kq int, changes, events []Kevent, timeout int64, in, out *keventList) (int, Errno) {
	list, result := in.resize(len(changes)), out.resize(len(events))
	receipts := false
	for i := range changes {
		if e := putKevent(&list[i], &changes[i]); e != 0 {
			return 0, e
		}
		receipts = receipts || changes[i].Flags&EV_RECEIPT != 0
	}
	var n int
	var err error
	if receipts {
		n, err = keventReceipts(kq, list, result)
	} else {
		n, err = unix.Kevent(kq, list, result, timespec(timeout))
	}
	if err != nil {
		return 0, errnoOf(err)
	}
	for i := range result[:n] {
		getKevent(&events[i], &result[i])
	}
	return n, 0
}

func timespec(timeout int64) *unix.Timespec {
	if timeout < 0 {
		return nil
	}
	ts := unix.NsecToTimespec(timeout)
	return &ts
}
