package loop

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed is returned by every method of a connection, listener or group
	// that is closed.
	ErrClosed = errors.New("loop: closed")
	// ErrWriteClosed is returned by Write and Send after Close or CloseWrite.
	ErrWriteClosed = errors.New("loop: write side closed")
	// ErrWriteQueueFull is returned by Write and Send when the output that a
	// connection or its loop may hold is used up.
	ErrWriteQueueFull = errors.New("loop: write queue full")
	// ErrPostQueueFull is returned by Post and Send when too much waits for
	// the loop.
	ErrPostQueueFull = errors.New("loop: post queue full")

	// ErrInputFull closes a connection whose handler left more than
	// Limits.MaxUnconsumed bytes unconsumed.
	ErrInputFull = errors.New("loop: unconsumed input over the limit")
	// ErrBadConsume closes a connection whose OnData returned a count that is
	// negative or larger than its input.
	ErrBadConsume = errors.New("loop: OnData consumed more than it was given")
	// ErrAborted closes a connection on which Abort was called.
	ErrAborted = errors.New("loop: aborted")
	// ErrCloseTimeout closes a connection whose peer neither took its output
	// nor closed within Config.CloseTimeout after Close.
	ErrCloseTimeout = errors.New("loop: peer did not let the connection close in time")
	// ErrDrainTimeout closes a connection that was still busy when the time
	// for draining was over.
	ErrDrainTimeout = errors.New("loop: drain deadline passed")
)

// PanicError closes a connection whose handler panicked, and reports a panic in
// a posted function or a timer.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("loop: panic: %v", e.Value) }

// ListenError says which call failed to make a listener, on which address, and
// why; errors.Is sees the errno.
type ListenError struct {
	Call    string // the system call: "bind", "listen", "accept", …; "register" for the poller's, "OnListener" for Config's
	Address string // "tcp 127.0.0.1:80"
	Err     error
}

func (e *ListenError) Error() string { return e.Call + " " + e.Address + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *ListenError) Unwrap() error { return e.Err }
