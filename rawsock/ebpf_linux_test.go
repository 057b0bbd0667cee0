package rawsock_test

import (
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// Extended BPF, by bpf(2) itself. insn is struct bpf_insn of <linux/bpf.h>; regs
// is dst_reg and, in the upper half, src_reg on a little-endian machine.
type insn struct {
	code, regs uint8
	off        int16
	imm        int32
}

// aligned is an __aligned_u64 with a pointer in it.
type aligned [8 / unsafe.Sizeof(uintptr(0))]unsafe.Pointer

// bpf is bpf(2). The test is skipped where the call is not allowed.
func bpf[T any](t *testing.T, cmd int, attr T) rawsock.FD {
	t.Helper()
	sockettest.NeedRoot(t)
	fd, _, e := unix.Syscall(unix.SYS_BPF, uintptr(cmd), uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	sockettest.Need(t, e != unix.EPERM && e != unix.ENOSYS, "needs bpf(2)")
	if e != 0 {
		t.Fatalf("bpf(%d): %v", cmd, e)
	}
	t.Cleanup(func() { check(t, rawsock.FD(fd).Close()) })
	return rawsock.FD(fd)
}

// loadSocketFilter loads code as BPF_PROG_TYPE_SOCKET_FILTER.
func loadSocketFilter(t *testing.T, code ...insn) rawsock.FD {
	t.Helper()
	return bpf(t, unix.BPF_PROG_LOAD, struct {
		progType, insnCnt uint32
		insns, license    aligned
	}{1, uint32(len(code)), aligned{unsafe.Pointer(&code[0])}, aligned{unsafe.Pointer(&[]byte("MIT\x00")[0])}})
}

// roundRobin loads a program that returns 0, 1, … n-1, 0, …, by a counter in a map
// of one 64-bit number (BPF_MAP_TYPE_ARRAY).
func roundRobin(t *testing.T, n int32) rawsock.FD {
	t.Helper()
	counter := bpf(t, unix.BPF_MAP_CREATE, struct{ mapType, keySize, valueSize, maxEntries uint32 }{2, 4, 8, 1})
	return loadSocketFilter(t,
		insn{0x62, 10, -4, 0},                   // *(u32 *)(r10 - 4) = 0
		insn{0xbf, 10<<4 | 2, 0, 0},             // r2 = r10
		insn{0x07, 2, 0, -4},                    // r2 += -4
		insn{0x18, 1<<4 | 1, 0, int32(counter)}, // r1 = the map (BPF_PSEUDO_MAP_FD), …
		insn{},                                  // … in two
		insn{0x85, 0, 0, 1},                     // r0 = bpf_map_lookup_elem(r1, r2)
		insn{0x15, 0, 4, 0},                     // if r0 == 0 goto exit
		insn{0xb7, 1, 0, 1},                     // r1 = 1
		insn{0xdb, 1 << 4, 0, 1},                // r1 = atomic_fetch_add((u64 *)r0, r1)
		insn{0xbf, 1 << 4, 0, 0},                // r0 = r1
		insn{0x97, 0, 0, n},                     // r0 %= n
		insn{0x95, 0, 0, 0},                     // exit
	)
}

// What classic BPF cannot do: exact round robin, over datagrams of one sender and
// over connections.
func TestRoundRobinTakesEBPF(t *testing.T) {
	for _, typ := range []int{unix.SOCK_DGRAM, unix.SOCK_STREAM} {
		prog := roundRobin(t, 4)
		g := newGroup(t, typ, loopback(0), 4)
		check(t, g.fds[1].AttachReuseportEBPF(prog))
		from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		var got []int
		for range 8 {
			if typ == unix.SOCK_STREAM {
				got = append(got, g.connection(t, loopback(0)))
			} else {
				got = append(got, g.datagram(t, from, nil))
			}
		}
		if want := []int{0, 1, 2, 3, 0, 1, 2, 3}; !slices.Equal(got, want) {
			t.Errorf("type %d: sockets %v, want %v", typ, got, want)
		}
		check(t, g.fds[1].DetachReuseportBPF())
		wantErrno(t, g.fds[1].DetachReuseportBPF(), unix.ENOENT)
	}
}

func TestAttachBPF(t *testing.T) {
	keep := loadSocketFilter(t, insn{0xb7, 0, 0, -1}, insn{0x95, 0, 0, 0}) // return -1
	drop := loadSocketFilter(t, insn{0xb7, 0, 0, 0}, insn{0x95, 0, 0, 0})
	fd, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	for _, step := range []struct {
		prog rawsock.FD
		want []string
	}{{drop, nil}, {keep, []string{"x"}}, {drop, nil}} {
		check(t, fd.AttachBPF(step.prog))
		send(t, from, addr, "x")
		if got := queued(t, fd); !slices.Equal(got, step.want) {
			t.Errorf("received %q, want %q", got, step.want)
		}
	}
	_, err := fd.GetFilter(nil)
	wantErrno(t, err, unix.EACCES)
	check(t, fd.DetachFilter())
	send(t, from, addr, "y")
	if got := queued(t, fd); !slices.Equal(got, []string{"y"}) {
		t.Errorf("detached: received %q", got)
	}
}
