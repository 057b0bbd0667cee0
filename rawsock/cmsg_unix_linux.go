package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// AppendCredentials appends SCM_CREDENTIALS (unix(7)): the process, user and
// group that the peer shall see. EPERM for others than one's own without
// CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID; ESRCH for a process that is not there.
func AppendCredentials(b []byte, c Ucred) []byte {
	b, room := openCmsg(b, unix.SOL_SOCKET, unix.SCM_CREDENTIALS, unix.SizeofUcred)
	binary.NativeEndian.PutUint32(room, uint32(c.Pid))
	binary.NativeEndian.PutUint32(room[4:], c.Uid)
	binary.NativeEndian.PutUint32(room[8:], c.Gid)
	return b
}

// Credentials reads SCM_CREDENTIALS, which SO_PASSCRED turns on. A process or
// user that has no number in the receiver's namespace is 0 or the overflow id.
func (m Cmsg) Credentials() (c Ucred, ok bool) {
	if !m.sized(unix.SOL_SOCKET, unix.SCM_CREDENTIALS, unix.SizeofUcred) {
		return c, false
	}
	c.Pid = int32(binary.NativeEndian.Uint32(m.Data))
	c.Uid = binary.NativeEndian.Uint32(m.Data[4:])
	c.Gid = binary.NativeEndian.Uint32(m.Data[8:])
	return c, true
}

// Pidfd reads SCM_PIDFD, which SO_PASSPIDFD turns on: a descriptor of the
// sender's process (pidfd_open(2)), the caller's to close, and close-on-exec
// whatever the flags. It is negative, and none, if the kernel could make none.
// Linux 6.5.
func (m Cmsg) Pidfd() (fd FD, ok bool) {
	v, ok := m.int(unix.SOL_SOCKET, unix.SCM_PIDFD)
	if !ok {
		return -1, false
	}
	return FD(v), true
}

// Security reads SCM_SECURITY, which SO_PASSSEC turns on: the sender's security
// context as the security module writes it, in the control buffer's own memory.
// Linux 2.6.18.
func (m Cmsg) Security() (context []byte, ok bool) {
	if !m.Is(unix.SOL_SOCKET, unix.SCM_SECURITY) {
		return nil, false
	}
	return m.Data, true
}

// UnixInq reads SCM_INQ, which SO_INQ turns on on a unix stream: how many bytes
// are left to read after this. Linux 6.17.
func (m Cmsg) UnixInq() (left int, ok bool) { return m.int(unix.SOL_SOCKET, unix.SCM_INQ) }
