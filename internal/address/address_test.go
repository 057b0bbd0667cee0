package address_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/rawloop/rawloop/internal/address"
)

type (
	addr = address.Address
	opts = address.Options
)

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

var parses = []struct {
	in   string
	want addr
	out  string // the canonical text, where it is not in
}{
	{in: "tcp://127.0.0.1:9000", want: addr{Network: "tcp", Host: "127.0.0.1", Port: 9000}},
	{in: "127.0.0.1:9000", want: addr{Network: "tcp", Host: "127.0.0.1", Port: 9000}, out: "tcp://127.0.0.1:9000"},
	{in: "LocalHost:0", want: addr{Network: "tcp", Host: "localhost"}, out: "tcp://localhost:0"},
	{in: ":9000", want: addr{Network: "tcp", Port: 9000}, out: "tcp://:9000"},
	{in: "tcp://:65535", want: addr{Network: "tcp", Port: 65535}},
	{in: "[::1]:9000", want: addr{Network: "tcp", Host: "::1", Port: 9000}, out: "tcp://[::1]:9000"},
	{in: "tcp6://[0:0::1]:1", want: addr{Network: "tcp6", Host: "::1", Port: 1}, out: "tcp6://[::1]:1"},
	{in: "tcp://[fe80::1%eth0]:80", want: addr{Network: "tcp", Host: "fe80::1%eth0", Port: 80}},
	{in: "tcp6://[::ffff:1.2.3.4]:80", want: addr{Network: "tcp6", Host: "::ffff:1.2.3.4", Port: 80}},
	{in: "tcp4://0.0.0.0:80", want: addr{Network: "tcp4", Host: "0.0.0.0", Port: 80}},
	{in: "udp://example.org.:53", want: addr{Network: "udp", Host: "example.org.", Port: 53}},
	{in: "udp4://127.0.0.1:53", want: addr{Network: "udp4", Host: "127.0.0.1", Port: 53}},
	{in: "udp6://[::]:53", want: addr{Network: "udp6", Host: "::", Port: 53}},
	{in: "unix:///run/x.sock", want: addr{Network: "unix", Path: "/run/x.sock"}},
	{in: "unix://rel/path", want: addr{Network: "unix", Path: "rel/path"}},
	{in: "unix://@abstract", want: addr{Network: "unix", Path: "@abstract"}},
	{in: "unix://@a%00b", want: addr{Network: "unix", Path: "@a\x00b"}},
	{in: "unix://./@file", want: addr{Network: "unix", Path: "./@file"}},
	{in: "unix:///a%3Fb%25c", want: addr{Network: "unix", Path: "/a?b%c"}},
	{in: "unix:///a b", want: addr{Network: "unix", Path: "/a b"}},
	{in: "unix:///%c3%a9", want: addr{Network: "unix", Path: "/\u00e9"}, out: "unix:///%C3%A9"},
	{in: "unix:///tcp://x", want: addr{Network: "unix", Path: "/tcp://x"}},
	{in: "unixgram:///d", want: addr{Network: "unixgram", Path: "/d"}},
	{in: "unixpacket://p", want: addr{Network: "unixpacket", Path: "p"}},
	{in: "fd://3", want: addr{Network: "fd", FD: 3}},
	{in: "fd://0", want: addr{Network: "fd"}},
	{in: "tcp://127.0.0.1:0?reuseport=1&nodelay=1&rcvbuf=64k", out: "tcp://127.0.0.1:0?reuseport=1&nodelay=1&rcvbuf=65536",
		want: addr{Network: "tcp", Host: "127.0.0.1", Options: opts{ReusePort: true, NoDelay: yes(), RcvBuf: 65536}}},
	{in: "127.0.0.1:0?nodelay=off&reuseport=false", out: "tcp://127.0.0.1:0?nodelay=0",
		want: addr{Network: "tcp", Host: "127.0.0.1", Options: opts{NoDelay: no()}}},
	{in: "unix://x?backlog=128&sndbuf=1MiB", out: "unix://x?sndbuf=1048576&backlog=128",
		want: addr{Network: "unix", Path: "x", Options: opts{SndBuf: 1 << 20, Backlog: 128}}},
}

func TestParse(t *testing.T) {
	for _, tc := range parses {
		t.Run(tc.in, func(t *testing.T) {
			got, err := address.Parse(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("Parse = %+v, want %+v", got, tc.want)
			}
			out := tc.out
			if out == "" {
				out = tc.in
			}
			if got.String() != out {
				t.Errorf("String = %q, want %q", got.String(), out)
			}
		})
	}
}

