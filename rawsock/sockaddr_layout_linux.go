package rawsock

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Linux begins a struct sockaddr with a 16-bit family.

const hasAbstractUnix = true

func layoutHeader(b []byte, family, _ int) {
	binary.NativeEndian.PutUint16(b, uint16(family))
}

func layoutFamily(b []byte) int {
	if len(b) < sockaddrHeader {
		return unix.AF_UNSPEC
	}
	return int(binary.NativeEndian.Uint16(b))
}
