package rawsock_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

var bindEffects = []optionEffect{
	shows(effectReuseAddr, rawsock.SOReuseAddr),
	shows(effectReusePort, rawsock.SOReusePort),
	shows(effectBroadcast, rawsock.SOBroadcast),
	shows(effectBindToDevice, rawsock.SOBindToDevice),
	shows(effectBindToIfindex, rawsock.SOBindToIfindex),
	shows(effectDontRoute, rawsock.SODontRoute),
	shows(effectError, rawsock.SOError),
	shows(effectCookie, rawsock.SOCookie),
	shows(effectNetnsCookie, rawsock.SONetnsCookie),
}

var bufferEffects = []optionEffect{
	shows(effectSndBuf, rawsock.SOSndBuf, rawsock.SOSndBufForce),
	shows(effectRcvBuf, rawsock.SORcvBuf, rawsock.SORxqOvfl, rawsock.SOMemInfo),
	shows(effectRcvLowat, rawsock.SORcvLowat),
	shows(effectTimeouts, rawsock.SORcvTimeo, rawsock.SOSndTimeo, rawsock.SORcvTimeoNew, rawsock.SOSndTimeoNew),
	shows(effectOOBInline, rawsock.SOOOBInline),
	shows(effectLinger, rawsock.SOLinger),
	shows(effectLockFilter, rawsock.SOLockFilter),
	shows(effectSelectErrQueue, rawsock.SOSelectErrQueue),
	shows(effectZeroCopy, rawsock.SOZeroCopy),
}

// An address with a connection in TIME_WAIT can be bound again. E2
func effectReuseAddr(t *testing.T) {
	for reuse, want := range map[bool]error{false: unix.EADDRINUSE, true: nil} {
		fresh := func() rawsock.FD {
			fd, err := rawsock.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			check(t, err)
			check(t, rawsock.SOReuseAddr.Set(fd, reuse))
			return fd
		}
		l := fresh()
		check(t, firstOf(l.Bind(loopback(0)), l.Listen(1)))
		addr, err := l.Getsockname()
		check(t, err)
		client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
		check(t, client.Connect(addr))
		server, err := l.AcceptNull()
		check(t, err)
		check(t, firstOf(server.Close(), l.Close())) // whoever closes first waits
		wantReceived(t, client, "")
		check(t, client.Shutdown(unix.SHUT_WR))
		if err := adopt(t, fresh()).Bind(addr); err != want {
			t.Errorf("SO_REUSEADDR %t: bind %v, want %v", reuse, err, want)
		}
	}
}

