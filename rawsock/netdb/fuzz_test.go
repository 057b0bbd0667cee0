package netdb

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

func FuzzHosts(f *testing.F) {
	f.Add(testHosts, "alpha")
	f.Add("::1 a\x00b c\n127.0.0.1\ta", "A")
	f.Fuzz(func(t *testing.T, text, name string) {
		for _, family := range []int{unix.AF_UNSPEC, unix.AF_INET, unix.AF_INET6} {
			host := hostByName(text, name, family)
			if host == nil {
				continue
			}
			if len(host.Addrs) == 0 || strings.ContainsAny(host.Name, "\x00 \t\n#") || host.Name == "" {
				t.Fatalf("got %+v", host)
			}
			for _, addr := range host.Addrs {
				if family == unix.AF_INET && !addr.Is4() || family == unix.AF_INET6 && !addr.Is6() || addr.Zone() != "" {
					t.Fatalf("%v is not of family %d", addr, family)
				}
			}
			if hostByAddr(text, host.Addrs[0]) == nil {
				t.Fatalf("%v has a name, but not the other way round", host.Addrs[0])
			}
		}
	})
}

func FuzzServices(f *testing.F) {
	f.Add(testServices)
	f.Add(testProtocols)
	f.Fuzz(func(t *testing.T, text string) {
		for s := range serviceLines(text) {
			if s.Name == "" || s.Proto == "" || strings.ContainsAny(s.Name+s.Proto, "\x00 \t\n#") {
				t.Fatalf("got %+v", s)
			}
		}
		for p := range protocolLines(text) {
			if p.Name == "" || p.Proto < 0 || slices.Contains(p.Aliases, "") {
				t.Fatalf("got %+v", p)
			}
		}
	})
}

func FuzzResolvConf(f *testing.F) {
	f.Add(testResolvConf, testNsswitch)
	f.Add("nameserver ::1\nnameserver fe80::1%lo\noptions ndots:99 rotate timeout:-1\ndomain x", "hosts: files [!UNAVAIL=return SUCCESS=continue] dns [x")
	f.Fuzz(func(t *testing.T, conf, nsswitch string) {
		c := parseResolvConf(conf)
		if len(c.servers) > maxServers || len(c.search) > maxSearch || c.ndots < 0 || c.ndots > maxNdots || c.timeout < 0 || c.attempts < 0 || c.attempts > maxAttempts {
			t.Fatalf("got %+v", c)
		}
		if len(c.candidates("name")) > maxSearch+1 {
			t.Fatal("too many candidates")
		}
		for _, s := range parseNsswitch(nsswitch) {
			if s.name == "" || strings.ContainsAny(s.name, "[ \t") {
				t.Fatalf("got %+v", s)
			}
		}
	})
}

func FuzzAnswer(f *testing.F) {
	q := dnsmessage.Question{Name: dnsmessage.MustNewName("www.example.test."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	const id = 7
	for _, name := range []string{"www.example.test", "loop1.example.test", "pointer.example.test", "evil.example.test"} {
		asked := q
		asked.Name = dnsmessage.MustNewName(name + ".")
		b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id})
		if b.StartQuestions() != nil || b.Question(asked) != nil {
			f.Fatal("no question")
		}
		packet, err := b.Finish()
		if err != nil {
			f.Fatal(err)
		}
		for _, packet := range answer(packet, false) {
			f.Add(packet, uint16(q.Type))
		}
	}
	f.Fuzz(func(t *testing.T, packet []byte, typ uint16) {
		asked := q
		asked.Type = dnsmessage.Type(typ)
		rep, ok, err := parseReply(packet, id, asked)
		if !ok || err != nil {
			return
		}
		if packet[0] != 0 || packet[1] != id {
			t.Fatal("an answer with another id")
		}
		host, failed := rep.host("www.example.test", asked.Type)
		if failed == nil && asked.Type != dnsmessage.TypePTR && (!validName(host.Name) || len(host.Addrs) == 0) {
			t.Fatalf("got %+v", host)
		}
	})
}

// What InetPton takes InetNtop writes, and InetAton takes it too if it is IPv4.
func FuzzInet(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "127.1", "0x7f.1", "::1.2.3.4", "fe80::1", "1:2:3:4:5:6:7::", "08.1", "1.2.3.4 x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, errA := InetAton(s)
		if n, err := InetNetwork(s); err == nil && n == 0 && errA == nil && a != [4]byte{} {
			t.Fatalf("%q is %v as an address and 0 as a network", s, a)
		}
		for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
			b, err := InetPton(family, s)
			if err != nil {
				continue
			}
			if family == unix.AF_INET && (errA != nil || !slices.Equal(a[:], b)) {
				t.Fatalf("%q: InetAton says %v, %v, InetPton %v", s, a, errA, b)
			}
			text, err := InetNtop(family, b)
			again, err2 := netip.ParseAddr(text)
			if err != nil || err2 != nil || !slices.Equal(again.AsSlice(), b) {
				t.Fatalf("%q became %q, %v, %v", s, text, err, err2)
			}
		}
	})
}
