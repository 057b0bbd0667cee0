package sys

// Sendmsg wraps sendmsg(2): to nil is a NULL address, no buffers are no vector
// and an empty control is a NULL one. v is memory for the call.
func Sendmsg(fd int, to *RawSockaddr, buffers [][]byte, control []byte, flags int, v *Vectors) (int, Errno) {
	n, e := sendmsg(fd, to, buffers, control, flags, v)
	if Tracing() {
		traceSendmsg(fd, to, buffers, control, flags, n, e)
	}
	return n, e
}

// Recvmsg wraps recvmsg(2), with the conventions of Sendmsg. Besides the count
// it returns how many bytes of control the kernel filled, and msg_flags.
func Recvmsg(fd int, from *RawSockaddr, buffers [][]byte, control []byte, flags int, v *Vectors) (Received, Errno) {
	r, e := recvmsg(fd, from, buffers, control, flags, v)
	if Tracing() {
		traceRecvmsg(fd, from, buffers, control, flags, r, e)
	}
	return r, e
}

// Received is what recvmsg(2) says about a message: its length, how many bytes
// of control data came with it (msg_controllen), and msg_flags.
type Received struct {
	N, Control, Flags int
}
