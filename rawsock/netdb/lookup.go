package netdb

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// lookupError is why a source has no answer.
type lookupError struct {
	code HErrno
	err  error // what is behind it, or nil
}

// status is how nsswitch.conf(5) counts the failure.
func (e *lookupError) status() status {
	switch e.code {
	case TRY_AGAIN:
		return tryAgain
	case NETDB_INTERNAL:
		return unavail
	}
	return notFound
}

func (e *lookupError) gai() *GaiError {
	codes := map[HErrno]EAI{
		NETDB_INTERNAL: EAI_SYSTEM, HOST_NOT_FOUND: EAI_NONAME, TRY_AGAIN: EAI_AGAIN, NO_RECOVERY: EAI_FAIL, NO_DATA: EAI_NODATA,
	}
	code := codes[e.code]
	if errors.Is(e.err, context.Canceled) {
		code = EAI_CANCELED
	}
	return &GaiError{Code: code, Err: e.err}
}

// errUnavailable is the failure of a source that this package does not have.
var errUnavailable = errors.New("none of the sources in nsswitch.conf is supported")

// lookup asks the sources in their order; the failure of the last one counts.
func (r *Resolver) lookup(ctx context.Context, ask func(source) (*Hostent, *lookupError)) (*Hostent, *lookupError) {
	sources, err := r.sources()
	if err != nil {
		return nil, &lookupError{NETDB_INTERNAL, err}
	}
	failed := &lookupError{NETDB_INTERNAL, errUnavailable}
	for _, src := range sources {
		if src.name != "files" && src.name != "dns" {
			if !src.continues[unavail] {
				break
			}
			continue
		}
		var host *Hostent
		if host, failed = ask(src); failed == nil {
			return host, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, &lookupError{TRY_AGAIN, err}
		}
		if !src.continues[failed.status()] {
			break
		}
	}
	return nil, failed
}

// ask looks a name up in one source. AF_UNSPEC is both families, IPv4 first for
// dns.
func (r *Resolver) ask(ctx context.Context, src source, name string, family int) (*Hostent, *lookupError) {
	if len(name) > maxName || strings.Contains(name, "\x00") {
		return nil, &lookupError{HOST_NOT_FOUND, nil}
	}
	if src.name == "dns" {
		return r.dnsHost(ctx, name, family)
	}
	text, err := r.hostsText()
	if err != nil {
		return nil, &lookupError{NETDB_INTERNAL, err}
	}
	if host := hostByName(text, name, family); host != nil {
		return host, nil
	}
	return nil, &lookupError{HOST_NOT_FOUND, nil}
}

// askMapped is ask for the family of q, with what AI_V4MAPPED and AI_ALL add for
// AF_INET6.
func (r *Resolver) askMapped(ctx context.Context, src source, q Addrinfo, name string) (*Hostent, *lookupError) {
	host, failed := r.ask(ctx, src, name, q.Family)
	switch {
	case q.Family != unix.AF_INET6, q.Flags&AI_V4MAPPED == 0:
		return host, failed
	case failed == nil && q.Flags&AI_ALL == 0:
		// The mapped ones count less than all others, also where they are the
		// source's own.
		if native := slices.DeleteFunc(slices.Clone(host.Addrs), netip.Addr.Is4In6); len(native) > 0 {
			host.Addrs = native
		}
		return host, nil
	}
	host4, failed4 := r.ask(ctx, src, name, unix.AF_INET)
	if failed4 != nil {
		return host, failed
	}
	for i, addr := range host4.Addrs {
		host4.Addrs[i] = mapped(addr)
	}
	if failed != nil {
		return host4, nil
	}
	host.Addrs = append(host.Addrs, host4.Addrs...)
	return host, nil
}

// askAddr looks an address up in one source.
func (r *Resolver) askAddr(ctx context.Context, src source, addr netip.Addr) (*Hostent, *lookupError) {
	if src.name == "dns" {
		return r.dnsAddr(ctx, addr)
	}
	text, err := r.hostsText()
	if err != nil {
		return nil, &lookupError{NETDB_INTERNAL, err}
	}
	if host := hostByAddr(text, addr); host != nil {
		return host, nil
	}
	return nil, &lookupError{HOST_NOT_FOUND, nil}
}

// hostsText is the hosts file; one that is missing is empty.
func (r *Resolver) hostsText() (string, error) {
	text, err := r.hosts.read(or(r.Hosts, "/etc/hosts"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return text, err
}

// maxName is the longest name of a host, with a dot at its end (RFC 1035, 2.3.4).
const maxName = 254
