//go:build !linux

package bpfstat

import (
	"iter"

	"github.com/rawloop/rawloop/rawsock"
)

// Counters are open counters. There are none on this system.
type Counters struct{ level Level }

// Open returns ErrUnavailable.
func Open(Config) (*Counters, error) { return nil, &UnavailableError{Missing: "Linux"} }

// Level returns what Open was asked for.
func (c *Counters) Level() Level { return c.level }

// Watch returns ErrClosed.
func (c *Counters) Watch(rawsock.FD) error { return ErrClosed }

// Read returns ErrClosed.
func (c *Counters) Read(rawsock.FD) (Counts, error) { return Counts{}, ErrClosed }

// Each yields ErrClosed.
func (c *Counters) Each() iter.Seq2[Socket, error] {
	return func(yield func(Socket, error) bool) { yield(Socket{}, ErrClosed) }
}

// Totals returns ErrClosed.
func (c *Counters) Totals() (Totals, error) { return Totals{}, ErrClosed }

// Close returns ErrClosed.
func (c *Counters) Close() error { return ErrClosed }
