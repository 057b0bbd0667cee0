package rawsock

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Sendfile wraps sendfile(2): it sends up to n bytes of the file in to fd
// without a copy through this process, and returns how many. With offset nil it
// reads from in's file offset and moves that; otherwise it reads from *offset,
// moves that and leaves the file's alone. 0 is the end of the file. A negative n
// is EINVAL without a system call, as a size_t has no such value.
//
// It is Linux's call (on 32 bits sendfile64(2)), and ENOSYS elsewhere, where the
// call of that name is another one.
func (fd FD) Sendfile(in FD, offset *int64, n int) (sent int, err error) {
	if n < 0 {
		return 0, unix.EINVAL
	}
	sent, e := sys.Sendfile(int(fd), int(in), offset, n)
	return sent, asError(e)
}

// Splice wraps splice(2): it moves up to n bytes from in to out, one of which
// is a pipe, and returns how many; 0 is end of input. The offsets are as
// Sendfile's, and must be nil for a pipe (ESPIPE) and a socket. Linux only. A
// negative n is EINVAL, as in Sendfile.
func Splice(in FD, inOffset *int64, out FD, outOffset *int64, n, flags int) (moved int, err error) {
	if n < 0 {
		return 0, unix.EINVAL
	}
	moved, e := sys.Splice(int(in), inOffset, int(out), outOffset, n, flags)
	return moved, asError(e)
}

// Tee wraps tee(2): it copies up to n bytes from the pipe in to the pipe out and
// leaves them in in. Linux only. A negative n is EINVAL, as in Sendfile.
func Tee(in, out FD, n, flags int) (copied int, err error) {
	if n < 0 {
		return 0, unix.EINVAL
	}
	copied, e := sys.Tee(int(in), int(out), n, flags)
	return copied, asError(e)
}

// Vmsplice wraps vmsplice(2): it maps buffers into the pipe fd, or copies out of
// it if fd is its read end. Linux only. It does not allocate for up to 16
// buffers.
//
// A pipe that was written so refers to the buffers' memory until its reader has
// taken it: they must be neither changed nor dropped before, and the garbage
// collector does not know that.
func (fd FD) Vmsplice(buffers [][]byte, flags int) (n int, err error) {
	n, e := sys.Vmsplice(int(fd), buffers, flags)
	return n, asError(e)
}
