package netdb

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
)

func TestMain(m *testing.M) {
	if os.Getenv(runOracle) == "1" {
		goOracle()
		return
	}
	sockettest.Main(m)
}

const (
	testHosts = `# hosts of the tests
127.0.0.1	localhost loop
::1		localhost ip6-localhost ip6-loopback
192.0.2.7	alpha.example.test alpha a1	# its aliases
192.0.2.8	ALPHA.example.test a2
2001:db8::7	alpha.example.test alpha6
10.1.1.1	beta
198.51.100.1 gamma.example.test
not-an-address	delta
01.2.3.4	octal
fe80::1%lo	zoned
2001:db8::9	six.example.test six
::ffff:192.0.2.9 mapped
192.0.2.10
`
	testServices = `ftp 21/tcp
ssh		22/tcp				# SSH
smtp		25/tcp		mail
domain		53/tcp
domain		53/udp
gopher 70/tcp
http		80/tcp		www	# WorldWideWeb
pop3 110/tcp pop-3
ntp 123/udp
imap2		143/tcp		imap
https		443/tcp
https		443/udp
shell 514/tcp cmd
syslog 514/udp
imaps 993/tcp
pop3s 995/tcp
both		7000/sctp
both		7001/tcp
bad 70000/tcp
worse x/tcp
noproto 80
`
	testProtocols = `ip	0	IP	# pseudo
icmp	1	ICMP
igmp	2	IGMP
tcp	6	TCP
udp	17	UDP
ipv6-icmp 58	IPv6-ICMP
sctp	132	SCTP
bad	x
`
	testResolvConf = "nameserver 127.0.0.1\nsearch example.test sub.example.test\noptions timeout:1 attempts:1\n"
	testNsswitch   = "passwd: files\nhosts:  files dns\n"
)

// write makes a file that holds text.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// newResolver returns a Resolver of the tests' files that asks no name server.
func newResolver(t testing.TB) *Resolver {
	return &Resolver{
		Hosts:      write(t, testHosts),
		Services:   write(t, testServices),
		Protocols:  write(t, testProtocols),
		Nsswitch:   write(t, "hosts: files\n"),
		ResolvConf: write(t, "search .\n"),
	}
}

// loopback is the name of the loopback interface.
func loopback(t testing.TB) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			return i.Name
		}
	}
	t.Fatal("no loopback interface")
	return ""
}
