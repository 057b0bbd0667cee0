package rawsock_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// batchOf returns a batch with one buffer of size bytes for each message.
func batchOf(n, size int) rawsock.Batch {
	b := rawsock.NewBatch(n)
	for i := range n {
		b.SetBuffers(i, make([]byte, size))
	}
	return b
}

func TestSendmmsgRecvmmsg(t *testing.T) {
	a, addrA := bound(t, unix.SOCK_DGRAM, loopback(0))
	b, addrB := bound(t, unix.SOCK_DGRAM, loopback(0))
	c, addrC := bound(t, unix.SOCK_DGRAM, loopback(0))
	out := rawsock.NewBatch(6)
	for i := range out.Len() {
		out.SetBuffers(i, fmt.Appendf(nil, "message %d", i), nil, []byte("!"))
		out.SetName(i, []rawsock.Sockaddr{addrB, addrC}[i%2])
	}
	if n, err := a.Sendmmsg(out, 0); n != 6 || err != nil || out.N(5) != 10 {
		t.Fatalf("sendmmsg: %d, %v", n, err)
	}
	in := batchOf(8, 20)
	for first, fd := range []rawsock.FD{b, c} {
		n, err := fd.Recvmmsg(in, unix.MSG_WAITFORONE, nil)
		if n != 3 || err != nil {
			t.Fatalf("recvmmsg: %d, %v", n, err)
		}
		for i := range n {
			want := fmt.Sprintf("message %d!", first+2*i)
			if got := in.Data(i); string(got) != want || in.N(i) != len(want) || in.Name(i) != addrA || in.Flags(i) != 0 {
				t.Errorf("%q from %v, flags %#x; want %q from %v", got, in.Name(i), in.Flags(i), want, addrA)
			}
		}
	}

	// What came goes back to where it came from.
	for i := range 3 {
		in.SetBuffers(i, in.Data(i))
	}
	if n, err := c.Sendmmsg(in.Slice(0, 3), 0); n != 3 || err != nil {
		t.Fatalf("sendmmsg back: %d, %v", n, err)
	}
	if n, err := a.Recvmmsg(out, unix.MSG_DONTWAIT, nil); n != 3 || err != nil || out.Name(2) != addrC || string(out.Data(1)) != "message 3" {
		t.Errorf("recvmmsg: %d, %v, %q from %v", n, err, out.Data(1), out.Name(2))
	}
}

// Each message has its own truncation, control data and name.
func TestBatchMessagesAreTheirOwn(t *testing.T) {
	a, addrA := bound(t, unix.SOCK_DGRAM, loopback(0))
	check(t, a.SetsockoptInt(unix.IPPROTO_IP, unix.IP_PKTINFO, 1))
	out, in := batchOf(4, 10), batchOf(4, 10)
	rooms := []int{100, 0, unix.CmsgSpace(4), 100}
	for i := range 4 {
		out.SetName(i, addrA)
		in.SetControl(i, make([]byte, rooms[i]))
	}
	in.SetBuffers(3, make([]byte, 7))
	in.SetNoName(1, true)
	in.SetName(1, loopback(1))
	whole := unix.CmsgSpace(12) // struct in_pktinfo
	for range 2 {               // the second time everything is as it was the first time
		if n, err := a.Sendmmsg(out, 0); n != 4 || err != nil {
			t.Fatalf("sendmmsg: %d, %v", n, err)
		}
		if n, err := a.Recvmmsg(in, 0, nil); n != 4 || err != nil {
			t.Fatalf("recvmmsg: %d, %v", n, err)
		}
		for i := range 4 {
			wantControl := map[int]int{0: whole, 3: whole}[i]
			if i != 2 && len(in.Control(i)) != wantControl {
				t.Errorf("message %d: %d bytes of control data, want %d", i, len(in.Control(i)), wantControl)
			}
			if cut := in.Flags(i)&unix.MSG_CTRUNC != 0; cut != (rooms[i] < whole) {
				t.Errorf("message %d: flags %#x", i, in.Flags(i))
			}
			if cut := in.Flags(i)&unix.MSG_TRUNC != 0; cut != (i == 3) || in.N(i) != min(10, len(in.Data(i))) {
				t.Errorf("message %d: flags %#x, %d bytes", i, in.Flags(i), in.N(i))
			}
		}
		if in.Name(0) != addrA || in.Name(1) != loopback(1) {
			t.Errorf("names %v and %v, want %v and the untouched one", in.Name(0), in.Name(1), addrA)
		}
	}
	in.SetControl(0, nil) // what was there has gone with its room
	if got := in.Control(0); len(got) != 0 {
		t.Errorf("%d bytes of control data in no room", len(got))
	}
}

