//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// x/sys takes and gives addresses as unix.Sockaddr, which is closed to other
// packages, knows few families and has no IPv6 flow information. These two
// functions are the only place that deals with it.

// Where the fields of struct sockaddr_in, sockaddr_in6 and sockaddr_un lie.
const (
	sockaddrHeader = 2 // sa_len, sa_family
	inetPort       = 2
	inetAddr       = 4
	inet6Addr      = 8
	inet6ScopeID   = 24
)

// toUnixSockaddr makes of sa what x/sys takes; nil or no bytes make nil. It is
// EAFNOSUPPORT for other families than inet, inet6 and unix, and EINVAL for an
// address that is too short.
func toUnixSockaddr(sa *RawSockaddr) (unix.Sockaddr, Errno) {
	if sa == nil || sa.Len == 0 {
		return nil, 0
	}
	b := sa.Bytes()
	if len(b) < sockaddrHeader {
		return nil, unix.EINVAL
	}
	switch b[1] {
	case unix.AF_INET:
		if len(b) < unix.SizeofSockaddrInet4 {
			return nil, unix.EINVAL
		}
		return &unix.SockaddrInet4{
			Port: int(binary.BigEndian.Uint16(b[inetPort:])),
			Addr: [4]byte(b[inetAddr:]),
		}, 0
	case unix.AF_INET6:
		if len(b) < unix.SizeofSockaddrInet6 {
			return nil, unix.EINVAL
		}
		return &unix.SockaddrInet6{
			Port:   int(binary.BigEndian.Uint16(b[inetPort:])),
			ZoneId: binary.NativeEndian.Uint32(b[inet6ScopeID:]),
			Addr:   [16]byte(b[inet6Addr:]),
		}, 0
	case unix.AF_UNIX:
		path, _, _ := bytes.Cut(b[sockaddrHeader:], []byte{0})
		return &unix.SockaddrUnix{Name: string(path)}, 0
	}
	return nil, unix.EAFNOSUPPORT
}

// fromUnixSockaddr fills dst, which may be nil, with the bytes of sa; nil and
// families other than those of toUnixSockaddr make no address.
func fromUnixSockaddr(dst *RawSockaddr, sa unix.Sockaddr) {
	if dst == nil {
		return
	}
	*dst = RawSockaddr{}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		dst.header(unix.AF_INET, unix.SizeofSockaddrInet4)
		binary.BigEndian.PutUint16(dst.Data[inetPort:], uint16(sa.Port))
		copy(dst.Data[inetAddr:], sa.Addr[:])
	case *unix.SockaddrInet6:
		dst.header(unix.AF_INET6, unix.SizeofSockaddrInet6)
		binary.BigEndian.PutUint16(dst.Data[inetPort:], uint16(sa.Port))
		copy(dst.Data[inet6Addr:], sa.Addr[:])
		binary.NativeEndian.PutUint32(dst.Data[inet6ScopeID:], sa.ZoneId)
	case *unix.SockaddrUnix:
		size := sockaddrHeader
		if sa.Name != "" {
			size = min(size+len(sa.Name)+1, unix.SizeofSockaddrUnix) // with the NUL, if it fits
		}
		dst.header(unix.AF_UNIX, size)
		copy(dst.Data[sockaddrHeader:unix.SizeofSockaddrUnix], sa.Name)
	}
}

func (a *RawSockaddr) header(family byte, size int) {
	a.Len = uint32(size)
	a.Data[0], a.Data[1] = byte(size), family
}