var refusals = []struct{ in, reason string }{
	{"", "empty"},
	{"127.0.0.1", "missing port"},
	{"localhost:", "missing port"},
	{"tcp://", "missing port"},
	{"tcp://[::1]", "missing port after ']'"},
	{"tcp://[::1]9000", "missing port after ']'"},
	{"tcp://[::1:9000", "missing ']'"},
	{"::1:9000", "needs brackets"},
	{"tcp:127.0.0.1:80", "too many colons"},
	{"tcp://127.0.0.1:65536", "out of range 0..65535"},
	{"tcp://127.0.0.1:99999999999999999999999", "out of range 0..65535"},
	{"tcp://127.0.0.1:-1", "plain decimal number"},
	{"tcp://127.0.0.1:+80", "plain decimal number"},
	{"tcp://127.0.0.1:080", "plain decimal number"},
	{"tcp://127.0.0.1:http", "names of services"},
	{"tcp://127.0.0.1:0x50", "is not a number"},
	{"tcp://127.0.0.1: 80", "is not a number"},
	{"tcp://127.0.0.1:80/", "not part of an address"},
	{"tcp://127.0.0.1:80/path", `"/path" after port "80"`},
	{"tcp://127.0.0.01:80", "without leading zeros"},
	{"tcp://010.0.0.1:80", "without leading zeros"},
	{"tcp://127.1:80", "not an IPv4 address"},
	{"tcp://256.0.0.1:80", "not an IPv4 address"},
	{"tcp://0x7f000001:80", "not an IPv4 address"},
	{"tcp://1.2.3.0xff:80", "not an IPv4 address"},
	{"tcp://1.2.3.4.:80", "not an IPv4 address"},
	{"tcp://[127.0.0.1]:80", "does not hold an IPv6 address"},
	{"tcp://[localhost]:80", "does not hold an IPv6 address"},
	{"tcp://[]:80", "does not hold an IPv6 address"},
	{"tcp4://[::1]:80", "tcp4 cannot use the IPv6 address"},
	{"tcp6://127.0.0.1:80", "tcp6 cannot use the IPv4 address"},
	{"tcp4://[::ffff:1.2.3.4]:80", "tcp4 cannot use the IPv6 address"},
	{"tcp://a b:80", "not allowed in a host name"},
	{"tcp://*:80", "not allowed in a host name"},
	{"tcp://user@host:80", "not allowed in a host name"},
	{"tcp://ex\u00e4mple:80", "not allowed in a host name"},
	{"tcp://a..b:80", "a label has 1 to 63 bytes"},
	{"tcp://.:80", "a label has 1 to 63 bytes"},
	{"tcp://-a:80", "neither begins nor ends with '-'"},
	{"tcp://" + strings.Repeat("a", 64) + ":80", "a label has 1 to 63 bytes"},
	{"tcp://" + strings.Repeat("a.", 130) + ":80", "at most 253"},
	{"http://127.0.0.1:80", `unknown scheme "http"`},
	{"TCP://127.0.0.1:80", `unknown scheme "TCP"`},
	{"://x", `unknown scheme ""`},
	{"/run/x.sock", "write unix:///run/x.sock"},
	{"@name", "write unix://@name"},
	{"unix://", "missing path"},
	{"unix://@", "missing name"},
	{"unix:///a%00b", "cannot hold a NUL byte"},
	{"unix:///a%2", "write %25"},
	{"unix:///a%zz", "write %25"},
	{"unix:///" + strings.Repeat("a", 108), "path of 109 bytes"},
	{"unix://@" + strings.Repeat("a", 108), "path of 109 bytes"},
	{"fd://", "plain decimal number"},
	{"fd://-1", "plain decimal number"},
	{"fd://03", "plain decimal number"},
	{"fd://2147483648", "out of range"},
	{"fd://stdin", "plain decimal number"},
	{"127.0.0.1:0?", "needs a value"},
	{"127.0.0.1:0?nodelay", "needs a value"},
	{"127.0.0.1:0?nodelay=", "needs a value"},
	{"127.0.0.1:0?nodelay=2", "option nodelay=2: want 1 or 0"},
	{"127.0.0.1:0?nodelay=1&nodelay=1", "given twice"},
	{"127.0.0.1:0?nodelay=1&", "needs a value"},
	{"127.0.0.1:0?keepalive=1", `unknown option "keepalive"`},
	{"127.0.0.1:0?rcvbuf=64x", `option rcvbuf=64x: want a plain decimal`},
	{"127.0.0.1:0?rcvbuf=64kB", `unknown unit "kB"`},
	{"127.0.0.1:0?rcvbuf=0", "out of range"},
	{"127.0.0.1:0?rcvbuf=2G", "out of range"},
	{"127.0.0.1:0?rcvbuf=-1", "plain decimal"},
	{"unix://x?nodelay=1", "means nothing for unix"},
	{"udp://127.0.0.1:0?backlog=1", "means nothing for udp"},
	{"fd://3?reuseport=1", "means nothing for fd"},
}

func TestParseRefuses(t *testing.T) {
	for _, tc := range refusals {
		t.Run(tc.in, func(t *testing.T) {
			a, err := address.Parse(tc.in)
			if err == nil {
				t.Fatalf("Parse = %+v, want an error", a)
			}
			e, ok := err.(*address.Error)
			if !ok || e.Text != tc.in {
				t.Errorf("error %#v does not name the text", err)
			}
			if !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("error %q lacks the reason %q", err, tc.reason)
			}
		})
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int{
		"1": 1, "64k": 64 << 10, "64K": 64 << 10, "64KiB": 64 << 10, "3m": 3 << 20, "1MiB": 1 << 20, "1G": 1 << 30, "2147483647": 1<<31 - 1,
	} {
		if got, err := address.ParseSize(in); got != want || err != nil {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "k", "0", "-1", "1.5k", "01", "64kB", "1Ki", "1kk", "1B", "2G", "2147483648", "1 k", "1T"} {
		if got, err := address.ParseSize(in); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", in, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"tcp://127.0.0.1:9000", "[fe80::1%eth0]:80", "unix://@a%00b?rcvbuf=64k", "fd://3", ":0", "udp6://[::]:53?reuseport=1",
		"unix:///a%3Fb?backlog=1", "tcp://a.b.:1?nodelay=0&sndbuf=1MiB", "tcp://[::ffff:1.2.3.4%1]:1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := address.Parse(s)
		if err != nil {
			if !reflect.DeepEqual(a, address.Address{}) {
				t.Errorf("Parse(%q) = %+v beside an error", s, a)
			}
			return
		}
		text := a.String()
		b, err := address.Parse(text)
		if err != nil {
			t.Fatalf("Parse(%q).String() = %q, which does not parse: %v", s, text, err)
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("Parse(%q) = %+v, but Parse(%q) = %+v", s, a, text, b)
		}
		if b.String() != text {
			t.Errorf("String of %q is not stable: %q", text, b.String())
		}
	})
}
