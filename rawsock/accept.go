package rawsock

import "github.com/rawloop/rawloop/internal/sys"

// Accept wraps accept(2) and returns the peer's address as the kernel gave it;
// unix peers are mostly unnamed. With an error the descriptor is -1.
//
// The new descriptor is not close-on-exec; on Linux it is blocking whatever the
// listener is, elsewhere it inherits O_NONBLOCK. On Linux errors that are
// already pending on the new connection come back here (ENETDOWN, EPROTO, …,
// accept(2)); they say nothing about the listener. On 386 and s390x Linux the
// system call is accept4(2) without flags.
func (fd FD) Accept() (FD, Sockaddr, error) {
	var sa Sockaddr
	nfd, e := sys.Accept(int(fd), &sa.raw)
	return accepted(nfd, &sa, e)
}

// Accept4 wraps accept4(2): Accept with SOCK_NONBLOCK and SOCK_CLOEXEC as flags.
// It is ENOSYS on darwin, netbsd and openbsd.
func (fd FD) Accept4(flags int) (FD, Sockaddr, error) {
	var sa Sockaddr
	nfd, e := sys.Accept4(int(fd), &sa.raw, flags)
	return accepted(nfd, &sa, e)
}

// AcceptNull is Accept with a NULL address: accept(fd, NULL, NULL). Families
// that have no addresses, such as AF_ALG, need it.
func (fd FD) AcceptNull() (FD, error) {
	nfd, e := sys.Accept(int(fd), nil)
	return newFD(nfd, e)
}

// Accept4Null is Accept4 with a NULL address: accept4(fd, NULL, NULL, flags).
func (fd FD) Accept4Null(flags int) (FD, error) {
	nfd, e := sys.Accept4(int(fd), nil, flags)
	return newFD(nfd, e)
}

func accepted(nfd int, sa *Sockaddr, e sys.Errno) (FD, Sockaddr, error) {
	if e != 0 {
		return -1, Sockaddr{}, e
	}
	return FD(nfd), sa.received(), nil
}
