package sys

// Readv wraps readv(2): it fills buffers one after the other.
func Readv(fd int, buffers [][]byte) (int, Errno) {
	n, e := readv(fd, buffers)
	if Tracing() {
		traceReadv(fd, buffers, n, e)
	}
	return n, e
}

// Writev wraps writev(2): it writes buffers one after the other.
func Writev(fd int, buffers [][]byte) (int, Errno) {
	n, e := writev(fd, buffers)
	if Tracing() {
		traceVectorIn("writev", n, e, fd, buffers)
	}
	return n, e
}

// Vmsplice wraps vmsplice(2).
func Vmsplice(fd int, buffers [][]byte, flags int) (int, Errno) {
	n, e := vmsplice(fd, buffers, flags)
	if Tracing() {
		traceVectorIn("vmsplice", n, e, fd, buffers, flags)
	}
	return n, e
}

func traceReadv(fd int, buffers [][]byte, n int, e Errno) {
	iov := Arg{Word: vectorAddr(buffers), Iov: blocksOut(buffers, n, e)}
	trace("readv", n, e, num(fd), iov, num(len(buffers)))
}

func traceVectorIn(name string, n int, e Errno, fd int, buffers [][]byte, flags ...int) {
	args := []Arg{num(fd), {Word: vectorAddr(buffers), Iov: blocksIn(buffers)}, num(len(buffers))}
	for _, f := range flags {
		args = append(args, num(f))
	}
	trace(name, n, e, args...)
}
