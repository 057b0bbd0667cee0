package sys

// Numbers of <sys/event.h> for Kevent. The flags have these values on every
// system; the filters do not, so these are numbers of our own, and the copy to
// the system's struct kevent translates them.
const (
	EVFILT_READ  = -1
	EVFILT_WRITE = -2
	EVFILT_USER  = -3 // EINVAL where the system has none

	EV_ADD     = 0x1
	EV_DELETE  = 0x2
	EV_ONESHOT = 0x10
	EV_CLEAR   = 0x20
	EV_RECEIPT = 0x40
	EV_ERROR   = 0x4000
	EV_EOF     = 0x8000

	NOTE_TRIGGER = 0x1000000
)
