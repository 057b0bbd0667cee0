//go:build linux

package main

import "golang.org/x/sys/unix"

// ready handles one event of one connection.
func (l *loop) ready(fd int, ev uint32) error {
	if p := l.rest[fd]; p != nil {
		p.owed |= ev
		alive := l.flush(fd, p)
		if alive && len(p.bytes) > 0 {
			return nil
		}
		delete(l.rest, fd)
		if !alive {
			return l.drop(fd)
		}
		if !l.edge {
			if err := l.ctl(unix.EPOLL_CTL_MOD, fd, unix.EPOLLIN|unix.EPOLLRDHUP); err != nil {
				return err
			}
		}
		ev = p.owed
	}
	if ev&(unix.EPOLLIN|odd) != 0 && !l.echo(fd, ev) {
		return l.drop(fd)
	}
	return nil
}

// echo reads and sends back until the socket is drained or output is stuck; it
// reports whether the connection lives on.
func (l *loop) echo(fd int, ev uint32) bool {
	for {
		n, err := l.recv(fd, l.buf)
		switch {
		case err == unix.EAGAIN:
			return true
		case err == unix.EINTR:
			continue
		case err != 0 || n == 0:
			return false
		}
		sent, alive := l.put(fd, l.buf[:n])
		if !alive {
			return false
		}
		if sent < n {
			return l.keep(fd, l.buf[sent:n], ev)
		}
		if n < len(l.buf) && ev&odd == 0 {
			return true
		}
	}
}

// keep stores what was not sent, and asks for writability where that is not
// registered from the start.
func (l *loop) keep(fd int, b []byte, ev uint32) bool {
	l.rest[fd] = &pending{bytes: append([]byte(nil), b...), owed: ev | unix.EPOLLIN}
	return l.edge || l.ctl(unix.EPOLL_CTL_MOD, fd, unix.EPOLLOUT) == nil
}

// put sends b until the kernel takes no more.
func (l *loop) put(fd int, b []byte) (sent int, alive bool) {
	for sent < len(b) {
		n, err := l.send(fd, b[sent:])
		switch err {
		case 0:
			sent += n
		case unix.EINTR:
		case unix.EAGAIN:
			return sent, true
		default:
			return sent, false
		}
	}
	return sent, true
}

func (l *loop) flush(fd int, p *pending) bool {
	n, alive := l.put(fd, p.bytes)
	p.bytes = p.bytes[n:]
	return alive
}

// drop closes fd, which also takes it out of the epoll set.
func (l *loop) drop(fd int) error {
	delete(l.rest, fd)
	return unix.Close(fd)
}
