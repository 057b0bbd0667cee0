package netconn

import (
	"errors"
	"net"
	"time"

	"github.com/rawloop/rawloop/rawsock"
)

// SocketConfig is what a new socket is given before bind(2) and connect(2). What it
// has for TCP is without effect on other sockets. What this system lacks is
// errors.ErrUnsupported.
type SocketConfig struct {
	// Interface is the only one that the socket sends and receives by
	// (SO_BINDTODEVICE).
	Interface string
	// ReusePort lets sockets of this user share an address (SO_REUSEPORT).
	ReusePort bool
	// KeepAlive probes the peer of an idle TCP connection. Its zero value leaves
	// that off; once Enable is set, 0 is package net's default of the rest.
	KeepAlive net.KeepAliveConfig
	// Nagle leaves Nagle's algorithm on. As package net's, TCP sockets have
	// TCP_NODELAY otherwise.
	Nagle bool
	// MPTCP makes the socket one of Multipath TCP, which peers that do not know it
	// see as TCP.
	MPTCP bool
	// Control, if not nil, sets whatever else there is, last of all:
	//
	//	func(fd rawsock.FD) error { return rawsock.SOMark.Set(fd, 7) }
	Control func(fd rawsock.FD) error
}

// open makes a socket for an address of family. With an error, call is what failed.
func (cfg *SocketConfig) open(n network, family int) (fd rawsock.FD, call string, err error) {
	proto := 0
	if cfg.MPTCP && n.tcp() {
		if proto = protoMPTCP; proto == 0 {
			return -1, "socket", errors.ErrUnsupported
		}
	}
	s, err := rawsock.NewSock(family, n.typ, proto)
	if err != nil {
		return -1, "socket", err
	}
	if err := cfg.apply(s.FD, n); err != nil {
		_ = s.Close()
		return -1, "setsockopt", err
	}
	return s.Detach(), "", nil
}

func (cfg *SocketConfig) apply(fd rawsock.FD, n network) error {
	var set setter
	if cfg.Interface != "" {
		set.to(rawsock.SOBindToDevice.Set(fd, cfg.Interface))
	}
	if cfg.ReusePort {
		set.to(rawsock.SOReusePort.Set(fd, true))
	}
	if n.tcp() {
		if !cfg.Nagle {
			set.to(rawsock.TCPNoDelay.Set(fd, true))
		}
		cfg.keepAlive(fd, &set)
	}
	if cfg.Control != nil && set.err == nil {
		set.to(cfg.Control(fd))
	}
	return set.err
}

// setter keeps the first error.
type setter struct{ err error }

func (s *setter) to(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Package net's defaults of net.KeepAliveConfig.
const (
	keepAliveTime  = 15 * time.Second
	keepAliveCount = 9
)

// keepAlive sets what net.KeepAliveConfig says: 0 is a default, and what is negative
// is left as it is. The kernel counts seconds.
func (cfg *SocketConfig) keepAlive(fd rawsock.FD, set *setter) {
	k := cfg.KeepAlive
	if !k.Enable {
		return
	}
	set.to(rawsock.SOKeepAlive.Set(fd, true))
	if d := k.Idle; d >= 0 {
		set.to(rawsock.TCPKeepIdle.Set(fd, seconds(d)))
	}
	if d := k.Interval; d >= 0 {
		set.to(rawsock.TCPKeepIntvl.Set(fd, seconds(d)))
	}
	switch {
	case k.Count > 0:
		set.to(rawsock.TCPKeepCnt.Set(fd, k.Count))
	case k.Count == 0:
		set.to(rawsock.TCPKeepCnt.Set(fd, keepAliveCount))
	}
}

func seconds(d time.Duration) time.Duration {
	if d == 0 {
		return keepAliveTime
	}
	return (d + time.Second - 1).Truncate(time.Second)
}
