package address

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Options are the socket options that an address can carry. The zero value asks for nothing and leaves every default alone.
type Options struct {
	// ReusePort sets SO_REUSEPORT before bind.
	ReusePort bool
	// NoDelay sets or clears TCP_NODELAY; nil leaves the default of whoever makes the socket.
	NoDelay *bool
	// RcvBuf and SndBuf are SO_RCVBUF and SO_SNDBUF in bytes (Linux doubles what it is given); 0 leaves the kernel's sizing alone.
	RcvBuf, SndBuf int
	// Backlog is listen(2)'s second argument; 0 means the default of whoever listens.
	Backlog int
}

// parse reads a query. allowed holds the names that mean something for network.
func (o *Options) parse(query, network, allowed string) error {
	seen := make(map[string]bool)
	for item := range strings.SplitSeq(query, "&") {
		name, value, ok := strings.Cut(item, "=")
		switch {
		case !ok || value == "":
			return fmt.Errorf("option %q needs a value, as in nodelay=1", name)
		case seen[name]:
			return fmt.Errorf("option %q is given twice", name)
		case !slices.Contains(strings.Fields(knownOptions), name):
			return fmt.Errorf("unknown option %q; known are %s", name, knownOptions)
		case !slices.Contains(strings.Fields(allowed), name):
			return fmt.Errorf("option %q means nothing for %s", name, network)
		}
		seen[name] = true
		if err := o.set(name, value); err != nil {
			return fmt.Errorf("option %s=%s: %w", name, value, err)
		}
	}
	return nil
}

const knownOptions = "reuseport nodelay rcvbuf sndbuf backlog"

func (o *Options) set(name, value string) (err error) {
	switch name {
	case "reuseport":
		o.ReusePort, err = parseBool(value)
	case "nodelay":
		var v bool
		v, err = parseBool(value)
		o.NoDelay = &v
	case "rcvbuf":
		o.RcvBuf, err = ParseSize(value)
	case "sndbuf":
		o.SndBuf, err = ParseSize(value)
	case "backlog":
		o.Backlog, err = ParseSize(value)
	}
	return err
}

// query is the canonical text of o with its '?', or "".
func (o Options) query() string {
	var items []string
	if o.ReusePort {
		items = append(items, "reuseport=1")
	}
	if o.NoDelay != nil {
		items = append(items, "nodelay="+boolText(*o.NoDelay))
	}
	for _, v := range []struct {
		name string
		n    int
	}{{"rcvbuf", o.RcvBuf}, {"sndbuf", o.SndBuf}, {"backlog", o.Backlog}} {
		if v.n != 0 {
			items = append(items, v.name+"="+strconv.Itoa(v.n))
		}
	}
	if len(items) == 0 {
		return ""
	}
	return "?" + strings.Join(items, "&")
}

func boolText(v bool) string {
	if v {
		return "1"
	}
	return "0"
}

func parseBool(s string) (bool, error) {
	switch s {
	case "1", "true", "on":
		return true, nil
	case "0", "false", "off":
		return false, nil
	}
	return false, fmt.Errorf("want 1 or 0")
}

// ParseSize reads a number of bytes from 1 to 2³¹−1, with an optional binary suffix: 64k, 64K and 64KiB are 65536; m, M, MiB, g, G
// and GiB likewise. Decimal units (kB, MB) are refused because half of the readers take them for binary ones.
func ParseSize(s string) (int, error) {
	digits := strings.TrimRight(s, "kKmMgGiB")
	shift, ok := map[string]uint{
		"": 0, "k": 10, "K": 10, "KiB": 10, "m": 20, "M": 20, "MiB": 20, "g": 30, "G": 30, "GiB": 30,
	}[s[len(digits):]]
	if !ok {
		return 0, fmt.Errorf("unknown unit %q; use k, M, G, KiB, MiB or GiB", s[len(digits):])
	}
	const limit = 1<<31 - 1
	n, err := parseDecimal(digits, limit)
	if err != nil {
		return 0, err
	}
	if n == 0 || n > limit>>shift {
		return 0, fmt.Errorf("out of range 1..%d bytes", limit)
	}
	return n << shift, nil
}
