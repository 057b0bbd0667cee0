package rawsock

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Socket wraps socket(2). typ may carry SOCK_NONBLOCK and SOCK_CLOEXEC where the
// platform has them. With an error the descriptor is -1.
func Socket(domain, typ, proto int) (FD, error) {
	fd, e := sys.Socket(domain, typ, proto)
	return newFD(fd, e)
}

// Socketpair wraps socketpair(2): two sockets connected to each other, both of
// them unnamed. typ is as in Socket. With an error both descriptors are -1.
func Socketpair(domain, typ, proto int) ([2]FD, error) {
	a, b, e := sys.Socketpair(domain, typ, proto)
	if e != 0 {
		return [2]FD{-1, -1}, e
	}
	return [2]FD{FD(a), FD(b)}, nil
}

// Bind wraps bind(2). It resolves nothing: the address is sent as it is.
func (fd FD) Bind(sa Sockaddr) error {
	return asError(sys.Bind(int(fd), sa.pointer()))
}

// Listen wraps listen(2). The kernel silently lowers backlog to
// net.core.somaxconn (Linux) or kern.ipc.somaxconn. One that is no C int is EINVAL
// without a system call.
func (fd FD) Listen(backlog int) error {
	if !isCInt(backlog) {
		return unix.EINVAL
	}
	return asError(sys.Listen(int(fd), backlog))
}

// Connect wraps connect(2). On a nonblocking socket EINPROGRESS means that it
// goes on: wait until the socket is writable, then read SO_ERROR. On a unix
// socket EAGAIN means that it did not start, because the listener's queue is
// full. After EINTR the connection goes on too; do not call Connect again.
//
// On a datagram socket it sets the peer; an address of family AF_UNSPEC takes it
// away.
func (fd FD) Connect(sa Sockaddr) error {
	return asError(sys.Connect(int(fd), sa.pointer()))
}

// Disconnect is connect(2) with an address of family AF_UNSPEC, which takes a
// datagram socket's peer away, and ends a TCP connection with a reset. On the
// BSDs x/sys does not make it: EAFNOSUPPORT.
func (fd FD) Disconnect() error {
	sa := newSockaddr(unix.AF_UNSPEC, unix.SizeofSockaddrInet4)
	return fd.Connect(sa)
}

// Shutdown wraps shutdown(2); how is SHUT_RD, SHUT_WR or SHUT_RDWR.
func (fd FD) Shutdown(how int) error {
	return asError(sys.Shutdown(int(fd), how))
}

func newFD(fd int, e sys.Errno) (FD, error) {
	if e != 0 {
		return -1, e
	}
	return FD(fd), nil
}
