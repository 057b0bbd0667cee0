//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

import "golang.org/x/sys/unix"

const (
	siocAtmark = unix.SIOCATMARK
	siocInq    = 0x4004667f // FIONREAD of <sys/filio.h>, _IOR('f', 127, int), which x/sys lacks

	// Linux's alone.
	siocOutq        = 0
	siocOutqNSD     = 0
	siocGstamp      = 0
	siocGstampNew   = 0
	siocGstampNS    = 0
	siocGstampNSNew = 0
)
