package rawsock_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Row A11: a stream is bytes in order, without the limits of the sends.
func TestStreamIsBytes_A11(t *testing.T) {
	client, server := streams(t)
	for _, text := range []string{"one", "two", "three"} {
		_, err := client.Send([]byte(text), 0)
		check(t, err)
	}
	buf := make([]byte, 11)
	if n, err := server.Recv(buf, unix.MSG_WAITALL); err != nil || string(buf[:n]) != "onetwothree" {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

// Rows A12, A15 and D21: datagrams and sequenced packets keep their limits; a
// receive takes one of them, and what it has no room for is gone.
func TestMessagesKeepTheirLimits_A12_A15(t *testing.T) {
	for name, typ := range map[string]int{"datagram": unix.SOCK_DGRAM, "seqpacket": unix.SOCK_SEQPACKET} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, typ)
			for _, text := range []string{"one", "longer than that", ""} {
				_, err := a.Send([]byte(text), 0)
				check(t, err)
			}
			buf := make([]byte, 6)
			for _, want := range []string{"one", "longer", ""} {
				if n, err := b.Recv(buf, 0); err != nil || string(buf[:n]) != want {
					t.Errorf("%q, %v, want %q", buf[:n], err, want)
				}
			}
			_, err := b.Recv(buf, unix.MSG_DONTWAIT)
			wantErrno(t, err, unix.EAGAIN)
		})
	}
}

// Row A15: sequenced packets have connections.
func TestSeqpacketHasConnections_A15(t *testing.T) {
	l := open(t, unix.AF_UNIX, unix.SOCK_SEQPACKET, 0)
	check(t, l.Bind(rawsock.SockaddrUnixUnnamed()))
	check(t, l.Listen(1))
	addr, err := l.Getsockname()
	check(t, err)
	client := open(t, unix.AF_UNIX, unix.SOCK_SEQPACKET, 0)
	check(t, client.Connect(addr))
	server, _, err := l.Accept()
	check(t, err)
	adopt(t, server)
	check(t, client.Shutdown(unix.SHUT_WR))
	if n, err := server.Recv(make([]byte, 1), 0); n != 0 || err != nil {
		t.Errorf("%d, %v, want the end", n, err)
	}
}

// Row A13: a raw socket sends and receives the packets of a protocol. It needs
// CAP_NET_RAW.
func TestRawSocket_A13(t *testing.T) {
	fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	if err == error(unix.EPERM) && os.Geteuid() != 0 {
		return
	}
	check(t, err)
	adopt(t, fd)
	// An echo request, with the identifier to know the answer by: type, code,
	// checksum, identifier, sequence number.
	request := []byte{8, 0, 0, 0, byte(os.Getpid()), byte(os.Getpid() >> 8), 0, 1}
	binary.BigEndian.PutUint16(request[2:], ^onesSum(request))
	_, err = fd.Sendto(request, 0, loopback(0))
	check(t, err)
	buf := make([]byte, 100)
	for {
		n, from, err := fd.Recvfrom(buf, 0) // with the IP header
		check(t, err)
		if header := int(buf[0]&15) * 4; n == header+8 && buf[header] == 0 && bytes.Equal(buf[header+4:n], request[4:]) {
			if from != loopback(0) {
				t.Errorf("answer from %v", from)
			}
			return
		}
	}
}

// onesSum is the sum of the Internet checksum (RFC 1071).
func onesSum(p []byte) uint16 {
	var sum uint32
	for i := 0; i < len(p); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	return uint16(sum + sum>>16)
}

// Row A14: reliable datagrams are TIPC's and RDS's; the Internet family has none.
func TestReliableDatagrams_A14(t *testing.T) {
	_, err := rawsock.Socket(unix.AF_INET, unix.SOCK_RDM, 0)
	wantErrno(t, err, unix.ESOCKTNOSUPPORT)
	fd, err := rawsock.Socket(unix.AF_TIPC, unix.SOCK_RDM, 0)
	if err == nil {
		check(t, fd.Close())
	} else {
		wantErrno(t, err, unix.EAFNOSUPPORT) // a kernel without TIPC
	}
}

// Row A18: a datagram of UDP over IPv4 has up to 65,507 bytes.
func TestLongestDatagram_A18(t *testing.T) {
	if rawsock.MaxUDPv4Payload != 65507 {
		t.Errorf("MaxUDPv4Payload is %d", rawsock.MaxUDPv4Payload)
	}
	fd, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	p := bytes.Repeat([]byte("rawsock"), 10_000)
	if n, err := fd.Sendto(p[:65507], 0, addr); n != 65507 || err != nil {
		t.Fatalf("65,507 bytes: %d, %v", n, err)
	}
	got := make([]byte, len(p))
	if n, err := fd.Recv(got, 0); n != 65507 || err != nil || !bytes.Equal(got[:n], p[:n]) {
		t.Errorf("received %d, %v", n, err)
	}
	n, err := fd.Sendto(p[:65508], 0, addr)
	wantErrno(t, err, unix.EMSGSIZE)
	if n != 0 {
		t.Errorf("%d bytes with an error", n)
	}
}

