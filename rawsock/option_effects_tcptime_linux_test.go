package rawsock_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

var tcpTimeEffects = []optionEffect{
	shows(effectKeepAlive, rawsock.SOKeepAlive, rawsock.TCPKeepIdle, rawsock.TCPKeepIntvl, rawsock.TCPKeepCnt),
	shows(effectUserTimeout, rawsock.TCPUserTimeout),
	shows(effectSynCnt, rawsock.TCPSynCnt),
	shows(effectRTOMin, rawsock.TCPRTOMinUs),
}

// failure is the error that ends a connection.
func failure(fd rawsock.FD) error {
	_, err := patiently(rawsock.FD.Recv, fd, make([]byte, 1))
	return err
}

// A peer that answers no probe is given up, and not before the time for it. E4
func effectKeepAlive(t *testing.T) {
	t.Parallel()
	client, server := streams(t)
	deaf(t, server)
	check(t, rawsock.TCPKeepIdle.Set(client, time.Second))
	check(t, rawsock.TCPKeepIntvl.Set(client, time.Second))
	check(t, rawsock.TCPKeepCnt.Set(client, 1))
	start := time.Now()
	check(t, rawsock.SOKeepAlive.Set(client, true))
	err := failure(client) // EAGAIN after 5 seconds
	wantErrno(t, err, unix.ETIMEDOUT)
	if took := time.Since(start); took < 1900*time.Millisecond {
		t.Errorf("after %v, want 2 s", took)
	}
}

// Data that is not acknowledged in time ends the connection.
func effectUserTimeout(t *testing.T) {
	t.Parallel()
	client, server := streams(t)
	deaf(t, server)
	check(t, rawsock.TCPUserTimeout.Set(client, 300*time.Millisecond))
	sendOne(t, client, "hello")
	wantErrno(t, failure(client), unix.ETIMEDOUT)
}

// One more SYN, and connect fails: after 1 and 2 seconds.
func effectSynCnt(t *testing.T) {
	t.Parallel()
	l, addr := listener(t, loopback(0))
	deaf(t, l)
	client := open(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, rawsock.TCPSynCnt.Set(client, 1))
	check(t, client.SetNonblock(true))
	wantErrno(t, client.Connect(addr), unix.EINPROGRESS)
	await(t, client, unix.POLLOUT)
	wantErrno(t, failure(client), unix.ETIMEDOUT)
}

// The time before a retransmission is at least 200 ms by default.
func effectRTOMin(t *testing.T) {
	client, server := connectedBy(t, func(client, _ rawsock.FD) {
		if err := rawsock.TCPRTOMinUs.Set(client, 10*time.Millisecond); err != nil {
			sockettest.Need(t, kernelHas(t, "6.15"), "TCP_RTO_MIN_US of Linux 6.15")
			t.Fatal(err)
		}
	})
	if rto := tcpInfo(t, client).Rto; rto >= 150_000 {
		t.Errorf("the client waits %d µs", rto)
	}
	if rto := tcpInfo(t, server).Rto; rto < 200_000 {
		t.Errorf("the server waits %d µs", rto)
	}
}
