package netdb

import (
	"context"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// CreateConnection is Python's create_connection: a stream socket connected to the
// first address of a host and service that takes a connection, tried one at a time
// in the order of Getaddrinfo. ctx ends the lookup; cfg.Timeout limits each attempt
// to connect.
//
// The error is a *GaiError, or rawsock.CreateConnection's.
func (r *Resolver) CreateConnection(ctx context.Context, host, service string, cfg rawsock.ConnectionConfig) (*rawsock.Sock, error) {
	addrs, err := r.streams(ctx, host, service, Addrinfo{Family: cfg.Source.Family()})
	if err != nil {
		return nil, err
	}
	return rawsock.CreateConnection(addrs, cfg)
}

// Dial is CreateConnection with an address such as "example.org:https" or
// "[::1]:80". The deadline of ctx, if it has one, limits each attempt to connect
// too.
//
// The error is a *net.AddrError for an address in another form, or
// CreateConnection's.
func (r *Resolver) Dial(ctx context.Context, address string) (*rawsock.Sock, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var cfg rawsock.ConnectionConfig
	if deadline, ok := ctx.Deadline(); ok {
		cfg.Timeout = max(time.Until(deadline), time.Nanosecond)
	}
	s, err := r.CreateConnection(ctx, host, service, cfg)
	if err == nil && cfg.Timeout != 0 {
		err = s.SetTimeout(rawsock.GetDefaultTimeout())
	}
	return s, err
}

// CreateServer is Python's create_server by name: a stream socket that listens on
// the first address of a host and service that it can be bound to. "" is the
// wildcard address. family is AF_INET, which is Python's default, or AF_INET6; with
// AF_UNSPEC it is that of the address that comes first.
//
// The error is a *GaiError, or rawsock.CreateServer's.
func (r *Resolver) CreateServer(ctx context.Context, host, service string, family int, cfg rawsock.ServerConfig) (*rawsock.Sock, error) {
	addrs, err := r.streams(ctx, host, service, Addrinfo{Flags: AI_PASSIVE, Family: family})
	if err != nil {
		return nil, err
	}
	return rawsock.CreateServer(addrs, cfg)
}

func (r *Resolver) streams(ctx context.Context, host, service string, hints Addrinfo) ([]rawsock.Sockaddr, error) {
	hints.Socktype = unix.SOCK_STREAM
	rows, err := r.Getaddrinfo(ctx, host, service, &hints)
	addrs := make([]rawsock.Sockaddr, len(rows))
	for i, row := range rows {
		addrs[i] = row.Addr
	}
	return addrs, err
}

// CreateConnection is [Resolver.CreateConnection] of the system.
func CreateConnection(ctx context.Context, host, service string, cfg rawsock.ConnectionConfig) (*rawsock.Sock, error) {
	return std.CreateConnection(ctx, host, service, cfg)
}

// Dial is [Resolver.Dial] of the system.
func Dial(ctx context.Context, address string) (*rawsock.Sock, error) { return std.Dial(ctx, address) }

// CreateServer is [Resolver.CreateServer] of the system.
func CreateServer(ctx context.Context, host, service string, family int, cfg rawsock.ServerConfig) (*rawsock.Sock, error) {
	return std.CreateServer(ctx, host, service, family, cfg)
}
