package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

var multicastEffects = []optionEffect{
	shows(effectMembership, rawsock.IPAddMembership, rawsock.IPDropMembership, rawsock.IPMulticastAll),
	shows(effectSources, rawsock.IPAddSourceMembership, rawsock.IPBlockSource, rawsock.IPUnblockSource, rawsock.IPDropSourceMembership),
	shows(effectMcast, rawsock.IPMcastJoinGroup, rawsock.IPMcastLeaveGroup, rawsock.IPMcastBlockSource, rawsock.IPMcastUnblockSource),
	shows(effectMulticastTTL, rawsock.IPMulticastTTL),
	shows(effectMulticastLoop, rawsock.IPMulticastLoop, rawsock.IPMulticastIf),
	shows(effectMembership6, rawsock.IPv6JoinGroup, rawsock.IPv6LeaveGroup, rawsock.IPv6McastJoinGroup, rawsock.IPv6MulticastHops),
}

// grouped returns a sender to group4 over lo and a receiver that has joined
// nothing, which gets what comes for members only.
func grouped(t *testing.T) (sender, receiver rawsock.FD) {
	t.Helper()
	receiver, addr := bound(t, unix.SOCK_DGRAM, rawsock.SockaddrInet4([4]byte{}, 0))
	check(t, rawsock.IPMulticastAll.Set(receiver, false))
	sender, _ = bound(t, unix.SOCK_DGRAM, rawsock.SockaddrInet4(source4, 0))
	check(t, rawsock.IPMulticastIf.Set(sender, rawsock.IPMreqn{Ifindex: 1}))
	check(t, sender.Connect(rawsock.SockaddrInet4(group4, portOf(addr))))
	return sender, receiver
}

// heard sends to the group and reports whether the receiver got it before what
// was then sent to the receiver alone.
func heard(t *testing.T, sender, receiver rawsock.FD) (heard bool) {
	t.Helper()
	name, err := receiver.Getsockname()
	check(t, err)
	self := loopback(portOf(name))
	if name.Family() == unix.AF_INET6 {
		self = loopback6(portOf(name))
	}
	sendOne(t, sender, "group")
	sendTo(t, open(t, name.Family(), unix.SOCK_DGRAM, 0), "alone", self)
	for buf := make([]byte, 10); ; heard = true {
		n, err := patiently(rawsock.FD.Recv, receiver, buf)
		check(t, err)
		if string(buf[:n]) == "alone" {
			return heard
		}
	}
}

// turns makes each change and wants it to begin or to end what the receiver hears.
func turns(t *testing.T, sender, receiver rawsock.FD, changes ...func() error) {
	t.Helper()
	if heard(t, sender, receiver) {
		t.Error("heard before the first change")
	}
	for i, change := range changes {
		check(t, change())
		if got, want := heard(t, sender, receiver), i%2 == 0; got != want {
			t.Errorf("change %d: heard %t, want %t", i, got, want)
		}
	}
}

// E15
func effectMembership(t *testing.T) {
	sender, receiver := grouped(t)
	member, _ := bound(t, unix.SOCK_DGRAM, loopback(0))
	turns(t, sender, receiver,
		func() error { return rawsock.IPAddMembership.Set(receiver, onLo) },
		func() error { return rawsock.IPDropMembership.Set(receiver, onLoIndex) },
		func() error { // IP_MULTICAST_ALL: somebody else is a member
			return firstOf(rawsock.IPMulticastAll.Set(receiver, true), rawsock.IPAddMembership.Set(member, onLoIndex))
		},
		func() error { return rawsock.IPMulticastAll.Set(receiver, false) })
}

func effectSources(t *testing.T) {
	sender, receiver := grouped(t)
	turns(t, sender, receiver,
		func() error { return rawsock.IPAddSourceMembership.Set(receiver, sourced) },
		func() error { return rawsock.IPDropSourceMembership.Set(receiver, sourced) },
		func() error { return rawsock.IPAddMembership.Set(receiver, onLo) },
		func() error { return rawsock.IPBlockSource.Set(receiver, sourced) },
		func() error { return rawsock.IPUnblockSource.Set(receiver, sourced) })
}

