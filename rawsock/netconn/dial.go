package netconn

import (
	"cmp"
	"context"
	"net"
	"time"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netdb"
)

// AttemptDelay is how long an attempt to connect has before the next is made beside
// it: RFC 8305's recommendation.
const AttemptDelay = 250 * time.Millisecond

// DialConfig is how a connection is made. Its zero value works.
type DialConfig struct {
	SocketConfig
	// Source is bound to before connecting, unless it is the zero Sockaddr. Only
	// addresses of its family are tried then.
	Source rawsock.Sockaddr
	// FastOpen puts the first bytes that are written into the packet that opens the
	// connection, if the server has given a cookie before (TCP_FASTOPEN_CONNECT).
	// Dial then returns before anything is sent, and what is wrong is for the first
	// Write and Read to say.
	FastOpen bool
	// Timeout limits all of it, with the lookup of a name; AttemptTimeout limits
	// each attempt on its own. 0 is no limit but the context's and the kernel's.
	Timeout, AttemptTimeout time.Duration
	// AttemptDelay is in place of the constant; 0 means that.
	AttemptDelay time.Duration
	// Resolver looks names up; nil is the system's.
	Resolver *netdb.Resolver
}

// Dial connects to an address of network tcp, tcp4, tcp6, unix or unixpacket, in the
// form of net.Dial's: "example.org:https", "[::1]:80", "/run/x.sock", "@abstract".
//
// Of a name all addresses are tried, in the order that netdb.Getaddrinfo has them
// but with the families taking turns (RFC 8305, section 4). An attempt begins when
// the one before it has failed, or is AttemptDelay old and still going on. The first
// to succeed is the connection, and the others are closed.
//
// The error is a *net.OpError; if several addresses were tried, it joins theirs.
func (cfg DialConfig) Dial(ctx context.Context, network, address string) (*Conn, error) {
	n, err := parseNetwork(network, false)
	if err != nil {
		return nil, n.failed("dial", "", rawsock.Sockaddr{}, err)
	}
	ctx, cancel := cfg.limit(ctx, cfg.Timeout)
	defer cancel()
	addrs, err := cfg.resolve(ctx, n, address)
	if err != nil {
		return nil, n.failed("dial", "", rawsock.Sockaddr{}, err)
	}
	return race(ctx, n, interleave(addrs), cmp.Or(cfg.AttemptDelay, AttemptDelay), cfg.attempt)
}

// DialContext is Dial as http.Transport and others want it.
func (cfg DialConfig) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := cfg.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// DialPacket makes a datagram socket with a peer, of network udp, udp4, udp6 or
// unixgram. Of a name the first address is taken that can be one.
func (cfg DialConfig) DialPacket(ctx context.Context, network, address string) (*PacketConn, error) {
	n, err := parseNetwork(network, true)
	if err != nil {
		return nil, n.failed("dial", "", rawsock.Sockaddr{}, err)
	}
	ctx, cancel := cfg.limit(ctx, cfg.Timeout)
	defer cancel()
	addrs, err := cfg.resolve(ctx, n, address)
	if err != nil {
		return nil, n.failed("dial", "", rawsock.Sockaddr{}, err)
	}
	return firstOf(n, "dial", addrs, func(to rawsock.Sockaddr) (*PacketConn, string, error) {
		fd, call, err := cfg.bound(n, to)
		if err != nil {
			return nil, call, err
		}
		if err := fd.Connect(to); err != nil {
			_ = fd.Close()
			return nil, "connect", err
		}
		c, err := NewPacketConn(fd)
		return owned(c, fd, "open", err)
	})
}

func (cfg *DialConfig) limit(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d)
}

// resolve returns the addresses that Source can connect to.
func (cfg *DialConfig) resolve(ctx context.Context, n network, address string) ([]rawsock.Sockaddr, error) {
	if !cfg.Source.IsZero() {
		n.family = cmp.Or(n.family, cfg.Source.Family())
	}
	return n.resolve(ctx, cfg.Resolver, address, 0)
}

// bound makes a socket for an address, and binds it to Source.
func (cfg *DialConfig) bound(n network, to rawsock.Sockaddr) (rawsock.FD, string, error) {
	fd, call, err := cfg.open(n, to.Family())
	if err != nil {
		return -1, call, err
	}
	if cfg.FastOpen && n.tcp() {
		if err := rawsock.TCPFastOpenConnect.Set(fd, true); err != nil {
			_ = fd.Close()
			return -1, "setsockopt", err
		}
	}
	if !cfg.Source.IsZero() {
		if err := fd.Bind(cfg.Source); err != nil {
			_ = fd.Close()
			return -1, "bind", err
		}
	}
	return fd, "", nil
}

// attempt makes one socket and connects it.
func (cfg *DialConfig) attempt(ctx context.Context, n network, to rawsock.Sockaddr) (*Conn, error) {
	ctx, cancel := cfg.limit(ctx, cfg.AttemptTimeout)
	defer cancel()
	fd, call, err := cfg.bound(n, to)
	if err != nil {
		return nil, n.failed("dial", call, to, err)
	}
	c, err := newConn(fd, to)
	if err != nil {
		_ = fd.Close()
		return nil, n.failed("dial", "open", to, err)
	}
	if err := c.connect(ctx, to); err != nil {
		_ = c.Close()
		return nil, n.failed("dial", "connect", to, err)
	}
	return c, nil
}

// longestPause is the longest between two attempts to get into the queue of a unix
// listener.
const longestPause = 50 * time.Millisecond

// connect waits until the connection is there. A unix listener whose queue is full
// refuses those that do not block (unix(7), EAGAIN) without a way to wait for room,
// so that it is asked again.
func (c *Conn) connect(ctx context.Context, to rawsock.Sockaddr) error {
	for pause := time.Millisecond; ; pause = min(2*pause, longestPause) {
		if err := c.connectOnce(ctx, to); err != errQueueFull {
			if err != nil {
				return err
			}
			return c.addressed()
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Conn) connectOnce(ctx context.Context, to rawsock.Sockaddr) error {
	s := &c.out
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	s.call, s.sa = (*side).connect, to
	return s.run(ctx)
}

// owned closes the descriptor of what could not be made.
func owned[T any](v T, fd rawsock.FD, call string, err error) (T, string, error) {
	if err != nil {
		_ = fd.Close()
	}
	return v, call, err
}
