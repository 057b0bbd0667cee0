// Package address parses the one address grammar that every verb of rawloop and every listener of the loop takes:
//
//	tcp://127.0.0.1:9000   tcp4://…   tcp6://[::1]:9000   udp://…   udp4://…   udp6://…
//	unix:///run/x.sock     unix://rel/path   unix://@abstract   unixgram://…   unixpacket://…
//	fd://3                 127.0.0.1:9000 (a bare host:port is tcp)
//
// Options follow as a query: ?reuseport=1&nodelay=0&rcvbuf=64k&sndbuf=1MiB&backlog=128.
//
// The grammar is strict on purpose: text that could be read in two ways is refused with the reason, because an address that is
// guessed wrong binds a port on an interface nobody meant.
package address

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Address is one parsed address. Which fields are set depends on Network: Host and Port for tcp and udp, Path for unix, FD for fd.
type Address struct {
	// Network is tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram, unixpacket or fd.
	Network string
	// Host is an IP literal without brackets (with its zone, if any), a host name, or empty. An empty host is the wildcard
	// address for a listener and loopback for a client.
	Host string
	// Port is 0 where the kernel chooses.
	Port uint16
	// Path is a file system path, or "@" and the name of a socket in Linux's abstract namespace, which may hold NUL bytes.
	Path string
	// FD is the number of a descriptor that this process inherited.
	FD int
	// Options are the options of the query.
	Options Options
}

// Error is what Parse returns: the text that could not be used, and why.
type Error struct {
	Text   string
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("address %q: %s", e.Text, e.Reason) }

// network is a row of the table of schemes.
type network struct {
	parse   func(a *Address, rest string) error
	options string // the options that mean something for this network, separated by spaces
}

var networks = map[string]network{
	"tcp":        {parseHostPort, "reuseport nodelay rcvbuf sndbuf backlog"},
	"tcp4":       {parseHostPort, "reuseport nodelay rcvbuf sndbuf backlog"},
	"tcp6":       {parseHostPort, "reuseport nodelay rcvbuf sndbuf backlog"},
	"udp":        {parseHostPort, "reuseport rcvbuf sndbuf"},
	"udp4":       {parseHostPort, "reuseport rcvbuf sndbuf"},
	"udp6":       {parseHostPort, "reuseport rcvbuf sndbuf"},
	"unix":       {parsePath, "rcvbuf sndbuf backlog"},
	"unixpacket": {parsePath, "rcvbuf sndbuf backlog"},
	"unixgram":   {parsePath, "rcvbuf sndbuf"},
	"fd":         {parseFD, "nodelay rcvbuf sndbuf"},
}

const knownSchemes = "tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram, unixpacket, fd"

// Parse reads one address. Its error is an *Error that names the text and the reason. Nothing is looked up.
func Parse(s string) (Address, error) {
	a, err := parse(s)
	if err != nil {
		return Address{}, &Error{Text: s, Reason: err.Error()}
	}
	return a, nil
}

func parse(s string) (Address, error) {
	if s == "" {
		return Address{}, fmt.Errorf("empty; write host:port or unix:///path")
	}
	text, query, hasQuery := strings.Cut(s, "?")
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		if strings.ContainsAny(text[:min(len(text), 1)], "/.@") {
			return Address{}, fmt.Errorf("neither scheme nor host:port; write unix://%s for a unix socket", text)
		}
		scheme, rest = "tcp", text
	}
	row, ok := networks[scheme]
	if !ok {
		return Address{}, fmt.Errorf("unknown scheme %q; known are %s", scheme, knownSchemes)
	}
	a := Address{Network: scheme}
	if err := row.parse(&a, rest); err != nil {
		return Address{}, err
	}
	if hasQuery {
		if err := a.Options.parse(query, scheme, row.options); err != nil {
			return Address{}, err
		}
	}
	return a, nil
}

// String gives the canonical text of a, always with its scheme. Parse(a.String()) gives a again for every a that Parse returned.
func (a Address) String() string {
	var b strings.Builder
	b.WriteString(a.Network)
	b.WriteString("://")
	switch {
	case a.Network == "fd":
		b.WriteString(strconv.Itoa(a.FD))
	case a.IsUnix():
		b.WriteString(escapePath(a.Path))
	default:
		b.WriteString(a.HostPort())
	}
	b.WriteString(a.Options.query())
	return b.String()
}

// HostPort is the host and port of a tcp or udp address as net.Dial takes them, an IPv6 literal in brackets.
func (a Address) HostPort() string {
	port := strconv.Itoa(int(a.Port))
	if strings.Contains(a.Host, ":") {
		return "[" + a.Host + "]:" + port
	}
	return a.Host + ":" + port
}

