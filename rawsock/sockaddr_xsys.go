package rawsock

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ToUnix returns sa as golang.org/x/sys/unix takes it, for calls that only that
// package has. It allocates. No address is nil.
//
// What x/sys has no place for is lost: flow information, bytes behind the last
// field, and that a struct was cut short behind the fields that are not 0.
//
// errors.ErrUnsupported (wrapped, with the address): x/sys has no type for it,
// and so for the QIPCRTR and SCO families and unknown ones; or its type cannot
// say it: a unix path that begins with @, a path or an abstract name that fills
// sun_path, and an address too short for its family.
func (sa Sockaddr) ToUnix() (unix.Sockaddr, error) {
	if sa.IsZero() {
		return nil, nil
	}
	u := sa.xsys()
	if u == nil {
		return nil, fmt.Errorf("address %v in x/sys/unix: %w", sa, errors.ErrUnsupported)
	}
	return u, nil
}

// xsys returns nil for what x/sys cannot say.
func (sa *Sockaddr) xsys() unix.Sockaddr {
	if addr, port, ok := sa.Inet(); ok {
		return &unix.SockaddrInet4{Port: int(port), Addr: addr}
	}
	if addr, port, _, scope, ok := sa.Inet6(); ok {
		return &unix.SockaddrInet6{Port: int(port), ZoneId: scope, Addr: addr}
	}
	if name, kind := sa.Unix(); kind != NotUnix {
		if kind == UnixAbstract {
			name = "@" + name
		}
		again, err := unixOfXsys(name)
		if _, got := again.unixName(); err != nil || got != kind {
			return nil
		}
		return &unix.SockaddrUnix{Name: name}
	}
	return sa.xsysOfSystem()
}

// SockaddrFromUnix makes the address that x/sys makes of u for the kernel; nil is
// no address.
//
// EINVAL: u has a field out of range, as x/sys would say. errors.ErrUnsupported
// (wrapped, with the type): any other type.
func SockaddrFromUnix(u unix.Sockaddr) (Sockaddr, error) {
	switch u := u.(type) {
	case nil:
		return Sockaddr{}, nil
	case *unix.SockaddrInet4:
		if !fitsPort(u.Port) {
			return Sockaddr{}, unix.EINVAL
		}
		return SockaddrInet4(u.Addr, uint16(u.Port)), nil
	case *unix.SockaddrInet6:
		if !fitsPort(u.Port) {
			return Sockaddr{}, unix.EINVAL
		}
		return SockaddrInet6(u.Addr, uint16(u.Port), 0, u.ZoneId), nil
	case *unix.SockaddrUnix:
		return unixOfXsys(u.Name)
	}
	sa, err := sockaddrOfXsys(u)
	if err == errors.ErrUnsupported {
		return Sockaddr{}, fmt.Errorf("%T: %w", u, err)
	}
	return sa, err
}

func fitsPort(port int) bool { return port >= 0 && port <= 0xffff }

// unixOfXsys reads a name of x/sys, which on Linux is abstract if it begins with
// @ or NUL, and is never as long as sun_path.
func unixOfXsys(name string) (Sockaddr, error) {
	switch {
	case len(name) >= MaxUnixPath:
		return Sockaddr{}, unix.EINVAL
	case name == "":
		return SockaddrUnixUnnamed(), nil
	case hasAbstractUnix && (name[0] == '@' || name[0] == 0):
		return SockaddrUnixAbstract(name[1:])
	}
	return SockaddrUnixPath(name)
}
