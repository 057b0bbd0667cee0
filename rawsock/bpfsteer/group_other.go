//go:build !linux

package bpfsteer

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Group is a program and the sockets that it chooses from. There is none on this
// system.
type Group struct{}

// Open returns ErrUnavailable.
func Open(cfg Config) (*Group, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: needs Linux", ErrUnavailable)
}

// Attach returns ENOSYS.
func (*Group) Attach(rawsock.FD) error { return unix.ENOSYS }

// Join returns ENOSYS.
func (*Group) Join(int, rawsock.FD) error { return unix.ENOSYS }

// Leave returns ENOSYS.
func (*Group) Leave(int) error { return unix.ENOSYS }

// Close does nothing.
func (*Group) Close() error { return nil }