// A name that is shorter than the one before it leaves nothing of it.
func TestBatchNamesDoNotMix(t *testing.T) {
	server := open(t, unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	check(t, server.Bind(rawsock.SockaddrUnixUnnamed())) // autobind
	addr, err := server.Getsockname()
	check(t, err)
	in := batchOf(1, 1)
	for _, name := range []string{"a long abstract name " + t.Name(), "short" + t.Name(), ""} {
		client := open(t, unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		want := rawsock.Sockaddr{} // an unbound sender has none
		if name != "" {
			want, err = rawsock.SockaddrUnixAbstract(name)
			check(t, err)
			check(t, client.Bind(want))
		}
		_, err := client.Sendto([]byte("x"), 0, addr)
		check(t, err)
		if n, err := server.Recvmmsg(in, 0, nil); n != 1 || err != nil {
			t.Fatalf("recvmmsg: %d, %v", n, err)
		}
		if got := in.Name(0); got != want {
			t.Errorf("from %q, want %q", got.Bytes(), want.Bytes())
		}
	}
}

// The count says how far it got; the errno comes with the message that failed
// first.
func TestSendmmsgIsPartial(t *testing.T) {
	a, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	b := batchOf(4, 1)
	for i := range 4 {
		b.SetName(i, addr)
	}
	b.SetBuffers(2, make([]byte, rawsock.MaxUDPv4Payload+1))
	n, err := a.Sendmmsg(b, 0)
	if n != 2 || err != nil {
		t.Errorf("%d, %v, want 2", n, err)
	}
	n, err = a.Sendmmsg(b.Slice(n, 4), 0)
	wantErrno(t, err, unix.EMSGSIZE)
	if n != 0 {
		t.Errorf("%d messages with an error", n)
	}
	if n, err := a.Sendmmsg(b.Slice(3, 4), 0); n != 1 || err != nil {
		t.Errorf("after the bad one: %d, %v", n, err)
	}
	if n, err := a.Sendmmsg(b.Slice(0, 0), 0); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
}

func TestRecvmmsgTimeout(t *testing.T) {
	a, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	check(t, a.SetsockoptInt(unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20))
	b := batchOf(2, 1)
	send := func() {
		_, err := a.Sendto([]byte("x"), 0, addr)
		check(t, err)
	}
	send()
	timeout := time.Duration(0) // over as soon as one has come
	if n, err := a.Recvmmsg(b, 0, &timeout); n != 1 || err != nil || timeout != 0 {
		t.Errorf("no time: %d, %v, %v left", n, err, timeout)
	}
	send()
	send()
	timeout = time.Minute
	if n, err := a.Recvmmsg(b, 0, &timeout); n != 2 || err != nil || timeout >= time.Minute || timeout < time.Second {
		t.Errorf("enough time: %d, %v, %v left", n, err, timeout)
	}
	timeout = -time.Second
	_, err := a.Recvmmsg(b, 0, &timeout)
	wantErrno(t, err, unix.EINVAL)
	_, err = a.Recvmmsg(b, unix.MSG_DONTWAIT, nil)
	wantErrno(t, err, unix.EAGAIN)
}

func TestBatchErrnos(t *testing.T) {
	b := batchOf(2, 4)
	_, err := rawsock.FD(-1).Sendmmsg(b, 0)
	wantErrno(t, err, unix.EBADF)
	_, err = rawsock.FD(-1).Recvmmsg(b, 0, nil)
	wantErrno(t, err, unix.EBADF)
	in := file(t, "")
	_, err = in.Sendmmsg(b, 0)
	wantErrno(t, err, unix.ENOTSOCK)
	_, err = in.Recvmmsg(b, 0, nil)
	wantErrno(t, err, unix.ENOTSOCK)

	a, _ := pair(t, unix.SOCK_DGRAM)
	b.SetBuffers(0, make([][]byte, 1025)...)
	_, err = a.Sendmmsg(b, 0)
	wantErrno(t, err, unix.EMSGSIZE)
	b.SetBuffers(0)
	b.SetControl(0, longControl)
	_, err = a.Sendmmsg(b, 0)
	wantErrno(t, err, tooMuchControl)
	b.SetControl(0, nil)
	if n, err := a.Sendmmsg(b.Slice(0, 1), 0); n != 1 || err != nil || b.Data(0) != nil {
		t.Errorf("an empty message: %d, %v", n, err)
	}
}

// A message that is given fewer buffers, or none, keeps none of those before.
func TestBatchLetsBuffersGo(t *testing.T) {
	b := rawsock.NewBatch(1)
	for _, keep := range []int{0, 1} {
		gone := make(chan int, 3)
		buffers := make([][]byte, 3)
		for i := range buffers {
			buffers[i] = make([]byte, 64)
			runtime.AddCleanup(&buffers[i][0], func(i int) { gone <- i }, i)
		}
		b.SetBuffers(0, buffers...)
		kept := buffers[:keep:keep]
		b.SetBuffers(0, append([][]byte(nil), kept...)...)
		clear(buffers[keep:])
		for left := 3 - keep; left > 0; left-- {
			runtime.GC()
			select {
			case <-gone:
			case <-time.After(5 * time.Second):
				t.Fatalf("%d of %d buffers are kept alive", left, 3-keep)
			}
		}
		runtime.KeepAlive(kept)
	}
	runtime.KeepAlive(b)
}

func TestBatchDoesNotAllocate(t *testing.T) {
	udp, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	check(t, udp.SetsockoptInt(unix.IPPROTO_IP, unix.IP_PKTINFO, 1))
	text := []byte("text")
	out, in := batchOf(8, 4), batchOf(8, 4)
	for i := range 8 {
		out.SetName(i, addr)
		out.SetBuffers(i, text, text)
		in.SetControl(i, make([]byte, 64))
	}
	wantNoAllocs(t, "sendmmsg recvmmsg", func() error {
		for i := range 8 {
			out.SetBuffers(i, text[:2], text[2:])
			out.SetName(i, addr)
		}
		timeout := time.Second
		_, err := udp.Sendmmsg(out, 0)
		_, err2 := udp.Recvmmsg(in, 0, &timeout)
		for i := range 8 {
			if in.Name(i) != addr || !bytes.Equal(in.Data(i), text) || len(in.Control(i)) == 0 {
				return unix.EBADMSG
			}
		}
		return firstOf(err, err2)
	})
	wantNoAllocs(t, "errors", func() error {
		if _, err := udp.Recvmmsg(in, unix.MSG_DONTWAIT, nil); err != error(unix.EAGAIN) {
			return unix.EINVAL
		}
		return nil
	})
}

// The raw form is the same call: without MSG_DONTWAIT it sleeps as ever.
func TestBatchNoSleep(t *testing.T) {
	a, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	b := batchOf(3, 4).NoSleep()
	for i := range 3 {
		b.SetName(i, addr)
	}
	_, err := a.Recvmmsg(b, unix.MSG_DONTWAIT, nil)
	wantErrno(t, err, unix.EAGAIN)
	for _, flags := range []int{unix.MSG_DONTWAIT, 0} {
		if n, err := a.Sendmmsg(b.Slice(1, 3), flags); n != 2 || err != nil {
			t.Fatalf("sendmmsg: %d, %v", n, err)
		}
		if n, err := a.Recvmmsg(b.Slice(0, 2), flags, nil); n != 2 || err != nil || b.Name(1) != addr || b.N(0) != 4 {
			t.Errorf("recvmmsg: %d, %v", n, err)
		}
	}
}
