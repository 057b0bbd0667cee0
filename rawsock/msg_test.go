package rawsock_test

import (
	"bytes"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// The buffers of one call are one message, whichever way each side cuts it.
func TestSendmsgGathersRecvmsgScatters(t *testing.T) {
	a, addrA := bound(t, unix.SOCK_DGRAM, loopback(0))
	b, addrB := bound(t, unix.SOCK_DGRAM, loopback(0))
	out := &rawsock.Msghdr{Name: addrB, Buffers: [][]byte{[]byte("ab"), nil, []byte("cde")}}
	if n, err := a.Sendmsg(out, 0); n != 5 || err != nil {
		t.Fatalf("sendmsg: %d, %v", n, err)
	}
	in := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 4), {}, make([]byte, 4)}}
	n, err := b.Recvmsg(in, 0)
	if n != 5 || err != nil || string(in.Buffers[0]) != "abcd" || in.Buffers[2][0] != 'e' {
		t.Errorf("recvmsg: %d %q, %v", n, in.Buffers, err)
	}
	if in.Name != addrA || in.Flags != 0 {
		t.Errorf("from %v with flags %#x, want %v and none", in.Name, in.Flags, addrA)
	}

	// The answer goes to where the question came from.
	in.Buffers = [][]byte{[]byte("yes")}
	if n, err := b.Sendmsg(in, 0); n != 3 || err != nil {
		t.Fatalf("sendmsg back: %d, %v", n, err)
	}
	out.Buffers, out.NoName = [][]byte{make([]byte, 2)}, true
	n, err = a.Recvmsg(out, 0)
	if n != 2 || err != nil || out.Flags&unix.MSG_TRUNC == 0 {
		t.Errorf("recvmsg into two bytes: %d, flags %#x, %v; want MSG_TRUNC", n, out.Flags, err)
	}
	if out.Name != addrB {
		t.Errorf("NoName set, Name became %v", out.Name)
	}
}

func TestMsghdrWithNothing(t *testing.T) {
	a, b := pair(t, unix.SOCK_DGRAM)
	if n, err := a.Sendmsg(&rawsock.Msghdr{}, 0); n != 0 || err != nil {
		t.Fatalf("sendmsg: %d, %v", n, err)
	}
	m := &rawsock.Msghdr{Name: loopback(1), Flags: -1}
	if n, err := b.Recvmsg(m, 0); n != 0 || err != nil {
		t.Errorf("recvmsg: %d, %v", n, err)
	}
	if !m.Name.IsZero() || m.Flags != 0 || m.Control != nil {
		t.Errorf("%+v, want no name, no flags, no control data", m)
	}
}

func TestRecvmsgErrorLeavesControl(t *testing.T) {
	a, _ := pair(t, unix.SOCK_DGRAM)
	m := &rawsock.Msghdr{Name: loopback(1), Control: make([]byte, 64), Flags: 7}
	_, err := a.Recvmsg(m, unix.MSG_DONTWAIT)
	wantErrno(t, err, unix.EAGAIN)
	if len(m.Control) != 64 || m.Flags != 7 || !m.Name.IsZero() {
		t.Errorf("%d bytes of control data, flags %d, name %v", len(m.Control), m.Flags, m.Name)
	}
}

// Control data arrives as it was sent, and what there is no room for is told.
func TestMsghdrControl(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	rights := unix.UnixRights(int(a), int(a))
	out := &rawsock.Msghdr{Buffers: [][]byte{[]byte("x")}, Control: rights}
	in := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 8)}}
	for _, room := range []int{len(rights) + 100, unix.CmsgSpace(4), 0} {
		if n, err := a.Sendmsg(out, 0); n != 1 || err != nil {
			t.Fatalf("sendmsg: %d, %v", n, err)
		}
		in.Control = make([]byte, room)
		if n, err := b.Recvmsg(in, 0); n != 1 || err != nil {
			t.Fatalf("recvmsg: %d, %v", n, err)
		}
		got := closeRights(t, in.Control)
		want := map[int]int{len(rights) + 100: 2, 0: 0}
		if n, ok := want[room]; ok && got != n {
			t.Errorf("room for %d bytes: %d descriptors, want %d", room, got, n)
		}
		if cut := in.Flags&unix.MSG_CTRUNC != 0; cut != (room < len(rights)) {
			t.Errorf("room for %d bytes: flags %#x", room, in.Flags)
		}
		if room > len(rights) && len(in.Control) != len(rights) {
			t.Errorf("%d bytes of control data, want %d", len(in.Control), len(rights))
		}
	}
}

// closeRights closes the descriptors that came and returns how many.
func closeRights(t *testing.T, control []byte) int {
	t.Helper()
	messages, err := unix.ParseSocketControlMessage(control)
	check(t, err)
	count := 0
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		check(t, err)
		for _, fd := range fds {
			check(t, unix.Close(fd))
			count++
		}
	}
	return count
}

// A stream has no messages: what one call gathered, another takes in pieces.
func TestMsghdrOnStream(t *testing.T) {
	client, server := streams(t)
	parts := [][]byte{bytes.Repeat([]byte("a"), 1000), bytes.Repeat([]byte("b"), 1000)}
	if n, err := client.Sendmsg(&rawsock.Msghdr{Buffers: parts}, 0); n != 2000 || err != nil {
		t.Fatalf("sendmsg: %d, %v", n, err)
	}
	m := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 1500), make([]byte, 500)}}
	n, err := server.Recvmsg(m, unix.MSG_WAITALL)
	if n != 2000 || err != nil || !bytes.Equal(bytes.Join(m.Buffers, nil), bytes.Join(parts, nil)) {
		t.Errorf("recvmsg: %d, %v", n, err)
	}
	if !m.Name.IsZero() {
		t.Errorf("name %v on a connected stream", m.Name)
	}
	check(t, client.Shutdown(unix.SHUT_WR))
	if n, err := server.Recvmsg(m, 0); n != 0 || err != nil {
		t.Errorf("recvmsg after the peer's shutdown: %d, %v, want end of file", n, err)
	}
}

// longControl is more control data than net.core.optmem_max.
var longControl = rawsock.AppendCmsg(nil, unix.SOL_SOCKET, unix.SCM_RIGHTS, make([]byte, 1<<20))

// tooMuchControl is the kernel's answer to it. It converts what a program of 32
// bits hands to a kernel of 64 (net/compat.c), and then the answer is another.
var tooMuchControl = func() unix.Errno {
	if strconv.IntSize == 32 {
		return unix.ENOMEM
	}
	return unix.ENOBUFS
}()

func TestSendmsgErrnos(t *testing.T) {
	a, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	cases := []struct {
		name string
		m    rawsock.Msghdr
		want unix.Errno
	}{
		{"too much control data", rawsock.Msghdr{Name: addr, Control: longControl}, tooMuchControl},
		{"a control message that is not whole", rawsock.Msghdr{Name: addr, Control: longControl[:40]}, unix.EINVAL},
		{"nowhere to", rawsock.Msghdr{Buffers: [][]byte{{1}}}, unix.EDESTADDRREQ},
		{"too long", rawsock.Msghdr{Name: addr, Buffers: [][]byte{make([]byte, 40000), make([]byte, 40000)}}, unix.EMSGSIZE},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n, err := a.Sendmsg(&c.m, 0)
			wantErrno(t, err, c.want)
			if n != 0 {
				t.Errorf("%d bytes with an error", n)
			}
		})
	}
}