// IsUnix reports whether a names a socket of AF_UNIX.
func (a Address) IsUnix() bool { return strings.HasPrefix(a.Network, "unix") }

// IsStream reports whether a names a stream socket: tcp or unix. What fd names is not known from its text.
func (a Address) IsStream() bool {
	return strings.HasPrefix(a.Network, "tcp") || a.Network == "unix"
}

func parseHostPort(a *Address, rest string) error {
	host, port, bracketed, err := splitHostPort(rest)
	if err != nil {
		return err
	}
	if a.Port, err = parsePort(port); err != nil {
		return err
	}
	a.Host, err = checkHost(a.Network, host, bracketed)
	return err
}

// splitHostPort is stricter than net.SplitHostPort: brackets hold an IPv6 address and nothing else.
func splitHostPort(s string) (host, port string, bracketed bool, err error) {
	if tail, ok := strings.CutPrefix(s, "["); ok {
		host, tail, ok = strings.Cut(tail, "]")
		if !ok {
			return "", "", false, fmt.Errorf("missing ']'")
		}
		if port, ok = strings.CutPrefix(tail, ":"); !ok {
			return "", "", false, fmt.Errorf("missing port after ']'; write [%s]:0 for any port", host)
		}
		return host, port, true, nil
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", "", false, fmt.Errorf("missing port; write %s:0 for any port", s)
	}
	if strings.Contains(s[:i], ":") {
		return "", "", false, fmt.Errorf("too many colons; an IPv6 address needs brackets: [::1]:9000")
	}
	return s[:i], s[i+1:], false, nil
}

func parsePort(s string) (uint16, error) {
	if s == "" {
		return 0, fmt.Errorf("missing port; 0 lets the kernel choose")
	}
	if name, path, ok := strings.Cut(s, "/"); ok {
		return 0, fmt.Errorf("%q after port %q is not part of an address", "/"+path, name)
	}
	n, err := parseDecimal(s, 65535)
	switch {
	case err == nil:
		return uint16(n), nil
	case isDigits(strings.TrimLeft(s, "+-")):
		return 0, fmt.Errorf("port %q: %w", s, err)
	default:
		return 0, fmt.Errorf("port %q is not a number (names of services are not looked up)", s)
	}
}

func parseFD(a *Address, rest string) error {
	n, err := parseDecimal(rest, 1<<31-1)
	if err != nil {
		return fmt.Errorf("descriptor %q: %w", rest, err)
	}
	a.FD = n
	return nil
}

// parseDecimal reads digits only: no sign, no leading zero, no underscore.
func parseDecimal(s string, limit int) (int, error) {
	if !isDigits(s) || len(s) > 1 && s[0] == '0' {
		return 0, fmt.Errorf("want a plain decimal number 0..%d", limit)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > uint64(limit) {
		return 0, fmt.Errorf("out of range 0..%d", limit)
	}
	return int(n), nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// checkHost returns the canonical form of an IP literal, a host name in lower case, or "".
func checkHost(network, host string, bracketed bool) (string, error) {
	if host == "" && !bracketed {
		return "", nil
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case bracketed && (err != nil || !ip.Is6()):
		return "", fmt.Errorf("[%s] does not hold an IPv6 address", host)
	case err != nil && looksNumeric(host):
		return "", fmt.Errorf("host %q is not an IPv4 address (four decimal numbers 0..255 without leading zeros)", host)
	case err != nil:
		return checkName(host)
	case strings.HasSuffix(network, "4") && !ip.Is4():
		return "", fmt.Errorf("%s cannot use the IPv6 address %s", network, host)
	case strings.HasSuffix(network, "6") && ip.Is4():
		return "", fmt.Errorf("%s cannot use the IPv4 address %s", network, host)
	}
	return ip.String(), nil
}

// looksNumeric says whether host would be read as a number by inet_aton(3): its last label begins as a number does. Such text is
// never a name; 010.0.0.1 is 8.0.0.1 to some programs and 10.0.0.1 to others.
func looksNumeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	return isDigits(last) || strings.HasPrefix(last, "0x") || strings.HasPrefix(last, "0X")
}

func checkName(host string) (string, error) {
	if len(host) > 253 {
		return "", fmt.Errorf("host name of %d bytes; at most 253 are allowed", len(host))
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 {
			return "", fmt.Errorf("host %q: a label has 1 to 63 bytes", host)
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			return "", fmt.Errorf("host %q: a label neither begins nor ends with '-'", host)
		}
	}
	for i := range len(host) {
		c := host[i]
		if !isAlnum(c) && c != '-' && c != '.' && c != '_' {
			return "", fmt.Errorf("host %q: %q is not allowed in a host name", host, c)
		}
	}
	return strings.ToLower(host), nil
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
