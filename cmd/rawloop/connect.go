package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/rawsock"
)

func newConnect() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "connect ADDRESS",
		Short: "Send stdin to a server and its answers to stdout",
		Long: `Examples:
  echo hello | rawloop connect 127.0.0.1:9000
  rawloop connect unix:///run/x.sock < request > reply
  rawloop connect -w 2s tcp://[::1]:9000

At the end of stdin the sending half is closed and reading goes on until the server has closed its own, as with nc -N. A server that
closes first can still be sent to; on a terminal that ends the session.

Exit: 1 if the connection cannot be made or breaks, 124 if nothing moved for the time of -w.`,
		Args: cobra.ExactArgs(1),
		RunE: verb(func(cmd *cobra.Command, args []string) error {
			addrs, err := parseStreams(args)
			if err != nil {
				return err
			}
			if wait < 0 {
				return usagef("-w wants 0 or more, not %v", wait)
			}
			return connect(cmd.InOrStdin(), cmd.OutOrStdout(), addrs[0], wait)
		}),
	}
	cmd.Flags().DurationVarP(&wait, "wait", "w", 0, "limit of time for connecting, and for a pause in which nothing is received or sent; 0 is none")
	return cmd
}

// duplexConn is a connected stream: net.TCPConn or net.UnixConn.
type duplexConn interface {
	net.Conn
	CloseWrite() error
}

func connect(stdin io.Reader, stdout io.Writer, a address.Address, wait time.Duration) error {
	conn, err := dial(a, wait)
	if err != nil {
		return err
	}
	defer conn.Close()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, unix.SIGTERM)
	defer signal.Stop(signals)
	s := &session{conn: conn, label: remoteLabel(a, conn), wait: wait}
	s.moved()
	sent, received := make(chan error, 1), make(chan error, 1)
	go func() { sent <- s.send(stdin) }()
	go func() { received <- s.receive(stdout) }()
	// What could not be sent ends the session only after everything received has been written.
	var unsent error
	for sending, receiving := true, true; receiving || sending && unsent == nil; {
		select {
		case unsent = <-sent:
			sending = false
		case err := <-received:
			if err != nil || isTerminal(stdin) {
				return err
			}
			receiving = false
		case sig := <-signals:
			return &exitError{128 + int(sig.(syscall.Signal)), fmt.Errorf("ended by a signal (%v)", sig)}
		}
	}
	return unsent
}

// session copies in both directions.
type session struct {
	conn  duplexConn
	label string
	wait  time.Duration
}

// moved puts off the end that -w sets.
func (s *session) moved() {
	if s.wait > 0 {
		s.conn.SetDeadline(time.Now().Add(s.wait))
	}
}

func (s *session) send(stdin io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := stdin.Read(buf)
		if n > 0 {
			s.moved()
			if _, err := s.conn.Write(buf[:n]); err != nil {
				return s.fault("send", err)
			}
		}
		if err == io.EOF {
			// The peer may have closed everything since: then there is no half left to close.
			if err := s.conn.CloseWrite(); err != nil && !errors.Is(err, unix.ENOTCONN) {
				return s.fault("shutdown", err)
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read stdin: %w", err)
		}
	}
}

func (s *session) receive(stdout io.Writer) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.conn.Read(buf)
		if n > 0 {
			s.moved()
			if _, err := stdout.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return s.fault("recv", err)
		}
	}
}

func (s *session) fault(call string, err error) error {
	err = &opError{call, s.label, err}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &exitError{exitTimeout, err}
	}
	return &brokenError{err}
}

// brokenError hides what it wraps: an EPIPE of the connection is not one of stdout.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }

// dial connects to the addresses that a stands for, one after the other.
func dial(a address.Address, limit time.Duration) (duplexConn, error) {
	if a.Network == "fd" {
		return dialFD(a)
	}
	d := net.Dialer{Timeout: limit, Control: func(_, _ string, c syscall.RawConn) error {
		var set error
		if err := c.Control(func(fd uintptr) { set = setBuffers(rawsock.FD(fd), a) }); err != nil {
			return err
		}
		return os.NewSyscallError("setsockopt", set)
	}}
	target := a.Path
	if !a.IsUnix() {
		target = a.HostPort()
	}
	conn, err := d.Dial(a.Network, target)
	if err != nil {
		kind := "tcp "
		if a.IsUnix() {
			kind = "unix "
		}
		return nil, fromNet(err, "connect", kind+target)
	}
	if t, ok := conn.(*net.TCPConn); ok && a.Options.NoDelay != nil {
		t.SetNoDelay(*a.Options.NoDelay)
	}
	return conn.(duplexConn), nil
}

// dialFD takes over a connected stream socket that this process was started with.
func dialFD(a address.Address) (duplexConn, error) {
	file := os.NewFile(uintptr(a.FD), a.String())
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fromNet(err, "getsockname", a.String())
	}
	d, ok := conn.(duplexConn)
	if !ok || conn.RemoteAddr() == nil {
		conn.Close()
		return nil, fmt.Errorf("%s: not a connected stream socket", a)
	}
	return d, nil
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
	if a.IsUnix() {
		return "unix " + a.Path
	}
	addr := conn.RemoteAddr()
	return addr.Network() + " " + addr.String()
}

// isTerminal reports whether r is a character device such as a terminal, where a person waits for the prompt.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
