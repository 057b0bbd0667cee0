package rawsock_test

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func ExampleTrace() {
	stop := rawsock.Trace(os.Stdout)
	defer stop()
	fd := rawsock.FD(-1) // so that the output is always the same
	_ = fd.Bind(rawsock.SockaddrInet4([4]byte{127, 0, 0, 1}, 80))
	_ = fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	_, _ = fd.Send([]byte("hello\n"), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	// Output:
	// bind(-1, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EBADF (Bad file descriptor)
	// setsockopt(-1, SOL_SOCKET, SO_REUSEADDR, [1], 4) = -1 EBADF (Bad file descriptor)
	// sendto(-1, "hello\n", 6, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = -1 EBADF (Bad file descriptor)
}

func ExampleTraceFunc() {
	failed := map[string]int{}
	stop := rawsock.TraceFunc(func(c rawsock.Call) {
		if _, err := c.Result(); errors.Is(err, unix.EBADF) {
			failed[c.Name()]++
		}
	})
	defer stop()
	_ = rawsock.FD(-1).Listen(1)
	_ = rawsock.FD(-1).Close()
	_ = rawsock.FD(-1).Close()
	fmt.Println(failed)
	// Output: map[close:2 listen:1]
}
