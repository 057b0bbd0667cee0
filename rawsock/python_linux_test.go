package rawsock_test

import (
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// pythonNames prints the address of each socket that it inherits.
const pythonNames = `
import socket, sys
for fd in range(3, 3 + int(sys.argv[1])):
    print(socket.socket(fileno=fd).getsockname())
`

// What Python's socket module reads from sockets that were bound here is what
// they were bound to.
func TestPythonReadsOurAddresses(t *testing.T) {
	python := sockettest.NeedPython(t)
	t.Chdir(t.TempDir())
	abstract, err := rawsock.SockaddrUnixAbstract("rawsock\x00python\x00\xff")
	check(t, err)
	path, err := rawsock.SockaddrUnixPath("s.sock")
	check(t, err)
	longest, err := rawsock.SockaddrUnixPath(strings.Repeat("l", 107))
	check(t, err)
	allNodes := netip.MustParseAddr("ff02::1").As16()
	cases := []struct {
		sa   rawsock.Sockaddr
		want string
	}{
		{rawsock.SockaddrInet4([4]byte{127, 1, 2, 3}, 0), "('127.1.2.3', PORT)"},
		{addrPort(t, "[::ffff:127.0.0.1]:0"), "('::ffff:127.0.0.1', PORT, 0, 0)"},
		{rawsock.SockaddrInet6(allNodes, 0, 0, 1), "('ff02::1', PORT, 0, 1)"},
		{abstract, `b'\x00rawsock\x00python\x00\xff'`},
		{path, "s.sock"},
		{longest, strings.Repeat("l", 107)},
	}
	cmd := exec.Command(python, "-c", pythonNames, strconv.Itoa(len(cases)))
	var want strings.Builder
	for _, c := range cases {
		fd, err := rawsock.Socket(c.sa.Family(), unix.SOCK_DGRAM, 0)
		check(t, err)
		f := os.NewFile(uintptr(fd), c.sa.String())
		defer f.Close()
		check(t, fd.Bind(c.sa))
		name, err := fd.Getsockname()
		check(t, err)
		port := strconv.Itoa(int(name.AddrPort().Port()))
		want.WriteString(strings.ReplaceAll(c.want, "PORT", port) + "\n")
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != want.String() {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want.String())
	}
}
