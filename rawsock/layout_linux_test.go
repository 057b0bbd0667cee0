package rawsock_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// familyLow is which byte of an address holds a family below 256.
var familyLow = func() int {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return 0
	}
	return 1
}()

// sizeByte is the other byte: the high byte of the family.
func sizeByte(int) byte { return 0 }

func abstractError(err error) error { return err }

// layoutSource is each kind of address as constant data by the headers of the C
// library and the kernel.
const layoutSource = `
#include <stddef.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <linux/can.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define H16(x) __builtin_bswap16(x)
#define H32(x) __builtin_bswap32(x)
#else
#define H16(x) (x)
#define H32(x) (x)
#endif

struct sockaddr_in inet = {AF_INET, H16(0x1234), {H32(0xc000024d)}};
struct sockaddr_in6 inet6 = {AF_INET6, H16(0x1234), H32(0xabcde), {{{0xfe, 0x80, [13] = 1, [15] = 2}}}, 0x01020304};
struct sockaddr_un longest = {AF_UNIX, {[0 ... sizeof longest.sun_path - 1] = 'x'}};
struct sockaddr_storage storage = {AF_INET6};
struct sockaddr_ll packet = {AF_PACKET, H16(0x0800), 7, 772, 4, 6, {2, 0, 0, 0, 0, 1}};
struct sockaddr_nl netlink = {AF_NETLINK, 0, 0x01020304, 0x05060708};
struct sockaddr_vm vsock = {.svm_family = AF_VSOCK, .svm_port = 1024, .svm_cid = 0xffffffff, .svm_flags = 1};
struct sockaddr_can can = {AF_CAN, 7};
struct sockaddr_can isotp = {AF_CAN, 7, {.tp = {0x80000123, 0x321}}};
struct sockaddr_can j1939 = {AF_CAN, 7, {.j1939 = {0x0102030405060708, 0x3ffff, 0xfe}}};
struct sockaddr_alg alg = {AF_ALG, "hash", 1, 2, "hmac(sha256)"};
struct sockaddr_tipc range = {AF_TIPC, TIPC_SERVICE_RANGE, TIPC_NODE_SCOPE, {.nameseq = {1, 2, 3}}};
struct sockaddr_tipc service = {AF_TIPC, TIPC_SERVICE_ADDR, -TIPC_CLUSTER_SCOPE, {.name = {{1, 2}, 3}}};
struct sockaddr_tipc port = {AF_TIPC, TIPC_SOCKET_ADDR, 0, {.id = {1, 2}}};
struct sockaddr_qrtr qrtr = {AF_QIPCRTR, 1, 2};
struct sockaddr_xdp xdp = {AF_XDP, XDP_ZEROCOPY, 7, 3, 9};
`

// layoutAddresses are the same addresses made here.
func layoutAddresses(t *testing.T) map[string]rawsock.Sockaddr {
	alg, err := rawsock.SockaddrALG("hash", "hmac(sha256)", 1, 2)
	check(t, err)
	longest, err := rawsock.SockaddrUnixPath(strings.Repeat("x", rawsock.MaxUnixPath))
	check(t, err)
	storage := make([]byte, rawsock.MaxSockaddr)
	storage[familyLow] = unix.AF_INET6
	full, err := rawsock.SockaddrFromBytes(storage)
	check(t, err)
	packet, err := rawsock.SockaddrPacket(rawsock.PacketAddr{
		Protocol: unix.ETH_P_IP, Ifindex: 7, Hatype: unix.ARPHRD_LOOPBACK, Pkttype: unix.PACKET_OUTGOING,
		Halen: 6, Addr: [rawsock.MaxHardwareAddr]byte{2, 0, 0, 0, 0, 1},
	})
	check(t, err)
	return map[string]rawsock.Sockaddr{
		"inet":    rawsock.SockaddrInet4([4]byte{192, 0, 2, 77}, 0x1234),
		"inet6":   rawsock.SockaddrInet6(netip.MustParseAddr("fe80::1:2").As16(), 0x1234, 0xabcde, 0x01020304),
		"longest": longest,
		"storage": full,
		"packet":  packet,
		"netlink": rawsock.SockaddrNetlink(0x01020304, 0x05060708),
		"vsock":   rawsock.SockaddrVsock(unix.VMADDR_CID_ANY, 1024, 1),
		"can":     rawsock.SockaddrCAN(7),
		"isotp":   rawsock.SockaddrCANISOTP(7, 0x80000123, 0x321),
		"j1939":   rawsock.SockaddrCANJ1939(7, 0x0102030405060708, 0x3ffff, 0xfe),
		"alg":     alg,
		"range":   rawsock.SockaddrTIPC(unix.TIPC_SERVICE_RANGE, unix.TIPC_NODE_SCOPE, [3]uint32{1, 2, 3}),
		"service": rawsock.SockaddrTIPC(unix.TIPC_SERVICE_ADDR, -unix.TIPC_CLUSTER_SCOPE, [3]uint32{1, 2, 3}),
		"port":    rawsock.SockaddrTIPC(unix.TIPC_SOCKET_ADDR, 0, [3]uint32{1, 2, 0}),
		"qrtr":    rawsock.SockaddrQIPCRTR(1, 2),
		"xdp":     rawsock.SockaddrXDP(7, 3, unix.XDP_ZEROCOPY, 9),
	}
}

