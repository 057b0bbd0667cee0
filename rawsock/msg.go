package rawsock

import "github.com/rawloop/rawloop/internal/sys"

// Msghdr is what sendmsg(2) and recvmsg(2) take and fill: struct msghdr. It is
// the caller's, to be used again and again; a call on it allocates only the
// first time, or when it has more buffers than before. It must not be copied
// between uses, nor used by two goroutines at once.
type Msghdr struct {
	// Name is the destination of Sendmsg, the zero Sockaddr being a NULL
	// pointer, and the sender that Recvmsg reports, zero where the kernel
	// gives none.
	Name Sockaddr

	// NoName makes Recvmsg pass a NULL pointer for the name. Name is then left
	// as it is.
	NoName bool

	// Buffers is msg_iov. It may be empty, and so may each buffer. The kernel
	// takes 1024 of them (EMSGSIZE).
	Buffers [][]byte

	// Control is the control data to send, or the room for what comes: Recvmsg
	// cuts it to what came (msg_controllen). m.Control[:cap(m.Control)] is the
	// whole room again. No bytes are a NULL pointer.
	Control []byte

	// Flags is msg_flags as Recvmsg found it: MSG_TRUNC and MSG_CTRUNC for what
	// was cut off, MSG_EOR, MSG_OOB, MSG_ERRQUEUE, and MSG_CMSG_CLOEXEC if it
	// was asked for. Sendmsg neither reads nor sets it.
	Flags int

	vectors sys.Vectors
}

// Sendmsg wraps sendmsg(2): the buffers one after the other are one message, or
// bytes of the stream, of which it may send less than all. EMSGSIZE: too many
// buffers or too long a message. ENOBUFS: more control data than
// net.core.optmem_max (ENOMEM to a program of 32 bits on a kernel of 64).
func (fd FD) Sendmsg(m *Msghdr, flags int) (n int, err error) {
	n, e := sys.Sendmsg(int(fd), m.Name.pointer(), m.Buffers, m.Control, flags, &m.vectors)
	return n, asError(e)
}

// Recvmsg wraps recvmsg(2): it fills the buffers one after the other, and sets
// Name, Control and Flags of m. What did not fit is told by Flags. With an
// error Control and Flags are as they were, and Name is the zero Sockaddr.
func (fd FD) Recvmsg(m *Msghdr, flags int) (n int, err error) {
	var name *sys.RawSockaddr
	if !m.NoName {
		name = &m.Name.raw
	}
	r, e := sys.Recvmsg(int(fd), name, m.Buffers, m.Control, flags, &m.vectors)
	if e != 0 {
		if name != nil {
			m.Name = Sockaddr{}
		}
		return 0, e
	}
	if name != nil {
		m.Name = m.Name.received()
	}
	m.Control, m.Flags = m.Control[:r.Control], r.Flags
	return r.N, nil
}
