package sys

// Traced returns a Kernel that makes the calls of k and shows them to the hook of
// SetTrace as the loop asked for them: without the flags that a Host adds to
// every call of a kind (SOCK_NONBLOCK, MSG_DONTWAIT, …). What only sets up or
// cleans up files (FileID, Unlink, CloseOnExec, DescriptorLimit) is not shown.
// A loop that is made without it pays nothing for tracing.
func Traced(k Kernel) Kernel { return traced{k} }

// traced shows the calls; Now and Calls are no system calls.
type traced struct{ Kernel }

func (t traced) EpollCreate1() (int, Errno) {
	fd, e := t.Kernel.EpollCreate1()
	traceCall("epoll_create1", nil, fd, e)
	return fd, e
}

func (t traced) EpollCtl(epfd, op, fd int, events uint32, token uint64) Errno {
	e := t.Kernel.EpollCtl(epfd, op, fd, events, token)
	traceCall("epoll_ctl", nil, 0, e, epfd, op, fd, int(events))
	return e
}

func (t traced) EpollWait(epfd int, events []EpollEvent, msec int) (int, Errno) {
	n, e := t.Kernel.EpollWait(epfd, events, msec)
	traceCall("epoll_pwait", nil, n, e, epfd, len(events), msec)
	return n, e
}

func (t traced) Kqueue() (int, Errno) {
	fd, e := t.Kernel.Kqueue()
	traceCall("kqueue", nil, fd, e)
	return fd, e
}

func (t traced) Kevent(kq int, changes, events []Kevent, timeout int64) (int, Errno) {
	n, e := t.Kernel.Kevent(kq, changes, events, timeout)
	traceCall("kevent", nil, n, e, kq, len(changes), len(events), int(timeout))
	return n, e
}

func (t traced) Poll(fds []PollFd, msec int) (int, Errno) {
	n, e := t.Kernel.Poll(fds, msec)
	traceCall("poll", nil, n, e, len(fds), msec)
	return n, e
}

func (t traced) Eventfd() (int, Errno) {
	fd, e := t.Kernel.Eventfd()
	traceCall("eventfd2", nil, fd, e)
	return fd, e
}

func (t traced) Pipe() (r, w int, e Errno) {
	r, w, e = t.Kernel.Pipe()
	traceCall("pipe2", nil, 0, e, r, w)
	return r, w, e
}

func (t traced) Read(fd int, p []byte) (int, Errno) {
	n, e := t.Kernel.Read(fd, p)
	traceIO("read", fd, p, n, n, e)
	return n, e
}

func (t traced) Write(fd int, p []byte) (int, Errno) {
	n, e := t.Kernel.Write(fd, p)
	traceIO("write", fd, p, len(p), n, e)
	return n, e
}

func (t traced) Socket(domain, typ, proto int) (int, Errno) {
	fd, e := t.Kernel.Socket(domain, typ, proto)
	traceCall("socket", nil, fd, e, domain, typ, proto)
	return fd, e
}

func (t traced) Bind(fd int, sa *RawSockaddr) Errno {
	e := t.Kernel.Bind(fd, sa)
	traceAddr("bind", fd, sa, 0, e)
	return e
}

func (t traced) Listen(fd, backlog int) Errno {
	e := t.Kernel.Listen(fd, backlog)
	traceCall("listen", nil, 0, e, fd, backlog)
	return e
}

func (t traced) Getsockname(fd int, sa *RawSockaddr) Errno {
	e := t.Kernel.Getsockname(fd, sa)
	traceAddr("getsockname", fd, sa, 0, e)
	return e
}

func (t traced) Getpeername(fd int, sa *RawSockaddr) Errno {
	e := t.Kernel.Getpeername(fd, sa)
	traceAddr("getpeername", fd, sa, 0, e)
	return e
}

func (t traced) Setsockopt(fd, level, name int, value []byte) Errno {
	e := t.Kernel.Setsockopt(fd, level, name, value)
	traceCall("setsockopt", value, 0, e, fd, level, name, len(value))
	return e
}

func (t traced) Getsockopt(fd, level, name int, value []byte) (int, Errno) {
	n, e := t.Kernel.Getsockopt(fd, level, name, value)
	traceCall("getsockopt", value[:n], 0, e, fd, level, name, n)
	return n, e
}

func (t traced) SetNonblock(fd int, on bool) Errno {
	e := t.Kernel.SetNonblock(fd, on)
	traceCall("ioctl", nil, 0, e, fd, number(on))
	return e
}

func (t traced) Accept(fd int, sa *RawSockaddr) (int, Errno) {
	nfd, e := t.Kernel.Accept(fd, sa)
	traceAddr("accept4", fd, sa, nfd, e)
	return nfd, e
}

func (t traced) AcceptSleeping(fd int, sa *RawSockaddr) (int, Errno) {
	nfd, e := t.Kernel.AcceptSleeping(fd, sa)
	traceAddr("accept4", fd, sa, nfd, e)
	return nfd, e
}

func (t traced) Recv(fd int, p []byte) (int, Errno) {
	n, e := t.Kernel.Recv(fd, p)
	traceIO("recvfrom", fd, p, n, n, e)
	return n, e
}

func (t traced) Send(fd int, p []byte) (int, Errno) {
	n, e := t.Kernel.Send(fd, p)
	traceIO("sendto", fd, p, len(p), n, e)
	return n, e
}

func (t traced) Sendv(fd int, bufs [][]byte) (int, Errno) {
	n, e := t.Kernel.Sendv(fd, bufs)
	traceCall("sendmsg", nil, n, e, fd, len(bufs))
	return n, e
}

func (t traced) Shutdown(fd, how int) Errno {
	e := t.Kernel.Shutdown(fd, how)
	traceCall("shutdown", nil, 0, e, fd, how)
	return e
}

func (t traced) Close(fd int) Errno {
	e := t.Kernel.Close(fd)
	traceCall("close", nil, 0, e, fd)
	return e
}
