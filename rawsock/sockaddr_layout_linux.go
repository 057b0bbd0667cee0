package rawsock

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Linux begins a struct sockaddr with a 16-bit family.

const (
	hasAbstractUnix = true
	familyBits      = 16
)

func layoutHeader(b []byte, family, _ int) {
	binary.NativeEndian.PutUint16(b, uint16(family))
}

func layoutFamily(b []byte) int {
	if len(b) < sockaddrHeader {
		return unix.AF_UNSPEC
	}
	return int(binary.NativeEndian.Uint16(b))
}

func (sa *Sockaddr) get16(at int) uint16    { return binary.NativeEndian.Uint16(sa.raw.Data[at:]) }
func (sa *Sockaddr) put16(at int, v uint16) { binary.NativeEndian.PutUint16(sa.raw.Data[at:], v) }

// cString is a string that ends with a NUL or fills b.
func cString(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}
