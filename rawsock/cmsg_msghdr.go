package rawsock

import (
	"iter"

	"golang.org/x/sys/unix"
)

// Cmsgs iterates over the control messages that Recvmsg left in m.Control, as the
// function Cmsgs does. With MSG_CTRUNC in m.Flags the last one is Truncated: it
// may be cut, and others that should follow it are missing. It does not allocate.
func (m *Msghdr) Cmsgs() iter.Seq[Cmsg] {
	return func(yield func(Cmsg) bool) {
		c, rest, ok := NextCmsg(m.Control)
		for ok {
			next, after, more := NextCmsg(rest)
			if !more && m.Flags&unix.MSG_CTRUNC != 0 {
				c.Truncated = true
			}
			if !yield(c) {
				return
			}
			c, rest, ok = next, after, more
		}
	}
}
