package netdb

import (
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Servent is a service: struct servent of getservbyname(3).
type Servent struct {
	Name    string
	Aliases []string
	Port    uint16 // in the host's order
	Proto   string // "tcp"
}

// Protoent is a protocol: struct protoent of getprotobyname(3).
type Protoent struct {
	Name    string
	Aliases []string
	Proto   int
}

// Getservbyname is getservbyname(3): the service with that name or alias, whose
// letters count as they are. proto is "tcp" or the like; "" takes the first.
func (r *Resolver) Getservbyname(name, proto string) (*Servent, error) {
	s, err := r.service(proto, func(s Servent) bool { return s.Name == name || slices.Contains(s.Aliases, name) })
	return s, entryError("getservbyname", name, proto, err)
}

// Getservbyport is getservbyport(3), with the port in the host's order. proto is
// "tcp" or the like; "" takes the first.
func (r *Resolver) Getservbyport(port uint16, proto string) (*Servent, error) {
	s, err := r.service(proto, func(s Servent) bool { return s.Port == port })
	return s, entryError("getservbyport", strconv.Itoa(int(port)), proto, err)
}

// Getprotobyname is getprotobyname(3): the protocol with that name or alias,
// whose letters count as they are.
func (r *Resolver) Getprotobyname(name string) (*Protoent, error) {
	p, err := r.protocol(func(p Protoent) bool { return p.Name == name || slices.Contains(p.Aliases, name) })
	return p, entryError("getprotobyname", name, "", err)
}

// Getprotobynumber is getprotobynumber(3).
func (r *Resolver) Getprotobynumber(number int) (*Protoent, error) {
	p, err := r.protocol(func(p Protoent) bool { return p.Proto == number })
	return p, entryError("getprotobynumber", strconv.Itoa(number), "", err)
}

// Getservent returns all services in the order of the file, as calls of
// getservent(3) do.
func (r *Resolver) Getservent() ([]Servent, error) {
	text, err := r.servicesText()
	var all []Servent
	for s := range serviceLines(text) {
		s.Aliases = slices.Clone(s.Aliases)
		all = append(all, s)
	}
	return all, err
}

// Getservbyname is [Resolver.Getservbyname] of the system's services.
func Getservbyname(name, proto string) (*Servent, error) { return std.Getservbyname(name, proto) }

// Getservbyport is [Resolver.Getservbyport] of the system's services.
func Getservbyport(port uint16, proto string) (*Servent, error) {
	return std.Getservbyport(port, proto)
}

// Getservent is [Resolver.Getservent] of the system's services.
func Getservent() ([]Servent, error) { return std.Getservent() }

// Getprotobyname is [Resolver.Getprotobyname] of the system's protocols.
func Getprotobyname(name string) (*Protoent, error) { return std.Getprotobyname(name) }

// Getprotobynumber is [Resolver.Getprotobynumber] of the system's protocols.
func Getprotobynumber(number int) (*Protoent, error) { return std.Getprotobynumber(number) }

func entryError(call, name, proto string, err error) error {
	if err == nil {
		return nil
	}
	if proto != "" {
		name += "/" + proto
	}
	return &EntryError{call, name, err}
}

func (r *Resolver) servicesText() (string, error) {
	return orTable(builtinServices)(r.services.read(or(r.Services, "/etc/services")))
}

// orTable puts a table in the place of a file that is missing.
func orTable(table string) func(string, error) (string, error) {
	return func(text string, err error) (string, error) {
		if errors.Is(err, fs.ErrNotExist) {
			return table, nil
		}
		return text, err
	}
}

func (r *Resolver) service(proto string, match func(Servent) bool) (*Servent, error) {
	text, err := r.servicesText()
	if err != nil {
		return nil, err
	}
	for s := range serviceLines(text) {
		if (proto == "" || s.Proto == proto) && match(s) {
			s.Aliases = slices.Clone(s.Aliases)
			return &s, nil
		}
	}
	return nil, ErrNotFound
}

func (r *Resolver) protocol(match func(Protoent) bool) (*Protoent, error) {
	text, err := orTable(builtinProtocols)(r.protocols.read(or(r.Protocols, "/etc/protocols")))
	if err != nil {
		return nil, err
	}
	for p := range protocolLines(text) {
		if match(p) {
			p.Aliases = slices.Clone(p.Aliases)
			return &p, nil
		}
	}
	return nil, ErrNotFound
}

// serviceLines yields the entries of a services file: name, port/protocol,
// aliases. The aliases are good until the next entry.
func serviceLines(text string) iter.Seq[Servent] {
	return func(yield func(Servent) bool) {
		for fields := range entries(text) {
			if len(fields) < 2 {
				continue
			}
			number, proto, ok := strings.Cut(fields[1], "/")
			port, err := strconv.ParseUint(number, 10, 16)
			if ok && err == nil && proto != "" && !yield(Servent{fields[0], fields[2:], uint16(port), proto}) {
				return
			}
		}
	}
}

// protocolLines yields the entries of a protocols file: name, number, aliases. The
// aliases are good until the next entry.
func protocolLines(text string) iter.Seq[Protoent] {
	return func(yield func(Protoent) bool) {
		for fields := range entries(text) {
			if len(fields) < 2 {
				continue
			}
			number, err := strconv.ParseUint(fields[1], 10, 31)
			if err == nil && !yield(Protoent{fields[0], fields[2:], int(number)}) {
				return
			}
		}
	}
}
