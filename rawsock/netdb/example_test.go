package netdb_test

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
	"github.com/rawloop/rawloop/rawsock/netdb"
)

func ExampleGetaddrinfo() {
	rows, err := netdb.Getaddrinfo(context.Background(), "127.0.0.1", "80", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range rows {
		fmt.Println(rawsock.FamilyName(row.Family), rawsock.TypeName(row.Socktype), rawsock.ProtoName(row.Protocol), row.Addr.AddrPort())
	}
	// Output:
	// AF_INET SOCK_STREAM IPPROTO_TCP 127.0.0.1:80
	// AF_INET SOCK_DGRAM IPPROTO_UDP 127.0.0.1:80
	// AF_INET SOCK_RAW IPPROTO_IP 127.0.0.1:80
}

func ExampleGaiError() {
	_, err := netdb.Getaddrinfo(context.Background(), "::1", "80", &netdb.Addrinfo{Family: unix.AF_INET})
	fmt.Println(err)
	fmt.Println(errors.Is(err, netdb.EAI_ADDRFAMILY))
	// Output:
	// getaddrinfo "::1:80": Address family for hostname not supported
	// true
}

// A Resolver of other files; a table that is built in stands for those that are
// missing.
func ExampleResolver() {
	r := netdb.Resolver{Services: "/nonexistent"}
	s, err := r.Getservbyname("https", "tcp")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Name, s.Port)
	// Output: https 443
}

func ExampleInetAton() {
	for _, text := range []string{"127.1", "0x7f.1", "010.0.0.1"} {
		addr, err := netdb.InetAton(text)
		fmt.Println(text, netdb.InetNtoa(addr), err)
	}
	// Output:
	// 127.1 127.0.0.1 <nil>
	// 0x7f.1 127.0.0.1 <nil>
	// 010.0.0.1 8.0.0.1 <nil>
}

func ExampleInetNtop() {
	packed, err := netdb.InetPton(unix.AF_INET6, "::1.2.3.4")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := netdb.InetNtop(unix.AF_INET6, packed)
	fmt.Println(text, err)
	// Output: ::1.2.3.4 <nil>
}
