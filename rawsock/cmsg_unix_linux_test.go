package rawsock_test

import (
	"encoding/binary"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

func self() unix.Ucred {
	return unix.Ucred{Pid: int32(os.Getpid()), Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
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

// Typed readers take neither another kind nor another size.
func TestReadersAreExact(t *testing.T) {
	ok := map[string]func(rawsock.Cmsg) bool{
		"Pktinfo4":     func(m rawsock.Cmsg) bool { _, ok := m.Pktinfo4(); return ok },
		"Pktinfo6":     func(m rawsock.Cmsg) bool { _, ok := m.Pktinfo6(); return ok },
		"TTL":          func(m rawsock.Cmsg) bool { _, ok := m.TTL(); return ok },
		"TOS":          func(m rawsock.Cmsg) bool { _, ok := m.TOS(); return ok },
		"HopLimit":     func(m rawsock.Cmsg) bool { _, ok := m.HopLimit(); return ok },
		"TrafficClass": func(m rawsock.Cmsg) bool { _, ok := m.TrafficClass(); return ok },
		"Flowinfo":     func(m rawsock.Cmsg) bool { _, ok := m.Flowinfo(); return ok },
		"OrigDst":      func(m rawsock.Cmsg) bool { _, ok := m.OrigDst(); return ok },
		"FragSize":     func(m rawsock.Cmsg) bool { _, ok := m.FragSize(); return ok },
		"Credentials":  func(m rawsock.Cmsg) bool { _, ok := m.Credentials(); return ok },
		"Pidfd":        func(m rawsock.Cmsg) bool { _, ok := m.Pidfd(); return ok },
		"Mark":         func(m rawsock.Cmsg) bool { _, ok := m.Mark(); return ok },
		"Priority":     func(m rawsock.Cmsg) bool { _, ok := m.Priority(); return ok },
		"RxqOvfl":      func(m rawsock.Cmsg) bool { _, ok := m.RxqOvfl(); return ok },
		"UDPGRO":       func(m rawsock.Cmsg) bool { _, ok := m.UDPGRO(); return ok },
		"TCPInq":       func(m rawsock.Cmsg) bool { _, ok := m.TCPInq(); return ok },
		"UnixInq":      func(m rawsock.Cmsg) bool { _, ok := m.UnixInq(); return ok },
		"ExtendedErr":  func(m rawsock.Cmsg) bool { _, ok := m.ExtendedErr(); return ok },
	}
	kinds := map[string]struct{ level, typ, size int }{
		"Pktinfo4":     {unix.SOL_IP, unix.IP_PKTINFO, 12},
		"Pktinfo6":     {unix.SOL_IPV6, unix.IPV6_PKTINFO, 20},
		"TTL":          {unix.SOL_IP, unix.IP_TTL, 4},
		"TOS":          {unix.SOL_IP, unix.IP_TOS, 1},
		"HopLimit":     {unix.SOL_IPV6, unix.IPV6_HOPLIMIT, 4},
		"TrafficClass": {unix.SOL_IPV6, unix.IPV6_TCLASS, 4},
		"Flowinfo":     {unix.SOL_IPV6, ipv6Flowinfo, 4},
		"OrigDst":      {unix.SOL_IP, unix.IP_ORIGDSTADDR, 16},
		"FragSize":     {unix.SOL_IPV6, unix.IPV6_RECVFRAGSIZE, 4},
		"Credentials":  {unix.SOL_SOCKET, unix.SCM_CREDENTIALS, 12},
		"Pidfd":        {unix.SOL_SOCKET, unix.SCM_PIDFD, 4},
		"Mark":         {unix.SOL_SOCKET, unix.SO_MARK, 4},
		"Priority":     {unix.SOL_SOCKET, unix.SO_PRIORITY, 4},
		"RxqOvfl":      {unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 4},
		"UDPGRO":       {unix.SOL_UDP, unix.UDP_GRO, 2},
		"TCPInq":       {unix.SOL_TCP, unix.TCP_CM_INQ, 4},
		"UnixInq":      {unix.SOL_SOCKET, unix.SCM_INQ, 4},
		"ExtendedErr":  {unix.SOL_IP, unix.IP_RECVERR, 16},
	}
	for name, read := range ok {
		for other, kind := range kinds {
			m := rawsock.Cmsg{Level: kind.level, Type: kind.typ, Data: make([]byte, kind.size)}
			if got := read(m); got != (name == other) {
				t.Errorf("%s of a message that is %s: %v", name, other, got)
			}
		}
		kind := kinds[name]
		if read(rawsock.Cmsg{Level: kind.level, Type: kind.typ, Data: make([]byte, kind.size-1)}) {
			t.Errorf("%s of %d bytes", name, kind.size-1)
		}
	}
	gro := rawsock.Cmsg{Level: unix.SOL_UDP, Type: unix.UDP_GRO, Data: binary.NativeEndian.AppendUint16(nil, 1472)}
	if size, ok := gro.UDPGRO(); !ok || size != 1472 {
		t.Errorf("16-bit UDP_GRO: %d, %v", size, ok)
	}
}
