package netdb

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// show writes rows as type/protocol address, and what is behind as Python does.
func show(rows []Addrinfo) string {
	var lines []string
	for _, row := range rows {
		line := fmt.Sprintf("%d/%d %v", row.Socktype, row.Protocol, row.Addr.AddrPort())
		if row.Canonname != "" {
			line += " " + row.Canonname
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

// C9, C10: the flags, the kinds of sockets and the canonical name.
func TestGetaddrinfo_C9_C10(t *testing.T) {
	r := newResolver(t)
	lo, err := IfNametoindex(loopback(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		node, service string
		hints         Addrinfo
		want          string
	}{
		{"127.0.0.1", "80", Addrinfo{}, "1/6 127.0.0.1:80, 2/17 127.0.0.1:80, 3/0 127.0.0.1:80"},
		{"", "80", Addrinfo{Socktype: unix.SOCK_STREAM, Family: unix.AF_INET6}, "1/6 [::1]:80"},
		{"*", "80", Addrinfo{Socktype: unix.SOCK_DGRAM, Family: unix.AF_INET}, "2/17 127.0.0.1:80"},
		{"", "0", Addrinfo{Socktype: unix.SOCK_STREAM, Flags: AI_PASSIVE, Family: unix.AF_INET6}, "1/6 [::]:0"},
		{"127.1", "0", Addrinfo{Socktype: unix.SOCK_STREAM}, "1/6 127.0.0.1:0"},
		{"0x7f.1", "*", Addrinfo{Socktype: unix.SOCK_STREAM}, "1/6 127.0.0.1:0"},
		{"fe80::1%" + loopback(t), "80", Addrinfo{Socktype: unix.SOCK_STREAM}, fmt.Sprintf("1/6 [fe80::1%%%d]:80", lo)},
		{"fe80::1%7", "80", Addrinfo{Socktype: unix.SOCK_STREAM}, "1/6 [fe80::1%7]:80"},
		{"1.2.3.4", "99999", Addrinfo{Socktype: unix.SOCK_STREAM}, "1/6 1.2.3.4:34463"},
		{"1.2.3.4", " +80", Addrinfo{Socktype: unix.SOCK_STREAM}, "1/6 1.2.3.4:80"},
		{"127.0.0.1", "80", Addrinfo{Family: unix.AF_INET6, Socktype: unix.SOCK_STREAM, Flags: AI_V4MAPPED}, "1/6 [::ffff:127.0.0.1]:80"},
		{"::ffff:1.2.3.4", "80", Addrinfo{Family: unix.AF_INET, Socktype: unix.SOCK_STREAM}, "1/6 1.2.3.4:80"},
		{"localhost", "http", Addrinfo{Family: unix.AF_INET, Socktype: unix.SOCK_STREAM, Protocol: unix.IPPROTO_TCP, Flags: AI_CANONNAME}, "1/6 127.0.0.1:80 localhost, 1/6 127.0.0.1:80"},
		{"127.1", "http", Addrinfo{Socktype: unix.SOCK_STREAM, Flags: AI_CANONNAME | AI_NUMERICHOST}, "1/6 127.0.0.1:80 127.1"},
		{"beta", "www", Addrinfo{Flags: AI_CANONNAME}, "1/6 10.1.1.1:80 beta"},
		{"beta", "https", Addrinfo{}, "1/6 10.1.1.1:443, 2/17 10.1.1.1:443"},
		{"beta", "both", Addrinfo{}, "1/6 10.1.1.1:7001, 1/132 10.1.1.1:7000, 5/132 10.1.1.1:7000"},
		{"beta", "514", Addrinfo{Protocol: unix.IPPROTO_UDP}, "2/17 10.1.1.1:514"},
		{"beta", "syslog", Addrinfo{Protocol: unix.IPPROTO_UDP}, "2/17 10.1.1.1:514"},
		{"BETA", "", Addrinfo{Socktype: unix.SOCK_RAW, Protocol: unix.IPPROTO_ICMP}, "3/1 10.1.1.1:0"},
		{"ip6-localhost", "80", Addrinfo{Family: unix.AF_INET, Socktype: unix.SOCK_STREAM}, "1/6 127.0.0.1:80"},
		{"a2", "80", Addrinfo{Family: unix.AF_INET, Socktype: unix.SOCK_STREAM, Flags: AI_CANONNAME}, "1/6 192.0.2.8:80 ALPHA.example.test"},
		{"beta", "80", Addrinfo{Family: unix.AF_INET6, Socktype: unix.SOCK_STREAM, Flags: AI_V4MAPPED}, "1/6 [::ffff:10.1.1.1]:80"},
		{"alpha.example.test", "80", Addrinfo{Family: unix.AF_INET6, Socktype: unix.SOCK_STREAM, Flags: AI_V4MAPPED}, "1/6 [2001:db8::7]:80"},
	} {
		rows, err := r.Getaddrinfo(t.Context(), tt.node, tt.service, &tt.hints)
		if got := show(rows); err != nil || got != tt.want {
			t.Errorf("%q %q %+v: got %s, %v, want %s", tt.node, tt.service, tt.hints, got, err, tt.want)
		}
	}
}

// F6: every error has its code, and the GNU C library's text.
func TestGetaddrinfoErrors_F6(t *testing.T) {
	r := newResolver(t)
	for _, tt := range []struct {
		node, service string
		hints         Addrinfo
		want          EAI
	}{
		{"nosuchname.invalid", "80", Addrinfo{}, EAI_NONAME},
		{"localhost", "nosuchsvc", Addrinfo{}, EAI_SERVICE},
		{"localhost", "-1", Addrinfo{}, EAI_SERVICE},
		{"localhost", "WWW", Addrinfo{}, EAI_SERVICE},
		{"localhost", "ntp", Addrinfo{Socktype: unix.SOCK_STREAM}, EAI_SERVICE},
		{"127.0.0.1", "http", Addrinfo{Socktype: unix.SOCK_RAW}, EAI_SERVICE},
		{"127.0.0.1", "80", Addrinfo{Protocol: 254}, EAI_SERVICE},
		{"127.0.0.1", "80", Addrinfo{Socktype: 77}, EAI_SOCKTYPE},
		{"::1", "80", Addrinfo{Family: unix.AF_INET}, EAI_ADDRFAMILY},
		{"1.2.3.4", "80", Addrinfo{Family: unix.AF_INET6}, EAI_ADDRFAMILY},
		{"localhost", "80", Addrinfo{Socktype: unix.SOCK_STREAM, Protocol: unix.IPPROTO_UDP}, EAI_SOCKTYPE},
		{"", "", Addrinfo{}, EAI_NONAME},
		{"*", "*", Addrinfo{}, EAI_NONAME},
		{"localhost", "http", Addrinfo{Flags: AI_NUMERICSERV}, EAI_NONAME},
		{"localhost", "", Addrinfo{Flags: AI_NUMERICHOST}, EAI_NONAME},
		{"localhost", "80", Addrinfo{Family: 99}, EAI_FAMILY},
		{"localhost", "80", Addrinfo{Flags: 1 << 20}, EAI_BADFLAGS},
		{"", "80", Addrinfo{Flags: AI_CANONNAME}, EAI_BADFLAGS},
		{"fe80::1%nosuchif", "80", Addrinfo{}, EAI_NONAME},
		{"2001:db8::1%" + loopback(t), "80", Addrinfo{}, EAI_NONAME},
		{"delta", "", Addrinfo{}, EAI_NONAME},
		{"octal", "", Addrinfo{}, EAI_NONAME},
		{"zoned", "", Addrinfo{}, EAI_NONAME},
		{"six", "", Addrinfo{Family: unix.AF_INET}, EAI_NONAME},
		{"local\x00host", "", Addrinfo{}, EAI_NONAME},
		{strings.Repeat("a", 1<<20), "", Addrinfo{}, EAI_NONAME},
	} {
		rows, err := r.Getaddrinfo(t.Context(), tt.node, tt.service, &tt.hints)
		var g *GaiError
		if !errors.As(err, &g) || g.Code != tt.want || !errors.Is(err, tt.want) || rows != nil {
			t.Errorf("%.50q %q %+v: got %s, %v, want %v", tt.node, tt.service, tt.hints, show(rows), err, tt.want)
		} else if !strings.Contains(err.Error(), GaiStrerror(tt.want)) {
			t.Errorf("%v does not say %s", err, GaiStrerror(tt.want))
		}
	}
}
