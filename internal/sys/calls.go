package sys

// The plain functions, hooked: one system call each, errno untouched. sa may be
// nil where the call takes a NULL address. An address by value on the caller's
// stack stays there.

// Socket wraps socket(2).
func Socket(domain, typ, proto int) (int, Errno) {
	fd, e := socket(domain, typ, proto)
	traceCall("socket", nil, fd, e, domain, typ, proto)
	return fd, e
}

// Socketpair wraps socketpair(2).
func Socketpair(domain, typ, proto int) (a, b int, e Errno) {
	var fds [2]int32
	e = socketpair(domain, typ, proto, &fds)
	traceCall("socketpair", nil, 0, e, domain, typ, proto, int(fds[0]), int(fds[1]))
	return int(fds[0]), int(fds[1]), e
}

// Bind wraps bind(2).
func Bind(fd int, sa *RawSockaddr) Errno {
	e := bind(fd, sa)
	traceAddr("bind", fd, sa, 0, e)
	return e
}

// Connect wraps connect(2).
func Connect(fd int, sa *RawSockaddr) Errno {
	e := connect(fd, sa)
	traceAddr("connect", fd, sa, 0, e)
	return e
}

// Listen wraps listen(2).
func Listen(fd, backlog int) Errno {
	e := listen(fd, backlog)
	traceCall("listen", nil, 0, e, fd, backlog)
	return e
}

// Accept wraps accept(2).
func Accept(fd int, sa *RawSockaddr) (int, Errno) {
	nfd, e := accept(fd, sa)
	traceAddr("accept", fd, sa, nfd, e)
	return nfd, e
}

// Accept4 wraps accept4(2). Where the platform has none it is ENOSYS.
func Accept4(fd int, sa *RawSockaddr, flags int) (int, Errno) {
	nfd, e := accept4(fd, sa, flags)
	traceAddr("accept4", fd, sa, nfd, e, flags)
	return nfd, e
}

// Getsockname wraps getsockname(2).
func Getsockname(fd int, sa *RawSockaddr) Errno {
	e := getsockname(fd, sa)
	traceAddr("getsockname", fd, sa, 0, e)
	return e
}

// Getpeername wraps getpeername(2).
func Getpeername(fd int, sa *RawSockaddr) Errno {
	e := getpeername(fd, sa)
	traceAddr("getpeername", fd, sa, 0, e)
	return e
}

// Sendto wraps sendto(2); with to nil it is send(2), which is the same system
// call on Linux.
func Sendto(fd int, p []byte, flags int, to *RawSockaddr) (int, Errno) {
	n, e := sendto(fd, p, flags, to)
	traceIO("sendto", fd, p, len(p), n, e, flags)
	return n, e
}

// Recvfrom wraps recvfrom(2); with from nil it is recv(2), which is the same
// system call on Linux. With MSG_TRUNC the count may exceed len(p).
func Recvfrom(fd int, p []byte, flags int, from *RawSockaddr) (int, Errno) {
	n, e := recvfrom(fd, p, flags, from)
	traceIO("recvfrom", fd, p, n, n, e, flags)
	return n, e
}

// Read wraps read(2).
func Read(fd int, p []byte) (int, Errno) {
	n, e := read(fd, p)
	traceIO("read", fd, p, n, n, e)
	return n, e
}

// Write wraps write(2).
func Write(fd int, p []byte) (int, Errno) {
	n, e := write(fd, p)
	traceIO("write", fd, p, len(p), n, e)
	return n, e
}

// Getsockopt wraps getsockopt(2) and returns how many bytes of value are valid.
func Getsockopt(fd, level, name int, value []byte) (int, Errno) {
	n, e := getsockopt(fd, level, name, value)
	traceCall("getsockopt", value[:n], 0, e, fd, level, name, n)
	return n, e
}

// Setsockopt wraps setsockopt(2).
func Setsockopt(fd, level, name int, value []byte) Errno {
	e := setsockopt(fd, level, name, value)
	traceCall("setsockopt", value, 0, e, fd, level, name, len(value))
	return e
}

// Shutdown wraps shutdown(2).
func Shutdown(fd, how int) Errno {
	e := shutdown(fd, how)
	traceCall("shutdown", nil, 0, e, fd, how)
	return e
}

// Close wraps close(2), once: on Linux the descriptor is gone whatever errno
// comes back, so a second try could close somebody else's.
func Close(fd int) Errno {
	e := closefd(fd)
	traceCall("close", nil, 0, e, fd)
	return e
}

// SetNonblock sets or clears O_NONBLOCK with one ioctl(FIONBIO).
func SetNonblock(fd int, on bool) Errno {
	e := setNonblock(fd, on)
	traceCall("ioctl", nil, 0, e, fd, number(on))
	return e
}

func number(on bool) int {
	if on {
		return 1
	}
	return 0
}
