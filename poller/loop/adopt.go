package loop

import (
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/address"
	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/rawsock"
)

// adopt takes over a listening socket that the program was given.
func (lis *Listener) adopt(a address.Address) error {
	k := lis.g.k
	fail := func(call string, e sys.Errno) error {
		return &ListenError{Call: call, Address: a.String(), Err: e}
	}
	if lis.g.adopted[a.FD] {
		return &ListenError{Call: "adopt", Address: a.String(), Err: errors.New("the group has it already")}
	}
	for _, want := range []struct{ name, value int }{{unix.SO_TYPE, unix.SOCK_STREAM}, {unix.SO_ACCEPTCONN, 1}} {
		v, e := intSockopt(k, a.FD, want.name)
		if e != 0 {
			return fail("getsockopt", e)
		}
		if v != want.value {
			return &ListenError{Call: "adopt", Address: a.String(), Err: errors.New("not a listening stream socket")}
		}
	}
	var raw sys.RawSockaddr
	if e := k.Getsockname(a.FD, &raw); e != 0 {
		return fail("getsockname", e)
	}
	if e := k.SetNonblock(a.FD, true); e != 0 {
		return fail("ioctl", e)
	}
	// What was inherited across exec is not close-on-exec.
	if e := k.CloseOnExec(a.FD); e != 0 {
		return fail("fcntl", e)
	}
	var err error
	if lis.addr, err = rawsock.SockaddrFromBytes(raw.Bytes()); err != nil {
		return err
	}
	lis.network = "unix"
	if slices.Contains([]int{unix.AF_INET, unix.AF_INET6}, lis.addr.Family()) {
		lis.network = "tcp"
		if isTCP(k, a.FD) {
			lis.flags = tcp
		}
	}
	if e := setOptions(k, a.FD, inheritedOptions(a, lis.flags == tcp)); e != 0 {
		return fail("setsockopt", e)
	}
	if err := lis.g.cfg.OnListener(rawsock.FD(a.FD)); err != nil {
		return &ListenError{Call: "OnListener", Address: a.String(), Err: err}
	}
	lis.acceptors = []*acceptor{{listener: lis, fd: a.FD, sleeping: true, deals: len(lis.g.loops) > 1}}
	lis.g.adopted[a.FD] = true
	return nil
}

func intSockopt(k sys.Kernel, fd, name int) (int, sys.Errno) {
	var v [4]byte
	_, e := k.Getsockopt(fd, unix.SOL_SOCKET, name, v[:])
	return int(binary.NativeEndian.Uint32(v[:])), e
}

// isTCP tells TCP from MPTCP, which Go's net.Listen makes, and SCTP: that a
// short read means drained was seen on TCP and is assumed of nothing else.
func isTCP(k sys.Kernel, fd int) bool {
	if soProtocol == 0 {
		return true
	}
	proto, e := intSockopt(k, fd, soProtocol)
	return e == 0 && proto == unix.IPPROTO_TCP
}

// disown forgets a descriptor that was adopted and is closed now.
func (g *Group) disown(fd int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.adopted, fd)
}
