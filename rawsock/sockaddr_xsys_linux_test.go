package rawsock_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// What x/sys hands to the kernel for an address of its own is, byte for byte,
// what comes of SockaddrFromUnix; and ToUnix gives the address back.
func TestSameBytesAsXsys(t *testing.T) {
	addresses := []unix.Sockaddr{
		&unix.SockaddrInet4{Port: 513, Addr: [4]byte{127, 0, 0, 1}},
		&unix.SockaddrInet6{Port: 513, Addr: [16]byte{15: 1}, ZoneId: 7},
		&unix.SockaddrUnix{Name: "no/such/directory"},
		&unix.SockaddrUnix{Name: strings.Repeat("x/", 53) + "x"},
		&unix.SockaddrLinklayer{Protocol: 0x0008, Ifindex: 1, Hatype: 2, Pkttype: 3, Halen: 6, Addr: [8]byte{1, 2, 3, 4, 5, 6}},
		&unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: 1, Groups: 2},
		&unix.SockaddrVM{CID: 1, Port: 2, Flags: 1},
		&unix.SockaddrCAN{Ifindex: 1, RxID: 2, TxID: 3},
		&unix.SockaddrCANJ1939{Ifindex: 1, Name: 1 << 63, PGN: 2, Addr: 3},
		&unix.SockaddrALG{Type: "hash", Name: strings.Repeat("n", 63), Feature: 1, Mask: 2},
		&unix.SockaddrXDP{Flags: 4, Ifindex: 1, QueueID: 2, SharedUmemFD: 3},
		&unix.SockaddrTIPC{Scope: -2, Addr: &unix.TIPCServiceRange{Type: 1, Lower: 2, Upper: 3}},
		&unix.SockaddrTIPC{Scope: 2, Addr: &unix.TIPCServiceName{Type: 1, Instance: 2, Domain: 3}},
		&unix.SockaddrTIPC{Addr: &unix.TIPCSocketAddr{Ref: 1, Node: 2}},
		&unix.SockaddrL2{PSM: 0x1001, CID: 2, Addr: [6]byte{1, 2, 3, 4, 5, 6}, AddrType: 1},
		&unix.SockaddrRFCOMM{Addr: [6]byte{1, 2, 3, 4, 5, 6}, Channel: 9},
		&unix.SockaddrHCI{Dev: 1, Channel: 3},
	}
	var halves []twin
	for _, u := range addresses {
		sa, err := rawsock.SockaddrFromUnix(u)
		check(t, err)
		back, err := sa.ToUnix()
		check(t, err)
		for _, bind := range []func(fd rawsock.FD) error{
			func(fd rawsock.FD) error { return unix.Bind(int(fd), u) },
			func(fd rawsock.FD) error { return fd.Bind(sa) },
			func(fd rawsock.FD) error { return unix.Bind(int(fd), back) },
		} {
			halves = append(halves, twin{name: sa.String(), only: "bind", ours: func() {
				fd, _ := rawsock.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
				bind(fd)
				fd.Close()
			}})
		}
	}
	steps := ourHalf(t, halves)
	for i := 0; i < len(steps); i += 3 {
		want := normal(halves[i].counted(steps[i]))
		if !strings.Contains(want, "bind(") {
			t.Errorf("x/sys makes no call of %s", want)
		}
		for j, what := range []string{1: "bytes", 2: "back"} {
			if got := normal(halves[i].counted(steps[i+j])); got != want {
				t.Errorf("%s:\n\tgot   %s\n\tx/sys %s", what, got, want)
			}
		}
	}
}

func TestXsysRefusalsOfLinux(t *testing.T) {
	path, err := rawsock.SockaddrUnixPath("@x")
	check(t, err)
	abstract, err := rawsock.SockaddrUnixAbstract(strings.Repeat("x", rawsock.MaxUnixPath-1))
	check(t, err)
	unknown, err := rawsock.SockaddrFromBytes([]byte{99, 99, 1})
	check(t, err)
	long, err := rawsock.SockaddrALG("hash", strings.Repeat("n", 64), 0, 0)
	check(t, err)
	infiniband, err := rawsock.SockaddrPacket(rawsock.PacketAddr{Halen: 20})
	check(t, err)
	for _, sa := range []rawsock.Sockaddr{
		path, abstract, unknown, long, infiniband, rawsock.SockaddrQIPCRTR(1, 2), rawsock.SockaddrSCO(rawsock.BDAddr{1}), rawsock.SockaddrTIPC(9, 0, [3]uint32{}), rawsock.SockaddrCAN(-1),
	} {
		if u, err := sa.ToUnix(); u != nil || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v became %#v, %v", sa, u, err)
		}
	}
	for _, u := range []unix.Sockaddr{
		&unix.SockaddrLinklayer{Ifindex: -1}, &unix.SockaddrLinklayer{Halen: 9}, &unix.SockaddrCAN{Ifindex: -1}, &unix.SockaddrCANJ1939{Ifindex: -1},
		&unix.SockaddrALG{Name: strings.Repeat("n", 64)}, &unix.SockaddrALG{Type: strings.Repeat("n", 14)}, &unix.SockaddrTIPC{},
	} {
		_, err := rawsock.SockaddrFromUnix(u)
		wantErrno(t, err, unix.EINVAL)
	}
	if _, err := rawsock.SockaddrFromUnix(&unix.SockaddrIUCV{}); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "IUCV") {
		t.Errorf("IUCV: %v", err)
	}
}

func TestAbstractNamesOfXsys(t *testing.T) {
	for name, want := range map[string]string{"@": "@", "\x00": "@", "@a\x00b": `@a\x00b`, "\x00a": "@a"} {
		if sa, err := rawsock.SockaddrFromUnix(&unix.SockaddrUnix{Name: name}); err != nil || sa.String() != want {
			t.Errorf("%q became %v, %v; want %s", name, sa, err, want)
		}
	}
}
