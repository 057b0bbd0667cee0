package rawsock_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestQueueLengths(t *testing.T) {
	client, server := streams(t)
	want := func(name string, get func() (int, error), want int) {
		t.Helper()
		if n, err := get(); n != want || err != nil {
			t.Errorf("%s: %d, %v, want %d", name, n, err, want)
		}
	}
	want("FIONREAD", server.Inq, 0)
	check(t, client.SetsockoptInt(unix.IPPROTO_TCP, unix.TCP_CORK, 1)) // what is less than a segment waits
	_, err := client.Write([]byte("hello"))
	check(t, err)
	want("SIOCOUTQ", client.Outq, 5)
	want("SIOCOUTQNSD", client.OutqNSD, 5)
	check(t, client.SetsockoptInt(unix.IPPROTO_TCP, unix.TCP_CORK, 0))
	await(t, server, unix.POLLIN)
	want("SIOCOUTQNSD", client.OutqNSD, 0)
	want("FIONREAD", server.Inq, 5)

	l, _ := listener(t, loopback(0))
	_, err = l.Inq()
	wantErrno(t, err, unix.EINVAL)
	_, err = rawsock.FD(-1).Outq()
	wantErrno(t, err, unix.EBADF)

	// Of datagrams it is the first one's length.
	udp, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	for _, text := range []string{"123", "45678"} {
		_, err := udp.Sendto([]byte(text), 0, addr)
		check(t, err)
	}
	want("FIONREAD of datagrams", udp.Inq, 3)
}

func TestSockatmark(t *testing.T) {
	client, server := streams(t)
	for _, c := range []struct {
		text  string
		flags int
	}{{"ab", 0}, {"!", unix.MSG_OOB}, {"cd", 0}} {
		_, err := client.Send([]byte(c.text), c.flags)
		check(t, err)
	}
	await(t, server, unix.POLLPRI)
	want := func(want bool) {
		t.Helper()
		if got, err := server.Sockatmark(); got != want || err != nil {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
	want(false)
	wantRead(t, server, "ab") // a read stops at the mark
	want(true)
	wantRead(t, server, "cd")
	want(false)
}

// Both layouts of both units tell the same time.
func TestGstamp(t *testing.T) {
	fd, addr := bound(t, unix.SOCK_DGRAM, loopback(0))
	stamps := map[string]func() (time.Time, error){
		"SIOCGSTAMP": fd.Gstamp, "SIOCGSTAMP_NEW": fd.GstampNew,
		"SIOCGSTAMPNS": fd.GstampNS, "SIOCGSTAMPNS_NEW": fd.GstampNSNew,
	}
	_, err := fd.Gstamp() // from now on the kernel keeps the time
	wantErrno(t, err, unix.ENOENT)
	before := time.Now()
	_, err = fd.Sendto([]byte("x"), 0, addr)
	check(t, err)
	_, err = fd.Recv(make([]byte, 1), 0)
	check(t, err)
	exact, err := fd.GstampNS()
	check(t, err)
	if exact.Before(before.Add(-time.Minute)) || exact.After(time.Now().Add(time.Minute)) {
		t.Errorf("%v, sent at %v", exact, before)
	}
	for name, get := range stamps {
		if got, err := get(); err != nil || got != exact && got != exact.Truncate(time.Microsecond) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, exact)
		}
	}
}
