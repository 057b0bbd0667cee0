package sys_test

import (
	"bytes"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/internal/sys"
)

func TestTraceShowsMessages(t *testing.T) {
	a, b := sockettest.Pair(t)
	var v sys.Vectors
	control := unix.UnixRights(a)
	calls := record(func() {
		sys.Sendmsg(a, nil, [][]byte{[]byte("ab"), nil, []byte("cde")}, control, unix.MSG_NOSIGNAL, &v)
		r, _ := sys.Recvmsg(b, new(sys.RawSockaddr), [][]byte{make([]byte, 4), make([]byte, 9)}, make([]byte, 2), 0, &v)
		if r.N != 5 || r.Flags != unix.MSG_CTRUNC || r.Control != 0 {
			t.Errorf("recvmsg: %+v", r)
		}
		sys.Recvmsg(b, nil, [][]byte{make([]byte, 4)}, nil, unix.MSG_DONTWAIT, &v)
	})
	sent, got, failed := calls[0].Args[1].Messages[0], calls[1].Args[1].Messages[0], calls[2].Args[1].Messages[0]
	if len(sent.Iov) != 3 || string(sent.Iov[2].Data) != "cde" || !bytes.Equal(sent.Control.Data, control) || sent.Name.Addr != 0 {
		t.Errorf("sendmsg showed %+v", sent)
	}
	if string(got.Iov[0].Data) != "abcd" || string(got.Iov[1].Data) != "e" || got.Iov[1].Size != 9 || got.Name.Size != 128 ||
		got.Flags != unix.MSG_CTRUNC || got.Control.Size != 2 {
		t.Errorf("recvmsg showed %+v", got)
	}
	if calls[2].Errno != unix.EAGAIN || failed.Iov[0].Data != nil || failed.Iov[0].Size != 4 || failed.Control.Addr != 0 {
		t.Errorf("a failed recvmsg showed %+v", failed)
	}
}

func TestTraceShowsPoll(t *testing.T) {
	a, _ := sockettest.Pair(t)
	fds := []sys.PollFd{{Fd: int32(a), Events: sys.POLLOUT}}
	calls := record(func() {
		timeout := time.Minute
		sys.Poll(fds, 10)
		sys.Ppoll(fds, &timeout, &sys.Sigset{})
	})
	for _, c := range calls {
		if c.Ret != 1 || len(c.Args[0].In) != 8 || len(c.Args[0].Out) != 8 {
			t.Errorf("%+v", c)
		}
	}
	if timeout := calls[1].Args[2]; len(timeout.In) != 16 || bytes.Equal(timeout.In, timeout.Out) {
		t.Errorf("timeout %+v, want less of it after the call", timeout)
	}
}

func TestTraceShowsBatches(t *testing.T) {
	a, b := sockettest.Pair(t)
	batch := sys.NewBatch(3)
	for i := range batch.Len() {
		batch.SetBuffers(i, []byte("xyz"))
	}
	batch.SetNoName(1, true)
	calls := record(func() {
		sys.Sendmmsg(a, batch.Slice(0, 2), unix.MSG_EOR)
		timeout := time.Minute
		sys.Recvmmsg(b, batch.Slice(0, 1), 0, &timeout)
		sys.Recvmmsg(b, batch, unix.MSG_WAITFORONE, nil)
	})
	for i, want := range []struct{ ret, list, words int }{{2, 2, 4}, {1, 1, 5}, {1, 3, 5}} {
		c := calls[i]
		list := c.Args[1].Messages
		if c.Ret != want.ret || len(list) != want.list || len(c.Args) != want.words {
			t.Fatalf("%+v, want %+v", c, want)
		}
		for j, m := range list {
			if came := j < want.ret; (m.Len == 3) != came || (m.Iov[0].Data != nil) != (came || i == 0) {
				t.Errorf("message %d of call %d: %+v", j, i, m)
			}
		}
	}
	if m := calls[2].Args[1].Messages; m[0].Name.Size != 128 || m[1].Name.Addr != 0 {
		t.Errorf("names %+v and %+v", m[0].Name, m[1].Name)
	}
	if timeout := calls[1].Args[4]; len(timeout.In) != 16 || bytes.Equal(timeout.In, timeout.Out) {
		t.Errorf("timeout %+v", timeout)
	}
}
