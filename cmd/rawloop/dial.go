package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/rawsock"
)

// dial connects to the addresses that a stands for, one after the other, within limit if it is not 0.
func dial(a address.Address, limit time.Duration) (duplexConn, error) {
	if a.Network == "fd" {
		return dialFD(a)
	}
	ctx := context.Background()
	var deadline time.Time
	if limit > 0 {
		deadline = time.Now().Add(limit)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	addrs, label, err := resolveRemote(ctx, a)
	if err != nil {
		return nil, timeoutExit(err)
	}
	for _, sa := range addrs {
		var fd rawsock.FD
		if fd, err = dialTo(a, sa, label, deadline); err == nil {
			return wrapConn(fd, a, label)
		}
	}
	return nil, timeoutExit(err)
}

// resolveRemote looks up who is to be connected to, and how messages name them.
func resolveRemote(ctx context.Context, a address.Address) ([]rawsock.Sockaddr, string, error) {
	label := textOf(a)
	addrs, err := a.Resolve(ctx, false)
	if err != nil {
		return nil, "", &opError{"connect", label, err}
	}
	if !a.IsUnix() && a.Host == "" {
		label = labelOf(a, addrs[0])
	}
	return addrs, label, nil
}

// timeoutExit gives an error that is the end of -w its exit code.
func timeoutExit(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return &exitError{exitTimeout, err}
	}
	return err
}

// dialTo connects to one address. The zero deadline is none.
func dialTo(a address.Address, sa rawsock.Sockaddr, label string, deadline time.Time) (_ rawsock.FD, err error) {
	fd, err := rawsock.Socket(sa.Family(), unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, &opError{"socket", label, err}
	}
	defer func() {
		if err != nil {
			fd.Close()
		}
	}()
	unix.CloseOnExec(int(fd))
	if err := errors.Join(fd.SetNonblock(true), setBuffers(fd, a)); err != nil {
		return -1, &opError{"setsockopt", label, err}
	}
	w, err := poller.New(poller.Poll)
	if err != nil {
		return -1, err
	}
	defer w.Close()
	if err := connectWithin(fd, sa, w, deadline); err != nil {
		return -1, &opError{"connect", label, err}
	}
	return fd, nil
}

// connectWithin is a connect(2) that waits until deadline. A nonblocking one goes on behind EINPROGRESS and EINTR, and its end is an
// event; a unix listener without room in its queue refuses with EAGAIN and tells nobody when it has some again.
func connectWithin(fd rawsock.FD, sa rawsock.Sockaddr, w poller.Poller, deadline time.Time) error {
	const retryAfter = 5 * time.Millisecond
	var events [1]poller.Event
	for {
		err := fd.Connect(sa)
		switch err {
		case unix.EINPROGRESS, unix.EINTR:
			return connectEnd(fd, w, deadline)
		case unix.EAGAIN:
			if _, err := w.Wait(events[:], retryAfter); err != nil {
				return err
			}
		default:
			return err
		}
		if !deadline.IsZero() && time.Now().After(deadline) {
			return os.ErrDeadlineExceeded
		}
	}
}

// connectEnd waits for the end of a connect(2) under way and returns what came of it.
func connectEnd(fd rawsock.FD, w poller.Poller, deadline time.Time) error {
	if err := w.Add(int(fd), 0, poller.Write, poller.Level); err != nil {
		return err
	}
	var events [1]poller.Event
	for {
		left := time.Duration(-1)
		if !deadline.IsZero() {
			left = max(time.Until(deadline), 0)
		}
		n, err := w.Wait(events[:], left)
		switch {
		case err != nil:
			return err
		case n > 0:
			code, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_ERROR)
			if err == nil && code != 0 {
				err = unix.Errno(code)
			}
			return err
		case left == 0:
			return os.ErrDeadlineExceeded
		}
	}
}

// wrapConn makes fd a connection of package net, which takes a duplicate of it, and closes fd.
func wrapConn(fd rawsock.FD, a address.Address, label string) (duplexConn, error) {
	file := os.NewFile(uintptr(fd), label)
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, &opError{"dup", label, err}
	}
	if t, ok := conn.(*net.TCPConn); ok && a.Options.NoDelay != nil {
		t.SetNoDelay(*a.Options.NoDelay)
	}
	return conn.(duplexConn), nil
}

// dialFD takes over a connected stream socket that this process was started with.
func dialFD(a address.Address) (duplexConn, error) {
	fd := rawsock.FD(a.FD)
	typ, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, &opError{"getsockopt", a.String(), err}
	}
	if _, err := fd.Getpeername(); err != nil || typ != unix.SOCK_STREAM {
		return nil, fmt.Errorf("%s: not a connected stream socket", a)
	}
	return wrapConn(fd, a, a.String())
}

func setBuffers(fd rawsock.FD, a address.Address) error {
	var errs []error
	if n := a.Options.RcvBuf; n > 0 {
		errs = append(errs, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_RCVBUF, n))
	}
	if n := a.Options.SndBuf; n > 0 {
		errs = append(errs, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_SNDBUF, n))
	}
	return errors.Join(errs...)
}

func remoteLabel(a address.Address, conn net.Conn) string {
	addr := conn.RemoteAddr()
	if a.IsUnix() || addr == nil {
		return textOf(a)
	}
	return addr.Network() + " " + addr.String()
}
