package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

const sizeofDescriptor = 4

// AppendRights appends SCM_RIGHTS (unix(7)): descriptors for the peer of a unix
// socket, which gets duplicates of them. Linux sends at most SCM_MAX_FD = 253 in
// one call (EINVAL), and on a stream only along with at least one byte of data.
// A number that fits no C int goes as -1, no descriptor (EBADF).
func AppendRights(b []byte, fds ...FD) []byte {
	b, room := openCmsg(b, unix.SOL_SOCKET, unix.SCM_RIGHTS, sizeofDescriptor*len(fds))
	for i, fd := range fds {
		if FD(int32(fd)) != fd {
			fd = -1
		}
		binary.NativeEndian.PutUint32(room[sizeofDescriptor*i:], uint32(fd))
	}
	return b
}

// Rights appends the descriptors of an SCM_RIGHTS message to fds. They are open
// and the caller's to close, also where the message is Truncated or came with
// MSG_CTRUNC, which means that there were more. They are close-on-exec only if
// MSG_CMSG_CLOEXEC was asked for.
func (m Cmsg) Rights(fds []FD) ([]FD, bool) {
	if !m.Is(unix.SOL_SOCKET, unix.SCM_RIGHTS) {
		return fds, false
	}
	for d := m.Data; len(d) >= sizeofDescriptor; d = d[sizeofDescriptor:] {
		fds = append(fds, FD(int32(binary.NativeEndian.Uint32(d))))
	}
	return fds, true
}
