package rawsock_test

import (
	"errors"
	"math/bits"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// lo is the loopback interface, which has index 1 in every network namespace.
var lo = rawsock.Iface{Index: 1}

// mcast is what the two families have for one test: a group, and two addresses
// of lo to send from.
type mcast struct {
	group, wildcard netip.Addr
	sources         [2]netip.Addr
	all             rawsock.Option[bool]
}

var mcasts = map[string]mcast{
	"IPv4": {
		netip.MustParseAddr("239.192.7.7"), netip.IPv4Unspecified(),
		[2]netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}, rawsock.IPMulticastAll,
	},
	"IPv6": {
		netip.MustParseAddr("ff15::7:7"), netip.IPv6Unspecified(),
		[2]netip.Addr{netip.IPv6Loopback(), netip.MustParseAddr("fd00::2")}, rawsock.IPv6MulticastAll,
	},
}

// each runs a test of both families in a network namespace of its own, where lo
// has all the sources.
func (mcast) each(t *testing.T, f func(t *testing.T, m mcast)) {
	for name, m := range mcasts {
		t.Run(name, func(t *testing.T) {
			ns := sockettest.NewNetns(t)
			ns.Run("ip", "addr", "add", "fd00::2/128", "dev", "lo", "nodad")
			ns.Run("ip", "route", "add", "224.0.0.0/4", "dev", "lo")
			ns.Run("ip", "route", "add", "local", "ff00::/8", "dev", "lo", "table", "local")
			ns.Do(func() { f(t, m) })
		})
	}
}

func atPort(t testing.TB, addr netip.Addr, n uint16) rawsock.Sockaddr {
	t.Helper()
	sa, err := rawsock.SockaddrFromAddrPort(netip.AddrPortFrom(addr, n))
	check(t, err)
	return sa
}

// receiver is a datagram socket bound to addr, and the address of the group at
// its port.
func (m mcast) receiver(t *testing.T, addr netip.Addr) (rawsock.FD, rawsock.Sockaddr) {
	t.Helper()
	fd, name := bound(t, unix.SOCK_DGRAM, atPort(t, addr, 0))
	return fd, atPort(t, m.group, name.AddrPort().Port())
}

// sender is a socket bound to addr whose multicast goes out of lo.
func (m mcast) sender(t *testing.T, addr netip.Addr) rawsock.FD {
	t.Helper()
	fd, _ := bound(t, unix.SOCK_DGRAM, atPort(t, addr, 0))
	if addr.Is4() {
		check(t, rawsock.IPMulticastIf.Set(fd, rawsock.IPMreqn{Ifindex: 1}))
	} else {
		check(t, rawsock.IPv6MulticastIf.Set(fd, 1))
	}
	return fd
}

// wants sends a datagram from each source, and wants those from which a receiver
// gets one to be as said.
func (m mcast) wants(t *testing.T, what string, receiver rawsock.FD, to rawsock.Sockaddr, want ...netip.Addr) {
	t.Helper()
	var names []string
	for _, source := range m.sources {
		_, err := m.sender(t, source).Sendto([]byte(source.String()), 0, to)
		check(t, err)
	}
	for _, source := range want {
		names = append(names, source.String())
	}
	if got := queued(t, receiver); !slices.Equal(got, names) {
		t.Errorf("%s: received %q, want %q", what, got, names)
	}
}

// E15, G2: any-source groups.
func TestJoinGroup_E15_G2(t *testing.T) {
	mcast{}.each(t, func(t *testing.T, m mcast) {
		byName, err := rawsock.IfaceByName("lo")
		check(t, err)
		ways := map[string]rawsock.Iface{"index": lo, "name": byName, "route": {}}
		if m.group.Is4() {
			ways["address"] = rawsock.Iface{Addr: m.sources[0]}
		}
		for way, on := range ways {
			for _, at := range []netip.Addr{m.wildcard, m.group} {
				fd, to := m.receiver(t, at)
				m.wants(t, way+": before", fd, to)
				check(t, fd.JoinGroup(m.group, on))
				m.wants(t, way+": joined", fd, to, m.sources[:]...)
				wantErrno(t, fd.JoinGroup(m.group, on), unix.EADDRINUSE)
				check(t, fd.LeaveGroup(m.group, on))
				m.wants(t, way+": left", fd, to)
				wantErrno(t, fd.LeaveGroup(m.group, on), unix.EADDRNOTAVAIL)
			}
		}
	})
}

