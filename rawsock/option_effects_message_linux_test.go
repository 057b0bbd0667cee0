package rawsock_test

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

var messageEffects = []optionEffect{
	shows(stamped(rawsock.SOTimestamp, rawsock.Cmsg.Timestamp), rawsock.SOTimestamp),
	shows(stamped(rawsock.SOTimestampNS, rawsock.Cmsg.Timestamp), rawsock.SOTimestampNS),
	shows(stamped(rawsock.SOTimestampNew, rawsock.Cmsg.Timestamp), rawsock.SOTimestampNew),
	shows(stamped(rawsock.SOTimestampNSNew, rawsock.Cmsg.Timestamp), rawsock.SOTimestampNSNew),
	shows(effectTimestamping, rawsock.SOTimestamping, rawsock.SOTimestampingNew),
	shows(effectPriority, rawsock.SOPriority, rawsock.SORcvPriority),
	shows(effectMark, rawsock.SOMark, rawsock.SORcvMark),
	shows(effectTxTime, rawsock.SOTxTime),
}

var unixEffects = []optionEffect{
	shows(effectPassCred, rawsock.SOPassCred, rawsock.SOPassPidfd),
	shows(effectPassRights, rawsock.SOPassRights),
	shows(effectPeekOff, rawsock.SOPeekOff),
	shows(effectInq, rawsock.SOInq),
}

// told sends a datagram without the option, which must not bring the control
// message, and one with it, and returns that one's.
func told[T any](t *testing.T, o settable[bool], sender, receiver rawsock.FD, read func(rawsock.Cmsg) (T, bool)) T {
	t.Helper()
	sendOne(t, sender, "before")
	if _, m := recvControl(t, receiver); has(m, read) {
		t.Errorf("a control message without %s: %+v", o.Info().Name, collect(m.Control))
	}
	if err := o.Set(receiver, true); err != nil {
		sockettest.Need(t, kernelHas(t, o.Info().Since), o.Info().Name+" of Linux "+o.Info().Since)
		t.Fatalf("%s: %v", o.Info().Name, err)
	}
	sendOne(t, sender, "after")
	data, m := recvControl(t, receiver)
	if string(data) != "after" {
		t.Errorf("received %q", data)
	}
	return find(t, m, read)
}

// stamped wants a time between sending and receiving.
func stamped(o rawsock.Option[bool], read func(rawsock.Cmsg) (time.Time, bool)) func(t *testing.T) {
	return func(t *testing.T) {
		sender, receiver := datagrams(t, loopback(0))
		before := time.Now().Truncate(time.Microsecond)
		if at := told(t, o, sender, receiver, read); at.Before(before) || at.After(time.Now()) {
			t.Errorf("stamped %v, which is not between %v and now", at, before)
		}
	}
}

func effectTimestamping(t *testing.T) {
	for _, o := range []rawsock.Option[rawsock.Timestamping]{rawsock.SOTimestamping, rawsock.SOTimestampingNew} {
		sender, receiver := datagrams(t, loopback(0))
		sendOne(t, sender, "before")
		if _, m := recvControl(t, receiver); has(m, rawsock.Cmsg.Timestamping) {
			t.Errorf("a timestamp without %s", o.Info().Name)
		}
		check(t, o.Set(receiver, rawsock.Timestamping{Flags: unix.SOF_TIMESTAMPING_RX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE}))
		eventually(t, func() bool { // the kernel turns its clock on in a while
			sendOne(t, sender, "after")
			_, m := recvControl(t, receiver)
			return has(m, rawsock.Cmsg.Timestamping)
		}, "no timestamp with %s", o.Info().Name)
	}
}

func effectPriority(t *testing.T) {
	sender, receiver := datagrams(t, loopback(0))
	check(t, rawsock.SOPriority.Set(sender, 5))
	if got := told(t, rawsock.SORcvPriority, sender, receiver, rawsock.Cmsg.Priority); got != 5 {
		t.Errorf("priority %d, want 5", got)
	}
}

