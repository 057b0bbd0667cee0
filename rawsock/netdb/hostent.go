package netdb

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Gethostbyname is Python's gethostbyname: the first IPv4 address of a host. The
// host may also be "" for 0.0.0.0 and "<broadcast>" for 255.255.255.255.
//
// The error is a *GaiError.
func (r *Resolver) Gethostbyname(ctx context.Context, name string) (netip.Addr, error) {
	switch name {
	case "":
		return netip.IPv4Unspecified(), nil
	case "<broadcast>":
		return netip.AddrFrom4(rawsock.Inet4(rawsock.INADDR_BROADCAST)), nil
	}
	return r.firstAddr(ctx, name, unix.AF_INET)
}

func (r *Resolver) firstAddr(ctx context.Context, name string, family int) (netip.Addr, error) {
	rows, err := r.Getaddrinfo(ctx, name, "", &Addrinfo{Family: family, Socktype: unix.SOCK_DGRAM})
	if err != nil {
		return netip.Addr{}, err
	}
	return rows[0].Addr.AddrPort().Addr(), nil
}

// GethostbynameEx is gethostbyname(3): the canonical name, the aliases and all
// IPv4 addresses of a host, in the order of their source. A host that is an
// address is its own canonical name.
//
// The error is a *HostError.
func (r *Resolver) GethostbynameEx(ctx context.Context, name string) (*Hostent, error) {
	if addr, ok := inetAtonExact(name); ok {
		return &Hostent{Name: name, Addrs: []netip.Addr{addr}}, nil
	}
	host, failed := r.lookup(ctx, func(src source) (*Hostent, *lookupError) { return r.ask(ctx, src, name, unix.AF_INET) })
	if failed != nil {
		return nil, &HostError{"gethostbyname", name, failed.code, failed.err}
	}
	return host, nil
}

// Gethostbyaddr is Python's gethostbyaddr, which is gethostbyaddr(3): the name and
// aliases of the host with an IPv4 or IPv6 address. A host by name is looked up
// first.
//
// The error is a *HostError, and for a name that is not found a *GaiError.
func (r *Resolver) Gethostbyaddr(ctx context.Context, host string) (*Hostent, error) {
	addr, err := r.firstAddr(ctx, host, unix.AF_UNSPEC)
	if err != nil {
		return nil, err
	}
	return r.HostOf(ctx, addr)
}

// HostOf is gethostbyaddr(3) for an address.
//
// The error is a *HostError.
func (r *Resolver) HostOf(ctx context.Context, addr netip.Addr) (*Hostent, error) {
	addr = addr.WithZone("")
	if !addr.IsValid() {
		return nil, &HostError{"gethostbyaddr", "", NETDB_INTERNAL, unix.EINVAL}
	}
	found, failed := r.lookup(ctx, func(src source) (*Hostent, *lookupError) { return r.askAddr(ctx, src, addr) })
	if failed != nil {
		return nil, &HostError{"gethostbyaddr", numericHost(addr), failed.code, failed.err}
	}
	return found, nil
}

// Getfqdn is Python's getfqdn: of the names of a host the first that has a dot, or
// its canonical one; name itself if it has none. "", "0.0.0.0" and "::" are this
// host.
func (r *Resolver) Getfqdn(ctx context.Context, name string) string {
	name = strings.TrimFunc(name, isSpace)
	if name == "" || name == "0.0.0.0" || name == "::" {
		name, _ = Gethostname()
	}
	host, err := r.Gethostbyaddr(ctx, name)
	if err != nil {
		return name
	}
	names := append([]string{host.Name}, host.Aliases...)
	if at := slices.IndexFunc(names, func(s string) bool { return strings.Contains(s, ".") }); at >= 0 {
		return names[at]
	}
	return host.Name
}

// Gethostname is gethostname(2).
func Gethostname() (string, error) { return os.Hostname() }

// Sethostname is sethostname(2). EPERM: not permitted. EINVAL: too long.
func Sethostname(name string) error { return sethostname(name) }

// Gethostbyname is [Resolver.Gethostbyname] of the system.
func Gethostbyname(ctx context.Context, name string) (netip.Addr, error) {
	return std.Gethostbyname(ctx, name)
}

// GethostbynameEx is [Resolver.GethostbynameEx] of the system.
func GethostbynameEx(ctx context.Context, name string) (*Hostent, error) {
	return std.GethostbynameEx(ctx, name)
}

// Gethostbyaddr is [Resolver.Gethostbyaddr] of the system.
func Gethostbyaddr(ctx context.Context, host string) (*Hostent, error) {
	return std.Gethostbyaddr(ctx, host)
}

// Getfqdn is [Resolver.Getfqdn] of the system.
func Getfqdn(ctx context.Context, name string) string { return std.Getfqdn(ctx, name) }
