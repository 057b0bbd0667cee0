package rawsock

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// UnixKind says what a unix address is.
type UnixKind uint8

// The kinds of unix(7). NotUnix is every other family, and no address.
const (
	NotUnix UnixKind = iota
	UnixUnnamed
	UnixPath
	UnixAbstract
)

// MaxUnixPath is sizeof(sun_path). A path may fill it: a NUL at the end is
// written only where there is room. On darwin and the BSDs x/sys takes one byte
// less.
const MaxUnixPath = unix.SizeofSockaddrUnix - sockaddrHeader

// SockaddrUnixPath makes the unix address of a path. Its length counts one NUL
// after the path, as the kernel's own addresses do, if sun_path has room for it.
//
// ENAMETOOLONG: longer than MaxUnixPath; it is never cut. EINVAL: empty, or with
// a NUL in it, where the kernel would stop reading.
func SockaddrUnixPath(path string) (Sockaddr, error) {
	if path == "" || strings.IndexByte(path, 0) >= 0 {
		return Sockaddr{}, unix.EINVAL
	}
	if len(path) > MaxUnixPath {
		return Sockaddr{}, unix.ENAMETOOLONG
	}
	sa := newSockaddr(unix.AF_UNIX, sockaddrHeader+min(len(path)+1, MaxUnixPath))
	copy(sa.raw.Data[sockaddrHeader:], path)
	return sa, nil
}

// SockaddrUnixAbstract makes an address in Linux's abstract namespace. name is
// everything after the NUL that sun_path begins with, and may hold any bytes,
// NULs too; all of them count.
//
// ENAMETOOLONG: longer than MaxUnixPath-1. errors.ErrUnsupported: not Linux.
func SockaddrUnixAbstract(name string) (Sockaddr, error) {
	if !hasAbstractUnix {
		return Sockaddr{}, errors.ErrUnsupported
	}
	if len(name) > MaxUnixPath-1 {
		return Sockaddr{}, unix.ENAMETOOLONG
	}
	sa := newSockaddr(unix.AF_UNIX, sockaddrHeader+1+len(name))
	copy(sa.raw.Data[sockaddrHeader+1:], name)
	return sa, nil
}

// SockaddrUnixUnnamed makes the unix address without a name. Binding to it on
// Linux makes the kernel choose an abstract name (unix(7), autobind).
func SockaddrUnixUnnamed() Sockaddr {
	return newSockaddr(unix.AF_UNIX, sockaddrHeader)
}

// Unix returns the name of a unix address and what it is: a path up to its NUL,
// or an abstract name without the NUL in front. The name is a new string.
func (sa Sockaddr) Unix() (name string, kind UnixKind) {
	b, kind := sa.unixName()
	return string(b), kind
}

func (sa *Sockaddr) unixName() ([]byte, UnixKind) {
	if sa.family() != unix.AF_UNIX {
		return nil, NotUnix
	}
	b := sa.raw.Bytes()[sockaddrHeader:]
	switch {
	case len(b) == 0, b[0] == 0 && !hasAbstractUnix:
		return nil, UnixUnnamed
	case b[0] == 0:
		return b[1:], UnixAbstract
	}
	path, _, _ := bytes.Cut(b, []byte{0})
	return path, UnixPath
}
