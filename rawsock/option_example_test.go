package rawsock_test

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// What cannot be read or set by its nature has no such method, and the value has
// the type of the option.
func ExampleOption() {
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fd.Close()
	if err := rawsock.TCPNoDelay.Set(fd, true); err != nil {
		fmt.Println(err)
	}
	on, err := rawsock.TCPNoDelay.Get(fd)
	fmt.Println(rawsock.TCPNoDelay.Info().Name, on, err)
	// Output: TCP_NODELAY true <nil>
}
