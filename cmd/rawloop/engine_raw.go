package main

import (
	"errors"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/poller"
	"github.com/rawloop/rawloop/rawsock"
)

// rawConn is a blocking socket.
type rawConn struct{ fd rawsock.FD }

func (c *rawConn) stopRead() { c.fd.Shutdown(unix.SHUT_RD) }
func (c *rawConn) kill()     { c.fd.Shutdown(unix.SHUT_RDWR) }

// acceptRaw accepts until the listener ends, and hands each admitted connection to handle. It sleeps in poll(2), because nothing else
// can end its sleep on every system and spare a listener that other processes share: shutdown(2) would end it for all of them, while
// O_NONBLOCK, which they share too and which stays set, has their accept(2) return EAGAIN.
func (p *plain) acceptRaw(l *listener, handle func(c *rawConn, label string)) error {
	w, err := poller.New(poller.Poll)
	if err != nil {
		return err
	}
	defer w.Close()
	p.wakeBy(w.Wake)
	if err := errors.Join(l.fd.SetNonblock(true), w.Add(int(l.fd), 0, poller.Read, poller.Level)); err != nil {
		return err
	}
	var (
		events [1]poller.Event
		pause  time.Duration
	)
	for !p.isEnding() {
		if n, err := w.Wait(events[:], -1); err != nil {
			return err
		} else if n == 0 {
			continue
		}
		fd, peer, err := l.fd.Accept()
		if err != nil {
			if !p.acceptFault(l, err, &pause) {
				return p.finalFault(err)
			}
			continue
		}
		pause = 0
		p.welcome(l, fd, peer, handle)
	}
	return nil
}

// welcome prepares a new connection and hands it over, if there is room for it.
func (p *plain) welcome(l *listener, fd rawsock.FD, peer rawsock.Sockaddr, handle func(c *rawConn, label string)) {
	c, label := &rawConn{fd}, peerLabel(l, peer)
	if !p.admit(c, label) {
		fd.Close()
		return
	}
	unix.CloseOnExec(int(fd))
	err := fd.SetNonblock(false) // the BSDs let it inherit the listener's flag
	if l.noDelay {
		err = errors.Join(err, fd.SetsockoptInt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
	}
	if err != nil {
		p.release(c, label, err)
		fd.Close()
		return
	}
	handle(c, label)
}

// finalFault is nil where the listener ended because it was told to.
func (p *plain) finalFault(err error) error {
	if p.isEnding() {
		return nil
	}
	return err
}

func peerLabel(l *listener, peer rawsock.Sockaddr) string {
	if peer.AddrPort().IsValid() {
		return "tcp " + peer.String()
	}
	return l.label
}

// echoRaw sends back what it receives until end of file, with blocking calls.
func (p *plain) echoRaw(c *rawConn, label string) {
	err := p.copyBack(c.fd)
	p.release(c, label, err)
	c.fd.Close()
}

func (p *plain) copyBack(fd rawsock.FD) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := fd.Recv(buf, 0)
		if err == unix.EINTR {
			continue
		}
		if n == 0 || err != nil {
			return err
		}
		p.in.Add(int64(n))
		for rest := buf[:n]; len(rest) > 0; {
			n, err := fd.Send(rest, 0)
			if err != nil && err != unix.EINTR {
				return err
			}
			p.out.Add(int64(n))
			rest = rest[n:]
		}
	}
}

// threadEngine gives every connection a thread of its own, which sleeps in recv(2).
type threadEngine struct{ *plain }

func (e *threadEngine) serve() error {
	return e.serveWith(func(l *listener) error {
		var conns sync.WaitGroup
		defer conns.Wait()
		return e.acceptRaw(l, func(c *rawConn, label string) {
			conns.Go(func() {
				// Never unlocked: the thread ends with the connection, as with pthread_create(3).
				runtime.LockOSThread()
				e.echoRaw(c, label)
			})
		})
	})
}

// blockingEngine serves one connection after the other on each listener, as a first server in any book does. The second client waits
// in the listener's queue until the first one is gone.
type blockingEngine struct{ *plain }

func (e *blockingEngine) serve() error {
	return e.serveWith(func(l *listener) error { return e.acceptRaw(l, e.echoRaw) })
}
