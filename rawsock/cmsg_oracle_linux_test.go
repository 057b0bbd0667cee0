package rawsock_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// controlTwin sends control data over a datagram socket that is connected to
// itself and receives what comes.
func controlTwin(name, family, python string, self rawsock.Sockaddr, options [][2]int, control func() []byte) twin {
	var prepare strings.Builder
	for _, o := range options {
		fmt.Fprintf(&prepare, "s.setsockopt(%d, %d, 1)\n", o[0], o[1])
	}
	address := "('127.0.0.1', 0)"
	if family == "AF_INET6" {
		address = "('::1', 0)"
	}
	return twin{
		name: name,
		python: fmt.Sprintf("s = socket(%s, SOCK_DGRAM)\ns.bind(%s)\ns.connect(s.getsockname())\n%sbegin()\n", family, address, prepare.String()) +
			"s.sendmsg([b'da', b'ta'], [" + python + "])\ns.recvmsg(10, 200)\nend()",
		ours: func() {
			fd, _ := rawsock.Socket(self.Family(), unix.SOCK_DGRAM, 0)
			fd.Bind(self)
			to, _ := fd.Getsockname()
			fd.Connect(to)
			for _, o := range options {
				fd.SetsockoptInt(o[0], o[1], 1)
			}
			out := &rawsock.Msghdr{Buffers: [][]byte{[]byte("da"), []byte("ta")}, Control: control()}
			in := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 10)}, Control: make([]byte, 200)}
			begin()
			fd.Sendmsg(out, 0)
			fd.Recvmsg(in, 0)
			end()
			fd.Close()
		},
	}
}

// D7, D8: the control data of a call is what Python's sendmsg hands to the kernel
// for the same messages, and what comes back is the same.
func TestControlMessagesAgainstPython(t *testing.T) {
	needPythonsWordSize(t)
	v4, v6 := loopback(0), loopback6(0)
	sameAsPython(t, []twin{
		controlTwin("none", "AF_INET", "", v4, nil, func() []byte { return nil }),
		controlTwin("IP_TTL IP_TOS", "AF_INET",
			"(IPPROTO_IP, IP_TTL, struct.pack('i', 9)), (IPPROTO_IP, IP_TOS, struct.pack('i', 0xb8))",
			v4, [][2]int{{unix.SOL_IP, unix.IP_RECVTTL}, {unix.SOL_IP, unix.IP_RECVTOS}},
			func() []byte { return rawsock.AppendTOS(rawsock.AppendTTL(nil, 9), 0xb8) }),
		controlTwin("IP_PKTINFO", "AF_INET",
			"(IPPROTO_IP, 8, struct.pack('I4s4s', 1, inet_aton('127.0.0.1'), inet_aton('127.0.0.2')))",
			v4, [][2]int{{unix.SOL_IP, unix.IP_PKTINFO}},
			func() []byte {
				return rawsock.AppendPktinfo4(nil, rawsock.Pktinfo4{Ifindex: 1, SpecDst: [4]byte{127, 0, 0, 1}, Addr: [4]byte{127, 0, 0, 2}})
			}),
		controlTwin("IPV6_PKTINFO IPV6_HOPLIMIT IPV6_TCLASS", "AF_INET6",
			"(IPPROTO_IPV6, IPV6_PKTINFO, inet_pton(AF_INET6, '::1') + struct.pack('I', 1)), "+
				"(IPPROTO_IPV6, IPV6_HOPLIMIT, struct.pack('i', 9)), (IPPROTO_IPV6, IPV6_TCLASS, struct.pack('i', 0xb8))",
			v6, [][2]int{{unix.SOL_IPV6, unix.IPV6_RECVPKTINFO}, {unix.SOL_IPV6, unix.IPV6_RECVHOPLIMIT}, {unix.SOL_IPV6, unix.IPV6_RECVTCLASS}},
			func() []byte {
				b := rawsock.AppendPktinfo6(nil, rawsock.Pktinfo6{Addr: [16]byte{15: 1}, Ifindex: 1})
				return rawsock.AppendTrafficClass(rawsock.AppendHopLimit(b, 9), 0xb8)
			}),
		controlTwin("UDP_SEGMENT", "AF_INET", "(SOL_UDP, 103, struct.pack('H', 1000))", v4, nil,
			func() []byte { return rawsock.AppendUDPSegment(nil, 1000) }),
		{"SCM_CREDENTIALS", `
			a, b = socketpair(AF_UNIX, SOCK_DGRAM)
			b.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)
			begin()
			a.sendmsg([b"x"], [(SOL_SOCKET, SCM_CREDENTIALS, struct.pack("iII", os.getpid(), os.getuid(), os.getgid()))])
			b.recvmsg(10, CMSG_SPACE(12))
			end()`, credentialsTwin, "sendmsg recvmsg"},
		{"send_fds recv_fds", `
			a, b = socketpair(AF_UNIX, SOCK_STREAM)
			begin()
			send_fds(a, [b"x"], [0])
			recv_fds(b, 10, 1)
			end()`, func() { rightsTwin(1) }, ""},
		{"recv_fds of too few", `
			a, b = socketpair(AF_UNIX, SOCK_STREAM)
			begin()
			send_fds(a, [b"x"], [0])
			recv_fds(b, 10, 0)
			end()`, func() { rightsTwin(0) }, "sendmsg recvmsg"},
		{"sendmsg_afalg", `
			s = socket(AF_INET, SOCK_DGRAM)
			s.bind(("127.0.0.1", 0))
			s.connect(s.getsockname())
			alg = socket(AF_ALG, SOCK_SEQPACKET, 0, fileno=s.detach())
			begin()
			alg.sendmsg_afalg([b"x"], op=ALG_OP_ENCRYPT, iv=b"123456789012", assoclen=20)
			end()`, algTwin, ""},
	})
}