func effectMcast(t *testing.T) {
	sender, receiver := grouped(t)
	turns(t, sender, receiver,
		func() error { return rawsock.IPMcastJoinGroup.Set(receiver, groupOf4) },
		func() error { return rawsock.IPMcastBlockSource.Set(receiver, sourceOf4) },
		func() error { return rawsock.IPMcastUnblockSource.Set(receiver, sourceOf4) },
		func() error { return rawsock.IPMcastLeaveGroup.Set(receiver, groupOf4) },
		func() error { return rawsock.IPMcastJoinSourceGroup.Set(receiver, sourceOf4) },
		func() error { return rawsock.IPMcastLeaveSourceGroup.Set(receiver, sourceOf4) })
}

// E13
func effectMulticastTTL(t *testing.T) {
	sender, receiver := grouped(t)
	check(t, rawsock.IPAddMembership.Set(receiver, onLo))
	check(t, rawsock.IPRecvTTL.Set(receiver, true))
	for _, want := range []int{1, 32} { // 1 is the default
		if want != 1 {
			check(t, rawsock.IPMulticastTTL.Set(sender, want))
		}
		sendOne(t, sender, "hello")
		_, m := recvControl(t, receiver)
		if got := find(t, m, rawsock.Cmsg.TTL); got != want {
			t.Errorf("time to live %d, want %d", got, want)
		}
	}
}

// A host hears what it sends to a group on a cable, unless it does not want to. E14
func effectMulticastLoop(t *testing.T) {
	a, b := sockettest.NewNetns(t), sockettest.NewNetns(t)
	sockettest.Veth(a, b, "10.0.0.1/24", "10.0.0.2/24")
	a.Do(func() {
		cable := rawsock.IPMreqn{Multiaddr: group4, Address: [4]byte{10, 0, 0, 1}}
		receiver, addr := bound(t, unix.SOCK_DGRAM, rawsock.SockaddrInet4([4]byte{}, 0))
		check(t, rawsock.IPAddMembership.Set(receiver, cable))
		sender := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
		check(t, rawsock.IPMulticastIf.Set(sender, cable))
		check(t, sender.Connect(rawsock.SockaddrInet4(group4, portOf(addr))))
		for _, loop := range []bool{true, false} {
			check(t, rawsock.IPMulticastLoop.Set(sender, loop))
			if got := heard(t, sender, receiver); got != loop {
				t.Errorf("IP_MULTICAST_LOOP %t: heard %t", loop, got)
			}
		}
	})
}

func effectMembership6(t *testing.T) {
	lonely(t, func(ns *sockettest.Netns) {
		ns.Run("ip", "route", "add", "local", "ff00::/8", "dev", "lo", "table", "local")
		receiver, addr := bound(t, unix.SOCK_DGRAM, rawsock.SockaddrInet6([16]byte{}, 0, 0, 0))
		check(t, rawsock.IPv6MulticastAll.Set(receiver, false))
		check(t, rawsock.IPv6RecvHopLimit.Set(receiver, true))
		sender := open(t, unix.AF_INET6, unix.SOCK_DGRAM, 0)
		check(t, sender.Connect(rawsock.SockaddrInet6(group6, portOf(addr), 0, 0)))
		turns(t, sender, receiver,
			func() error { return rawsock.IPv6JoinGroup.Set(receiver, mreq6) },
			func() error { return rawsock.IPv6LeaveGroup.Set(receiver, mreq6) },
			func() error { return rawsock.IPv6McastJoinGroup.Set(receiver, groupOf6) })
		check(t, rawsock.IPv6MulticastHops.Set(sender, 33))
		sendOne(t, sender, "hello")
		_, m := recvControl(t, receiver)
		if got := find(t, m, rawsock.Cmsg.HopLimit); got != 33 {
			t.Errorf("hop limit %d, want 33", got)
		}
	})
}
