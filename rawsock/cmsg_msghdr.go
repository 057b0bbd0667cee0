package rawsock

import (
	"iter"

	"golang.org/x/sys/unix"
)

// Cmsgs iterates over the control messages that Recvmsg left in m.Control, as the
// function Cmsgs does. With MSG_CTRUNC in m.Flags the last one is Truncated: it
// may be cut, and others that should follow it are missing. It does not allocate.
func (m *Msghdr) Cmsgs() iter.Seq[Cmsg] { return cutCmsgs(m.Control, m.Flags) }

// Cmsgs iterates over the control messages that Recvmmsg left for message i, as
// the method of Msghdr does.
func (b Batch) Cmsgs(i int) iter.Seq[Cmsg] { return cutCmsgs(b.Control(i), b.Flags(i)) }

func cutCmsgs(control []byte, flags int) iter.Seq[Cmsg] {
	return func(yield func(Cmsg) bool) {
		m, rest, ok := NextCmsg(control)
		for ok {
			next, after, more := NextCmsg(rest)
			if !more && flags&unix.MSG_CTRUNC != 0 {
				m.Truncated = true
			}
			if !yield(m) {
				return
			}
			m, rest, ok = next, after, more
		}
	}
}
