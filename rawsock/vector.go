package rawsock

import "github.com/rawloop/rawloop/internal/sys"

// Readv wraps readv(2): it fills buffers one after the other. At most 1024
// (EINVAL). It does not allocate for up to 16. On dragonfly, freebsd and netbsd
// it is ENOSYS.
func (fd FD) Readv(buffers [][]byte) (n int, err error) {
	n, e := sys.Readv(int(fd), buffers)
	return n, asError(e)
}

// Writev wraps writev(2): it writes buffers one after the other, and may write
// less than all of them. What is said of Readv is true of it.
func (fd FD) Writev(buffers [][]byte) (n int, err error) {
	n, e := sys.Writev(int(fd), buffers)
	return n, asError(e)
}
