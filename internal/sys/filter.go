package sys

// AttachFilter wraps setsockopt(2) at SOL_SOCKET of an option that takes a
// struct sock_fprog. filter has at most 65535 instructions, as its length is an
// unsigned short there.
func AttachFilter(fd, name int, filter []SockFilter) Errno {
	e := attachFilter(fd, name, filter)
	if Tracing() {
		traceAttachFilter(fd, name, filter, e)
	}
	return e
}

// GetFilter wraps getsockopt(2) of SO_GET_FILTER, which counts instructions
// where other options count bytes. n is how many the filter has: with room for
// none the kernel writes nothing, and with too little it fails.
func GetFilter(fd int, filter []SockFilter) (n int, e Errno) {
	n, e = getFilter(fd, filter)
	if Tracing() {
		traceGetFilter(fd, filter, n, e)
	}
	return n, e
}
