package netconn

import (
	"context"
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netdb"
)

// network is what package net has a name for: a family, or 0 for both of IP, and a
// type.
type network struct {
	name        string
	family, typ int
}

var networks = []network{
	{"tcp", unix.AF_UNSPEC, unix.SOCK_STREAM},
	{"tcp4", unix.AF_INET, unix.SOCK_STREAM},
	{"tcp6", unix.AF_INET6, unix.SOCK_STREAM},
	{"unix", unix.AF_UNIX, unix.SOCK_STREAM},
	{"unixpacket", unix.AF_UNIX, unix.SOCK_SEQPACKET},
	{"udp", unix.AF_UNSPEC, unix.SOCK_DGRAM},
	{"udp4", unix.AF_INET, unix.SOCK_DGRAM},
	{"udp6", unix.AF_INET6, unix.SOCK_DGRAM},
	{"unixgram", unix.AF_UNIX, unix.SOCK_DGRAM},
}

// parseNetwork returns the network of that name, if it is one of datagrams, or none,
// as is wanted.
func parseNetwork(name string, datagrams bool) (network, error) {
	for _, n := range networks {
		if n.name == name && n.datagrams() == datagrams {
			return n, nil
		}
	}
	return network{}, net.UnknownNetworkError(name)
}

func (n network) datagrams() bool { return n.typ == unix.SOCK_DGRAM }
func (n network) tcp() bool       { return n.typ == unix.SOCK_STREAM && n.family != unix.AF_UNIX }

// resolve makes addresses of text: a path, or @ and an abstract name; or a host, or
// nothing, with a port or the name of a service. flags are netdb's AI_*.
func (n network) resolve(ctx context.Context, r *netdb.Resolver, text string, flags int) ([]rawsock.Sockaddr, error) {
	if n.family == unix.AF_UNIX {
		sa, err := unixSockaddr(text)
		return []rawsock.Sockaddr{sa}, err
	}
	host, service, err := net.SplitHostPort(text)
	if err != nil {
		return nil, err
	}
	if r == nil {
		r = new(netdb.Resolver)
	}
	if service == "" {
		service = "0"
	}
	rows, err := r.Getaddrinfo(ctx, host, service, &netdb.Addrinfo{Flags: flags, Family: n.family, Socktype: n.typ})
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	} else if err != nil {
		return nil, err
	}
	addrs := make([]rawsock.Sockaddr, len(rows))
	for i, row := range rows {
		addrs[i] = row.Addr
	}
	return addrs, nil
}

// failed makes an error of dialing or listening as package net does. It names the
// step if there is one, and where that is to be seen already it stays as it is.
func (n network) failed(op, call string, sa rawsock.Sockaddr, err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == op {
		return err
	}
	e := &net.OpError{Op: op, Net: n.name, Err: err}
	if !sa.IsZero() {
		e.Addr = netAddr(networkOf(sa.Family(), n.typ), sa)
	}
	if errno, ok := err.(unix.Errno); ok {
		e.Err = os.NewSyscallError(call, errno)
	}
	return e
}
