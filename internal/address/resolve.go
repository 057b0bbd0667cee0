package address

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/rawloop/rawloop/rawsock"
)

// Resolve gives the socket addresses that a stands for, best first: a caller tries them in order. An IP literal and a unix path need no
// lookup; a host name is looked up through net.DefaultResolver. An empty host is the wildcard address if forListen is set (first ::,
// which takes IPv4 too, then 0.0.0.0) and loopback otherwise. IPv4 comes first for a name, as in package net.
//
// The error says what could not be resolved and why; it does not repeat a. An fd address has nothing to resolve and is an error.
func (a Address) Resolve(ctx context.Context, forListen bool) ([]rawsock.Sockaddr, error) {
	if a.Network == "fd" {
		return nil, fmt.Errorf("fd://%d names a descriptor, which has no address to resolve", a.FD)
	}
	if a.IsUnix() {
		sa, err := unixSockaddr(a.Path)
		if err != nil {
			return nil, err
		}
		return []rawsock.Sockaddr{sa}, nil
	}
	ips, err := a.ips(ctx, forListen)
	if err != nil {
		return nil, err
	}
	var sas []rawsock.Sockaddr
	for _, ip := range ips {
		sa, err := rawsock.SockaddrFromAddrPort(netip.AddrPortFrom(ip, a.Port))
		if err != nil {
			return nil, err
		}
		sas = append(sas, sa)
	}
	return sas, nil
}

// ips is the candidate list of the host: literal, wildcard or loopback, or what a lookup returned, filtered by the network's family.
func (a Address) ips(ctx context.Context, forListen bool) ([]netip.Addr, error) {
	var all []netip.Addr
	switch ip, err := netip.ParseAddr(a.Host); {
	case err == nil:
		return []netip.Addr{ip}, nil
	case a.Host == "" && forListen:
		all = []netip.Addr{netip.IPv6Unspecified(), netip.IPv4Unspecified()}
	case a.Host == "":
		all = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	default:
		if all, err = lookup(ctx, a.Host); err != nil {
			return nil, err
		}
	}
	var kept []netip.Addr
	for _, ip := range all {
		if strings.HasSuffix(a.Network, "4") && !ip.Is4() || strings.HasSuffix(a.Network, "6") && !ip.Is6() {
			continue
		}
		kept = append(kept, ip)
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("host %s has no address for %s", a.Host, a.Network)
	}
	return kept, nil
}

func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var v4, v6 []netip.Addr
	for _, ip := range found {
		if ip = ip.Unmap(); ip.Is4() {
			v4 = append(v4, ip)
		} else {
			v6 = append(v6, ip)
		}
	}
	return append(v4, v6...), nil
}