func TestLayoutAgainstCHeaders(t *testing.T) {
	for name, options := range layoutTargets[runtime.GOARCH] {
		t.Run(name, func(t *testing.T) {
			theirs := dataOf(t, layoutSource, options...)
			ours := layoutAddresses(t)
			if len(theirs) != len(ours) {
				t.Errorf("%d addresses in C, %d here", len(theirs), len(ours))
			}
			for name, sa := range ours {
				if !bytes.Equal(sa.Bytes(), theirs[name]) {
					t.Errorf("%s:\n\tours %x\n\tC    %x", name, sa.Bytes(), theirs[name])
				}
			}
		})
	}
}

// layoutTargets is what the compiler is told to compile for: the word size of
// this machine's other kind of process too, where it has one.
var layoutTargets = map[string]map[string][]string{
	"amd64": {"64": {"-m64"}, "32": {"-m32"}},
	"386":   {"64": {"-m64"}, "32": {"-m32"}},
	"arm64": {"64": nil},
}

// dataOf compiles a source and returns the bytes of its data by name. Nothing is
// linked or run, so a compiler without the other word size's libraries does.
func dataOf(t *testing.T, source string, options ...string) map[string][]byte {
	t.Helper()
	sockettest.NeedProgram(t, "cc")
	dir := t.TempDir()
	object := filepath.Join(dir, "layout.o")
	// Debian's headers serve both word sizes but for gnu/stubs-32.h, which comes
	// with the 32-bit part of the C library.
	check(t, os.Mkdir(filepath.Join(dir, "gnu"), 0o755))
	check(t, os.WriteFile(filepath.Join(dir, "gnu", "stubs-32.h"), nil, 0o644))
	headers, err := filepath.Glob("/usr/include/*-linux-gnu*")
	check(t, err)
	for _, dir := range append(headers, dir) {
		options = append(options, "-idirafter", dir)
	}
	cc := exec.Command("cc", append(options, "-xc", "-Wall", "-Werror", "-c", "-o", object, "-")...)
	cc.Stdin = strings.NewReader(source)
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	file, err := elf.Open(object)
	check(t, err)
	defer file.Close()
	symbols, err := file.Symbols()
	check(t, err)
	data := map[string][]byte{}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_OBJECT {
			section, err := file.Sections[s.Section].Data()
			check(t, err)
			data[s.Name] = section[s.Value:][:s.Size]
		}
	}
	return data
}

// What the kernel gives for an address is what was asked for, to the byte.
func TestKernelGivesBackTheSameBytes(t *testing.T) {
	abstract, err := rawsock.SockaddrUnixAbstract("rawsock\x00test\x00" + t.Name())
	check(t, err)
	for _, sa := range []rawsock.Sockaddr{loopback(0), addrPort(t, "[::1]:0"), abstract} {
		_, got := bound(t, unix.SOCK_STREAM, sa)
		want := sa
		if addr, _, ok := sa.Inet(); ok {
			want = rawsock.SockaddrInet4(addr, got.AddrPort().Port())
		} else if addr, _, _, _, ok := sa.Inet6(); ok {
			want = rawsock.SockaddrInet6(addr, got.AddrPort().Port(), 0, 0)
		}
		if got != want {
			t.Errorf("bound to %v (% x), getsockname gave % x", sa, want.Bytes(), got.Bytes())
		}
	}
}