// needPythonsWordSize skips where cmsg_len is of another size than in Python.
func needPythonsWordSize(t *testing.T) {
	if unix.SizeofPtr != 8 {
		t.Skip("Python has the word size of the machine, this process has not")
	}
}

func credentialsTwin() {
	fds, _ := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	fds[1].SetsockoptInt(unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	out := &rawsock.Msghdr{Buffers: [][]byte{[]byte("x")}, Control: rawsock.AppendCredentials(nil, self())}
	in := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 10)}, Control: rawsock.NewControl(unix.SizeofUcred)}
	begin()
	fds[0].Sendmsg(out, 0)
	fds[1].Recvmsg(in, 0)
	end()
	rawsock.CloseRights(rawsock.AppendRights(nil, fds[:]...))
}

func rightsTwin(room int) {
	fds, _ := rawsock.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	begin()
	fds[0].SendFds([]byte("x"), []rawsock.FD{0}, 0, rawsock.Sockaddr{})
	_, got, _, _, _ := fds[1].RecvFds(make([]byte, 10), make([]rawsock.FD, room), 0)
	end()
	rawsock.CloseRights(rawsock.AppendRights(nil, append(got, fds[:]...)...))
}

// algTwin sends to a UDP socket, as Python's call can be made on any and kernels
// without AF_ALG exist. The vector fills its message: of one that does not Python
// counts the padding in cmsg_len, which is CMSG_SPACE there instead of CMSG_LEN.
func algTwin() {
	fd, _ := rawsock.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	fd.Bind(loopback(0))
	to, _ := fd.Getsockname()
	fd.Connect(to)
	control := rawsock.AppendALGOp(nil, unix.ALG_OP_ENCRYPT)
	control = rawsock.AppendALGAssocLen(rawsock.AppendALGIV(control, []byte("123456789012")), 20)
	begin()
	fd.Sendmsg(&rawsock.Msghdr{Buffers: [][]byte{[]byte("x")}, Control: control}, 0)
	end()
	fd.Close()
}

// The macros give what Python's functions give, and refuse what they refuse.
func TestCmsgMacrosAgainstPython(t *testing.T) {
	needPythonsWordSize(t)
	python := sockettest.NeedPython(t)
	out, err := exec.Command(python, "-c", `
import socket
for n in [0, 1, 4, 7, 8, 13, 0x7fffffff - 64, *range(0x7fffffff - 40, 0x7fffffff + 2), -1]:
    for f in socket.CMSG_LEN, socket.CMSG_SPACE:
        try:
            print(n, f(n))
        except OverflowError:
            print(n, "refused")
`).Output()
	check(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, line := range lines {
		var n int
		_, err := fmt.Sscan(line, &n)
		check(t, err)
		f := []func(int) (int, error){rawsock.CmsgLen, rawsock.CmsgSpace}[i%2]
		ours := fmt.Sprintf("%d refused", n)
		if size, err := f(n); err == nil {
			ours = fmt.Sprintf("%d %d", n, size)
		}
		if ours != line {
			t.Errorf("function %d: ours %s, Python %s", i%2, ours, line)
		}
	}
}
