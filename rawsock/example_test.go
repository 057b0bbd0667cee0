package rawsock_test

import (
	"fmt"
	"log"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// An echo server that serves one client, and the client: each step is one system
// call.
func Example() {
	listener, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	if err := listener.Bind(rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0)); err != nil {
		log.Fatal(err)
	}
	if err := listener.Listen(1); err != nil {
		log.Fatal(err)
	}
	addr, err := listener.Getsockname()
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- serveOne(listener) }()

	client, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := client.Connect(addr); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Send([]byte("hello"), 0); err != nil {
		log.Fatal(err)
	}
	if err := client.Shutdown(unix.SHUT_WR); err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, 64)
	n, err := client.Recv(buf, unix.MSG_WAITALL)
	fmt.Printf("%s %v\n", buf[:n], err)
	if err := <-served; err != nil {
		log.Fatal(err)
	}
	// Output: hello <nil>
}

// serveOne accepts one client and sends back what it says until it has finished.
func serveOne(listener rawsock.FD) error {
	conn, _, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	buf := make([]byte, 4096)
	for {
		n, err := conn.Recv(buf, 0)
		if n == 0 || err != nil {
			return err
		}
		for out := buf[:n]; len(out) > 0; out = out[n:] {
			if n, err = conn.Send(out, 0); err != nil {
				return err
			}
		}
	}
}

// Binding to port 0 lets the kernel choose; Getsockname tells what it chose.
func ExampleFD_Getsockname() {
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer fd.Close()
	if err := fd.Bind(rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 0)); err != nil {
		log.Fatal(err)
	}
	sa, err := fd.Getsockname()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sa.AddrPort().Addr(), sa.AddrPort().Port() != 0)
	// Output: 127.0.0.1 true
}

func ExampleSockaddr_String() {
	path, err := rawsock.SockaddrUnixPath("/run/x.sock")
	if err != nil {
		log.Fatal(err)
	}
	loopback := [16]byte{15: 1}
	fmt.Println(rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 80))
	fmt.Println(rawsock.SockaddrInet6(loopback, 80, 0, 2))
	fmt.Println(path)
	fmt.Println(rawsock.SockaddrUnixUnnamed())
	fmt.Println(rawsock.Sockaddr{})
	// Output:
	// 127.0.0.1:80
	// [::1%2]:80
	// /run/x.sock
	// unnamed
	// none
}

// An address reads as text, and the text as the address.
func ExampleParseSockaddr() {
	for _, text := range []string{"127.0.0.1:80", "[fe80::1%2]:80 flowinfo=0xabcde", "/run/x.sock", "unnamed", "family 99: 0001"} {
		sa, err := rawsock.ParseSockaddr(text)
		fmt.Println(rawsock.FamilyName(sa.Family()), sa.String() == text, err)
	}
	// Output:
	// AF_INET true <nil>
	// AF_INET6 true <nil>
	// AF_UNIX true <nil>
	// AF_UNIX true <nil>
	// 99 true <nil>
}

// What an address is in a network of 192.168.1.0/25.
func ExampleClassifyInet4() {
	for _, host := range []byte{1, 127, 255} {
		addr := [4]byte{192, 168, 1, host}
		fmt.Println(addr, rawsock.IsPrivate(addr), rawsock.ClassifyInet4(addr, 25))
	}
	// Output:
	// [192 168 1 1] true ordinary
	// [192 168 1 127] true {network, subnet, -1}
	// [192 168 1 255] true {network, -1, -1}
}
