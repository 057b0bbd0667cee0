//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

import (
	"errors"

	"golang.org/x/sys/unix"
)

func (sa *Sockaddr) xsysOfSystem() unix.Sockaddr { return nil }

func sockaddrOfXsys(unix.Sockaddr) (Sockaddr, error) { return Sockaddr{}, errors.ErrUnsupported }
