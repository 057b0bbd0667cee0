// Package bpfstat counts, inside the kernel, what a program's sockets do: with
// eBPF programs on tracepoints, and without touching the code that uses the
// sockets.
//
//	c, err := bpfstat.Open(bpfstat.Config{Level: bpfstat.Calls})
//	switch {
//	case err == nil:
//		err = c.Watch(listener) // before listen(2): all that it accepts is watched
//	case errors.Is(err, bpfstat.ErrUnavailable):
//		log.Print(err) // says what is missing; the server runs without
//	}
//
// # Levels
//
// Each level has what those before it have.
//
//   - Lifecycle counts TCP connections that were opened and closed, and what
//     each had come to when it ended: bytes, bytes that nobody read or that were
//     never sent, segments, retransmissions, round-trip time. It costs nothing a
//     call.
//   - Calls counts every send and receive of a watched socket, its bytes, EAGAIN
//     and other errors, exactly. While it is open every such call on the machine
//     costs some 50 ns, because the tracepoints are the machine's.
//   - Wake measures how long data waited between its arrival and the receive: how
//     late an event loop was, which it cannot see itself.
//
// # What is counted
//
// A call is what reaches the socket: send, sendto, write, writev and sendmsg are
// one each, sendmmsg is one a message, sendfile and splice to a socket are one a
// piece that the kernel makes of them. An attempt that fails earlier, such as
// with EBADF or EFAULT, reaches no socket, and neither does a read of no bytes.
// recvmmsg makes one attempt more when it runs out of messages. A blocking call
// that a signal interrupts is an error, and when it is restarted another call.
// Bytes that MSG_PEEK leaves where they
// are, or that come from the error queue, are not received. MSG_TRUNC reports
// more than was copied; so does the count.
//
// Not counted: splice(2) from a stream socket to a pipe, and
// TCP_ZEROCOPY_RECEIVE. The kernel has no tracepoint there.
//
// A connected socket is watched from Watch on; a connection from its first byte
// if its listener was watched before listen(2). AF_UNIX connections inherit
// nothing: watch each. Neither do those of MPTCP listeners, which package net
// makes by default; Watch refuses these.
//
// # What it needs
//
// Linux with BTF (CONFIG_DEBUG_INFO_BTF): 5.12 for Lifecycle, 6.3 for Calls and
// Wake. CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN. Without these Open returns
// ErrUnavailable. No file system has to be mounted, no limit to be raised, and
// nothing stays behind: programs, maps and links live in descriptors of this
// process and go with it, however it ends.
package bpfstat
