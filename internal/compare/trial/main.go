//go:build linux

// Command trial is a bare echo loop in Go whose choices are flags, so that each
// can be measured against the C loop by itself: calls that bypass the
// scheduler or not, edge or level, how to sleep, a locked thread, spinning.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	maxEvents = 1024
	bufSize   = 64 << 10
	ioFlags   = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
	odd       = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR | unix.EPOLLPRI
)

// config is the command line.
type config struct {
	raw, edge, lock bool
	park            string
	spin            time.Duration
}

// loop is the whole server: one epoll, one buffer, one table of connections.
type loop struct {
	config
	calls
	ep, ln int
	events []unix.EpollEvent
	buf    []byte
	rest   map[int]*pending
	sleep  func() (int, error)
}

// pending is what the kernel did not take of one connection's echo. While
// there is any, the connection is not read.
type pending struct {
	bytes []byte
	owed  uint32 // events that came meanwhile
}

func main() {
	var c config
	flag.BoolVar(&c.raw, "raw", true, "RawSyscall for calls that cannot block")
	flag.BoolVar(&c.edge, "edge", true, "edge-triggered instead of level-triggered")
	flag.StringVar(&c.park, "park", "syscall", "sleep in a blocking epoll_pwait (syscall) or in Go's poller (runtime)")
	flag.BoolVar(&c.lock, "lock", false, "LockOSThread")
	flag.DurationVar(&c.spin, "spin", 0, "poll this long before sleeping")
	flag.Parse()
	if err := serve(c); err != nil {
		fmt.Fprintln(os.Stderr, "trial:", err)
		os.Exit(1)
	}
}

func serve(c config) error {
	if c.lock {
		runtime.LockOSThread()
	}
	l := &loop{
		config: c, calls: callsFor(c.raw),
		events: make([]unix.EpollEvent, maxEvents), buf: make([]byte, bufSize),
		rest: map[int]*pending{},
	}
	var err error
	if l.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	switch c.park {
	case "syscall":
		l.sleep = l.sleepInCall
	case "runtime":
		if l.sleep, err = l.sleepInRuntime(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("--park=%s: want syscall or runtime", c.park)
	}
	if err := l.listen(); err != nil {
		return err
	}
	return l.run()
}

func (l *loop) listen() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if err := unix.Listen(fd, 4096); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return fmt.Errorf("getsockname: %w", err)
	}
	l.ln = fd
	if err := l.ctl(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "listening tcp 127.0.0.1:%d\n", name.(*unix.SockaddrInet4).Port)
	return nil
}

func (l *loop) ctl(op, fd int, events uint32) error {
	e := unix.EpollEvent{Events: events, Fd: int32(fd)}
	if err := unix.EpollCtl(l.ep, op, fd, &e); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

func (l *loop) run() error {
	for {
		n, err := l.next()
		if err != nil {
			return fmt.Errorf("epoll_pwait: %w", err)
		}
		for _, e := range l.events[:n] {
			if fd := int(e.Fd); fd == l.ln {
				err = l.accept()
			} else {
				err = l.ready(fd, e.Events)
			}
			if err != nil {
				return err
			}
		}
	}
}

// next polls, spins if told to, and sleeps.
func (l *loop) next() (int, error) {
	n, err := l.poll(l.ep, l.events)
	if n > 0 || err != nil {
		return n, err
	}
	if l.spin > 0 {
		for start := time.Now(); time.Since(start) < l.spin; {
			if n, err := l.poll(l.ep, l.events); n > 0 || err != nil {
				return n, err
			}
		}
	}
	return l.sleep()
}

func (l *loop) sleepInCall() (int, error) {
	return wait(l.ep, l.events)
}

// sleepInRuntime hands the epoll descriptor, which is itself pollable, to Go's
// poller: the goroutine parks and its thread and P are free.
func (l *loop) sleepInRuntime() (func() (int, error), error) {
	if err := unix.SetNonblock(l.ep, true); err != nil {
		return nil, fmt.Errorf("fcntl: %w", err)
	}
	rc, err := os.NewFile(uintptr(l.ep), "epoll").SyscallConn()
	if err != nil {
		return nil, err
	}
	var n int
	var pollErr error
	look := func(uintptr) bool {
		n, pollErr = l.poll(l.ep, l.events)
		return n > 0 || pollErr != nil
	}
	return func() (int, error) {
		if err := rc.Read(look); err != nil {
			return 0, err
		}
		return n, pollErr
	}, nil
}

func (l *loop) accept() error {
	for {
		fd, _, err := unix.Accept4(l.ln, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
		case unix.EAGAIN:
			return nil
		case unix.EINTR, unix.ECONNABORTED:
			continue
		default:
			return fmt.Errorf("accept4: %w", err)
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return fmt.Errorf("setsockopt: %w", err)
		}
		var events uint32 = unix.EPOLLIN | unix.EPOLLRDHUP
		if l.edge {
			events |= unix.EPOLLOUT | unix.EPOLLET
		}
		if err := l.ctl(unix.EPOLL_CTL_ADD, fd, events); err != nil {
			return err
		}
	}
}
