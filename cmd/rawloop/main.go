// Command rawloop serves, speaks to and measures stream sockets. Its engines do the same work in different ways: on the event loop of
// this module, on Go's net package, with a thread a connection, and one connection after the other.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/rawsock"
)

// The exit codes of every verb.
const (
	exitOK      = 0
	exitFailure = 1   // the network or the system
	exitUsage   = 2   // an unusable flag, verb or address text
	exitLost    = 3   // bytes lost or wrong
	exitTimeout = 124 // an overall limit of time, as timeout(1)
)

func main() {
	// Go ends a process whose stdout or stderr is a closed pipe by SIGPIPE. A server has to outlive the reader of its stderr;
	// who writes to stdout gets EPIPE and ends quietly.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err != nil && !errors.Is(err, errReported) && !errors.Is(err, syscall.EPIPE) {
		fmt.Fprintf(stderr, "rawloop: %v\n", err)
	}
	return exitCode(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "rawloop VERB [flags] [ADDRESS …]",
		Short: "Serve, speak to and measure stream sockets",
		Long: `Examples:
  rawloop bench --self                                   # serve and drive 200 connections for 3 s, print the latency table
  rawloop echo tcp://127.0.0.1:9000 unix:///tmp/e.sock   # an echo server on the event loop
  rawloop connect 127.0.0.1:9000                         # stdin to the server, its answers to stdout
  rawloop resolve localhost:http                         # the addresses of a name, as getaddrinfo gives them

Addresses: tcp://127.0.0.1:9000  tcp://[::1]:9000  unix:///run/x.sock  unix://@abstract  fd://3; a bare host:port is tcp.
Options follow as a query: tcp://127.0.0.1:0?reuseport=1&nodelay=1&rcvbuf=64k. Port 0 lets the kernel choose.
A server binds what is written and nothing else; an empty host (:9000) is the wildcard, open to everybody who can reach this machine.

Exit: 0 ok, 1 network or runtime error, 2 usage, 3 bytes lost or wrong, 124 timeout.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentFlags().Bool("trace", false, "print the system calls of sockets and loops on stderr, as strace does; Go's net makes its own")
	root.AddCommand(newEcho(), newConnect(), newBench(), newResolve(), newServices(), newVersion(), newCompletion())
	root.SetHelpCommand(newHelp())
	return root
}

// newHelp differs from cobra's own command in that an unknown verb is an error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB]",
		Short: "Print what a verb does",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, _, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			return about.Help()
		},
	}
}

// failure marks what a verb returned, as opposed to what cobra found wrong with the command line.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// usageError is a command line that cannot be used although each of its parts can be read.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// exitError asks for an exit code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// errReported ends the process without another message: what is wrong has been printed.
var errReported = errors.New("already reported")

// verb wraps the function of a verb for cobra.
func verb(fn func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if on, _ := cmd.Flags().GetBool("trace"); on {
			defer rawsock.Trace(cmd.ErrOrStderr())()
		}
		if err := fn(cmd, args); err != nil {
			return &failure{err}
		}
		return nil
	}
}

func exitCode(err error) int {
	var (
		ran   *failure
		exit  *exitError
		usage *usageError
		text  *address.Error
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	case !errors.As(err, &ran), errors.As(err, &usage), errors.As(err, &text):
		return exitUsage
	case errors.Is(err, syscall.EPIPE):
		return exitOK
	}
	return exitFailure
}
