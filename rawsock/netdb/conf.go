package netdb

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// rotation counts lookups, for "options rotate".
type rotation struct{ n atomic.Uint32 }

// The limits of resolv.conf(5) in the GNU C library, but for the search list,
// which there has had no limit since 2.26.
const (
	maxServers  = 3
	maxSearch   = 64
	maxNdots    = 15
	maxTimeout  = 30
	maxAttempts = 5
)

// resolvConf is what /etc/resolv.conf says.
type resolvConf struct {
	servers  []netip.AddrPort
	search   []string
	ndots    int
	timeout  time.Duration
	attempts int
	rotate   bool
}

const dnsPort = 53

// parseResolvConf reads a resolv.conf. Lines that it does not know are none.
func parseResolvConf(text string) resolvConf {
	c := resolvConf{ndots: 1, timeout: 5 * time.Second, attempts: 2}
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		fields := strings.FieldsFunc(line, isSpace)
		if len(fields) < 2 || isSpace(rune(line[0])) {
			continue
		}
		switch args := fields[1:]; fields[0] {
		case "nameserver":
			if addr, err := netip.ParseAddr(args[0]); err == nil && len(c.servers) < maxServers {
				c.servers = append(c.servers, netip.AddrPortFrom(addr, dnsPort))
			}
		case "domain":
			c.search = args[:1:1]
		case "search":
			c.search = args[:min(len(args), maxSearch)]
		case "options":
			for _, o := range args {
				c.option(o)
			}
		}
	}
	return c
}

func (c *resolvConf) option(s string) {
	key, value, _ := strings.Cut(s, ":")
	n, err := strconv.Atoi(value)
	n = max(n, 0)
	switch {
	case s == "rotate":
		c.rotate = true
	case err != nil:
	case key == "ndots":
		c.ndots = min(n, maxNdots)
	case key == "timeout":
		c.timeout = time.Duration(min(n, maxTimeout)) * time.Second
	case key == "attempts":
		c.attempts = min(n, maxAttempts)
	}
}

// dnsConf is resolv.conf with what the fields of r replace in it.
func (r *Resolver) dnsConf() (resolvConf, error) {
	text, err := r.resolv.read(or(r.ResolvConf, "/etc/resolv.conf"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return resolvConf{}, err
	}
	c := parseResolvConf(text)
	if c.search == nil {
		// resolv.conf(5): what follows the first dot of this host's name.
		if name, err := os.Hostname(); err == nil {
			if _, domain, ok := strings.Cut(name, "."); ok && domain != "" {
				c.search = []string{domain}
			}
		}
	}
	if r.Servers != nil {
		c.servers = r.Servers
	}
	if len(c.servers) == 0 {
		c.servers = []netip.AddrPort{netip.AddrPortFrom(inet4Loopback, dnsPort)}
	}
	if r.Timeout > 0 {
		c.timeout = r.Timeout
	}
	if r.Attempts > 0 {
		c.attempts = r.Attempts
	}
	c.timeout, c.attempts = max(c.timeout, time.Millisecond), max(c.attempts, 1)
	if c.rotate {
		n := int(r.turn.n.Add(1)-1) % len(c.servers)
		c.servers = append(append([]netip.AddrPort(nil), c.servers[n:]...), c.servers[:n]...)
	}
	return c, nil
}

// status is what a source of nsswitch.conf(5) may come to.
type status string

const (
	success  status = "success"
	notFound status = "notfound"
	tryAgain status = "tryagain"
	unavail  status = "unavail"
)

// source is one of the places where names of hosts are looked up, and after which
// of its results the search goes on.
type source struct {
	name      string
	continues map[status]bool
}

func newSource(name string) source {
	return source{name, map[status]bool{notFound: true, tryAgain: true, unavail: true}}
}

// parseNsswitch reads the order for hosts out of an nsswitch.conf.
func parseNsswitch(text string) []source {
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		database, rest, ok := strings.Cut(strings.TrimFunc(line, isSpace), ":")
		if ok && strings.TrimFunc(database, isSpace) == "hosts" {
			return parseSources(rest)
		}
	}
	return []source{newSource("files"), newSource("dns")}
}

// parseSources reads "files [NOTFOUND=return] dns".
func parseSources(s string) (sources []source) {
	for s = strings.TrimLeftFunc(s, isSpace); s != ""; s = strings.TrimLeftFunc(s, isSpace) {
		if s[0] == '[' {
			var criteria string
			criteria, s, _ = strings.Cut(s[1:], "]")
			if len(sources) > 0 {
				sources[len(sources)-1].follow(criteria)
			}
			continue
		}
		end := strings.IndexFunc(s, func(r rune) bool { return isSpace(r) || r == '[' })
		if end < 0 {
			end = len(s)
		}
		sources = append(sources, newSource(s[:end]))
		s = s[end:]
	}
	return sources
}

// follow applies criteria such as "!UNAVAIL=return".
func (src source) follow(criteria string) {
	for c := range strings.FieldsFuncSeq(strings.ToLower(criteria), isSpace) {
		state, action, _ := strings.Cut(c, "=")
		state, not := strings.CutPrefix(state, "!")
		for _, s := range []status{success, notFound, tryAgain, unavail} {
			if (string(s) == state) != not {
				src.continues[s] = action == "continue"
			}
		}
	}
}

// sources is the order in which names of hosts are looked up.
func (r *Resolver) sources() ([]source, error) {
	text, err := r.nsswitch.read(or(r.Nsswitch, "/etc/nsswitch.conf"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return parseNsswitch(text), nil
}
