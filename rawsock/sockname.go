package rawsock

import "github.com/rawloop/rawloop/internal/sys"

// Getsockname wraps getsockname(2): the address that fd is bound to, with the
// real port after a bind to port 0.
func (fd FD) Getsockname() (Sockaddr, error) {
	var sa Sockaddr
	if e := sys.Getsockname(int(fd), &sa.raw); e != 0 {
		return Sockaddr{}, e
	}
	return sa.received(), nil
}

// Getpeername wraps getpeername(2): the address that fd is connected to. On a
// connection that was reset since, it is ENOTCONN.
func (fd FD) Getpeername() (Sockaddr, error) {
	var sa Sockaddr
	if e := sys.Getpeername(int(fd), &sa.raw); e != 0 {
		return Sockaddr{}, e
	}
	return sa.received(), nil
}
