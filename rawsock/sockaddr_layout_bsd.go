//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

import "golang.org/x/sys/unix"

// The BSDs begin a struct sockaddr with its length and an 8-bit family.

const (
	hasAbstractUnix = false
	familyBits      = 8
)

func layoutHeader(b []byte, family, size int) {
	b[0], b[1] = byte(size), byte(family)
}

func layoutFamily(b []byte) int {
	if len(b) < sockaddrHeader {
		return unix.AF_UNSPEC
	}
	return int(b[1])
}
