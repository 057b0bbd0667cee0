package rawsock_test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// addressTwin is an address of Python's and the same one made here.
type addressTwin struct {
	family string // Python's arguments of socket
	python string
	sa     func() (rawsock.Sockaddr, error)
}

func made(sa rawsock.Sockaddr) func() (rawsock.Sockaddr, error) {
	return func() (rawsock.Sockaddr, error) { return sa, nil }
}

func parsed(text string) func() (rawsock.Sockaddr, error) {
	return func() (rawsock.Sockaddr, error) { return rawsock.ParseSockaddr(text) }
}

func hosted(family int, host string, port uint16) func() (rawsock.Sockaddr, error) {
	return func() (rawsock.Sockaddr, error) { return rawsock.SockaddrFromHost(family, host, port) }
}

func pathed(path string) func() (rawsock.Sockaddr, error) {
	return func() (rawsock.Sockaddr, error) { return rawsock.SockaddrUnixPath(path) }
}

func abstract(name string) func() (rawsock.Sockaddr, error) {
	return func() (rawsock.Sockaddr, error) { return rawsock.SockaddrUnixAbstract(name) }
}

// addressTwins are all the forms that addresses have in Python. Some are made
// here from their text.
func addressTwins() []addressTwin {
	v6 := func(text string) [16]byte { return netip.MustParseAddr(text).As16() }
	return []addressTwin{
		{"AF_INET, SOCK_STREAM", "('127.1.2.3', 513)", made(rawsock.SockaddrInet4(v4("127.1.2.3"), 513))}, // A8
		{"AF_INET, SOCK_STREAM", "('100.50.200.5', 0)", hosted(unix.AF_INET, "100.50.200.5", 0)},          // B1
		{"AF_INET, SOCK_STREAM", "('', 9)", hosted(unix.AF_INET, "", 9)},                                  // B2
		{"AF_INET, SOCK_DGRAM", "('<broadcast>', 65535)", hosted(unix.AF_INET, "<broadcast>", 65535)},     // B3
		{"AF_INET6, SOCK_STREAM", "('::1', 513)", made(rawsock.SockaddrInet6(v6("::1"), 513, 0, 0))},
		{"AF_INET6, SOCK_DGRAM", "('ff02::1', 9, 0xabcde, 1)", made(rawsock.SockaddrInet6(v6("ff02::1"), 9, 0xabcde, 1))}, // A9
		{"AF_INET6, SOCK_DGRAM", "('::1', 9, 0xfffff, 0xffffffff)", parsed("[::1%4294967295]:9 flowinfo=0xfffff")},
		{"AF_UNIX, SOCK_STREAM", "'x.sock'", pathed("x.sock")}, // A10
		{"AF_UNIX, SOCK_STREAM", "'l' * 107", pathed(strings.Repeat("l", 107))},
		{"AF_UNIX, SOCK_DGRAM", `b"\0rawsock\0x\xff"`, abstract("rawsock\x00x\xff")},
		{"AF_UNIX, SOCK_DGRAM", `b"\0" * 108`, abstract(strings.Repeat("\x00", 107))},
		{"AF_UNIX, SOCK_DGRAM", `b"\0"`, abstract("")},
		{"AF_UNIX, SOCK_DGRAM", "''", made(rawsock.SockaddrUnixUnnamed())},
		{"AF_PACKET, SOCK_RAW", "('lo', 0x800)", parsed("packet if=lo protocol=0x800")},
		{"AF_PACKET, SOCK_RAW", "('lo', 3, 4, 772, b'\\2\\0\\0\\0\\0\\1')", parsed("packet if=lo protocol=3 pkttype=4 hatype=772 addr=02:00:00:00:00:01")},
		{"AF_PACKET, SOCK_RAW", "('lo', 3, 0, 0, b'12345678')", parsed("packet if=lo protocol=3 addr=3132333435363738")},
		{"AF_NETLINK, SOCK_RAW", "(0, 0)", made(rawsock.SockaddrNetlink(0, 0))},
		{"AF_NETLINK, SOCK_RAW", "(77, 0x11)", made(rawsock.SockaddrNetlink(77, 0x11))},
		{"AF_VSOCK, SOCK_STREAM", "(VMADDR_CID_ANY, 1024)", made(rawsock.SockaddrVsock(unix.VMADDR_CID_ANY, 1024, 0))},
		{"AF_CAN, SOCK_RAW, CAN_RAW", "('lo',)", parsed("can if=lo")},
		{"AF_CAN, SOCK_RAW, CAN_RAW", "('',)", made(rawsock.SockaddrCAN(0))},
		{"AF_CAN, SOCK_DGRAM, CAN_BCM", "('lo',)", parsed("can if=lo")},
		{"AF_CAN, SOCK_DGRAM, CAN_ISOTP", "('lo', 0x80000123, 0x321)", parsed("can if=lo rx=0x80000123 tx=0x321")},
		{"AF_CAN, SOCK_DGRAM, CAN_J1939", "('lo', 1 << 63 | 5, 0x3ffff, 0xfe)", parsed("can-j1939 if=lo name=0x8000000000000005 pgn=0x3ffff addr=0xfe")},
		{"AF_ALG, SOCK_SEQPACKET", "('hash', 'hmac(sha256)')", parsed("alg type=hash name=hmac(sha256)")},
		{"AF_ALG, SOCK_SEQPACKET", "('1234567890123', 'x' * 63, 1, 2)", parsed("alg type=1234567890123 feat=1 mask=2 name=" + strings.Repeat("x", 63))},
		{"AF_TIPC, SOCK_RDM", "(TIPC_ADDR_NAMESEQ, 1, 2, 3, TIPC_NODE_SCOPE)", made(rawsock.SockaddrTIPC(unix.TIPC_SERVICE_RANGE, unix.TIPC_NODE_SCOPE, [3]uint32{1, 2, 3}))},
		{"AF_TIPC, SOCK_RDM", "(TIPC_ADDR_NAME, 1, 2, 0)", made(rawsock.SockaddrTIPC(unix.TIPC_SERVICE_ADDR, unix.TIPC_CLUSTER_SCOPE, [3]uint32{1, 2, 0}))},
		{"AF_TIPC, SOCK_RDM", "(TIPC_ADDR_ID, 1, 2, 0)", made(rawsock.SockaddrTIPC(unix.TIPC_SOCKET_ADDR, unix.TIPC_CLUSTER_SCOPE, [3]uint32{2, 1, 0}))},
		{"AF_QIPCRTR, SOCK_DGRAM", "(1, 0xfffffffe)", made(rawsock.SockaddrQIPCRTR(1, 0xfffffffe))},
		{"AF_RDS, SOCK_SEQPACKET", "('127.0.0.1', 99)", made(rawsock.SockaddrInet4(v4("127.0.0.1"), 99))},
	}
}

