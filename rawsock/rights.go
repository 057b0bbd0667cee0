package rawsock

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Convenience for descriptors in messages: SendFds and RecvFds are one system call
// with the flags that they were given and no others, and close(2) where it says
// so. Who must not allocate uses AppendRights, Recvmsg and Cmsg.Rights.

// MaxRights is SCM_MAX_FD, the most descriptors that Linux passes in one message.
const MaxRights = 253

// ErrRightsTruncated is returned where control data was cut, so that descriptors
// may be missing.
var ErrRightsTruncated = errors.New("rawsock: control data was cut, the descriptors that came are closed")

// SendFds sends p with descriptors: one sendmsg(2) with an SCM_RIGHTS message. The
// zero Sockaddr is no address. The descriptors stay open here; once it returned
// they may be closed.
//
// EINVAL: more than MaxRights. ETOOMANYREFS: RLIMIT_NOFILE of them are in flight
// (unix(7)). A stream passes none without data.
func (fd FD) SendFds(p []byte, fds []FD, flags int, to Sockaddr) (n int, err error) {
	m := Msghdr{Name: to, Buffers: [][]byte{p}, Control: AppendRights(nil, fds...)}
	return fd.Sendmsg(&m, flags)
}

// RecvFds receives p and at most len(fds) descriptors: one recvmsg(2). got is the
// part of fds that was filled; they are the caller's to close, and close-on-exec
// only with MSG_CMSG_CLOEXEC in flags. recvflags is msg_flags.
//
// If the control data was cut (MSG_CTRUNC), because more than len(fds) descriptors
// were sent or because no more could be opened (RLIMIT_NOFILE), those that came
// are closed and the error is ErrRightsTruncated; the data in p, recvflags and
// from are valid all the same. On a socket with SO_PASSCRED, SO_PASSPIDFD,
// SO_PASSSEC or SO_TIMESTAMP other messages take the room: use Recvmsg there. A
// descriptor of SCM_PIDFD is closed.
func (fd FD) RecvFds(p []byte, fds []FD, flags int) (n int, got []FD, recvflags int, from Sockaddr, err error) {
	// CMSG_LEN, not CMSG_SPACE: Linux would fill the padding with a descriptor.
	room := cmsgData() + sizeofDescriptor*min(len(fds), MaxRights)
	m := Msghdr{Buffers: [][]byte{p}, Control: make([]byte, room)}
	if n, err = fd.Recvmsg(&m, flags); err != nil {
		return 0, nil, 0, from, err
	}
	if m.Flags&unix.MSG_CTRUNC != 0 {
		CloseRights(m.Control)
		return n, nil, m.Flags, m.Name, ErrRightsTruncated
	}
	got = fds[:0]
	for c := range Cmsgs(m.Control) {
		var isRights bool
		if got, isRights = c.Rights(got); !isRights {
			c.close()
		}
	}
	return n, got, m.Flags, m.Name, nil
}

// CloseRights closes every descriptor that came with control: those of SCM_RIGHTS
// and, on Linux, of SCM_PIDFD. It is for whoever receives messages and does not
// want what came with one. The error is the first of close(2).
func CloseRights(control []byte) (err error) {
	for m := range Cmsgs(control) {
		if e := m.close(); err == nil {
			err = e
		}
	}
	return err
}

// close closes every descriptor that m brought.
func (m Cmsg) close() (err error) {
	var room [MaxRights]FD
	for _, fd := range m.descriptors(room[:0]) {
		if e := fd.Close(); err == nil {
			err = e
		}
	}
	return err
}
