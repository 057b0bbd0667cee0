package rawsock_test

import (
	"fmt"
	"log"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// A connection is handed to whoever is at the other end of a unix socket.
func ExampleFD_SendFds() {
	channel, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer channel[0].Close()
	defer channel[1].Close()
	conn, err := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer conn[0].Close()
	if _, err := channel[0].SendFds([]byte("take it"), conn[1:], 0, rawsock.Sockaddr{}); err != nil {
		log.Fatal(err)
	}
	conn[1].Close()

	buf := make([]byte, 64)
	n, fds, _, _, err := channel[1].RecvFds(buf, make([]rawsock.FD, 1), 0)
	if err != nil {
		log.Fatal(err)
	}
	defer fds[0].Close()
	fmt.Printf("%s: %d descriptor\n", buf[:n], len(fds))
	if _, err := fds[0].Send([]byte("thanks"), 0); err != nil {
		log.Fatal(err)
	}
	n, err = conn[0].Recv(buf, 0)
	fmt.Printf("%s %v\n", buf[:n], err)
	// Output:
	// take it: 1 descriptor
	// thanks <nil>
}
