package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netdb"
)

// resolution is what resolve --json prints.
type resolution struct {
	Schema    string         `json:"schema"`
	Node      string         `json:"node"`
	Service   string         `json:"service,omitempty"`
	Canonical string         `json:"canonical,omitempty"`
	Addresses []resolvedAddr `json:"addresses,omitempty"`

	// Of a reverse lookup.
	Name    string   `json:"name,omitempty"`
	Aliases []string `json:"aliases,omitempty"`
}

// resolvedAddr is a row of getaddrinfo(3).
type resolvedAddr struct {
	Family   string `json:"family"`
	Type     string `json:"type"`
	Protocol string `json:"protocol"`
	Address  string `json:"address"`
	Port     uint16 `json:"port"`
}

// lookupFlags are the flags of resolve.
type lookupFlags struct {
	only4, only6, reverse, asJSON bool
	kind                          string
	servers                       []string
	timeout                       time.Duration
}

func newResolve() *cobra.Command {
	var f lookupFlags
	cmd := &cobra.Command{
		Use:   "resolve NAME[:SERVICE]",
		Short: "Print the addresses of a host and a service, as getaddrinfo does",
		Long: `Examples:
  rawloop resolve localhost:http
  rawloop resolve -6 --type stream example.org:443 --json
  rawloop resolve [::1]:https
  rawloop resolve -x 127.0.0.1:80         # the names that an address and a port have
  rawloop resolve --server 127.0.0.1:5353 example.org

Each line is what socket(2) and connect(2) take, best address first (RFC 6724). Names are looked up as the C library does it:
nsswitch.conf, hosts, resolv.conf, services.

Exit: 1 with the text of gai_strerror(3) for a name that does not exist, and where no name server answers within the timeout.`,
		Args: wantArgs(1, 1, "one NAME, as in rawloop resolve localhost:http"),
		RunE: verb(func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), args[0])
		}),
	}
	fs := cmd.Flags()
	fs.BoolVarP(&f.only4, "ipv4", "4", false, "IPv4 only")
	fs.BoolVarP(&f.only6, "ipv6", "6", false, "IPv6 only")
	fs.BoolVarP(&f.reverse, "reverse", "x", false, "NAME is an address: print the names of the host and the service")
	fs.StringVar(&f.kind, "type", "", "only sockets of this type: stream, dgram, raw")
	fs.StringArrayVar(&f.servers, "server", nil, "name server to ask, an address with or without a port; may be repeated")
	fs.DurationVar(&f.timeout, "timeout", 10*time.Second, "limit of time for the whole")
	fs.BoolVar(&f.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (f *lookupFlags) run(ctx context.Context, w io.Writer, arg string) error {
	hints, err := f.hints()
	if err != nil {
		return err
	}
	var r netdb.Resolver
	for _, text := range f.servers {
		server, err := parseServer(text)
		if err != nil {
			return usagef("--server: %v", err)
		}
		r.Servers = append(r.Servers, server)
	}
	node, service := splitService(arg)
	if node == "" {
		hints.Flags = 0 // there is no name whose canonical form could be wanted
	}
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	res := &resolution{Schema: "rawloop.resolve/1", Node: node, Service: service}
	if f.reverse {
		return f.names(ctx, w, &r, res, hints)
	}
	rows, err := r.Getaddrinfo(ctx, node, service, &hints)
	if err != nil {
		return err
	}
	res.Canonical = rows[0].Canonname
	for _, row := range rows {
		addr := row.Addr.AddrPort()
		res.Addresses = append(res.Addresses, resolvedAddr{
			rawsock.FamilyName(row.Family), rawsock.TypeName(row.Socktype), rawsock.ProtoName(row.Protocol), addr.Addr().String(), addr.Port(),
		})
	}
	if f.asJSON {
		return printJSON(w, res)
	}
	return res.print(w)
}

// hints are the flags as getaddrinfo(3) takes them.
func (f *lookupFlags) hints() (netdb.Addrinfo, error) {
	hints := netdb.Addrinfo{Flags: netdb.AI_CANONNAME}
	kinds := map[string]int{"": 0, "stream": unix.SOCK_STREAM, "dgram": unix.SOCK_DGRAM, "raw": unix.SOCK_RAW}
	var ok bool
	if hints.Socktype, ok = kinds[f.kind]; !ok {
		return hints, usagef("--type wants stream, dgram or raw, not %q", f.kind)
	}
	switch {
	case f.timeout <= 0:
		return hints, usagef("--timeout wants more than 0, not %v", f.timeout)
	case f.only4 && f.only6:
		return hints, usagef("-4 and -6 exclude each other")
	case f.only4:
		hints.Family = unix.AF_INET
	case f.only6:
		hints.Family = unix.AF_INET6
	}
	return hints, nil
}

// names does the reverse lookup.
func (f *lookupFlags) names(ctx context.Context, w io.Writer, r *netdb.Resolver, res *resolution, hints netdb.Addrinfo) error {
	hints.Flags = netdb.AI_NUMERICHOST
	rows, err := r.Getaddrinfo(ctx, res.Node, res.Service, &hints)
	if err != nil {
		return err
	}
	host, err := r.HostOf(ctx, rows[0].Addr.AddrPort().Addr())
	if err != nil {
		return err
	}
	res.Name, res.Aliases = host.Name, host.Aliases
	if res.Service != "" {
		flags := netdb.NI_NUMERICHOST
		if hints.Socktype == unix.SOCK_DGRAM {
			flags |= netdb.NI_DGRAM
		}
		if _, res.Service, err = r.Getnameinfo(ctx, rows[0].Addr, flags); err != nil {
			return err
		}
	}
	if f.asJSON {
		return printJSON(w, res)
	}
	words := append([]string{res.Name}, res.Aliases...)
	if res.Service != "" {
		words[0] += ":" + res.Service
	}
	_, err = fmt.Fprintln(w, strings.Join(words, " "))
	return err
}

func (res *resolution) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range res.Addresses {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.Family, a.Type, a.Protocol, net.JoinHostPort(a.Address, fmt.Sprint(a.Port)))
	}
	return table.Flush()
}

// splitService splits NAME:SERVICE. An IPv6 address may stand without brackets if no service follows.
func splitService(arg string) (node, service string) {
	if _, err := netip.ParseAddr(arg); err == nil {
		return arg, ""
	}
	if host, port, err := net.SplitHostPort(arg); err == nil {
		return host, port
	}
	return strings.TrimSuffix(strings.TrimPrefix(arg, "["), "]"), ""
}

// parseServer reads the address of a name server, whose port is usually 53.
func parseServer(text string) (netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(addr, 53), nil
	}
	return netip.ParseAddrPort(text)
}
