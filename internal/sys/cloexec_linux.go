package sys

import "golang.org/x/sys/unix"

// SocketCloexec is Socket with SOCK_CLOEXEC.
func SocketCloexec(domain, typ, proto int) (int, Errno) {
	return Socket(domain, typ|unix.SOCK_CLOEXEC, proto)
}

// AcceptCloexec is Accept4 with SOCK_CLOEXEC.
func AcceptCloexec(fd int, sa *RawSockaddr) (int, Errno) {
	return Accept4(fd, sa, unix.SOCK_CLOEXEC)
}
