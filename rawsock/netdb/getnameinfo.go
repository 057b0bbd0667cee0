package netdb

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/rawloop/rawloop/rawsock"
)

// Getnameinfo is getnameinfo(3): the name of the host and of the service that an
// inet or inet6 address stands for, or numbers where there is no name or the flags
// (NI_*) want none. A scope follows the number of a host: fe80::1%lo.
//
// The error is a *GaiError.
func (r *Resolver) Getnameinfo(ctx context.Context, sa rawsock.Sockaddr, flags int) (host, service string, err error) {
	host, service, failed := r.nameinfo(ctx, sa, flags)
	if failed != nil {
		failed.Call, failed.Name = "getnameinfo", sa.String()
		return "", "", failed
	}
	return host, service, nil
}

// Getnameinfo is [Resolver.Getnameinfo] of the system.
func Getnameinfo(ctx context.Context, sa rawsock.Sockaddr, flags int) (host, service string, err error) {
	return std.Getnameinfo(ctx, sa, flags)
}

func (r *Resolver) nameinfo(ctx context.Context, sa rawsock.Sockaddr, flags int) (host, service string, failed *GaiError) {
	if flags&^niKnown != 0 {
		return "", "", gai(EAI_BADFLAGS)
	}
	var addr netip.Addr
	var port uint16
	var scope uint32
	if a, p, ok := sa.Inet(); ok {
		addr, port = netip.AddrFrom4(a), p
	} else if a, p, _, s, ok := sa.Inet6(); ok {
		addr, port, scope = netip.AddrFrom16(a), p, s
	} else {
		return "", "", gai(EAI_FAMILY)
	}
	if host, failed = r.hostOf(ctx, addr, scope, flags); failed != nil {
		return "", "", failed
	}
	return host, r.serviceOf(port, flags), nil
}

func (r *Resolver) hostOf(ctx context.Context, addr netip.Addr, scope uint32, flags int) (string, *GaiError) {
	if flags&NI_NUMERICHOST == 0 {
		found, err := r.HostOf(ctx, addr)
		var failed *HostError
		switch {
		case err == nil && flags&NI_NOFQDN != 0:
			return r.withoutDomain(ctx, found.Name), nil
		case err == nil:
			return found.Name, nil
		case errors.As(err, &failed) && (failed.Code == TRY_AGAIN || failed.Code == NETDB_INTERNAL):
			return "", (&lookupError{failed.Code, failed.Err}).gai()
		}
	}
	if flags&NI_NAMEREQD != 0 {
		return "", gai(EAI_NONAME)
	}
	return numericHost(addr) + zoneText(addr, scope), nil
}

// zoneText is the scope behind an address: an interface's name for addresses of
// one link, otherwise a number.
func zoneText(addr netip.Addr, scope uint32) string {
	if scope == 0 {
		return ""
	}
	if addr.IsLinkLocalUnicast() || addr.IsLinkLocalMulticast() {
		if name, err := IfIndextoname(int(scope)); err == nil {
			return "%" + name
		}
	}
	return "%" + strconv.FormatUint(uint64(scope), 10)
}

// withoutDomain cuts the domain of this host off a name.
func (r *Resolver) withoutDomain(ctx context.Context, name string) string {
	local, err := Gethostname()
	if err != nil {
		return name
	}
	if !strings.Contains(local, ".") {
		if host, err := r.GethostbynameEx(ctx, local); err == nil {
			local = host.Name
		}
	}
	if _, domain, ok := strings.Cut(local, "."); ok {
		return strings.TrimSuffix(name, "."+domain)
	}
	return name
}

func (r *Resolver) serviceOf(port uint16, flags int) string {
	proto := "tcp"
	if flags&NI_DGRAM != 0 {
		proto = "udp"
	}
	if flags&NI_NUMERICSERV == 0 {
		if s, err := r.Getservbyport(port, proto); err == nil {
			return s.Name
		}
	}
	return strconv.Itoa(int(port))
}
