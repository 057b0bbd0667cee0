package netconn

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netdb"
)

// mostBacklog asks for as long a queue as the system allows, which lowers it to that
// without a word (net.core.somaxconn).
const mostBacklog = 1<<16 - 1

// ListenConfig is how a server's socket is made. Its zero value works.
type ListenConfig struct {
	SocketConfig
	// Backlog is for listen(2); 0 is the most that the system allows.
	Backlog int
	// FastOpen, if not 0, is how many connections that began with data may wait
	// (TCP_FASTOPEN).
	FastOpen int
	// Mode is the permission of a unix socket's file; 0 means 0600.
	Mode fs.FileMode
	// Steer, if not empty, chooses the socket of a ListenGroup for each connection.
	Steer rawsock.Filter
	// Resolver looks names up; nil is the system's.
	Resolver *netdb.Resolver
}

// Listen listens on an address of network tcp, tcp4, tcp6, unix or unixpacket, in
// the form of net.Listen's. Without a host it is the wildcard address, which with
// tcp is one for IPv6 and IPv4. Of a name the first address is taken that can be
// bound. TCP sockets have SO_REUSEADDR, so that a server can start again at once.
// Accepted connections inherit the options on Linux.
//
// A unix path is rawsock.ListenUnix's: the file has its mode from the start, one
// that a dead server left behind is replaced, and Close removes it.
//
// The error is a *net.OpError; if several addresses were tried, it joins theirs.
func (cfg ListenConfig) Listen(ctx context.Context, network, address string) (*Listener, error) {
	n, err := parseNetwork(network, false)
	if err != nil {
		return nil, n.failed("listen", "", rawsock.Sockaddr{}, err)
	}
	addrs, err := cfg.resolve(ctx, n, address)
	if err != nil {
		return nil, n.failed("listen", "", rawsock.Sockaddr{}, err)
	}
	return firstOf(n, "listen", addrs, func(sa rawsock.Sockaddr) (*Listener, string, error) { return cfg.listen(n, sa) })
}

// ListenGroup makes count listeners that share one address by SO_REUSEPORT, among
// which the kernel deals connections out, by Steer if that is set. With port 0 they
// share the port that the first was given.
func (cfg ListenConfig) ListenGroup(ctx context.Context, network, address string, count int) (group []*Listener, err error) {
	cfg.ReusePort = true
	defer func() {
		if err != nil {
			for _, l := range group {
				_ = l.Close()
			}
			group = nil
		}
	}()
	for range count {
		l, err := cfg.Listen(ctx, network, address)
		if err != nil {
			return group, err
		}
		if group = append(group, l); len(group) > 1 {
			continue
		}
		address = l.Addr().String()
		if len(cfg.Steer) > 0 {
			if err := l.Control(func(fd rawsock.FD) error { return fd.AttachReuseportCBPF(cfg.Steer) }); err != nil {
				return group, l.fail("listen", "setsockopt", err)
			}
		}
	}
	return group, nil
}

// ListenPacket binds a datagram socket of network udp, udp4, udp6 or unixgram. What
// is said of Listen is true of it, except for SO_REUSEADDR.
func (cfg ListenConfig) ListenPacket(ctx context.Context, network, address string) (*PacketConn, error) {
	n, err := parseNetwork(network, true)
	if err != nil {
		return nil, n.failed("listen", "", rawsock.Sockaddr{}, err)
	}
	addrs, err := cfg.resolve(ctx, n, address)
	if err != nil {
		return nil, n.failed("listen", "", rawsock.Sockaddr{}, err)
	}
	return firstOf(n, "listen", addrs, func(sa rawsock.Sockaddr) (*PacketConn, string, error) {
		fd, file, call, err := cfg.bound(n, sa)
		if err != nil {
			return nil, call, err
		}
		c, err := NewPacketConn(fd)
		if err != nil {
			return nil, "open", errors.Join(err, discard(fd, file))
		}
		c.file = file
		return c, "", nil
	})
}

func (cfg *ListenConfig) listen(n network, sa rawsock.Sockaddr) (*Listener, string, error) {
	fd, file, call, err := cfg.bound(n, sa)
	if err != nil {
		return nil, call, err
	}
	if file == nil { // which ListenUnix has done
		backlog := cfg.Backlog
		if backlog == 0 {
			backlog = mostBacklog
		}
		if err := fd.Listen(backlog); err != nil {
			_ = fd.Close()
			return nil, "listen", err
		}
	}
	l, err := NewListener(fd)
	if err != nil {
		return nil, "open", errors.Join(err, discard(fd, file))
	}
	l.file = file
	return l, "", nil
}

// resolve returns the addresses to bind. The wildcard of IPv6, where it serves IPv4
// too, is before that of IPv4, as in package net.
func (cfg *ListenConfig) resolve(ctx context.Context, n network, address string) ([]rawsock.Sockaddr, error) {
	if n.family == unix.AF_UNSPEC && strings.HasPrefix(address, ":") && rawsock.HasDualstackIPv6() {
		n.family = unix.AF_INET6
	}
	return n.resolve(ctx, cfg.Resolver, address, netdb.AI_PASSIVE)
}

// bound makes a socket and binds it. Of a unix path it is a file too, and listens.
func (cfg *ListenConfig) bound(n network, sa rawsock.Sockaddr) (rawsock.FD, *rawsock.UnixListener, string, error) {
	if path, kind := sa.Unix(); kind == rawsock.UnixPath {
		return cfg.unix(n, path)
	}
	fd, call, err := cfg.open(n, sa.Family())
	if err != nil {
		return -1, nil, call, err
	}
	if err := cfg.server(fd, n, sa); err != nil {
		_ = fd.Close()
		return -1, nil, "setsockopt", err
	}
	if err := fd.Bind(sa); err != nil {
		_ = fd.Close()
		return -1, nil, "bind", err
	}
	return fd, nil, "", nil
}

// server sets what only servers have.
func (cfg *ListenConfig) server(fd rawsock.FD, n network, sa rawsock.Sockaddr) error {
	var set setter
	if sa.Family() == unix.AF_INET6 {
		both := n.family == unix.AF_UNSPEC && sa.AddrPort().Addr().IsUnspecified() && rawsock.HasDualstackIPv6()
		set.to(rawsock.IPv6V6Only.Set(fd, !both))
	}
	if n.tcp() {
		set.to(rawsock.SOReuseAddr.Set(fd, true))
		if cfg.FastOpen != 0 {
			set.to(rawsock.TCPFastOpen.Set(fd, cfg.FastOpen))
		}
	}
	return set.err
}

// unix leaves the file and its lock to the UnixListener, and takes the socket out.
func (cfg *ListenConfig) unix(n network, path string) (rawsock.FD, *rawsock.UnixListener, string, error) {
	backlog := cfg.Backlog
	if backlog == 0 {
		backlog = mostBacklog
	}
	file, err := rawsock.ListenUnix(path, rawsock.UnixConfig{
		Type: n.typ, Mode: cfg.Mode, Backlog: backlog,
		Control: func(fd rawsock.FD) error { return cfg.apply(fd, n) },
	})
	if e, ok := errors.AsType[*rawsock.CallError](err); ok {
		return -1, nil, e.Call, e.Err
	} else if err != nil {
		return -1, nil, "bind", err
	}
	return file.Sock.Detach(), file, "", nil
}

func discard(fd rawsock.FD, file *rawsock.UnixListener) (err error) {
	if file != nil {
		err = file.Close()
	}
	return errors.Join(err, fd.Close())
}