// Two listeners of one address share its connections. E3
func effectReusePort(t *testing.T) {
	listen := func(at rawsock.Sockaddr, share bool) (rawsock.FD, error) {
		fd := open(t, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
		check(t, rawsock.SOReusePort.Set(fd, share))
		return fd, firstOf(fd.Bind(at), fd.Listen(64))
	}
	a, err := listen(loopback(0), true)
	check(t, err)
	addr, err := a.Getsockname()
	check(t, err)
	_, err = listen(addr, false)
	wantErrno(t, err, unix.EADDRINUSE)
	b, err := listen(addr, true)
	check(t, err)
	// The chance that one of them gets all 40 is 2 in 2 to the 40th.
	for range 40 {
		check(t, open(t, unix.AF_INET, unix.SOCK_STREAM, 0).Connect(addr))
	}
	for _, fd := range []rawsock.FD{a, b} {
		server, err := fd.AcceptNull()
		check(t, err)
		adopt(t, server)
	}
}

// Without it a broadcast is EACCES. E8
func effectBroadcast(t *testing.T) {
	receiver, addr := bound(t, unix.SOCK_DGRAM, rawsock.SockaddrInet4([4]byte{}, 0))
	sender := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	to := rawsock.SockaddrInet4([4]byte{127, 255, 255, 255}, portOf(addr))
	_, err := sender.Sendto([]byte("hello"), 0, to)
	wantErrno(t, err, unix.EACCES)
	check(t, rawsock.SOBroadcast.Set(sender, true))
	sendTo(t, sender, "hello", to)
	wantReceived(t, receiver, "hello")
}

// A socket bound to another interface does not get what comes over loopback.
func effectBindToDevice(t *testing.T) {
	boundElsewhere(t, func(fd rawsock.FD) error { return rawsock.SOBindToDevice.Set(fd, "other") })
}

func effectBindToIfindex(t *testing.T) {
	boundElsewhere(t, func(fd rawsock.FD) error { return rawsock.SOBindToIfindex.Set(fd, 99) })
}

func boundElsewhere(t *testing.T, bind func(rawsock.FD) error) {
	lonely(t, func(ns *sockettest.Netns) {
		ns.Run("ip", "link", "add", "other", "index", "99", "type", "veth", "peer", "name", "end")
		sender, receiver := datagrams(t, loopback(0))
		sendOne(t, sender, "before")
		wantReceived(t, receiver, "before")
		check(t, bind(receiver))
		sendOne(t, sender, "after") // the port unreachable comes with the next call
		wantNothing(t, receiver, "bound to another interface")
		_, err := sender.Send([]byte("again"), 0)
		wantErrno(t, err, unix.ECONNREFUSED)
	})
}

// What is behind a gateway cannot be reached any more.
func effectDontRoute(t *testing.T) {
	lonely(t, func(ns *sockettest.Netns) {
		ns.Run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "end")
		ns.Run("ip", "addr", "add", "10.9.8.1/24", "dev", "cable")
		ns.Up("cable")
		ns.Run("ip", "route", "add", "192.0.2.0/24", "via", "10.9.8.2")
		fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		behind := rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 9)
		check(t, fd.Connect(behind))
		check(t, rawsock.SODontRoute.Set(fd, true))
		wantErrno(t, fd.Connect(behind), unix.ENETUNREACH)
	})
}

