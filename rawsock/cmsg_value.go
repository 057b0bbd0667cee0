package rawsock

import "encoding/binary"

// What typed control messages are made of: integers in the host's order.

// appendUint32 appends a message that is one 32-bit integer, a C int mostly.
func appendUint32(b []byte, level, typ int, v uint32) []byte {
	b, room := openCmsg(b, level, typ, 4)
	binary.NativeEndian.PutUint32(room, v)
	return b
}

// uint32 reads a message that is one 32-bit integer.
func (m Cmsg) uint32(level, typ int) (uint32, bool) {
	if !m.sized(level, typ, 4) {
		return 0, false
	}
	return binary.NativeEndian.Uint32(m.Data), true
}

// int reads a message that is one C int.
func (m Cmsg) int(level, typ int) (int, bool) {
	v, ok := m.uint32(level, typ)
	return int(int32(v)), ok
}

// sized reports whether m is of that kind and has exactly size bytes. Whether it
// is Truncated does not matter then: what is read of it is there.
func (m Cmsg) sized(level, typ, size int) bool {
	return m.Is(level, typ) && len(m.Data) == size
}
