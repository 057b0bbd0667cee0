package netdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// runOracle makes the test binary answer calls as pythonOracle does.
const runOracle = "NETDB_TEST_RUN_ORACLE"

// pythonOracle reads a list of calls, each a function and its arguments, and
// prints what they return.
const pythonOracle = `
import ctypes, json, socket, sys
libc = ctypes.CDLL(None)
libc.gai_strerror.restype = libc.hstrerror.restype = ctypes.c_char_p
for fn in ("inet_network", "inet_addr", "inet_makeaddr", "inet_lnaof", "inet_netof"): getattr(libc, fn).restype = ctypes.c_uint32
def call(fn, args):
    if hasattr(socket, fn): return convert(getattr(socket, fn)(*args))
    v = getattr(libc, fn)(*(a.encode() if isinstance(a, str) else ctypes.c_uint32(a) for a in args))
    return v.decode() if isinstance(v, bytes) else v
def convert(v):
    if isinstance(v, bytes): return v.hex()
    if isinstance(v, (list, tuple)): return [convert(x) for x in v]
    return int(v) if isinstance(v, int) else v
out = []
for fn, *args in json.load(sys.stdin):
    try:
        if fn == "getnameinfo": args[0] = tuple(args[0])
        if fn == "inet_ntop": args[1] = bytes.fromhex(args[1])
        v = call(fn, args)
    except (socket.gaierror, socket.herror) as e: v = [type(e).__name__, e.args[0], e.args[1]]
    except OSError as e: v = "OSError"
    out.append(v)
json.dump(out, sys.stdout)
`

// call is a function of Python's socket module, or of the C library, and its
// arguments.
type call []any

