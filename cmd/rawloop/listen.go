package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/rawsock"
)

// defaultBacklog is what listen(2) is given; the kernel lowers it to its own limit.
const defaultBacklog = 4096

// listener is a bound and listening socket that was made by the plain calls.
type listener struct {
	fd    rawsock.FD
	label string // "tcp 127.0.0.1:34567"
	addr  rawsock.Sockaddr
	path  string // the unix path that bind made, to be removed
	made  os.FileInfo

	given   bool // this process was started with it
	noDelay bool // accepted connections get TCP_NODELAY
}

// listenAll listens on every address in order; with an error nothing stays open.
func listenAll(addrs []address.Address) ([]*listener, error) {
	var all []*listener
	for _, a := range addrs {
		l, err := listen(a)
		if err != nil {
			for _, l := range all {
				l.close()
			}
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

// listen makes a listening socket that is close-on-exec, or adopts one.
func listen(a address.Address) (*listener, error) {
	if a.Network == "fd" {
		return adopt(a)
	}
	candidates, err := a.Resolve(context.Background(), true)
	if err != nil {
		return nil, &opError{"resolve", textOf(a), err}
	}
	var first error
	for _, sa := range candidates {
		l, err := listenOn(a, sa)
		if err == nil {
			return l, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func listenOn(a address.Address, sa rawsock.Sockaddr) (_ *listener, err error) {
	label := labelOf(a, sa)
	fd, err := rawsock.Socket(sa.Family(), unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, &opError{"socket", label, err}
	}
	defer func() {
		if err != nil {
			fd.Close()
		}
	}()
	unix.CloseOnExec(int(fd))
	l := &listener{fd: fd}
	if err := setListenOptions(fd, a, sa.Family()); err != nil {
		return nil, &opError{"setsockopt", label, err}
	}
	if err := fd.Bind(sa); err != nil {
		return nil, &opError{"bind", label, err}
	}
	if name, kind := sa.Unix(); kind == rawsock.UnixPath {
		l.path = name
		if l.made, err = os.Lstat(name); err != nil {
			return nil, err
		}
	}
	if err := fd.Listen(backlog(a)); err != nil {
		l.unlink()
		return nil, &opError{"listen", label, err}
	}
	if l.addr, err = fd.Getsockname(); err != nil {
		l.unlink()
		return nil, &opError{"getsockname", label, err}
	}
	l.label = labelOf(a, l.addr)
	l.noDelay = noDelay(a, l.addr)
	return l, nil
}

// noDelay says whether connections accepted at sa get TCP_NODELAY: those of TCP do unless the address says otherwise, as in package net.
func noDelay(a address.Address, sa rawsock.Sockaddr) bool {
	return sa.AddrPort().IsValid() && (a.Options.NoDelay == nil || *a.Options.NoDelay)
}

func backlog(a address.Address) int {
	if a.Options.Backlog > 0 {
		return a.Options.Backlog
	}
	return defaultBacklog
}

func setListenOptions(fd rawsock.FD, a address.Address, family int) error {
	var errs []error
	set := func(on bool, level, name, value int) {
		if on {
			errs = append(errs, fd.SetsockoptInt(level, name, value))
		}
	}
	o := a.Options
	set(family != unix.AF_UNIX, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	set(o.ReusePort, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	set(family == unix.AF_INET6 && a.Network == "tcp6", unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	set(o.RcvBuf > 0, unix.SOL_SOCKET, unix.SO_RCVBUF, o.RcvBuf)
	set(o.SndBuf > 0, unix.SOL_SOCKET, unix.SO_SNDBUF, o.SndBuf)
	return errors.Join(errs...)
}

// adopt takes over a listening stream socket that this process was started with.
func adopt(a address.Address) (*listener, error) {
	fd := rawsock.FD(a.FD)
	addr, err := fd.Getsockname()
	if err != nil {
		return nil, &opError{"getsockname", a.String(), err}
	}
	typ, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, &opError{"getsockopt", a.String(), err}
	}
	if on, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || on == 0 || typ != unix.SOCK_STREAM {
		return nil, fmt.Errorf("%s: not a listening stream socket", a)
	}
	unix.CloseOnExec(a.FD)
	return &listener{fd: fd, given: true, addr: addr, label: labelOf(a, addr), noDelay: noDelay(a, addr)}, nil
}

// textOf is how messages name an address by what was asked for: a host name stays one.
func textOf(a address.Address) string {
	switch {
	case a.Network == "fd":
		return a.String()
	case a.IsUnix():
		return "unix " + a.Path
	}
	return "tcp " + a.HostPort()
}

// labelOf is how messages name an address: its kind and the real port or path.
func labelOf(a address.Address, sa rawsock.Sockaddr) string {
	if sa.AddrPort().IsValid() {
		return "tcp " + sa.String()
	}
	if a.Path != "" {
		return "unix " + a.Path
	}
	return "unix " + sa.String()
}

// retire makes a listener refuse new connections while somebody may still use its descriptor. One that was given to this process goes
// on listening: shutdown(2) would end it for everybody who shares it. Its O_NONBLOCK stays set, since nobody knows who relies on it.
func (l *listener) retire() {
	if l.fd >= 0 && !l.given {
		l.fd.Shutdown(unix.SHUT_RDWR)
	}
	l.unlink()
}

// close closes the socket and removes its path.
func (l *listener) close() {
	if l.fd >= 0 {
		l.fd.Close()
		l.fd = -1
	}
	l.unlink()
}

// unlink removes the path that bind made, unless another server has put its own socket there since.
func (l *listener) unlink() {
	if l.made == nil {
		return
	}
	if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.made) {
		os.Remove(l.path)
	}
}