func TestJoinSourceGroup(t *testing.T) {
	mcast{}.each(t, func(t *testing.T, m mcast) {
		ways := map[string]rawsock.Iface{"index": lo}
		if m.group.Is4() {
			ways["address"] = rawsock.Iface{Addr: m.sources[1]}
		}
		first, second := m.sources[0], m.sources[1]
		for way, on := range ways {
			fd, to := m.receiver(t, m.wildcard)
			check(t, fd.JoinSourceGroup(m.group, first, on))
			m.wants(t, way+": joined one", fd, to, first)
			check(t, fd.JoinSourceGroup(m.group, second, on))
			m.wants(t, way+": joined both", fd, to, first, second)
			wantErrno(t, fd.JoinSourceGroup(m.group, second, on), unix.EADDRNOTAVAIL)
			check(t, fd.LeaveSourceGroup(m.group, first, on))
			m.wants(t, way+": left one", fd, to, second)
			wantErrno(t, fd.BlockSource(m.group, second, on), unix.EINVAL)
			check(t, fd.LeaveSourceGroup(m.group, second, on))
			m.wants(t, way+": left both", fd, to)

			check(t, fd.JoinGroup(m.group, on))
			check(t, fd.BlockSource(m.group, first, on))
			wantErrno(t, fd.JoinSourceGroup(m.group, second, on), unix.EINVAL)
			m.wants(t, way+": blocked", fd, to, second)
			wantErrno(t, fd.BlockSource(m.group, first, on), unix.EADDRNOTAVAIL)
			check(t, fd.UnblockSource(m.group, first, on))
			m.wants(t, way+": unblocked", fd, to, first, second)
			wantErrno(t, fd.UnblockSource(m.group, first, on), unix.EADDRNOTAVAIL)
			check(t, fd.LeaveGroup(m.group, on))

			check(t, fd.JoinGroup(m.group, on))
			check(t, fd.JoinSourceGroup(m.group, second, on))
			m.wants(t, way+": narrowed", fd, to, second)
			check(t, fd.LeaveGroup(m.group, on))
			m.wants(t, way+": left", fd, to)
		}
	})
}

func TestSourceFilter(t *testing.T) {
	mcast{}.each(t, func(t *testing.T, m mcast) {
		ways := map[string]rawsock.Iface{"index": lo}
		if m.group.Is4() {
			ways["address"] = rawsock.Iface{Addr: m.sources[1]}
		}
		for way, on := range ways {
			fd, to := m.receiver(t, m.group)
			_, _, err := fd.SourceFilter(m.group, on, nil)
			wantErrno(t, err, unix.EADDRNOTAVAIL)
			check(t, fd.JoinGroup(m.group, on))
			for _, step := range []struct {
				mode    int
				sources []netip.Addr
				want    []netip.Addr
			}{
				{unix.MCAST_EXCLUDE, nil, m.sources[:]},
				{unix.MCAST_EXCLUDE, m.sources[:1], m.sources[1:]},
				{unix.MCAST_INCLUDE, m.sources[:1], m.sources[:1]},
				{unix.MCAST_INCLUDE, m.sources[:], m.sources[:]},
				{unix.MCAST_EXCLUDE, m.sources[:], nil},
			} {
				check(t, fd.SetSourceFilter(m.group, on, step.mode, step.sources...))
				m.wants(t, way, fd, to, step.want...)
				got := make([]netip.Addr, 3)
				mode, n, err := fd.SourceFilter(m.group, on, got)
				if err != nil || mode != step.mode || !slices.Equal(got[:min(n, 3)], step.sources) || got[2].IsValid() {
					t.Errorf("%s: read mode %d, %d sources of %v, %v; want %d, %v", way, mode, n, got, err, step.mode, step.sources)
				}
			}
			one := make([]netip.Addr, 1)
			if _, n, err := fd.SourceFilter(m.group, on, one); n != 2 || one[0] != m.sources[0] || err != nil {
				t.Errorf("%s: room for one: %v of %d, %v", way, one, n, err)
			}
			check(t, fd.SetSourceFilter(m.group, on, unix.MCAST_INCLUDE))
			m.wants(t, way+": include none", fd, to)
			wantErrno(t, fd.LeaveGroup(m.group, on), unix.EADDRNOTAVAIL)
		}
	})
}

