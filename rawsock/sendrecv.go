package rawsock

import "github.com/rawloop/rawloop/internal/sys"

// MaxUDPv4Payload is the longest datagram of UDP over IPv4: what 65,535 bytes
// leave beside a header of 20 bytes and one of 8. A longer one is EMSGSIZE.
const MaxUDPv4Payload = 65535 - 20 - 8

// Send wraps send(2), which on Linux is sendto(2) with a NULL address. It may
// send less than all of p on a stream.
func (fd FD) Send(p []byte, flags int) (n int, err error) {
	n, e := sys.Sendto(int(fd), p, flags, nil)
	return n, asError(e)
}

// Sendto wraps sendto(2). The zero Sockaddr is the NULL address, which a
// connected socket takes.
func (fd FD) Sendto(p []byte, flags int, to Sockaddr) (n int, err error) {
	return fd.SendtoAt(p, flags, &to)
}

// SendtoAt is Sendto that reads the address where it lies, for callers that keep
// one: a Sockaddr is long to copy.
func (fd FD) SendtoAt(p []byte, flags int, to *Sockaddr) (n int, err error) {
	n, e := sys.Sendto(int(fd), p, flags, to.pointer())
	return n, asError(e)
}

// Recv wraps recv(2), which on Linux is recvfrom(2) with a NULL address. 0 is
// end of file on a stream unless p is empty, and an empty datagram on a datagram
// socket. With MSG_TRUNC a datagram's true length is returned, which may exceed
// len(p).
func (fd FD) Recv(p []byte, flags int) (n int, err error) {
	n, e := sys.Recvfrom(int(fd), p, flags, nil)
	return n, asError(e)
}

// Recvfrom wraps recvfrom(2): Recv with the sender's address. Where the kernel
// gives none, as on a connected TCP socket or from an unbound unix socket, the
// address is the zero Sockaddr.
func (fd FD) Recvfrom(p []byte, flags int) (n int, from Sockaddr, err error) {
	n, err = fd.RecvfromInto(p, flags, &from)
	return n, from, err
}

// RecvfromInto is Recvfrom that leaves the address in *from, for callers that keep
// one there: a Sockaddr is long to copy.
func (fd FD) RecvfromInto(p []byte, flags int, from *Sockaddr) (n int, err error) {
	*from = Sockaddr{}
	n, e := sys.Recvfrom(int(fd), p, flags, &from.raw)
	if e != 0 {
		*from = Sockaddr{}
		return n, e
	}
	from.trim()
	return n, nil
}
