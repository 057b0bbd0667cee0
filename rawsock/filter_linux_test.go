package rawsock_test

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// ret is the program that returns k.
func ret(k uint32) rawsock.Filter {
	return rawsock.Filter{rawsock.BPFStmt(unix.BPF_RET|unix.BPF_K, k)}
}

// long is a program of n instructions that keeps everything.
func long(n int) rawsock.Filter {
	f := slices.Repeat(rawsock.Filter{rawsock.BPFStmt(unix.BPF_LD|unix.BPF_IMM, 1)}, n)
	f[n-1] = rawsock.BPFStmt(unix.BPF_RET|unix.BPF_K, math.MaxUint32)
	return f
}

// firstByte keeps the UDP datagrams whose payload begins with c.
func firstByte(c byte) rawsock.Filter {
	const payload = 8 // behind the header, with which a UDP socket's packets begin
	return rawsock.Filter{
		rawsock.BPFStmt(unix.BPF_LD|unix.BPF_B|unix.BPF_ABS, payload),
		rawsock.BPFJump(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, uint32(c), 0, 1),
		rawsock.BPFStmt(unix.BPF_RET|unix.BPF_K, math.MaxUint32),
		rawsock.BPFStmt(unix.BPF_RET|unix.BPF_K, 0),
	}
}

// unprivileged runs f on a thread without capabilities.
func unprivileged(t *testing.T, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var was, none [2]unix.CapUserData
	check(t, unix.Capget(&hdr, &was[0]))
	for i := range none {
		none[i].Permitted, none[i].Inheritable = was[i].Permitted, was[i].Inheritable
	}
	check(t, unix.Capset(&hdr, &none[0]))
	defer unix.Capset(&hdr, &was[0])
	f()
}

// queued receives what has reached a socket, once a datagram that was sent later
// has reached another.
func queued(t *testing.T, fd rawsock.FD) (got []string) {
	t.Helper()
	mark, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	send(t, mark, addr, "mark")
	_, err := mark.Recv(make([]byte, 4), 0)
	check(t, err)
	buf := make([]byte, 100)
	for {
		n, err := fd.Recv(buf, unix.MSG_DONTWAIT)
		if err == error(unix.EAGAIN) {
			return got
		}
		check(t, err)
		got = append(got, string(buf[:n]))
	}
}

// send sends datagrams over loopback, which are queued when sendto returns.
func send(t *testing.T, from rawsock.FD, to rawsock.Sockaddr, payloads ...string) {
	t.Helper()
	for _, p := range payloads {
		_, err := from.Sendto([]byte(p), 0, to)
		check(t, err)
	}
}

func TestAttachFilter(t *testing.T) {
	fd, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	for _, step := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"a filter", func() error { return fd.AttachFilter(firstByte('a')) }, []string{"a1", "a2"}},
		{"another in its place", func() error { return fd.AttachFilter(firstByte('b')) }, []string{"b1"}},
		{"one that cuts", func() error { return fd.AttachFilter(ret(8 + 1)) }, []string{"a", "b", "a", ""}},
		{"one that drops", func() error { return fd.AttachFilter(rawsock.DropAll()) }, nil},
		{"none", fd.DetachFilter, []string{"a1", "b1", "a2", ""}},
	} {
		unprivileged(t, func() { check(t, step.do()) })
		send(t, from, addr, "a1", "b1", "a2", "")
		if got := queued(t, fd); !slices.Equal(got, step.want) {
			t.Errorf("%s: received %q, want %q", step.name, got, step.want)
		}
	}
	wantErrno(t, fd.DetachFilter(), unix.ENOENT)
}

func TestFilterOnUnixSocket(t *testing.T) {
	a, b := pair(t, unix.SOCK_DGRAM)
	check(t, b.AttachFilter(ret(2)))
	_, err := a.Send([]byte("cut here"), 0)
	check(t, err)
	if got := queued(t, b); !slices.Equal(got, []string{"cu"}) {
		t.Errorf("received %q", got)
	}
}

// Attaching alone leaves what is queued; the guard does not.
func TestDropAllGuards(t *testing.T) {
	fd, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	send(t, from, addr, "early")
	check(t, fd.AttachFilter(firstByte('a')))
	if got := queued(t, fd); !slices.Equal(got, []string{"early"}) {
		t.Errorf("queued before the filter: %q", got)
	}
	check(t, fd.DetachFilter())
	send(t, from, addr, "early")
	check(t, fd.AttachFilter(rawsock.DropAll()))
	send(t, from, addr, "a, too early")
	queued(t, fd)
	check(t, fd.AttachFilter(firstByte('a')))
	send(t, from, addr, "b", "a")
	if got := queued(t, fd); !slices.Equal(got, []string{"a"}) {
		t.Errorf("with the guard: %q", got)
	}
}

