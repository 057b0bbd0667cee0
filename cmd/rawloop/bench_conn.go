package main

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/rawsock"
)

type connState uint8

const (
	connecting connState = iota
	driving
	finishing // everything is sent and half-closed
)

// benchConn is one connection of a client. Offsets count bytes of its stream.
type benchConn struct {
	fd      rawsock.FD
	state   connState
	blocked bool  // the kernel took less than it was offered
	issued  int64 // where the messages end that may be sent
	sent    int64 // what the kernel took
	done    int64 // messages answered
	begun   []int64
	check   checker
}

// connect begins to connect connection i. again means that the listener has no room just now.
func (cl *client) connect(i int) (again bool, err error) {
	c := &cl.conns[i]
	for _, sa := range cl.t.addrs {
		again, err = cl.connectTo(c, i, sa)
		if err == nil {
			return again, nil
		}
	}
	return false, err
}

func (cl *client) connectTo(c *benchConn, i int, sa rawsock.Sockaddr) (again bool, err error) {
	fd, err := rawsock.Socket(sa.Family(), unix.SOCK_STREAM, 0)
	if err != nil {
		return false, &opError{"socket", cl.t.label, err}
	}
	unix.CloseOnExec(int(fd))
	if err := cl.configure(fd, sa.Family()); err != nil {
		fd.Close()
		return false, &opError{"setsockopt", cl.t.label, err}
	}
	err = fd.Connect(sa)
	switch {
	case err == unix.EAGAIN && sa.Family() == unix.AF_UNIX:
		fd.Close()
		return true, nil
	case err != nil && err != unix.EINPROGRESS && err != unix.EINTR:
		fd.Close()
		return false, &opError{"connect", cl.t.label, err}
	}
	c.fd, c.state = fd, connecting
	if aerr := cl.p.Add(int(fd), uint64(i), poller.Read|poller.Write, poller.Edge); aerr != nil {
		fd.Close()
		c.fd = -1
		return false, &opError{"epoll_ctl", cl.t.label, aerr}
	}
	if err == nil {
		cl.connected(c)
	}
	return false, nil
}

func (cl *client) configure(fd rawsock.FD, family int) error {
	errs := []error{fd.SetNonblock(true)}
	if family != unix.AF_UNIX && cl.t.noDelay {
		errs = append(errs, fd.SetsockoptInt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
	}
	if cl.t.rcvBuf > 0 {
		errs = append(errs, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_RCVBUF, cl.t.rcvBuf))
	}
	if cl.t.sndBuf > 0 {
		errs = append(errs, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_SNDBUF, cl.t.sndBuf))
	}
	return errors.Join(errs...)
}

// connected follows an event on a connection in the making.
func (cl *client) connected(c *benchConn) {
	code, err := c.fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err != nil {
		cl.fail(c, "connect", err)
		return
	}
	if _, err := c.fd.Getpeername(); err != nil {
		return // an event too early: not connected yet, and no error either
	}
	c.state = driving
	cl.live++
}

// issue allows n more messages on c and sends what the kernel takes.
func (cl *client) issue(c *benchConn, n int, now int64) {
	size := int64(cl.t.size)
	for range n {
		if cl.limit > 0 && cl.issued >= cl.limit {
			break
		}
		c.begun[c.issued/size%int64(len(c.begun))] = now
		c.issued += size
		cl.issued++
	}
	if !c.blocked {
		cl.flush(c)
	}
}

// flush sends until everything issued is sent or the kernel takes no more.
func (cl *client) flush(c *benchConn) {
	c.blocked = false
	for c.sent < c.issued {
		out := cl.out[:min(int64(len(cl.out)), c.issued-c.sent)]
		fill(out, c.check.conn, c.sent)
		n, err := c.fd.Send(out, 0)
		switch {
		case err == unix.EAGAIN:
			c.blocked = true
			return
		case err == unix.EINTR:
		case err != nil:
			cl.fail(c, "send", err)
			return
		}
		c.sent += int64(n)
	}
}

// receive takes what has arrived, checks it, and sends the messages that the answers make room for.
func (cl *client) receive(c *benchConn, ready poller.Ready) {
	for c.fd >= 0 {
		n, err := c.fd.Recv(cl.in, 0)
		switch {
		case err == unix.EAGAIN:
			return
		case err == unix.EINTR:
			continue
		case err != nil:
			cl.fail(c, "recv", err)
			return
		case n == 0 && c.state == finishing:
			cl.drop(c)
			return
		case n == 0:
			cl.fail(c, "recv", errPeerClosed)
			return
		}
		clean := c.check.take(cl.in[:n], c.sent)
		drained := n < len(cl.in) && cl.drained(c, ready)
		cl.answered(c, clean)
		if drained {
			return
		}
	}
}

// drained says whether a short read was the last of what is there. On TCP it is, unless the event said more than readable. On a unix
// socket it is only if no answer is owed: then nothing can come before more is sent, and what an erring server sends nonetheless makes
// another event.
func (cl *client) drained(c *benchConn, ready poller.Ready) bool {
	if c.state != driving || ready&^(poller.Readable|poller.Writable) != 0 {
		return false
	}
	return !cl.t.unix || c.check.progress(c.sent) == c.sent
}

// answered records the messages that are complete and issues as many new ones.
func (cl *client) answered(c *benchConn, clean bool) {
	upTo := c.check.progress(c.sent) / int64(cl.t.size)
	n := upTo - c.done
	if n <= 0 {
		return
	}
	if c.done == 0 {
		cl.waiting--
	}
	now := cl.now()
	if cl.recording {
		cl.res.messages += n
		for m := c.done; m < upTo && clean; m++ {
			took := now - c.begun[m%int64(len(c.begun))]
			// Clamped to the histogram's range, which is all that RecordValue can complain about.
			_ = cl.res.hist.RecordValue(min(max(took, 1), maxLatency))
		}
	}
	c.done = upTo
	cl.replies += n
	if cl.issuing {
		cl.issue(c, int(n), now)
	}
}
