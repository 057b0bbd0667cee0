package netdb

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

// dnsHost looks a name up as res_search(3) does: with the domains of the search
// list behind it, and as it is.
func (r *Resolver) dnsHost(ctx context.Context, name string, family int) (*Hostent, *lookupError) {
	if r.Net != nil {
		return netHost(ctx, r.Net, name, family)
	}
	c, err := r.dnsConf()
	if err != nil {
		return nil, &lookupError{NETDB_INTERNAL, err}
	}
	names := c.candidates(name)
	failures := []*lookupError{}
	for _, full := range names {
		host, failed := c.host(ctx, full, family)
		if failed == nil {
			return host, nil
		}
		failures = append(failures, failed)
		if failed.code == TRY_AGAIN && !errors.Is(failed.err, errServer) || failed.code == NO_RECOVERY {
			break
		}
	}
	if names[0] == strings.TrimSuffix(name, ".") {
		return nil, failures[0]
	}
	return nil, mostUseful(failures)
}

// candidates are the complete names to be asked for, in order.
func (c resolvConf) candidates(name string) []string {
	bare, complete := strings.CutSuffix(name, ".")
	if complete {
		return []string{bare}
	}
	dots := strings.Count(name, ".")
	var all []string
	for _, domain := range c.search {
		domain = strings.Trim(domain, ".")
		if domain == "" {
			all = append(all, name)
		} else {
			all = append(all, name+"."+domain)
		}
	}
	switch {
	case dots >= c.ndots:
		all = append([]string{name}, slices.DeleteFunc(all, func(s string) bool { return s == name })...)
	case !slices.Contains(all, name):
		all = append(all, name)
	}
	return all
}

// mostUseful chooses among failures: a server that has failed may say something
// else later, and a name that exists tells more than one that does not.
func mostUseful(failures []*lookupError) *lookupError {
	for _, code := range []HErrno{TRY_AGAIN, NO_DATA, NO_RECOVERY} {
		if at := slices.IndexFunc(failures, func(e *lookupError) bool { return e.code == code }); at >= 0 {
			return failures[at]
		}
	}
	return &lookupError{HOST_NOT_FOUND, nil}
}

// host looks up one complete name, both families at the same time.
func (c resolvConf) host(ctx context.Context, name string, family int) (*Hostent, *lookupError) {
	if !validName(name) {
		return nil, &lookupError{HOST_NOT_FOUND, nil}
	}
	if family != unix.AF_UNSPEC {
		return c.hostOf(ctx, name, family)
	}
	type result struct {
		host   *Hostent
		failed *lookupError
	}
	second := make(chan result, 1)
	go func() {
		host, failed := c.hostOf(ctx, name, unix.AF_INET6)
		second <- result{host, failed}
	}()
	host4, failed4 := c.hostOf(ctx, name, unix.AF_INET)
	six := <-second
	switch {
	case failed4 != nil && six.failed != nil:
		return nil, mostUseful([]*lookupError{failed4, six.failed})
	case failed4 != nil:
		return six.host, nil
	case six.failed == nil:
		host4.Addrs = append(host4.Addrs, six.host.Addrs...)
	}
	return host4, nil
}

func (c resolvConf) hostOf(ctx context.Context, name string, family int) (*Hostent, *lookupError) {
	typ := dnsmessage.TypeA
	if family == unix.AF_INET6 {
		typ = dnsmessage.TypeAAAA
	}
	return c.ask(ctx, name, typ)
}

// ask asks for the records of one type and reads them as a host.
func (c resolvConf) ask(ctx context.Context, name string, typ dnsmessage.Type) (*Hostent, *lookupError) {
	rep, err := query(ctx, c, name, typ)
	switch {
	case errors.Is(err, errMessage):
		return nil, &lookupError{NO_RECOVERY, err}
	case err != nil:
		return nil, &lookupError{TRY_AGAIN, err}
	case rep.rcode == dnsmessage.RCodeNameError:
		return nil, &lookupError{HOST_NOT_FOUND, nil}
	case rep.rcode != dnsmessage.RCodeSuccess:
		return nil, &lookupError{NO_RECOVERY, errors.New(rep.rcode.String())}
	}
	return rep.host(name, typ)
}