// The bytes of an address are those that Python hands to bind(2), whether the
// kernel has the family or not: both bind a unix socket that Python takes for one
// of the family.
func TestAddressesAgainstPython(t *testing.T) {
	var twins []twin
	for _, a := range addressTwins() {
		twins = append(twins, twin{
			name: a.family + " " + strings.ReplaceAll(a.python, `"`, "'"), only: "bind",
			python: "s = socket(" + a.family + ", fileno=socket(AF_UNIX, SOCK_DGRAM).detach()); s.bind(" + a.python + "); s.close()",
			ours: func() {
				sa, err := a.sa() // may look up an interface, with a bind(2)
				begin()
				fd, _ := rawsock.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
				if err == nil {
					fd.Bind(sa)
				}
				fd.Close()
			},
		})
	}
	sameAsPython(t, twins)
}

// Where the kernel has a family, what getsockname gives Python is what it gives
// here, and it decodes alike.
func TestPythonDecodesAlike(t *testing.T) {
	python := sockettest.NeedPython(t)
	for _, c := range []struct {
		family, typ int
		sa          func() (rawsock.Sockaddr, error)
		decoded     func(sa rawsock.Sockaddr) string
	}{
		{unix.AF_NETLINK, unix.SOCK_RAW, made(rawsock.SockaddrNetlink(0, 0x11)), func(sa rawsock.Sockaddr) string {
			pid, groups, _ := sa.Netlink()
			return fmt.Sprintf("(%d, %d)", pid, groups)
		}},
		{unix.AF_VSOCK, unix.SOCK_STREAM, made(rawsock.SockaddrVsock(unix.VMADDR_CID_ANY, unix.VMADDR_PORT_ANY, 0)), func(sa rawsock.Sockaddr) string {
			cid, port, _, _ := sa.Vsock()
			return fmt.Sprintf("(%d, %d)", cid, port)
		}},
		{unix.AF_PACKET, unix.SOCK_RAW, parsed("packet if=lo protocol=3"), func(sa rawsock.Sockaddr) string {
			a, _ := sa.Packet()
			return fmt.Sprintf(`('lo', %d, %d, %d, b'\x00\x00\x00\x00\x00\x00')`, a.Protocol, a.Pkttype, a.Hatype)
		}},
	} {
		fd, err := rawsock.Socket(c.family, c.typ, 0)
		if err != nil {
			t.Logf("%s: %v", rawsock.FamilyName(c.family), err) // no such family, or no privilege
			continue
		}
		f := os.NewFile(uintptr(fd), "")
		defer f.Close()
		sa, err := c.sa()
		check(t, err)
		check(t, fd.Bind(sa))
		name, err := fd.Getsockname()
		check(t, err)
		cmd := exec.Command(python, "-c", pythonNames, "1")
		cmd.ExtraFiles = []*os.File{f}
		out, err := cmd.CombinedOutput()
		if want := c.decoded(name); err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("Python has %s, %v; here it is %s", out, err, want)
		}
	}
}
