package netdb

import (
	"golang.org/x/sys/unix"
)

// kind is a kind of socket with the port of the service.
type kind struct {
	socktype, protocol int
	port               uint16
}

// socketKind is a row of the kinds of sockets that getaddrinfo(3) knows.
type socketKind struct {
	name               string // of the protocol in /etc/services
	socktype, protocol int
	anyProtocol        bool // goes with every protocol and has no services
	usual              bool // wanted if the hints leave all open
}

// socketKinds is the GNU C library's list, in its order. Numbers that not every
// system has names for are Linux's.
var socketKinds = []socketKind{
	{name: "tcp", socktype: unix.SOCK_STREAM, protocol: unix.IPPROTO_TCP, usual: true},
	{name: "udp", socktype: unix.SOCK_DGRAM, protocol: unix.IPPROTO_UDP, usual: true},
	{name: "dccp", socktype: 6, protocol: 33},
	{name: "udplite", socktype: unix.SOCK_DGRAM, protocol: 136},
	{name: "sctp", socktype: unix.SOCK_STREAM, protocol: 132},
	{name: "sctp", socktype: unix.SOCK_SEQPACKET, protocol: 132},
	{name: "raw", socktype: unix.SOCK_RAW, anyProtocol: true, usual: true},
}

// fits reports whether the hints of q want such sockets.
func (k socketKind) fits(q Addrinfo) bool {
	return (q.Socktype == 0 || q.Socktype == k.socktype) && (q.Protocol == 0 || k.anyProtocol || q.Protocol == k.protocol)
}

func (k socketKind) with(q Addrinfo, port uint16) kind {
	if k.anyProtocol {
		return kind{k.socktype, q.Protocol, port}
	}
	return kind{k.socktype, k.protocol, port}
}

// kinds returns what the hints and the service leave: with a type or a protocol in
// the hints, the first kind that fits; otherwise the usual ones or, for a service
// by name, all that have it.
func (r *Resolver) kinds(q Addrinfo, service string, port int32, named bool) ([]kind, *GaiError) {
	if q.Socktype != 0 || q.Protocol != 0 {
		k, err := r.firstKind(q, service, port, named)
		return []kind{k}, err
	}
	var kinds []kind
	for _, k := range socketKinds {
		switch {
		case !named && k.usual:
			kinds = append(kinds, k.with(q, uint16(port)))
		case named && !k.anyProtocol:
			if s, err := r.Getservbyname(service, k.name); err == nil {
				kinds = append(kinds, k.with(q, s.Port))
			}
		}
	}
	if len(kinds) == 0 {
		return nil, gai(EAI_SERVICE)
	}
	return kinds, nil
}

func (r *Resolver) firstKind(q Addrinfo, service string, port int32, named bool) (kind, *GaiError) {
	for _, k := range socketKinds {
		switch {
		case !k.fits(q):
			continue
		case service != "" && k.anyProtocol:
			return kind{}, gai(EAI_SERVICE)
		case !named:
			return k.with(q, uint16(port)), nil
		}
		s, err := r.Getservbyname(service, k.name)
		if err != nil {
			return kind{}, gai(EAI_SERVICE)
		}
		return k.with(q, s.Port), nil
	}
	if q.Socktype != 0 {
		return kind{}, gai(EAI_SOCKTYPE)
	}
	return kind{}, gai(EAI_SERVICE)
}
