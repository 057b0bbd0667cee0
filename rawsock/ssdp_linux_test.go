package rawsock_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

var (
	ssdpGroup  = netip.MustParseAddr("239.255.255.250")
	ssdpSearch = "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n"
	ssdpReply  = "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:%s\r\n\r\n"
)

// ssdpPython is both ends in Python: a device that answers one search, and a
// control point that searches once. Each prints what came, and from where.
const ssdpPython = `
import socket, sys
role, search, reply, here = sys.argv[1:]
GROUP = ('239.255.255.250', 1900)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(here))
if role == 'device':
    s.bind(GROUP)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP[0]) + socket.inet_aton(here))
    print('ready', flush=True)
    data, peer = s.recvfrom(2048)
    s.sendto(reply.encode(), peer)
else:
    s.bind((here, 0))
    s.sendto(search.encode(), GROUP)
    data, peer = s.recvfrom(2048)
print(repr((data.decode(), peer[0])))
`

// ssdpSocket is a socket with the usual options (G5).
func ssdpSocket(t *testing.T, here netip.Addr) rawsock.FD {
	t.Helper()
	fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	check(t, rawsock.SOReuseAddr.Set(fd, true))
	check(t, rawsock.SOBroadcast.Set(fd, true))
	check(t, rawsock.IPMulticastTTL.Set(fd, 2))
	check(t, rawsock.IPMulticastLoop.Set(fd, true))
	check(t, rawsock.IPMulticastIf.Set(fd, rawsock.IPMreqn{Address: here.As4()}))
	return fd
}

// ssdpDevice is bound to the group's own address, so that it receives nothing else.
func ssdpDevice(t *testing.T, here netip.Addr) rawsock.FD {
	t.Helper()
	fd := ssdpSocket(t, here)
	check(t, fd.Bind(atPort(t, ssdpGroup, 1900)))
	check(t, fd.JoinGroup(ssdpGroup, rawsock.Iface{Addr: here}))
	return fd
}

// ssdpAnswer receives a search and replies to whoever sent it.
func ssdpAnswer(t *testing.T, fd rawsock.FD, reply string) (search string, from netip.Addr) {
	t.Helper()
	buf := make([]byte, 2048)
	n, peer, err := fd.Recvfrom(buf, 0)
	check(t, err)
	send(t, fd, peer, reply)
	return string(buf[:n]), peer.AddrPort().Addr()
}

// ssdpStart starts ssdpPython in a namespace and returns its lines.
func ssdpStart(t *testing.T, ns *sockettest.Netns, role, reply string, here netip.Addr) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	cmd := exec.CommandContext(ctx, sockettest.NeedPython(t), "-c", ssdpPython, role, ssdpSearch, reply, here.String())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	check(t, err)
	ns.Do(func() { check(t, cmd.Start()) })
	t.Cleanup(func() {
		defer cancel()
		io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("python3 %s: %v\n%s", role, err, stderr.String())
		}
	})
	return bufio.NewReader(out)
}

func ssdpLine(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('\n')
	check(t, err)
	return strings.TrimSpace(s)
}

// pythonRepr is how Python writes a text and an address, if neither has quotes of
// both kinds.
func pythonRepr(text string, addr netip.Addr) string {
	quote := "'"
	if strings.Contains(text, quote) {
		quote = `"`
	}
	text = strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(text)
	return fmt.Sprintf("(%s%s%s, '%s')", quote, text, quote, addr)
}

// G5: a search and its reply between two hosts, one of which runs Python.
func TestSSDPWithPython_G5(t *testing.T) {
	h := newHosts(t)
	t.Run("we answer", func(t *testing.T) {
		var device rawsock.FD
		h.a.Do(func() { device = ssdpDevice(t, hostA) })
		reply := fmt.Sprintf(ssdpReply, "ours")
		out := ssdpStart(t, h.b, "search", reply, hostB)
		if search, from := ssdpAnswer(t, device, reply); search != ssdpSearch || from != hostB {
			t.Errorf("search %q from %v", search, from)
		}
		if got, want := ssdpLine(t, out), pythonRepr(reply, hostA); got != want {
			t.Errorf("Python received %s, want %s", got, want)
		}
	})
	t.Run("Python answers", func(t *testing.T) {
		reply := fmt.Sprintf(ssdpReply, "theirs")
		out := ssdpStart(t, h.b, "device", reply, hostB)
		if got := ssdpLine(t, out); got != "ready" {
			t.Fatalf("Python says %q", got)
		}
		var search rawsock.FD
		h.a.Do(func() {
			search = ssdpSocket(t, hostA)
			check(t, search.Bind(atPort(t, hostA, 0)))
		})
		send(t, search, atPort(t, ssdpGroup, 1900), ssdpSearch)
		buf := make([]byte, 2048)
		n, peer, err := search.Recvfrom(buf, 0)
		if err != nil || string(buf[:n]) != reply || peer != atPort(t, hostB, 1900) {
			t.Errorf("reply %q from %v, %v", buf[:n], peer, err)
		}
		if got, want := ssdpLine(t, out), pythonRepr(ssdpSearch, hostA); got != want {
			t.Errorf("Python received %s, want %s", got, want)
		}
	})
}

// Two devices of one host share the port and both answer.
func TestSSDPDevicesShareThePort_G5(t *testing.T) {
	h := newHosts(t)
	var devices [2]rawsock.FD
	h.a.Do(func() {
		for i := range devices {
			devices[i] = ssdpDevice(t, hostA)
		}
	})
	var search rawsock.FD
	h.b.Do(func() {
		search = ssdpSocket(t, hostB)
		check(t, search.Bind(atPort(t, hostB, 0)))
	})
	send(t, search, atPort(t, ssdpGroup, 1900), ssdpSearch)
	for i, fd := range devices {
		want := fmt.Sprintf(ssdpReply, string(rune('0'+i)))
		if got, _ := ssdpAnswer(t, fd, want); got != ssdpSearch {
			t.Errorf("device %d received %q", i, got)
		}
		buf := make([]byte, 2048)
		if n, err := search.Recv(buf, 0); string(buf[:n]) != want || err != nil {
			t.Errorf("reply %q, %v", buf[:n], err)
		}
	}
}
