package main

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// netEngine serves with Go's net package: a goroutine a connection, parked in the runtime's poller while there is nothing to read.
type netEngine struct{ *plain }

// streamConn is what net.TCPConn and net.UnixConn have in common beyond net.Conn.
type streamConn interface {
	net.Conn
	CloseRead() error
}

type netConn struct{ streamConn }

func (c *netConn) stopRead() { c.CloseRead() }
func (c *netConn) kill()     { c.Close() }

func (e *netEngine) serve() error {
	return e.serveWith(e.accept)
}

func (e *netEngine) accept(l *listener) error {
	// The listener has to be made by the plain calls, as for every engine; net takes a duplicate of it.
	file := os.NewFile(uintptr(l.fd), l.label)
	ln, err := net.FileListener(file)
	e.mu.Lock()
	l.fd = -1
	file.Close()
	e.mu.Unlock()
	if err != nil {
		return err
	}
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	done := make(chan struct{})
	var conns sync.WaitGroup
	conns.Go(func() {
		select {
		case <-e.ending:
		case <-done:
		}
		ln.Close()
	})
	defer conns.Wait()
	defer close(done)
	return e.acceptNet(l, ln, &conns)
}

func (e *netEngine) acceptNet(l *listener, ln net.Listener, conns *sync.WaitGroup) error {
	var pause time.Duration
	for {
		nc, err := ln.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !e.acceptFault(l, err, &pause) {
				return e.finalFault(err)
			}
			continue
		}
		pause = 0
		c, label := &netConn{nc.(streamConn)}, netLabel(l, nc)
		if !e.admit(c, label) {
			nc.Close()
			continue
		}
		if t, ok := nc.(*net.TCPConn); ok && !l.noDelay {
			t.SetNoDelay(false)
		}
		conns.Go(func() { e.echo(c, label) })
	}
}

func netLabel(l *listener, c net.Conn) string {
	if c.RemoteAddr().Network() == "tcp" {
		return "tcp " + c.RemoteAddr().String()
	}
	return l.label
}

func (e *netEngine) echo(c *netConn, label string) {
	err := e.copyBack(c)
	if err == io.EOF {
		err = nil
	}
	e.release(c, label, err)
	c.Close()
}

func (e *netEngine) copyBack(c *netConn) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		e.in.Add(int64(n))
		if n > 0 {
			sent, err := c.Write(buf[:n])
			e.out.Add(int64(sent))
			if err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}