// A socket that did not join gets what another one's join lets in, unless it says
// otherwise.
func TestMulticastAll(t *testing.T) {
	mcast{}.each(t, func(t *testing.T, m mcast) {
		bystander, to := m.receiver(t, m.wildcard)
		member := open(t, to.Family(), unix.SOCK_DGRAM, 0)
		m.wants(t, "nobody joined", bystander, to)
		check(t, member.JoinGroup(m.group, lo))
		m.wants(t, "another joined", bystander, to, m.sources[:]...)
		check(t, m.all.Set(bystander, false))
		m.wants(t, "MULTICAST_ALL off", bystander, to)
		check(t, bystander.JoinGroup(m.group, lo))
		m.wants(t, "joined too", bystander, to, m.sources[:]...)
	})
}

func TestMulticastBadInput(t *testing.T) {
	v4, v6 := mcasts["IPv4"], mcasts["IPv6"]
	fd4, fd6 := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0), open(t, unix.AF_INET6, unix.SOCK_DGRAM, 0)
	missing := rawsock.Iface{Index: 1 << 30}
	byV4, byV6 := rawsock.Iface{Addr: v4.sources[0]}, rawsock.Iface{Addr: v6.sources[0]}
	for name, tt := range map[string]struct {
		err  error
		want unix.Errno
	}{
		"IPv6 group on IPv4 socket":  {fd4.JoinGroup(v6.group, lo), unix.ENOPROTOOPT},
		"unicast group":              {fd4.JoinGroup(v4.sources[0], lo), unix.EINVAL},
		"unicast IPv6 group":         {fd6.JoinGroup(v6.sources[0], lo), unix.EINVAL},
		"mapped group":               {fd6.JoinGroup(netip.AddrFrom16(v4.group.As16()), lo), unix.EINVAL},
		"no group":                   {fd4.JoinGroup(netip.Addr{}, lo), unix.EINVAL},
		"no such index":              {fd4.JoinGroup(v4.group, missing), unix.ENODEV},
		"no such index, IPv6":        {fd6.JoinGroup(v6.group, missing), unix.ENODEV},
		"no such address":            {fd4.JoinGroup(v4.group, rawsock.Iface{Addr: netip.MustParseAddr("192.0.2.1")}), unix.ENODEV},
		"IPv6 interface address":     {fd4.JoinGroup(v4.group, byV6), unix.EINVAL},
		"address for IPv6":           {fd6.JoinGroup(v6.group, byV4), unix.EINVAL},
		"zone":                       {fd6.JoinGroup(v6.group.WithZone("1"), rawsock.Iface{}), unix.EINVAL},
		"source of another family":   {fd4.JoinSourceGroup(v4.group, v6.sources[0], lo), unix.EINVAL},
		"source of another family 2": {fd6.JoinSourceGroup(v6.group, v4.sources[0], lo), unix.EINVAL},
		"no source":                  {fd4.BlockSource(v4.group, netip.Addr{}, byV4), unix.EINVAL},
		"source by an IPv6 address":  {fd4.BlockSource(v4.group, v4.sources[0], byV6), unix.EINVAL},
		"unicast group with source":  {fd4.JoinSourceGroup(v4.sources[0], v4.sources[1], lo), unix.EINVAL},
		"filter of another family":   {fd4.SetSourceFilter(v4.group, lo, unix.MCAST_INCLUDE, v6.sources[0]), unix.EINVAL},
		"filter without a group":     {fd4.SetSourceFilter(netip.Addr{}, lo, unix.MCAST_INCLUDE), unix.EINVAL},
		"filter of no member":        {fd4.SetSourceFilter(v4.group, lo, unix.MCAST_EXCLUDE), unix.EINVAL},
		"filter of an unknown mode":  {fd4.SetSourceFilter(v4.group, lo, 7), unix.EINVAL},
		"closed":                     {rawsock.FD(-1).JoinGroup(v4.group, lo), unix.EBADF},
	} {
		if tt.err != error(tt.want) {
			t.Errorf("%s: got %v, want %v", name, tt.err, tt.want)
		}
	}
	if _, err := rawsock.IfaceByName("no such"); !errors.Is(err, unix.ENODEV) || err.Error() != `interface "no such": no such device` {
		t.Errorf("unknown name: %v", err)
	}
	if bits.UintSize == 64 { // what is no C int must not become one that is lo's
		wide := rawsock.Iface{Index: int(int64(lo.Index) + 1<<32)}
		wantErrno(t, fd4.JoinGroup(v4.group, wide), unix.EINVAL)
		wantErrno(t, fd4.JoinSourceGroup(v4.group, v4.sources[0], wide), unix.EINVAL)
		wantErrno(t, fd4.SetSourceFilter(v4.group, wide, unix.MCAST_EXCLUDE), unix.EINVAL)
		wantErrno(t, fd6.JoinGroup(v6.group, wide), unix.EINVAL)
	}
	check(t, fd6.JoinGroup(v4.group, lo)) // an IPv6 socket takes IPv4 groups
}

