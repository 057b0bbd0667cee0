package rawsock

import (
	"math"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// SockFilter is struct sock_filter, one instruction of classic BPF. On the BSDs
// it is struct bpf_insn, which is the same.
type SockFilter = sys.SockFilter

// Filter is a program in classic BPF. A socket runs it for each packet that
// arrives, with the accumulator and the index register 0, and takes what it
// returns: see [FD.AttachFilter] and [FD.AttachReuseportCBPF]. A program reads
// the packet from where its data begins for that socket: on a UDP socket's own
// filter the UDP header, in a SO_REUSEPORT group what follows the UDP or TCP
// header, on a packet socket of type SOCK_RAW the link layer. A read beyond the
// packet ends it with 0.
//
// The kernel checks it when it is attached; EINVAL is all that it says about one
// that is empty, has more than BPF_MAXINSNS (4096) instructions, does not end
// with a return, jumps out of itself or divides by 0.
type Filter []SockFilter

// What <linux/filter.h> adds to the BPF of others: where a load with BPF_ABS
// finds what is not in the packet. They are negative numbers there, and here the
// 32 bits that an instruction has of them.
const (
	SKF_AD_OFF  = 0xfffff000 // facts about the packet: the constants below are added to it
	SKF_NET_OFF = 0xfff00000 // the network header
	SKF_LL_OFF  = 0xffe00000 // the link layer's header

	SKF_AD_PROTOCOL         = 0  // ETH_P_IP, …
	SKF_AD_PKTTYPE          = 4  // PACKET_HOST, …
	SKF_AD_IFINDEX          = 8  // of the interface it came in by
	SKF_AD_NLATTR           = 12 // A is an offset, X a type: the offset of that netlink attribute
	SKF_AD_NLATTR_NEST      = 16 // the same inside the attribute at A
	SKF_AD_MARK             = 20 // SO_MARK of the sender, or what the firewall set
	SKF_AD_QUEUE            = 24 // the device's receive queue
	SKF_AD_HATYPE           = 28 // ARPHRD_ETHER, …
	SKF_AD_RXHASH           = 32 // of the flow; 0 where nothing computed one
	SKF_AD_CPU              = 36 // the CPU that runs the program
	SKF_AD_ALU_XOR_X        = 40 // A ^= X, from before there was BPF_XOR
	SKF_AD_VLAN_TAG         = 44
	SKF_AD_VLAN_TAG_PRESENT = 48
	SKF_AD_PAY_OFFSET       = 52 // where the payload of a known protocol begins
	SKF_AD_RANDOM           = 56 // 32 random bits
	SKF_AD_VLAN_TPID        = 60
	SKF_AD_MAX              = 64
)

// BPFStmt makes an instruction, as the macro BPF_STMT does.
func BPFStmt(code uint16, k uint32) SockFilter { return SockFilter{Code: code, K: k} }

// BPFJump makes a jump, as the macro BPF_JUMP does: jt instructions are skipped
// if the condition holds, and jf if not.
func BPFJump(code uint16, k uint32, jt, jf uint8) SockFilter {
	return SockFilter{Code: code, Jt: jt, Jf: jf, K: k}
}

// DropAll is a filter that keeps nothing, a guard against what arrives too
// early: packets that were queued before a filter was attached stay queued. Attach
// DropAll, receive with MSG_DONTWAIT until EAGAIN, then attach the filter that
// is meant, and no packet comes that it would not let through. Attaching puts
// one filter in the place of the other at once; there is no moment without.
func DropAll() Filter { return Filter{BPFStmt(unix.BPF_RET|unix.BPF_K, 0)} }

// Fprog returns the memory of a struct sock_fprog, as setsockopt(2) takes it for
// SO_ATTACH_FILTER and SO_ATTACH_REUSEPORT_CBPF. Its pointer leads into the same
// memory, so give the slice itself to the call and not a copy. No bytes come
// back for more than 65535 instructions, which it cannot hold, and where the
// system has no such options.
func (f Filter) Fprog() []byte {
	if len(f) > math.MaxUint16 {
		return nil
	}
	return sys.SockFprog(f)
}

// AttachFilter wraps setsockopt(2) of SO_ATTACH_FILTER. From then on the socket
// receives only packets for which f returns more than 0, and of those that many
// bytes, header included; the rest are dropped in silence. A filter that was
// there is replaced. It needs no privilege. What is queued already stays: see
// [DropAll].
//
// EINVAL: the kernel does not take the program; more than 65535 instructions are
// not shown to it. ENOMEM: it exceeds net.core.optmem_max. EPERM: the filter is
// locked. ENOSYS: not Linux.
func (fd FD) AttachFilter(f Filter) error { return fd.attach(soAttachFilter, f) }

// AttachBPF wraps setsockopt(2) of SO_ATTACH_BPF: AttachFilter with a program of
// extended BPF that bpf(2) loaded as BPF_PROG_TYPE_SOCKET_FILTER. The socket
// keeps the program after prog is closed.
func (fd FD) AttachBPF(prog FD) error { return fd.filterOption(soAttachBPF, int(prog)) }

// DetachFilter wraps setsockopt(2) of SO_DETACH_FILTER, which is SO_DETACH_BPF
// too. ENOENT: there is none. EPERM: it is locked.
func (fd FD) DetachFilter() error { return fd.filterOption(soDetachFilter, 0) }

// LockFilter wraps setsockopt(2) of SO_LOCK_FILTER with 1. Nobody, root
// included, can then change or take away this socket's filter, attach one where
// there is none, or unlock it: lock it before handing the socket to a process
// that is trusted less. Linux 3.9.
func (fd FD) LockFilter() error { return fd.filterOption(soLockFilter, 1) }

// GetFilter wraps getsockopt(2) of SO_GET_FILTER: it reads back the program that
// AttachFilter set, as it was given, and returns how many instructions it has, 0
// if there is none. With an empty buf it only returns the number. It needs no
// privilege. Linux 3.8.
//
// EINVAL: buf is too short. EACCES: the program was not classic BPF.
func (fd FD) GetFilter(buf Filter) (n int, err error) {
	n, e := sys.GetFilter(int(fd), buf)
	return n, asError(e)
}

// AttachReuseportCBPF wraps setsockopt(2) of SO_ATTACH_REUSEPORT_CBPF. f then
// decides for the whole SO_REUSEPORT group of fd which of its sockets gets a
// datagram or a new TCP connection: it returns the socket's index. Sockets are
// numbered from 0 as they joined, which a UDP socket does with bind and a TCP
// socket with listen. When one is closed, the last takes its number. An index
// that nobody has leaves the choice to the kernel's hash of addresses and ports.
// It needs no privilege. Any socket of the group will do, at any time; the first
// can have it before it is bound, and those that join find it. [SteerByCPU] and
// its kin make such programs. Linux 4.5; for TCP 4.6.
//
// EINVAL: the kernel does not take the program, or the socket has no
// SO_REUSEPORT or was bound before it had. ENOMEM, EPERM, ENOSYS: as for
// AttachFilter.
func (fd FD) AttachReuseportCBPF(f Filter) error { return fd.attach(soAttachReuseportCBPF, f) }

// AttachReuseportEBPF wraps setsockopt(2) of SO_ATTACH_REUSEPORT_EBPF:
// AttachReuseportCBPF with a program of extended BPF that bpf(2) loaded as
// BPF_PROG_TYPE_SOCKET_FILTER or BPF_PROG_TYPE_SK_REUSEPORT.
func (fd FD) AttachReuseportEBPF(prog FD) error {
	return fd.filterOption(soAttachReuseportEBPF, int(prog))
}

// DetachReuseportBPF wraps setsockopt(2) of SO_DETACH_REUSEPORT_BPF: the group of
// fd goes back to the kernel's hash. ENOENT: it has no program. EINVAL: fd has no
// SO_REUSEPORT. Linux 5.3.
func (fd FD) DetachReuseportBPF() error { return fd.filterOption(soDetachReuseportBPF, 0) }

func (fd FD) attach(name int, f Filter) error {
	if len(f) > math.MaxUint16 {
		return unix.EINVAL
	}
	return asError(sys.AttachFilter(int(fd), name, f))
}

func (fd FD) filterOption(name, value int) error {
	if name == noOption {
		return unix.ENOSYS
	}
	return fd.SetsockoptInt(unix.SOL_SOCKET, name, value)
}

// noOption stands for an option that this system does not have.
const noOption = -1
