package sys_test

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
)

func TestMain(m *testing.M) { sockettest.Main(m) }

// record traces what f does.
func record(f func()) []sys.Call {
	var calls []sys.Call
	sys.SetTrace(func(c sys.Call) { calls = append(calls, c) })
	defer sys.SetTrace(nil)
	f()
	return calls
}

func loopback(port uint16) *sys.RawSockaddr {
	sa := &sys.RawSockaddr{Len: 16}
	sa.Data[0] = unix.AF_INET
	sa.Data[2], sa.Data[3] = byte(port>>8), byte(port)
	copy(sa.Data[4:], []byte{127, 0, 0, 1})
	return sa
}

func TestTraceShowsRawArguments(t *testing.T) {
	calls := record(func() {
		fd, e := sys.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if e != 0 {
			t.Fatal(e)
		}
		sys.Bind(fd, loopback(0))
		sys.Listen(fd, 7)
		sys.Sendto(fd, []byte("hello"), unix.MSG_NOSIGNAL, nil)
		sys.Close(fd)
		sys.Close(fd)
	})
	if len(calls) != 6 {
		t.Fatalf("%d calls, want 6: %v", len(calls), calls)
	}
	fd := calls[0].Ret
	want := []sys.Call{
		{Name: "socket", Args: []int{unix.AF_INET, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, 0}, Ret: fd},
		{Name: "bind", Args: []int{fd}, Data: loopback(0).Bytes()},
		{Name: "listen", Args: []int{fd, 7}},
		{Name: "sendto", Args: []int{fd, 5, unix.MSG_NOSIGNAL}, Data: []byte("hello"), Errno: unix.EPIPE},
		{Name: "close", Args: []int{fd}},
		{Name: "close", Args: []int{fd}, Errno: unix.EBADF},
	}
	for i, w := range want {
		got := calls[i]
		if got.Name != w.Name || !slices.Equal(got.Args, w.Args) || !slices.Equal(got.Data, w.Data) || got.Errno != w.Errno {
			t.Errorf("call %d is %+v, want %+v", i, got, w)
		}
	}
}

func TestTracedKernelShowsTheLoopsCalls(t *testing.T) {
	k := sys.Traced(sys.NewHost())
	calls := record(func() {
		fd, e := k.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if e != 0 {
			t.Fatal(e)
		}
		k.Recv(fd, make([]byte, 8))
		k.Send(fd, []byte("x"))
		k.Close(fd)
	})
	var names []string
	for _, c := range calls {
		names = append(names, c.Name)
	}
	if want := []string{"socket", "recvfrom", "sendto", "close"}; !slices.Equal(names, want) {
		t.Errorf("traced %v, want %v", names, want)
	}
}

func TestTraceOffAllocatesNothing(t *testing.T) {
	a, b := sockettest.Pair(t)
	p := make([]byte, 8)
	n := testing.AllocsPerRun(100, func() {
		var sa sys.RawSockaddr
		sys.Getsockname(a, &sa)
		sys.Sendto(a, p, unix.MSG_DONTWAIT, nil)
		sys.Recvfrom(b, p, unix.MSG_DONTWAIT, &sa)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRawSockaddrBytesAreClamped(t *testing.T) {
	sa := sys.RawSockaddr{Len: 1 << 30}
	if n := len(sa.Bytes()); n != sys.SizeofSockaddrStorage {
		t.Errorf("%d bytes", n)
	}
}