// Rows A19 and D3: connections to one port are told apart by the other end's
// address and port, and accept makes a new socket for each.
func TestConnectionsOfOnePort_A19(t *testing.T) {
	l, addr := listener(t, loopback(0))
	ends := map[[2]rawsock.Sockaddr]bool{}
	for i := range 3 {
		client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
		check(t, client.Connect(addr))
		server, peer, err := l.Accept()
		check(t, err)
		adopt(t, server)
		local, err := server.Getsockname()
		check(t, err)
		if server == l || local != addr {
			t.Errorf("accepted descriptor %d with address %v, the listener is %d with %v", server, local, l, addr)
		}
		ends[[2]rawsock.Sockaddr{local, peer}] = true
		_, err = client.Write([]byte{byte(i)})
		check(t, err)
		wantRead(t, server, string(byte(i)))
	}
	if len(ends) != 3 {
		t.Errorf("three connections, %d pairs of ends", len(ends))
	}
}

// Rows A20 and D1: an address and port is one socket's, while other ports of the
// address and other addresses with the port are free.
func TestOneSocketForAnAddress_A20(t *testing.T) {
	_, addr := listener(t, loopback(0))
	port := addr.AddrPort().Port()
	wantErrno(t, open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Bind(addr), unix.EADDRINUSE)
	bound(t, unix.SOCK_STREAM, loopback(0))
	bound(t, unix.SOCK_DGRAM, loopback(port)) // another protocol
	_, other := bound(t, unix.SOCK_STREAM, rawsock.SockaddrInet4([4]byte{127, 0, 0, 2}, port))
	if other.AddrPort().Port() != port {
		t.Errorf("127.0.0.2 has port %d, want %d", other.AddrPort().Port(), port)
	}
}

// Row D2: the kernel lowers the backlog to net.core.somaxconn without a word.
func TestBacklogIsCut_D2(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	check(t, err)
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	check(t, err)
	l, _ := listener(t, loopback(0))
	for backlog, want := range map[int]int{5: 5, 0: 0, most: most, most + 1: most, -1: most} {
		check(t, l.Listen(backlog))
		info, err := unix.GetsockoptTCPInfo(int(l), unix.IPPROTO_TCP, unix.TCP_INFO)
		check(t, err)
		if got := int(info.Sacked); got != want { // of a listener it is the backlog
			t.Errorf("listen(%d) gave a backlog of %d, want %d", backlog, got, want)
		}
	}
	if long := int64(1) << 32; int64(int(long)) == long { // the kernel would see 0
		wantErrno(t, l.Listen(int(long)), unix.EINVAL)
	}
}

// Row D5: a send that finds little room takes a part and says how much.
func TestSendIsPartial_D5(t *testing.T) {
	client, _ := streams(t)
	p := make([]byte, 1<<25)
	n, err := client.Send(p, unix.MSG_DONTWAIT)
	if n == 0 || n == len(p) || err != nil {
		t.Errorf("%d of %d, %v, want a part", n, len(p), err)
	}
	for err == nil {
		n, err = client.Send(p, unix.MSG_DONTWAIT)
	}
	wantErrno(t, err, unix.EAGAIN)
	if n != 0 {
		t.Errorf("%d bytes with an error", n)
	}
}

// Row D11: close ends the connection only if no other descriptor has it, and
// shutdown does so whatever has it.
func TestCloseAndShutdown_D11(t *testing.T) {
	l, addr := listener(t, loopback(0))
	client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, client.Connect(addr))
	server, err := l.AcceptNull()
	check(t, err)
	twin, err := server.Dup()
	check(t, err)
	adopt(t, twin)
	check(t, server.Close())
	_, err = server.Write([]byte("x"))
	wantErrno(t, err, unix.EBADF)

	_, err = client.Recv(make([]byte, 1), unix.MSG_DONTWAIT)
	wantErrno(t, err, unix.EAGAIN) // it goes on
	_, err = twin.Write([]byte("still here"))
	check(t, err)
	wantRead(t, client, "still here")
	check(t, twin.Shutdown(unix.SHUT_RDWR))
	if n, err := client.Recv(make([]byte, 1), 0); n != 0 || err != nil {
		t.Errorf("after shutdown: %d, %v, want the end", n, err)
	}
}

// Row D21: a receive gives no more than its buffer holds; the rest of a stream
// waits for the next.
func TestReceiveIsLimited_D21(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	_, err := a.Send([]byte("0123456789"), 0)
	check(t, err)
	buf := make([]byte, 4)
	for _, want := range []string{"0123", "4567", "89"} {
		if n, err := b.Recv(buf, 0); err != nil || string(buf[:n]) != want {
			t.Errorf("%q, %v, want %q", buf[:n], err, want)
		}
	}
}
