package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// kind is a kind of socket that options are tried on.
type kind struct {
	name       string
	open       func(t *testing.T) (rawsock.FD, error)
	lacks      []unix.Errno // what socket(2) may answer where there are none
	capability string       // without which there are none
}

// plain is a socket as socket(2) makes it.
func plain(name string, domain, typ, proto int, lacks ...unix.Errno) kind {
	return kind{name: name, lacks: lacks, open: func(t *testing.T) (rawsock.FD, error) {
		fd, err := rawsock.Socket(domain, typ, proto)
		if err != nil {
			return fd, err
		}
		return adopt(t, fd), nil
	}}
}

func needing(capability string, k kind) kind {
	k.capability = capability
	k.lacks = append(k.lacks, unix.EPERM)
	return k
}

// opened is a socket that something was done with.
func opened(name string, open func(t *testing.T) rawsock.FD) kind {
	return kind{name: name, open: func(t *testing.T) (rawsock.FD, error) { return open(t), nil }}
}

var (
	tcp4    = plain("tcp", unix.AF_INET, unix.SOCK_STREAM, 0)
	tcp6    = plain("tcp6", unix.AF_INET6, unix.SOCK_STREAM, 0)
	udp4    = plain("udp", unix.AF_INET, unix.SOCK_DGRAM, 0)
	udp6    = plain("udp6", unix.AF_INET6, unix.SOCK_DGRAM, 0)
	udplite = plain("udplite", unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_UDPLITE, unix.EPROTONOSUPPORT)
	raw4    = needing("CAP_NET_RAW", plain("raw", unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP))
	raw6    = needing("CAP_NET_RAW", plain("raw6", unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6))
	raw6any = needing("CAP_NET_RAW", plain("raw6", unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_RAW))
	raw6own = needing("CAP_NET_RAW", plain("raw6", unix.AF_INET6, unix.SOCK_RAW, 253)) // RFC 3692: for experiments
	packet  = needing("CAP_NET_RAW", plain("packet", unix.AF_PACKET, unix.SOCK_RAW, 0, unix.EAFNOSUPPORT))
	netlink = plain("netlink", unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	vsock   = plain("vsock", unix.AF_VSOCK, unix.SOCK_STREAM, 0, unix.EAFNOSUPPORT)
	xdp     = needing("CAP_NET_RAW", plain("xdp", unix.AF_XDP, unix.SOCK_RAW, 0, unix.EAFNOSUPPORT))

	unixStream = opened("unix", func(t *testing.T) rawsock.FD { a, _ := pair(t, unix.SOCK_STREAM); return a })
	unixDgram  = opened("unixgram", func(t *testing.T) rawsock.FD { a, _ := pair(t, unix.SOCK_DGRAM); return a })
	conn4      = opened("connection", func(t *testing.T) rawsock.FD { client, _ := streams(t); return client })
	listening  = opened("listener", func(t *testing.T) rawsock.FD { l, _ := listener(t, loopback(0)); return l })
	connUDP    = opened("connected udp", func(t *testing.T) rawsock.FD { return connectedUDP(t, loopback(0)) })
	connUDP6   = opened("connected udp6", func(t *testing.T) rawsock.FD { return connectedUDP(t, addrPort(t, "[::1]:0")) })

	// conn4in6 is an inet6 socket connected over IPv4.
	conn4in6 = opened("mapped connection", func(t *testing.T) rawsock.FD {
		_, addr := listener(t, loopback(0))
		fd := open(t, unix.AF_INET6, unix.SOCK_STREAM, 0)
		to := addr.AddrPort()
		check(t, fd.Connect(rawsock.SockaddrInet6(to.Addr().As16(), to.Port(), 0, 0)))
		return fd
	})

	// savedSyn is a connection that was accepted with the headers of its SYN.
	savedSyn = opened("accepted connection", func(t *testing.T) rawsock.FD {
		l, addr := listener(t, loopback(0))
		check(t, rawsock.TCPSaveSyn.Set(l, 1))
		check(t, open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Connect(addr))
		server, err := l.AcceptNull()
		check(t, err)
		return adopt(t, server)
	})

	// repaired is a connection under repair.
	repaired = kind{name: "connection under repair", capability: "CAP_NET_ADMIN", lacks: []unix.Errno{unix.EPERM}, open: func(t *testing.T) (rawsock.FD, error) {
		client, _ := streams(t)
		err := rawsock.TCPRepair.Set(client, 1)
		if err == nil {
			t.Cleanup(func() { check(t, rawsock.TCPRepair.Set(client, 0)) })
		}
		return client, err
	}}

	// mptcp is a multipath connection over loopback.
	mptcp = kind{name: "mptcp", lacks: []unix.Errno{unix.EPROTONOSUPPORT, unix.ENOPROTOOPT}, open: func(t *testing.T) (rawsock.FD, error) {
		l, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
		if err != nil {
			return l, err
		}
		adopt(t, l)
		check(t, l.Bind(loopback(0)))
		check(t, l.Listen(1))
		addr, err := l.Getsockname()
		check(t, err)
		fd := open(t, unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
		check(t, fd.Connect(addr))
		return fd, nil
	}}
)

func connectedUDP(t *testing.T, sa rawsock.Sockaddr) rawsock.FD {
	fd, name := bound(t, unix.SOCK_DGRAM, sa)
	check(t, fd.Connect(name))
	return fd
}
