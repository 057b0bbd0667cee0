package rawsock_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

func self() rawsock.Ucred {
	return rawsock.Ucred{Pid: int32(os.Getpid()), Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
}

// Credentials come whether they were sent or not; those of others need a
// privilege.
func TestCredentials(t *testing.T) {
	a, b := pair(t, unix.SOCK_DGRAM)
	enable(t, b, unix.SOL_SOCKET, unix.SO_PASSCRED)
	for name, control := range map[string][]byte{"sent": rawsock.AppendCredentials(nil, self()), "not sent": nil} {
		sendControl(t, a, rawsock.Sockaddr{}, []byte("x"), control)
		_, m := recvControl(t, b)
		if got := find(t, m, rawsock.Cmsg.Credentials); got != self() {
			t.Errorf("%s: %+v, want %+v", name, got, self())
		}
	}
	other := self()
	other.Pid = 1
	other.Uid++
	_, err := a.Sendmsg(&rawsock.Msghdr{Control: rawsock.AppendCredentials(nil, other)}, 0)
	if os.Geteuid() != 0 {
		wantErrno(t, err, unix.EPERM)
		return
	}
	sockettest.Need(t, err == nil, "needs CAP_SYS_ADMIN and CAP_SETUID")
	_, m := recvControl(t, b)
	if got := find(t, m, rawsock.Cmsg.Credentials); got != other {
		t.Errorf("forged: %+v, want %+v", got, other)
	}
}

func TestPidfdOfTheSender(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	enableOr(t, b, unix.SOL_SOCKET, unix.SO_PASSPIDFD, 1, "6.5")
	before := sockettest.OpenFDs(t)
	sendControl(t, a, rawsock.Sockaddr{}, []byte("x"), nil)
	_, m := recvControl(t, b)
	pidfd := find(t, m, rawsock.Cmsg.Pidfd)
	// A signal that is none reaches the process that the descriptor names, and
	// waiting for oneself is ECHILD, not EBADF.
	if err := unix.PidfdSendSignal(int(pidfd), 0, nil, 0); err != nil {
		t.Errorf("descriptor %d: %v", pidfd, err)
	}
	check(t, rawsock.CloseRights(m.Control))
	if after := sockettest.OpenFDs(t); after != before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
}

func TestUnixInq(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	enableOr(t, b, unix.SOL_SOCKET, unix.SO_INQ, 1, "6.17")
	_, err := a.Send([]byte("0123456789"), 0)
	check(t, err)
	m := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 4)}, Control: rawsock.NewControl(4)}
	_, err = b.Recvmsg(m, 0)
	check(t, err)
	if left := find(t, m, rawsock.Cmsg.UnixInq); left != 6 {
		t.Errorf("%d bytes left", left)
	}
}

// No security module runs here: the bytes are those of unix(7).
func TestSecurityContext(t *testing.T) {
	b := rawsock.AppendCmsg(nil, unix.SOL_SOCKET, unix.SCM_SECURITY, []byte("user_u:role_r"))
	if context, ok := collect(b)[0].Security(); !ok || string(context) != "user_u:role_r" {
		t.Errorf("%q, %v", context, ok)
	}
	if _, ok := (rawsock.Cmsg{Level: unix.SOL_SOCKET, Type: unix.SCM_RIGHTS}).Security(); ok {
		t.Error("descriptors are a security context")
	}
}

// The last message is Truncated where the kernel says MSG_CTRUNC, though it has
// shortened cmsg_len so that it looks whole. What is whole can be read even then.
func TestKernelTruncationIsReported(t *testing.T) {
	a, b := pair(t, unix.SOCK_DGRAM)
	enable(t, b, unix.SOL_SOCKET, unix.SO_PASSCRED)
	enableOr(t, b, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1, "5.1")
	// The time comes before the credentials.
	first, err := rawsock.CmsgSpace(16)
	check(t, err)
	length, err := rawsock.CmsgLen(unix.SizeofUcred)
	check(t, err)
	for _, c := range []struct{ room, messages, whole int }{
		{0, 0, 0}, {4, 0, 0}, {first - 4, 1, 0}, {first, 1, 1}, {first + 4, 1, 1}, {first + length - 4, 2, 1}, {first + length, 2, 2}, {512, 2, 2},
	} {
		sendControl(t, a, rawsock.Sockaddr{}, []byte("x"), nil)
		m := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 8)}, Control: make([]byte, c.room)}
		_, err := b.Recvmsg(m, 0)
		check(t, err)
		n, whole := 0, 0
		for msg := range m.Cmsgs() {
			n++
			if want := n == c.messages && c.whole < 2; msg.Truncated != want {
				t.Errorf("room for %d bytes, message %d: %+v", c.room, n, msg)
			}
			if _, ok := msg.Timestamp(); ok {
				whole++
			} else if _, ok := msg.Credentials(); ok {
				whole++
			}
		}
		if n != c.messages || whole != c.whole || (m.Flags&unix.MSG_CTRUNC != 0) != (c.whole < 2) {
			t.Errorf("room for %d bytes: %d messages, %d whole, flags %#x", c.room, n, whole, m.Flags)
		}
	}
}

// Too much control data, and messages whose length is wrong, are for the kernel to
// refuse: nothing is sent.
func TestBadControlDataIsRefused(t *testing.T) {
	a, b := pair(t, unix.SOCK_DGRAM)
	mark := rawsock.AppendMark(nil, 1)
	for name, c := range map[string]struct {
		control []byte
		want    unix.Errno
	}{
		"16 MiB":           {rawsock.AppendCmsg(nil, unix.SOL_SOCKET, unix.SCM_RIGHTS, make([]byte, 16<<20)), unix.ENOBUFS},
		"a length of 0":    {header(0, unix.SOL_SOCKET, unix.SCM_RIGHTS), unix.EINVAL},
		"a length too far": {header(1<<20, unix.SOL_SOCKET, unix.SCM_RIGHTS), unix.EINVAL},
		"another kind":     {mark, unix.EINVAL},
		"a short kind":     {rawsock.AppendCmsg(nil, unix.SOL_SOCKET, unix.SCM_CREDENTIALS, make([]byte, 11)), unix.EINVAL},
	} {
		n, err := a.Sendmsg(&rawsock.Msghdr{Buffers: [][]byte{[]byte("x")}, Control: c.control}, 0)
		if err == error(unix.ENOMEM) && c.want == unix.ENOBUFS && unix.SizeofPtr == 4 {
			err = unix.ENOBUFS // a 64-bit kernel's answer to a 32-bit process (net/compat.c)
		}
		if err != error(c.want) || n != 0 {
			t.Errorf("%s: %d, %v, want %v", name, n, err, c.want)
		}
	}
	_, err := b.Recv(make([]byte, 1), unix.MSG_DONTWAIT)
	wantErrno(t, err, unix.EAGAIN)
}