func effectMark(t *testing.T) {
	sockettest.NeedRoot(t)
	sender, receiver := datagrams(t, loopback(0))
	check(t, rawsock.SOMark.Set(sender, 0xabcd))
	if got := told(t, rawsock.SORcvMark, sender, receiver, rawsock.Cmsg.Mark); got != 0xabcd {
		t.Errorf("mark %#x, want 0xabcd", got)
	}
}

// A time to send at is refused without a clock for it.
func effectTxTime(t *testing.T) {
	sender, receiver := datagrams(t, loopback(0))
	at := rawsock.AppendTxtime(nil, 1)
	_, err := sender.Sendmsg(&rawsock.Msghdr{Buffers: [][]byte{[]byte("late")}, Control: at}, 0)
	wantErrno(t, err, unix.EINVAL)
	check(t, rawsock.SOTxTime.Set(sender, rawsock.TxTime{Clockid: unix.CLOCK_MONOTONIC}))
	sendControl(t, sender, rawsock.Sockaddr{}, []byte("late"), at)
	wantReceived(t, receiver, "late")
}

func effectPassCred(t *testing.T) {
	a, b := pair(t, unix.SOCK_DGRAM)
	cred := told(t, rawsock.SOPassCred, a, b, rawsock.Cmsg.Credentials)
	if int(cred.Pid) != os.Getpid() || int(cred.Uid) != os.Getuid() || int(cred.Gid) != os.Getgid() {
		t.Errorf("credentials %+v", cred)
	}
	pidfd := told(t, rawsock.SOPassPidfd, a, b, rawsock.Cmsg.Pidfd)
	check(t, unix.PidfdSendSignal(int(pidfd), 0, nil, 0))
	check(t, pidfd.Close())
}

// Whoever sends descriptors to a socket that refuses them gets EPERM.
func effectPassRights(t *testing.T) {
	a, b := pair(t, unix.SOCK_DGRAM)
	if err := rawsock.SOPassRights.Set(b, false); err != nil {
		sockettest.Need(t, kernelHas(t, "6.16"), "SO_PASSRIGHTS of Linux 6.16")
		t.Fatal(err)
	}
	m := &rawsock.Msghdr{Buffers: [][]byte{[]byte("x")}, Control: rawsock.AppendRights(nil, a)}
	_, err := a.Sendmsg(m, 0)
	wantErrno(t, err, unix.EPERM)
	check(t, rawsock.SOPassRights.Set(b, true))
	sendControl(t, a, rawsock.Sockaddr{}, []byte("x"), m.Control)
	_, got := recvControl(t, b)
	if n := closeRights(t, got.Control); n != 1 {
		t.Errorf("%d descriptors came", n)
	}
}

// MSG_PEEK goes on where the last one ended.
func effectPeekOff(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	sendOne(t, a, "abcdef")
	peek := func(want string) {
		t.Helper()
		buf := make([]byte, 2)
		n, err := b.Recv(buf, unix.MSG_PEEK)
		check(t, err)
		if string(buf[:n]) != want {
			t.Errorf("peeked %q, want %q", buf[:n], want)
		}
	}
	peek("ab")
	peek("ab")
	check(t, rawsock.SOPeekOff.Set(b, 1))
	peek("bc")
	peek("de")
	wantReceived(t, b, "abcdef")
}

func effectInq(t *testing.T) {
	a, b := pair(t, unix.SOCK_STREAM)
	if err := rawsock.SOInq.Set(b, true); err != nil {
		sockettest.Need(t, kernelHas(t, "6.17"), "SO_INQ of Linux 6.17")
		t.Fatal(err)
	}
	sendOne(t, a, "hello")
	m := &rawsock.Msghdr{Buffers: [][]byte{make([]byte, 2)}, Control: make([]byte, 100)}
	_, err := b.Recvmsg(m, 0)
	check(t, err)
	if left := find(t, m, rawsock.Cmsg.UnixInq); left != 3 {
		t.Errorf("%d bytes left, want 3", left)
	}
}