// host follows the aliases of an answer, which come in order, from name to the
// records of the type that was asked for. What does not belong to that chain does
// not count, nor do names of an address after the first.
func (rep reply) host(name string, typ dnsmessage.Type) (*Hostent, *lookupError) {
	host := &Hostent{Name: name}
	for _, r := range rep.answers {
		if !strings.EqualFold(text(r.Header.Name), host.Name) {
			continue
		}
		switch body := r.Body.(type) {
		case *dnsmessage.CNAMEResource:
			target := text(body.CNAME)
			// The names of reverse zones may have a slash (RFC 2317).
			valid := typ == dnsmessage.TypePTR || validName(target)
			if len(host.Addrs) > 0 || !valid || slices.Contains(host.Aliases, target) {
				return nil, &lookupError{NO_RECOVERY, errMessage}
			}
			host.Aliases = append(host.Aliases, text(r.Header.Name))
			host.Name = target
		case *dnsmessage.AResource:
			if typ == dnsmessage.TypeA {
				host.Addrs = append(host.Addrs, netip.AddrFrom4(body.A))
			}
		case *dnsmessage.AAAAResource:
			if typ == dnsmessage.TypeAAAA {
				host.Addrs = append(host.Addrs, netip.AddrFrom16(body.AAAA))
			}
		case *dnsmessage.PTRResource:
			if target := text(body.PTR); typ == dnsmessage.TypePTR && validName(target) {
				return &Hostent{Name: target}, nil
			}
		}
	}
	switch {
	case typ == dnsmessage.TypePTR:
		return nil, &lookupError{HOST_NOT_FOUND, nil}
	case len(host.Addrs) == 0:
		return nil, &lookupError{NO_DATA, nil}
	}
	return host, nil
}

// text is a name without its last dot.
func text(n dnsmessage.Name) string { return strings.TrimSuffix(n.String(), ".") }

// validName reports whether a complete name is one that a host can have: labels of
// 1 to 63 letters, digits, hyphens and underscores, none of which begins with a
// hyphen. What came from a name server is not to be trusted further than that.
func validName(name string) bool {
	if name == "" || len(name) >= maxName {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || strings.TrimFunc(label, isNameByte) != "" {
			return false
		}
	}
	return true
}

func isNameByte(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
}

// dnsAddr looks an address up by its PTR records.
func (r *Resolver) dnsAddr(ctx context.Context, addr netip.Addr) (*Hostent, *lookupError) {
	if r.Net != nil {
		names, err := r.Net.LookupAddr(ctx, addr.String())
		if err != nil {
			return nil, netError(err)
		}
		for i, name := range names {
			names[i] = strings.TrimSuffix(name, ".")
		}
		return &Hostent{names[0], names[1:], []netip.Addr{addr}}, nil
	}
	c, err := r.dnsConf()
	if err != nil {
		return nil, &lookupError{NETDB_INTERNAL, err}
	}
	host, failed := c.ask(ctx, arpa(addr), dnsmessage.TypePTR)
	if failed == nil {
		host.Addrs = []netip.Addr{addr}
	}
	return host, failed
}

// arpa is the name that has the PTR records of an address (RFC 1035, 3.5; RFC
// 3596, 2.5).
func arpa(addr netip.Addr) string {
	const hex = "0123456789abcdef"
	b := addr.AsSlice()
	slices.Reverse(b)
	if addr.Is4() {
		return InetNtoa([4]byte(b)) + ".in-addr.arpa"
	}
	var name strings.Builder
	for _, v := range b {
		name.Write([]byte{hex[v&0xf], '.', hex[v>>4], '.'})
	}
	return name.String() + "ip6.arpa"
}

// netHost asks a net.Resolver.
func netHost(ctx context.Context, r *net.Resolver, name string, family int) (*Hostent, *lookupError) {
	network := map[int]string{unix.AF_UNSPEC: "ip", unix.AF_INET: "ip4", unix.AF_INET6: "ip6"}[family]
	addrs, err := r.LookupNetIP(ctx, network, name)
	if err != nil {
		return nil, netError(err)
	}
	host := &Hostent{Name: strings.TrimSuffix(name, "."), Addrs: addrs}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	if canon, err := r.LookupCNAME(ctx, name); err == nil {
		host.Name = strings.TrimSuffix(canon, ".")
	}
	return host, nil
}

func netError(err error) *lookupError {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return &lookupError{HOST_NOT_FOUND, err}
	}
	return &lookupError{TRY_AGAIN, err}
}