func TestMulticastCallsDoNotAllocate(t *testing.T) {
	v4, v6 := mcasts["IPv4"], mcasts["IPv6"]
	fd4, fd6 := open(t, unix.AF_INET, unix.SOCK_DGRAM, 0), open(t, unix.AF_INET6, unix.SOCK_DGRAM, 0)
	var failed error
	allocs := testing.AllocsPerRun(50, func() {
		failed = errors.Join(failed,
			fd4.JoinGroup(v4.group, lo), fd4.LeaveGroup(v4.group, lo),
			fd6.JoinGroup(v6.group, lo), fd6.LeaveGroup(v6.group, lo),
			fd4.JoinSourceGroup(v4.group, v4.sources[0], lo), fd4.LeaveSourceGroup(v4.group, v4.sources[0], lo),
			fd4.JoinSourceGroup(v4.group, v4.sources[0], rawsock.Iface{Addr: v4.sources[0]}), fd4.LeaveGroup(v4.group, lo),
			fd6.JoinSourceGroup(v6.group, v6.sources[0], lo), fd6.LeaveSourceGroup(v6.group, v6.sources[0], lo),
		)
	})
	if allocs != 0 || failed != nil {
		t.Errorf("%v allocations, %v", allocs, failed)
	}
}

// Without a descriptor to ask with, it is not known whether the interface exists.
func TestInterfaceNamesWithoutDescriptors(t *testing.T) {
	var limit unix.Rlimit
	check(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	none := unix.Rlimit{Max: limit.Max}
	check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &none))
	_, err := rawsock.IfaceByName("lo")
	_, err2 := rawsock.InterfaceIndex("lo")
	check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	for _, err := range []error{err, err2} {
		if !errors.Is(err, unix.EMFILE) {
			t.Errorf("got %v, want EMFILE", err)
		}
	}
}
