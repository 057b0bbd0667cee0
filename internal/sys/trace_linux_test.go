package sys_test

import (
	"bytes"
	"encoding/binary"
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
	defer sys.SetTrace(func(c sys.Call) { calls = append(calls, c) })()
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

// words are the arguments of a call that are numbers: those that have no memory.
func words(c sys.Call) (w []int) {
	for _, a := range c.Args {
		if a.In == nil && a.Out == nil {
			w = append(w, int(a.Word))
		}
	}
	return w
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
		sys.Getsockopt(fd, unix.SOL_SOCKET, unix.SO_TYPE, make([]byte, 8))
		sys.Accept4(fd, nil, unix.SOCK_NONBLOCK|unix.SOCK_STREAM)
		sys.Close(fd)
		sys.Close(fd)
	})
	fd := calls[0].Ret
	for i, want := range []struct {
		name  string
		words []int
		in    []byte // of the only argument that has memory, or of the first
		out   []byte
		ret   int
		errno sys.Errno
	}{
		{name: "socket", words: []int{unix.AF_INET, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, 0}, ret: fd},
		{name: "bind", words: []int{fd, 16}, in: loopback(0).Bytes()},
		{name: "listen", words: []int{fd, 7}},
		{name: "sendto", words: []int{fd, 5, unix.MSG_NOSIGNAL, 0, 0}, in: []byte("hello"), errno: unix.EPIPE},
		{name: "getsockopt", words: []int{fd, unix.SOL_SOCKET, unix.SO_TYPE}, out: binary.NativeEndian.AppendUint32(nil, unix.SOCK_STREAM)},
		{name: "accept4", words: []int{fd, 0, 0, unix.SOCK_NONBLOCK | unix.SOCK_STREAM}, ret: -1, errno: unix.EINVAL},
		{name: "close", words: []int{fd}},
		{name: "close", words: []int{fd}, errno: unix.EBADF},
	} {
		got := calls[i]
		var memory sys.Arg
		if j := slices.IndexFunc(got.Args, func(a sys.Arg) bool { return a.In != nil || a.Out != nil }); j >= 0 {
			memory = got.Args[j]
		}
		if got.Name != want.name || !slices.Equal(words(got), want.words) || got.Ret != want.ret || got.Errno != want.errno ||
			!bytes.Equal(memory.In, want.in) || !bytes.Equal(memory.Out, want.out) {
			t.Errorf("call %d is %+v, want %+v", i, got, want)
		}
	}
}

func TestTracedKernelShowsWhatTheHostAdds(t *testing.T) {
	k := sys.Traced(sys.NewHost())
	calls := record(func() {
		fd, e := k.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if e != 0 {
			t.Fatal(e)
		}
		k.Recv(fd, make([]byte, 8))
		k.Send(fd, []byte("x"))
		k.Sendv(fd, [][]byte{[]byte("x"), []byte("yz")})
		k.Close(fd)
	})
	fd := calls[0].Ret
	for i, want := range []struct {
		name  string
		words []int
	}{
		{"socket", []int{unix.AF_UNIX, unix.SOCK_STREAM | unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC, 0}},
		{"recvfrom", []int{fd, int(calls[1].Args[1].Word), 8, unix.MSG_DONTWAIT, 0, 0}},
		{"sendto", []int{fd, 1, unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL, 0, 0}},
		{"sendmsg", []int{fd, int(calls[3].Args[1].Word), unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL}},
		{"close", []int{fd}},
	} {
		if got := calls[i]; got.Name != want.name || !slices.Equal(words(got), want.words) {
			t.Errorf("call %d is %+v, want %+v", i, got, want)
		}
	}
	if iov := calls[3].Args[1].Messages[0].Iov; len(iov) != 2 || string(iov[1].Data) != "yz" {
		t.Errorf("sendmsg of %+v", iov)
	}
}

func TestNewKernelIsTracedIfAHookIsSet(t *testing.T) {
	k := sys.NewKernel()
	if _, ok := k.(*sys.Host); !ok {
		t.Errorf("%T without a hook", k)
	}
	calls := record(func() {
		k = sys.NewKernel()
		k.Close(-1)
	})
	if len(calls) != 1 || calls[0].Name != "close" || calls[0].Errno != unix.EBADF {
		t.Errorf("with a hook it showed %+v", calls)
	}
	if e := k.Close(-1); e != unix.EBADF || len(calls) != 1 {
		t.Errorf("after the hook: %v, %d calls", e, len(calls))
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
