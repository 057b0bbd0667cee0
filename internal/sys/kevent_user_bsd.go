//go:build darwin || dragonfly || freebsd

package sys

import "golang.org/x/sys/unix"

// evfiltUser is the system's EVFILT_USER.
const evfiltUser = unix.EVFILT_USER

var _ = [1]struct{}{}[NOTE_TRIGGER^unix.NOTE_TRIGGER]
