package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
)

func newConnect() *cobra.Command {
	var (
		wait time.Duration
		say  verbosity
	)
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
		Args:              wantArgs(1, 1, "one ADDRESS, as in rawloop connect 127.0.0.1:9000"),
		ValidArgsFunction: completeAddress,
		RunE: verb(func(cmd *cobra.Command, args []string) error {
			addrs, err := parseStreams(args)
			if err != nil {
				return err
			}
			if wait < 0 {
				return usagef("-w wants 0 or more, not %v", wait)
			}
			return connect(cmd.InOrStdin(), cmd.OutOrStdout(), addrs[0], wait, say.details(cmd.ErrOrStderr()))
		}),
	}
	cmd.Flags().DurationVarP(&wait, "wait", "w", 0, "limit of time for connecting, and for a pause in which nothing is received or sent; 0 is none")
	say.define(cmd.Flags(), "who is connected to whom, and how much went each way")
	return cmd
}

// duplexConn is a connected stream: net.TCPConn or net.UnixConn.
type duplexConn interface {
	net.Conn
	CloseWrite() error
}

func connect(stdin io.Reader, stdout io.Writer, a address.Address, wait time.Duration, detail func(string, ...any)) error {
	conn, err := dial(a, wait)
	if err != nil {
		return err
	}
	defer conn.Close()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, unix.SIGTERM)
	defer signal.Stop(signals)
	s := &session{conn: conn, label: remoteLabel(a, conn), wait: wait}
	detail("connected %s from %v", s.label, conn.LocalAddr())
	defer func() { detail("sent %d bytes, received %d", s.out.Load(), s.in.Load()) }()
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

	in, out atomic.Int64
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
			n, err := s.conn.Write(buf[:n])
			s.out.Add(int64(n))
			if err != nil {
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
		s.in.Add(int64(n))
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

// isTerminal reports whether r is a character device such as a terminal, where a person waits for the prompt.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