// The error of a connect that was not waited for, once. E9
func effectError(t *testing.T) {
	fd := open(t, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	_, free := bound(t, unix.SOCK_STREAM, loopback(0)) // nobody listens
	if err := fd.Connect(free); err != error(unix.EINPROGRESS) {
		wantErrno(t, err, unix.ECONNREFUSED)
		return
	}
	await(t, fd, unix.POLLOUT)
	pending, err := fd.SockError()
	check(t, err)
	wantErrno(t, pending, unix.ECONNREFUSED)
	pending, err = fd.SockError()
	check(t, firstOf(pending, err))
}

// Every socket has its own, and a duplicate of its descriptor the same.
func effectCookie(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	dup, err := unix.Dup(int(a))
	check(t, err)
	var cookies [3]uint64
	for i, fd := range []rawsock.FD{a, b, adopt(t, rawsock.FD(dup))} {
		cookies[i], err = rawsock.SOCookie.Get(fd)
		check(t, err)
	}
	if cookies[0] == cookies[1] || cookies[0] != cookies[2] {
		t.Errorf("cookies %x of two sockets and a duplicate of the first", cookies)
	}
}

func effectNetnsCookie(t *testing.T) {
	home, err := rawsock.SONetnsCookie.Get(open(t, unix.AF_INET, unix.SOCK_DGRAM, 0))
	check(t, err)
	lonely(t, func(*sockettest.Netns) {
		there, err := rawsock.SONetnsCookie.Get(open(t, unix.AF_INET, unix.SOCK_DGRAM, 0))
		check(t, err)
		if there == home {
			t.Errorf("cookie %x in two namespaces", home)
		}
	})
}

// fill sends what a socket takes without sleeping.
func fill(t *testing.T, fd rawsock.FD) (total int) {
	t.Helper()
	chunk := make([]byte, 1024)
	for {
		n, err := fd.Send(chunk, unix.MSG_DONTWAIT)
		if err == error(unix.EAGAIN) {
			return total
		}
		check(t, err)
		total += n
	}
}

// E5
func effectSndBuf(t *testing.T) {
	usual, _ := pair(t, unix.SOCK_STREAM)
	small, _ := pair(t, unix.SOCK_STREAM)
	check(t, rawsock.SOSndBuf.Set(small, 4096))
	took, fewer := fill(t, usual), fill(t, small)
	if fewer == 0 || 4*fewer > took {
		t.Errorf("the small buffer takes %d bytes, the usual one %d", fewer, took)
	}
	if !capable("CAP_NET_ADMIN") {
		return
	}
	big, _ := pair(t, unix.SOCK_STREAM)
	check(t, rawsock.SOSndBufForce.Set(big, 8<<20))
	if more := fill(t, big); more < 4<<20 {
		t.Errorf("the big buffer takes %d bytes", more)
	}
}

// What does not fit in is dropped and counted. E5
func effectRcvBuf(t *testing.T) {
	sender, receiver := datagrams(t, loopback(0))
	check(t, rawsock.SORcvBuf.Set(receiver, 4096))
	check(t, rawsock.SORxqOvfl.Set(receiver, true))
	const sent = 100
	for range sent {
		_, err := sender.Send(make([]byte, 1000), 0)
		check(t, err)
	}
	await(t, receiver, unix.POLLIN)
	mem, err := rawsock.SOMemInfo.Get(receiver)
	check(t, err)
	if mem.Rcvbuf != 8192 || mem.RmemAlloc < 1000 {
		t.Errorf("SO_MEMINFO %+v", mem)
	}
	n := 0
	eventually(t, func() bool {
		if _, err := receiver.Recv(make([]byte, 1000), unix.MSG_DONTWAIT); err == nil {
			n++
		}
		mem, err = rawsock.SOMemInfo.Get(receiver)
		check(t, err)
		return n+int(mem.Drops) == sent
	}, "not all %d datagrams were received or dropped", sent)
	if n == 0 || mem.Drops == 0 {
		t.Errorf("%d received, %d dropped", n, mem.Drops)
	}
	sendOne(t, sender, "last")
	_, m := recvControl(t, receiver)
	if drops := find(t, m, rawsock.Cmsg.RxqOvfl); drops != mem.Drops {
		t.Errorf("SO_RXQ_OVFL says %d, SO_MEMINFO %d", drops, mem.Drops)
	}
}

func effectRcvLowat(t *testing.T) {
	client, server := streams(t)
	check(t, rawsock.SORcvLowat.Set(server, 3))
	sendOne(t, client, "ab")
	eventually(t, func() bool { return tcpInfo(t, client).Unacked == 0 }, "two bytes were not acknowledged")
	if n, err := rawsock.Poll(ready(server, unix.POLLIN), 0); n != 0 || err != nil {
		t.Errorf("poll with 2 bytes: %d, %v", n, err)
	}
	sendOne(t, client, "c")
	await(t, server, unix.POLLIN)
	wantReceived(t, server, "abc")
}

func effectTimeouts(t *testing.T) {
	const limit = 30 * time.Millisecond
	for name, o := range map[string]struct {
		row  rawsock.Option[time.Duration]
		call func(rawsock.FD, []byte, int) (int, error)
	}{
		"receive":          {rawsock.SORcvTimeo, rawsock.FD.Recv},
		"receive, 64 bits": {rawsock.SORcvTimeoNew, rawsock.FD.Recv},
		"send":             {rawsock.SOSndTimeo, rawsock.FD.Send},
		"send, 64 bits":    {rawsock.SOSndTimeoNew, rawsock.FD.Send},
	} {
		a, _ := pair(t, unix.SOCK_STREAM)
		fill(t, a)
		check(t, o.row.Set(a, limit))
		start := time.Now()
		_, err := patiently(o.call, a, make([]byte, 1<<20))
		wantErrno(t, err, unix.EAGAIN)
		if took := time.Since(start); took < limit || took > deadline {
			t.Errorf("%s: after %v, want %v", name, took, limit)
		}
	}
}

// Urgent data is in its place in the stream, or not in it at all. E7
func effectOOBInline(t *testing.T) {
	for _, inline := range []bool{false, true} {
		client, server := streams(t)
		check(t, rawsock.SOOOBInline.Set(server, inline))
		sendOne(t, client, "ab")
		_, err := client.Send([]byte("!"), unix.MSG_OOB)
		check(t, err)
		sendOne(t, client, "cd")
		check(t, client.Shutdown(unix.SHUT_WR))
		var got []byte
		buf := make([]byte, 10)
		for n := -1; n != 0; got = append(got, buf[:n]...) {
			n, err = patiently(rawsock.FD.Recv, server, buf) // ends at the mark
			check(t, err)
		}
		if want := map[bool]string{false: "abcd", true: "ab!cd"}[inline]; string(got) != want {
			t.Errorf("SO_OOBINLINE %t: received %q, want %q", inline, got, want)
		}
	}
}

// No time to linger is a reset. E6
func effectLinger(t *testing.T) {
	for _, c := range []struct {
		linger rawsock.Linger
		want   error
	}{
		{rawsock.Linger{}, nil},
		{rawsock.Linger{Onoff: 1, Linger: 5}, nil},
		{rawsock.Linger{Onoff: 1}, unix.ECONNRESET},
	} {
		l, addr := listener(t, loopback(0))
		client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
		check(t, client.Connect(addr))
		server, err := l.AcceptNull()
		check(t, err)
		check(t, rawsock.SOLinger.Set(server, c.linger))
		check(t, server.Close())
		if n, err := client.Recv(make([]byte, 1), 0); n != 0 || err != c.want {
			t.Errorf("%+v: the peer received %d, %v; want %v", c.linger, n, err, c.want)
		}
	}
}

func effectLockFilter(t *testing.T) {
	_, receiver := datagrams(t, loopback(0))
	check(t, receiver.AttachFilter(rawsock.DropAll()))
	check(t, receiver.DetachFilter())
	check(t, rawsock.SOLockFilter.Set(receiver, true))
	wantErrno(t, receiver.AttachFilter(rawsock.DropAll()), unix.EPERM)
}

// An error in the queue is POLLPRI too, beside POLLERR.
func effectSelectErrQueue(t *testing.T) {
	for _, on := range []bool{false, true} {
		fd := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		check(t, rawsock.SOSelectErrQueue.Set(fd, on))
		check(t, rawsock.IPRecvErr.Set(fd, true))
		sendTo(t, fd, "nobody", deserted(t, loopback(0)))
		await(t, fd, 0)
		fds := ready(fd, unix.POLLPRI)
		n, err := rawsock.Poll(fds, 0)
		check(t, err)
		if got := fds[0].Revents&unix.POLLPRI != 0; n != 1 || got != on {
			t.Errorf("SO_SELECT_ERR_QUEUE %t: events %#x", on, fds[0].Revents)
		}
	}
}

// MSG_ZEROCOPY is not taken without it: nothing comes to the error queue.
func effectZeroCopy(t *testing.T) {
	client, server := streams(t)
	for _, on := range []bool{false, true} {
		check(t, rawsock.SOZeroCopy.Set(client, on))
		_, err := client.Send(make([]byte, 100), unix.MSG_ZEROCOPY)
		check(t, err)
		_, err = server.Recv(make([]byte, 100), unix.MSG_WAITALL)
		check(t, err)
		var q rawsock.QueuedErr
		if !on {
			_, err := client.RecvErr(&q, nil, 0)
			wantErrno(t, err, unix.EAGAIN)
			continue
		}
		await(t, client, 0)
		_, err = client.RecvErr(&q, nil, 0)
		check(t, err)
		if _, ok := q.Zerocopy(); !ok {
			t.Errorf("the error queue has %+v", q.ExtendedErr)
		}
	}
}
