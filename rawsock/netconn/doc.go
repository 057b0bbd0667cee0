// Package netconn makes a raw socket a net.Conn, net.Listener or net.PacketConn;
// it uses Go's runtime poller (through github.com/mdlayher/socket), not our poller.
//
// [New], [NewListener] and [NewPacketConn] take a descriptor that package rawsock
// made, or that a loop detached, with whatever options it has: nothing is set but
// O_NONBLOCK. [DialConfig] and [ListenConfig] make one from an address. [DupFD] and
// [Conn.Detach] are the way back.
//
// # What a caller may rely on
//
// A goroutine that waits sleeps in the runtime, not in a thread. Deadlines are as
// in package net, and a connection is usable after one has passed. The methods
// that take a context return when it is done; that neither moves the deadlines
// nor disturbs other calls on the connection. All methods may be called by
// several goroutines at once, Close too, which ends calls that wait.
//
// Errors are those of package net: a *net.OpError around an *os.SyscallError with
// the errno, net.ErrClosed, os.ErrDeadlineExceeded or the context's error; and
// io.EOF, bare. After Close the error is net.ErrClosed, never EBADF.
//
// Read, Write, ReadFromAddrPort, WriteToAddrPort, Recvmsg and Sendmsg do not
// allocate, unless a context that can end is given.
//
// # Messages
//
// A SOCK_SEQPACKET socket is a [Conn] whose Read takes one message, and drops what
// of it does not fit; Write sends one. A message of no bytes looks like the end of
// the connection, to Read as to read(2), and is io.EOF. On a [PacketConn] a
// datagram of no bytes is 0 and no error.
//
// # Platforms
//
// What is said of package rawsock is true here too. sendfile(2) and splice(2) are
// used on Linux; elsewhere the same methods copy.
package netconn
