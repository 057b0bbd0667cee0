package rawsock_test

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os/exec"
	"path/filepath"
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

// layoutProgram fills each kind of address by the C library's headers and
// prints its bytes.
const layoutProgram = `
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void dump(const char *name, const void *p, size_t n) {
	const unsigned char *b = p;
	printf("%s ", name);
	for (size_t i = 0; i < n; i++) printf("%02x", b[i]);
	printf("\n");
}

int main(void) {
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(0x1234)};
	in.sin_addr.s_addr = inet_addr("192.0.2.77");
	dump("inet", &in, sizeof in);

	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(0x1234)};
	in6.sin6_flowinfo = htonl(0xabcde);
	in6.sin6_scope_id = 0x01020304;
	inet_pton(AF_INET6, "fe80::1:2", &in6.sin6_addr);
	dump("inet6", &in6, sizeof in6);

	struct sockaddr_un un = {.sun_family = AF_UNIX};
	dump("unnamed", &un, offsetof(struct sockaddr_un, sun_path));
	memcpy(un.sun_path, "\0a\0b", 4);
	dump("abstract", &un, offsetof(struct sockaddr_un, sun_path) + 4);
	strcpy(un.sun_path, "/tmp/x");
	dump("path", &un, offsetof(struct sockaddr_un, sun_path) + 7);
	memset(un.sun_path, 'x', sizeof un.sun_path);
	dump("longest", &un, sizeof un);

	struct sockaddr_storage ss = {0};
	dump("storage", &ss, sizeof ss);
	return 0;
}
`

func TestLayoutAgainstCHeaders(t *testing.T) {
	sockettest.NeedProgram(t, "cc")
	exe := filepath.Join(t.TempDir(), "layout")
	cc := exec.Command("cc", "-xc", "-Wall", "-Werror", "-o", exe, "-")
	cc.Stdin = strings.NewReader(layoutProgram)
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	out, err := exec.Command(exe).Output()
	check(t, err)

	abstract, err := rawsock.SockaddrUnixAbstract("a\x00b")
	check(t, err)
	path, err := rawsock.SockaddrUnixPath("/tmp/x")
	check(t, err)
	longest, err := rawsock.SockaddrUnixPath(strings.Repeat("x", rawsock.MaxUnixPath))
	check(t, err)
	storage, err := rawsock.SockaddrFromBytes(make([]byte, rawsock.MaxSockaddr))
	check(t, err)
	ours := map[string]rawsock.Sockaddr{
		"inet":     rawsock.SockaddrInet4([4]byte{192, 0, 2, 77}, 0x1234),
		"inet6":    rawsock.SockaddrInet6(netip.MustParseAddr("fe80::1:2").As16(), 0x1234, 0xabcde, 0x01020304),
		"unnamed":  rawsock.SockaddrUnixUnnamed(),
		"abstract": abstract,
		"path":     path,
		"longest":  longest,
		"storage":  storage,
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(ours) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(ours), out)
	}
	for _, line := range lines {
		name, want, _ := strings.Cut(line, " ")
		if got := hex.EncodeToString(ours[name].Bytes()); got != want {
			t.Errorf("%s:\n\tours %s\n\tC    %s", name, got, want)
		}
	}
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