func TestGetFilter(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	n, err := fd.GetFilter(nil)
	if n != 0 || err != nil {
		t.Errorf("no filter: %d, %v", n, err)
	}
	want := firstByte('x')
	check(t, fd.AttachFilter(want))
	unprivileged(t, func() {
		if n, err := fd.GetFilter(nil); n != len(want) || err != nil {
			t.Errorf("length: %d, %v", n, err)
		}
		got := make(rawsock.Filter, 10)
		if n, err := fd.GetFilter(got); err != nil || !slices.Equal(got[:n], want) {
			t.Errorf("got %v, %v", got[:n], err)
		}
	})
	_, err = fd.GetFilter(make(rawsock.Filter, len(want)-1))
	wantErrno(t, err, unix.EINVAL)
}

func TestLockFilter(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	check(t, fd.AttachFilter(ret(1)))
	check(t, fd.LockFilter())
	check(t, fd.LockFilter())
	wantErrno(t, fd.AttachFilter(ret(1)), unix.EPERM)
	wantErrno(t, fd.AttachBPF(-1), unix.EPERM)
	wantErrno(t, fd.DetachFilter(), unix.EPERM)
	wantErrno(t, fd.AttachReuseportCBPF(ret(1)), unix.EPERM)
	wantErrno(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_LOCK_FILTER, 0), unix.EPERM)
	if on, err := fd.GetsockoptInt(unix.SOL_SOCKET, unix.SO_LOCK_FILTER); on != 1 || err != nil {
		t.Errorf("SO_LOCK_FILTER: %d, %v", on, err)
	}
}

func TestFilterBadInput(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	check(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	for name, attach := range map[string]func(rawsock.Filter) error{"socket": fd.AttachFilter, "group": fd.AttachReuseportCBPF} {
		// A small net.core.optmem_max has no room for it.
		if err := attach(long(unix.BPF_MAXINSNS)); err != nil && err != error(unix.ENOMEM) {
			t.Errorf("%s: %d instructions: %v", name, unix.BPF_MAXINSNS, err)
		}
		for what, f := range map[string]rawsock.Filter{
			"nil":               nil,
			"empty":             {},
			"too long":          long(unix.BPF_MAXINSNS + 1),
			"65536 + 1":         long(1<<16 + 1), // 1, as the kernel would see it
			"no return":         {rawsock.BPFStmt(unix.BPF_LD|unix.BPF_IMM, 1)},
			"unknown code":      {rawsock.BPFStmt(0xffff, 0)},
			"division by 0":     rawsock.SteerByCPU(0),
			"modulo of -1":      rawsock.SteerByCPU(-1),
			"jump past end":     {rawsock.BPFJump(unix.BPF_JMP|unix.BPF_JA, 5, 0, 0), rawsock.BPFStmt(unix.BPF_RET|unix.BPF_K, 1)},
			"number of 3":       rawsock.SteerByValue(0, 3, 4),
			"unknown ancillary": {rawsock.BPFStmt(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, rawsock.SKF_AD_OFF+61)},
		} {
			if err := attach(f); err != error(unix.EINVAL) {
				t.Errorf("%s: %s: got %v, want EINVAL", name, what, err)
			}
		}
	}
	closed := rawsock.FD(-1)
	for _, err := range []error{
		closed.AttachFilter(ret(1)), closed.AttachBPF(0), closed.DetachFilter(), closed.LockFilter(),
		closed.AttachReuseportCBPF(ret(1)), closed.AttachReuseportEBPF(0), closed.DetachReuseportBPF(),
	} {
		wantErrno(t, err, unix.EBADF)
	}
	_, err := closed.GetFilter(nil)
	wantErrno(t, err, unix.EBADF)
	wantErrno(t, fd.AttachBPF(-1), unix.EBADF)
	wantErrno(t, fd.AttachReuseportEBPF(fd), unix.EINVAL)
}

// The encoded form carries its program with it.
func TestFprog(t *testing.T) {
	fd, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	from := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	var kept [][]byte
	for c := byte('a'); c <= 'z'; c++ {
		kept = append(kept, firstByte(c).Fprog())
	}
	runtime.GC()
	for i, b := range kept {
		if want := unsafe.Sizeof(unix.SockFprog{}); uintptr(len(b)) != want {
			t.Fatalf("%d bytes, want %d", len(b), want)
		}
		check(t, fd.SetsockoptBytes(unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, b))
		c := string(rune('a' + i))
		send(t, from, addr, "!", c)
		if got := queued(t, fd); !slices.Equal(got, []string{c}) {
			t.Errorf("filter for %q lets through %q", c, got)
		}
	}
	if rawsock.Filter(long(1<<16)).Fprog() != nil {
		t.Error("65536 instructions in an unsigned short")
	}
	wantErrno(t, fd.SetsockoptBytes(unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, rawsock.Filter{}.Fprog()), unix.EINVAL)
}

func TestFilterCallsDoNotAllocate(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	check(t, fd.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	f, buf := firstByte('x'), make(rawsock.Filter, 8)
	allocs := testing.AllocsPerRun(50, func() {
		fd.AttachFilter(f)
		fd.GetFilter(buf)
		fd.DetachFilter()
		fd.AttachReuseportCBPF(f)
		fd.DetachReuseportBPF()
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
