package sys

// The plain functions, hooked: one system call each, errno untouched. sa may be
// nil where the call takes a NULL address. An address by value on the caller's
// stack stays there.

// Socket wraps socket(2).
func Socket(domain, typ, proto int) (int, Errno) {
	fd, e := socket(domain, typ, proto)
	if Tracing() {
		trace("socket", fd, e, num(domain), num(typ), num(proto))
	}
	return fd, e
}

// Socketpair wraps socketpair(2).
func Socketpair(domain, typ, proto int) (a, b int, e Errno) {
	var fds [2]int32
	e = socketpair(domain, typ, proto, &fds)
	if Tracing() {
		traceSocketpair(domain, typ, proto, &fds, e)
	}
	return int(fds[0]), int(fds[1]), e
}

// Bind wraps bind(2).
func Bind(fd int, sa *RawSockaddr) Errno {
	e := bind(fd, sa)
	if Tracing() {
		traceTo("bind", fd, sa, e)
	}
	return e
}

// Connect wraps connect(2).
func Connect(fd int, sa *RawSockaddr) Errno {
	e := connect(fd, sa)
	if Tracing() {
		traceTo("connect", fd, sa, e)
	}
	return e
}

// Listen wraps listen(2).
func Listen(fd, backlog int) Errno {
	e := listen(fd, backlog)
	if Tracing() {
		trace("listen", 0, e, num(fd), num(backlog))
	}
	return e
}

// Accept wraps accept(2).
func Accept(fd int, sa *RawSockaddr) (int, Errno) {
	nfd, e := accept(fd, sa)
	if Tracing() {
		traceAccept(fd, sa, nfd, e)
	}
	return nfd, e
}

// Accept4 wraps accept4(2). Where the platform has none it is ENOSYS.
func Accept4(fd int, sa *RawSockaddr, flags int) (int, Errno) {
	nfd, e := accept4(fd, sa, flags)
	if Tracing() {
		traceAccept4(fd, sa, flags, nfd, e)
	}
	return nfd, e
}

// Getsockname wraps getsockname(2).
func Getsockname(fd int, sa *RawSockaddr) Errno {
	e := getsockname(fd, sa)
	if Tracing() {
		traceName("getsockname", fd, sa, e)
	}
	return e
}

// Getpeername wraps getpeername(2).
func Getpeername(fd int, sa *RawSockaddr) Errno {
	e := getpeername(fd, sa)
	if Tracing() {
		traceName("getpeername", fd, sa, e)
	}
	return e
}

// Sendto wraps sendto(2); with to nil it is send(2), which is the same system
// call on Linux.
func Sendto(fd int, p []byte, flags int, to *RawSockaddr) (int, Errno) {
	n, e := sendto(fd, p, flags, to)
	if Tracing() {
		traceSendto(fd, p, flags, to, n, e)
	}
	return n, e
}

// Recvfrom wraps recvfrom(2); with from nil it is recv(2), which is the same
// system call on Linux. With MSG_TRUNC the count may exceed len(p).
func Recvfrom(fd int, p []byte, flags int, from *RawSockaddr) (int, Errno) {
	n, e := recvfrom(fd, p, flags, from)
	if Tracing() {
		traceRecvfrom(fd, p, flags, from, n, e)
	}
	return n, e
}

// Read wraps read(2).
func Read(fd int, p []byte) (int, Errno) {
	n, e := read(fd, p)
	if Tracing() {
		traceRead(fd, p, n, e)
	}
	return n, e
}

// Write wraps write(2).
func Write(fd int, p []byte) (int, Errno) {
	n, e := write(fd, p)
	if Tracing() {
		traceWrite(fd, p, n, e)
	}
	return n, e
}

// Getsockopt wraps getsockopt(2) and returns how many bytes of value are valid.
func Getsockopt(fd, level, name int, value []byte) (int, Errno) {
	n, e := getsockopt(fd, level, name, value)
	if Tracing() {
		traceGetsockopt(fd, level, name, value, n, e)
	}
	return n, e
}

// Setsockopt wraps setsockopt(2).
func Setsockopt(fd, level, name int, value []byte) Errno {
	e := setsockopt(fd, level, name, value)
	if Tracing() {
		traceSetsockopt(fd, level, name, value, e)
	}
	return e
}

// SetsockoptNull wraps setsockopt(2) with a NULL value of size bytes.
func SetsockoptNull(fd, level, name, size int) Errno {
	e := setsockoptNull(fd, level, name, size)
	if Tracing() {
		trace("setsockopt", 0, e, num(fd), num(level), num(name), null(), num(size))
	}
	return e
}

// Shutdown wraps shutdown(2).
func Shutdown(fd, how int) Errno {
	e := shutdown(fd, how)
	if Tracing() {
		trace("shutdown", 0, e, num(fd), num(how))
	}
	return e
}

// Close wraps close(2), once: on Linux the descriptor is gone whatever errno
// comes back, so a second try could close somebody else's.
func Close(fd int) Errno {
	e := closefd(fd)
	if Tracing() {
		trace("close", 0, e, num(fd))
	}
	return e
}

// SetNonblock sets or clears O_NONBLOCK with one ioctl(FIONBIO).
func SetNonblock(fd int, on bool) Errno {
	e := setNonblock(fd, on)
	if Tracing() {
		traceNonblock(fd, on, e)
	}
	return e
}
