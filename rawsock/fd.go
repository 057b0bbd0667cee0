package rawsock

import "github.com/rawloop/rawloop/internal/sys"

// FD is a file descriptor: a number, owned by whoever made or accepted it.
type FD int

// Read wraps read(2). On a stream 0 means end of file, unless p is empty. On a
// datagram socket it is an empty datagram.
func (fd FD) Read(p []byte) (n int, err error) {
	n, e := sys.Read(int(fd), p)
	return n, asError(e)
}

// Write wraps write(2). It may write less than all of p.
func (fd FD) Write(p []byte) (n int, err error) {
	n, e := sys.Write(int(fd), p)
	return n, asError(e)
}

// SetNonblock sets or clears O_NONBLOCK with one ioctl(FIONBIO). The flag
// belongs to the open file description: every duplicate of fd, in whatever
// process, changes too.
func (fd FD) SetNonblock(on bool) error {
	return asError(sys.SetNonblock(int(fd), on))
}

// Close wraps close(2). It is not retried, and must not be: see the package
// documentation. With SO_LINGER set to a positive time it can sleep that long,
// also on a nonblocking socket.
func (fd FD) Close() error {
	return asError(sys.Close(int(fd)))
}

// isCInt reports whether the kernel sees v as it is where a call takes a C int.
func isCInt(v int) bool { return v == int(int32(v)) }

// asError makes an error of an errno. The runtime has values below 256 at hand,
// so that boxing one allocates nothing.
func asError(e sys.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}