// goOracle answers calls with this package, in Python's form.
func goOracle() {
	var calls []call
	if err := json.NewDecoder(os.Stdin).Decode(&calls); err != nil {
		panic(err)
	}
	out := []any{}
	for _, c := range calls {
		v, err := c.do(context.Background())
		var g *GaiError
		var h *HostError
		switch {
		case errors.As(err, &g):
			v = []any{"gaierror", int(g.Code), g.Code.Error()}
		case errors.As(err, &h):
			v = []any{"herror", int(h.Code), h.Code.Error()}
		case err != nil:
			v = "OSError"
		}
		out = append(out, v)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}

func (c call) text(i int) string {
	if i >= len(c) || c[i] == nil {
		return ""
	}
	return fmt.Sprint(c[i])
}

func (c call) number(i int) int {
	n, _ := c[i].(float64)
	return int(n)
}

func (c call) do(ctx context.Context) (any, error) {
	switch c[0] {
	case "getaddrinfo":
		rows, err := Getaddrinfo(ctx, c.text(1), c.text(2), &Addrinfo{Family: c.number(3), Socktype: c.number(4), Protocol: c.number(5), Flags: c.number(6)})
		all := []any{}
		for _, row := range rows {
			sa := []any{numericHost(row.Addr.AddrPort().Addr()), row.Addr.AddrPort().Port()}
			if _, _, flow, scope, ok := row.Addr.Inet6(); ok {
				sa = append(sa, flow, scope)
			}
			all = append(all, []any{row.Family, row.Socktype, row.Protocol, row.Canonname, sa})
		}
		return all, err
	case "gethostbyname":
		addr, err := Gethostbyname(ctx, c.text(1))
		return addr.String(), err
	case "gethostbyname_ex":
		// Python looks the name up as gethostbyname does first, and has its error.
		if _, err := Gethostbyname(ctx, c.text(1)); err != nil {
			return nil, err
		}
		return hostTuple(GethostbynameEx(ctx, c.text(1)))
	case "gethostbyaddr":
		return hostTuple(Gethostbyaddr(ctx, c.text(1)))
	case "getfqdn":
		return Getfqdn(ctx, c.text(1)), nil
	case "gethostname":
		return first(Gethostname())
	case "sethostname":
		return nil, Sethostname(c.text(1))
	case "getnameinfo":
		sa := c[1].([]any)
		addr, _ := rawsock.SockaddrFromHost(map[int]int{2: unix.AF_INET, 4: unix.AF_INET6}[len(sa)], sa[0].(string), uint16(int(sa[1].(float64))))
		if a, p, _, _, ok := addr.Inet6(); ok {
			addr = rawsock.SockaddrInet6(a, p, 0, uint32(sa[3].(float64)))
		}
		host, service, err := Getnameinfo(ctx, addr, c.number(2))
		return []any{host, service}, err
	}
	return c.plain()
}

// plain are the calls that ask no name server.
func (c call) plain() (any, error) {
	switch c[0] {
	case "getservbyname":
		s, err := Getservbyname(c.text(1), c.text(2))
		if err != nil {
			return nil, err
		}
		return s.Port, nil
	case "getservbyport":
		s, err := Getservbyport(uint16(c.number(1)), c.text(2))
		if err != nil {
			return nil, err
		}
		return s.Name, nil
	case "getprotobyname":
		p, err := Getprotobyname(c.text(1))
		if err != nil {
			return nil, err
		}
		return p.Proto, nil
	case "inet_aton":
		b, err := InetAton(c.text(1))
		return hex.EncodeToString(b[:]), err
	case "inet_pton":
		b, err := InetPton(c.number(1), c.text(2))
		return hex.EncodeToString(b), err
	case "inet_ntop":
		b, _ := hex.DecodeString(c.text(2))
		return first(InetNtop(c.number(1), b))
	case "if_nameindex":
		ifs, err := IfNameindex()
		all := []any{}
		for _, i := range ifs {
			all = append(all, []any{i.Index, i.Name})
		}
		return all, err
	case "if_nametoindex":
		return first(IfNametoindex(c.text(1)))
	case "if_indextoname":
		return first(IfIndextoname(c.number(1)))
	}
	return c.legacy(), nil
}

// legacy are the calls that Python does not have. The C library's struct in_addr
// and in_addr_t are numbers whose bytes are in network order.
func (c call) legacy() any {
	number := func(addr [4]byte) uint32 { return binary.NativeEndian.Uint32(addr[:]) }
	var addr [4]byte
	switch c[0] {
	case "gai_strerror":
		return GaiStrerror(EAI(c.number(1)))
	case "hstrerror":
		return Hstrerror(HErrno(c.number(1)))
	case "inet_network":
		v, err := InetNetwork(c.text(1))
		if err != nil {
			return uint32(rawsock.INADDR_NONE)
		}
		return v
	case "inet_addr":
		return number(InetAddr(c.text(1)))
	case "inet_makeaddr":
		return number(InetMakeaddr(uint32(c[1].(float64)), uint32(c[2].(float64))))
	case "inet_lnaof":
		binary.NativeEndian.PutUint32(addr[:], uint32(c[1].(float64)))
		return InetLnaof(addr)
	case "inet_netof":
		binary.NativeEndian.PutUint32(addr[:], uint32(c[1].(float64)))
		return InetNetof(addr)
	}
	panic(c[0])
}

func first[T any](v T, err error) (any, error) { return v, err }

func hostTuple(h *Hostent, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	addrs := []any{}
	for _, a := range h.Addrs {
		addrs = append(addrs, a.String())
	}
	return []any{h.Name, append([]string{}, h.Aliases...), addrs}, nil
}

// world is a network and mount namespace with the tests' files in /etc and the
// tests' name server on port 53.
type world struct {
	t   *testing.T
	ns  *sockettest.Netns
	dir string
}

func newWorld(t *testing.T, resolvConf string) *world {
	t.Helper()
	sockettest.NeedRoot(t)
	sockettest.NeedProgram(t, "unshare", "mount", "sh", "ip", "getent")
	w := &world{t, sockettest.NewNetns(t), t.TempDir()}
	for name, text := range map[string]string{
		"hosts": testHosts, "services": testServices, "protocols": testProtocols, "nsswitch.conf": testNsswitch,
		"resolv.conf": resolvConf, "host.conf": "multi on\n",
	} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.ns.Run("ip", "addr", "add", "192.0.2.1/24", "dev", "lo")
	w.ns.Run("ip", "addr", "add", "2001:db8::1/64", "dev", "lo", "nodad")
	w.ns.Run("ip", "addr", "add", "fd00::1/64", "dev", "lo", "nodad", "preferred_lft", "0")
	w.ns.Run("ip", "route", "add", "198.51.100.0/24", "dev", "lo")
	w.ns.Run("ip", "route", "add", "203.0.113.0/24", "dev", "lo")
	w.ns.Do(func() { serve(t, "127.0.0.1:53") })
	return w
}

// run runs a program in the world, with input as its stdin.
func (w *world) run(env string, input []byte, args ...string) []byte {
	w.t.Helper()
	const script = `for f in "$0"/*; do mount --bind "$f" /etc/"${f##*/}" || exit 99; done; echo box.example.test >/proc/sys/kernel/hostname; exec "$@"`
	cmd := exec.CommandContext(w.t.Context(), "unshare", append([]string{"-m", "-u", "sh", "-c", script, w.dir}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	cmd.Env = append(os.Environ(), env)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var out []byte
	var err error
	w.ns.Do(func() { out, err = cmd.Output() })
	if err != nil {
		w.t.Fatalf("%q: %v\n%s", args, err, &stderr)
	}
	return out
}

// compare makes calls with Python and with this package, in the same world.
func (w *world) compare(calls []call) {
	w.t.Helper()
	input, err := json.Marshal(calls)
	if err != nil {
		w.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	var want, got []any
	for _, side := range []struct {
		to   *[]any
		args []string
	}{{&want, []string{sockettest.NeedPython(w.t), "-c", pythonOracle}}, {&got, []string{self}}} {
		if err := json.Unmarshal(w.run(runOracle+"=1", input, side.args...), side.to); err != nil {
			w.t.Fatal(err)
		}
		if len(*side.to) != len(calls) {
			w.t.Fatalf("%d answers to %d calls", len(*side.to), len(calls))
		}
	}
	differ := 0
	for i, c := range calls {
		if !reflect.DeepEqual(got[i], want[i]) {
			if differ++; differ <= 20 {
				w.t.Errorf("%v:\n got %v\nwant %v", c, got[i], want[i])
			}
		}
	}
	w.t.Logf("%d calls compared, %d differ", len(calls), differ)
}

var oracleNames = []string{
	"localhost", "LOCALHOST", "loop", "ip6-localhost", "alpha.example.test", "alpha", "a1", "a2", "alpha6", "beta", "gamma", "delta", "octal", "zoned",
	"six", "mapped", "www", "www.example.test", "www.example.test.", "web", "host", "host.example.test", "HOST.example.test", "four.example.test", "six6.example.test", "nodata.example.test",
	"alias4", "upper.example.test", "deep", "deep.sub", "under_score.example.test", "big.example.test",
	"gone.example.test", "nosuch", "nosuch.invalid", "127.0.0.1", "127.1", "1.2.3.4", "::1", "::ffff:1.2.3.4", "2001:db8::20", "fe80::1%lo", "fe80::1%1", "2001:db8::1%lo", "1.2.3.4 ", "256.1.1.1", "*",
	"strange.example.test", "other.example.test", "old.example.test", "far.example.test",
}

// C9, C10: some hundreds of calls of getaddrinfo, and the same rows from the GNU C
// library.
func TestGetaddrinfoOracle_C9_C10(t *testing.T) {
	w := newWorld(t, testResolvConf)
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(n ...int) int { return n[rng.IntN(len(n))] }
	services := []any{nil, 80, 0, "http", "www", "https", "both", "ntp", "nosuch", 99999, "80", "-1", " 7", "8x", "domain"}
	var calls []call
	for range 700 {
		var name any = oracleNames[rng.IntN(len(oracleNames))]
		if rng.IntN(20) == 0 {
			name = nil
		}
		flags := 0
		for _, f := range []int{AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_V4MAPPED, AI_ALL, AI_ADDRCONFIG, AI_NUMERICSERV} {
			if rng.IntN(5) == 0 {
				flags |= f
			}
		}
		if rng.IntN(40) == 0 {
			flags |= 1 << 20
		}
		calls = append(calls, call{
			"getaddrinfo", name, services[rng.IntN(len(services))], pick(0, 0, 2, 10, 10, 99), pick(0, 1, 1, 1, 2, 3, 5, 77), pick(0, 0, 0, 0, 6, 17, 1, 132), flags,
		})
	}
	for _, name := range oracleNames {
		calls = append(calls, call{"getaddrinfo", name, "http", 0, 1, 0, AI_CANONNAME}, call{"getaddrinfo", name, 80, 2, 1, 0, 0}, call{"getaddrinfo", name, 80, 10, 1, 0, AI_CANONNAME})
	}
	w.compare(calls)
}

// C1 to C8, B21: the other calls that Python has.
func TestNamesOracle_C1_C8(t *testing.T) {
	w := newWorld(t, testResolvConf)
	calls := []call{{"gethostname"}, {"if_nameindex"}, {"if_nametoindex", "lo"}, {"if_nametoindex", "nosuch"}, {"if_indextoname", 1}, {"if_indextoname", 999}}
	for _, name := range oracleNames {
		calls = append(calls, call{"gethostbyname", name}, call{"gethostbyname_ex", name}, call{"getfqdn", name}, call{"gethostbyaddr", name})
	}
	calls = append(calls, call{"gethostbyname", ""}, call{"gethostbyname", "<broadcast>"}, call{"getfqdn", ""}, call{"getfqdn", "0.0.0.0"})
	for _, addr := range []string{"127.0.0.1", "192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.20", "192.0.2.30", "10.9.9.9", "::1", "2001:db8::7", "2001:db8::20", "2001:db8::99", "fe80::1%lo", "192.0.2.67"} {
		calls = append(calls, call{"gethostbyaddr", addr}, call{"getfqdn", addr})
		sa := []any{addr, 80}
		if strings.Contains(addr, ":") {
			addr, _, _ = strings.Cut(addr, "%")
			sa = []any{addr, 514, 0, 1}
		}
		for _, flags := range []int{0, NI_NUMERICHOST, NI_NUMERICSERV, NI_NUMERICHOST | NI_NUMERICSERV, NI_NAMEREQD, NI_NOFQDN, NI_DGRAM, NI_NAMEREQD | NI_NUMERICHOST, 1 << 12} {
			calls = append(calls, call{"getnameinfo", sa, flags})
		}
	}
	for _, name := range []string{"http", "www", "HTTP", "imap", "imap2", "domain", "both", "worse", "", "syslog", "shell"} {
		calls = append(calls, call{"getservbyname", name}, call{"getservbyname", name, "tcp"}, call{"getservbyname", name, "udp"}, call{"getservbyname", name, "TCP"})
	}
	for _, port := range []int{80, 143, 53, 514, 443, 7000, 7001, 1, 0, 65535} {
		calls = append(calls, call{"getservbyport", port}, call{"getservbyport", port, "tcp"}, call{"getservbyport", port, "udp"}, call{"getservbyport", port, "sctp"})
	}
	for _, name := range []string{"tcp", "TCP", "Tcp", "udp", "icmp", "ipv6-icmp", "raw", "sctp", "ip", "bad", ""} {
		calls = append(calls, call{"getprotobyname", name})
	}
	calls = append(calls, inetCalls()...)
	w.compare(append(calls, call{"sethostname", "other.example.test"}, call{"gethostname"}, call{"sethostname", strings.Repeat("x", 65)}))
}

// inetCalls are random texts of addresses, near those that are right.
func inetCalls() (calls []call) {
	rng := rand.New(rand.NewPCG(3, 4))
	parts := []string{"0", "1", "255", "256", "0x7f", "0X", "010", "08", "65535", "65536", "16777215", "16777216", "4294967295", "4294967296", "00", "1a", "", " 1", "1 ", "-1"}
	for range 400 {
		var b []string
		for range 1 + rng.IntN(5) {
			b = append(b, parts[rng.IntN(len(parts))])
		}
		text := strings.Join(b, ".")
		calls = append(calls, call{"inet_aton", text}, call{"inet_pton", unix.AF_INET, text}, call{"inet_addr", text})
		if !strings.Contains(text, "429496") { // which the C library lets wrap around
			calls = append(calls, call{"inet_network", text})
		}
		addr, host := rng.Uint32(), rng.Uint32()
		calls = append(calls, call{"inet_lnaof", addr}, call{"inet_netof", addr}, call{"inet_makeaddr", addr >> (8 * rng.IntN(4)), host})
	}
	calls = append(calls, call{"gai_strerror", EAI_CANCELED})
	for code := -99; code < 8; code++ {
		calls = append(calls, call{"gai_strerror", code}, call{"hstrerror", code})
	}
	groups := []string{"0", "1", "ffff", "", "", "00001", "abcd", "1.2.3.4", "g", "db8"}
	for range 400 {
		var b []string
		for range 1 + rng.IntN(9) {
			b = append(b, groups[rng.IntN(len(groups))])
		}
		calls = append(calls, call{"inet_pton", unix.AF_INET6, strings.Join(b, ":")})
		raw := make([]byte, 16)
		for i := range raw {
			raw[i] = byte(rng.IntN(4) / 3 * rng.IntN(256))
		}
		calls = append(calls, call{"inet_ntop", unix.AF_INET6, hex.EncodeToString(raw)})
	}
	return calls
}

// F6: no name server answers, or it fails. For one family alone the GNU C library
// 2.36 takes a server that fails for one that says that there is no such name;
// here that is EAI_AGAIN too.
func TestServerFailureOracle_F6(t *testing.T) {
	w := newWorld(t, testResolvConf)
	var calls []call
	for _, name := range []string{"fail.example.test", "refused.example.test", "silent.example.test."} {
		calls = append(calls, call{"getaddrinfo", name, 80, 0, 1, 0, 0})
	}
	calls = append(calls, call{"getaddrinfo", "silent.example.test.", 80, 2, 1, 0, 0})
	w.compare(calls)
}

// getent speaks to the same library by another program.
func TestGetentOracle_C6(t *testing.T) {
	w := newWorld(t, testResolvConf)
	for _, key := range []string{"http", "80/tcp", "domain/udp", "imap", "both"} {
		line := strings.Fields(string(w.run("", nil, "getent", "services", key)))
		name, proto, _ := strings.Cut(key, "/")
		r := newResolver(t)
		s, err := r.Getservbyname(name, proto)
		if name == "80" {
			s, err = r.Getservbyport(80, proto)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := append([]string{s.Name, fmt.Sprintf("%d/%s", s.Port, s.Proto)}, s.Aliases...); !slices.Equal(got, line) {
			t.Errorf("%s: got %q, want %q", key, got, line)
		}
	}
}
