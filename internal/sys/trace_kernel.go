package sys

import "golang.org/x/sys/unix"

// NewKernel returns a Kernel that makes real system calls: a Host, traced if a
// hook is set now. A Kernel that is made before the hook stays silent, and pays
// nothing for tracing.
func NewKernel() Kernel {
	if Tracing() {
		return Traced(NewHost())
	}
	return NewHost()
}

// Traced returns a Kernel that makes the calls of k and shows them to the hook of
// SetTrace as a Host makes them, with the flags that it adds. Where a Host of the
// BSDs makes several system calls for one of Kernel, the main one is shown.
func Traced(k Kernel) Kernel { return traced{k} }

// traced shows the calls; Now and Calls are no system calls.
type traced struct{ Kernel }

func (t traced) Read(fd int, p []byte) (int, Errno) {
	n, e := t.Kernel.Read(fd, p)
	traceRead(fd, p, n, e)
	return n, e
}

func (t traced) Write(fd int, p []byte) (int, Errno) {
	n, e := t.Kernel.Write(fd, p)
	traceWrite(fd, p, n, e)
	return n, e
}

func (t traced) Socket(domain, typ, proto int) (int, Errno) {
	fd, e := t.Kernel.Socket(domain, typ, proto)
	trace("socket", fd, e, num(domain), num(typ|socketFlags), num(proto))
	return fd, e
}

func (t traced) Bind(fd int, sa *RawSockaddr) Errno {
	e := t.Kernel.Bind(fd, sa)
	traceTo("bind", fd, sa, e)
	return e
}

func (t traced) Listen(fd, backlog int) Errno {
	e := t.Kernel.Listen(fd, backlog)
	trace("listen", 0, e, num(fd), num(backlog))
	return e
}

func (t traced) Getsockname(fd int, sa *RawSockaddr) Errno {
	e := t.Kernel.Getsockname(fd, sa)
	traceName("getsockname", fd, sa, e)
	return e
}

func (t traced) Getpeername(fd int, sa *RawSockaddr) Errno {
	e := t.Kernel.Getpeername(fd, sa)
	traceName("getpeername", fd, sa, e)
	return e
}

func (t traced) Setsockopt(fd, level, name int, value []byte) Errno {
	e := t.Kernel.Setsockopt(fd, level, name, value)
	traceSetsockopt(fd, level, name, value, e)
	return e
}

func (t traced) Getsockopt(fd, level, name int, value []byte) (int, Errno) {
	n, e := t.Kernel.Getsockopt(fd, level, name, value)
	traceGetsockopt(fd, level, name, value, n, e)
	return n, e
}

func (t traced) SetNonblock(fd int, on bool) Errno {
	e := t.Kernel.SetNonblock(fd, on)
	traceNonblock(fd, on, e)
	return e
}

func (t traced) Accept(fd int, sa *RawSockaddr) (int, Errno) {
	nfd, e := t.Kernel.Accept(fd, sa)
	traceHostAccept(fd, sa, nfd, e)
	return nfd, e
}

func (t traced) AcceptSleeping(fd int, sa *RawSockaddr) (int, Errno) {
	nfd, e := t.Kernel.AcceptSleeping(fd, sa)
	traceHostAccept(fd, sa, nfd, e)
	return nfd, e
}

func (t traced) Recv(fd int, p []byte) (int, Errno) {
	n, e := t.Kernel.Recv(fd, p)
	traceRecvfrom(fd, p, recvFlags, nil, n, e)
	return n, e
}

func (t traced) Send(fd int, p []byte) (int, Errno) {
	n, e := t.Kernel.Send(fd, p)
	traceSendto(fd, p, sendFlags, nil, n, e)
	return n, e
}

func (t traced) Sendv(fd int, bufs [][]byte) (int, Errno) {
	n, e := t.Kernel.Sendv(fd, bufs)
	m := Message{Iov: blocksIn(bufs[:min(len(bufs), MaxVectors)])}
	trace("sendmsg", n, e, num(fd), Arg{Word: unknown, Messages: []Message{m}}, num(sendFlags))
	return n, e
}

func (t traced) Shutdown(fd, how int) Errno {
	e := t.Kernel.Shutdown(fd, how)
	trace("shutdown", 0, e, num(fd), num(how))
	return e
}

func (t traced) Close(fd int) Errno {
	e := t.Kernel.Close(fd)
	trace("close", 0, e, num(fd))
	return e
}

func (t traced) CloseOnExec(fd int) Errno {
	e := t.Kernel.CloseOnExec(fd)
	trace(fcntlName, 0, e, num(fd), num(unix.F_SETFD), num(unix.FD_CLOEXEC))
	return e
}

// FileID shows no mode and size, which a Kernel does not tell.
func (t traced) FileID(path string) (FileID, Errno) {
	id, e := t.Kernel.FileID(path)
	traceLstat(path, Stat{FileID: id}, e)
	return id, e
}

func (t traced) Unlink(path string) Errno {
	e := t.Kernel.Unlink(path)
	traceUnlink(path, e)
	return e
}
