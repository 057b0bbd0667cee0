package rawsock

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Where the fields of struct group_filter and struct ip_msfilter lie. A struct
// sockaddr_storage is aligned as a pointer is.
const (
	groupFilterGroup   = bits.UintSize / 8
	groupFilterMode    = groupFilterGroup + MaxSockaddr
	groupFilterNumsrc  = groupFilterMode + 4
	groupFilterSources = groupFilterNumsrc + 4

	msfilterInterface = 4
	msfilterMode      = 8
	msfilterNumsrc    = 12
	msfilterSources   = 16
)

// SetSourceFilter sets the whole list of sources of a group at once, as
// setsourcefilter(3) does, with one setsockopt(2) of MCAST_MSFILTER, or of
// IP_MSFILTER if on is an address. mode is MCAST_INCLUDE, to take only these
// sources, or MCAST_EXCLUDE, to take all others; the socket must have joined the
// group before. To include none is to leave it. It allocates room for the list.
//
// ENOBUFS: more than net.ipv4.igmp_max_msf sources. Other errors are those of
// JoinSourceGroup.
func (fd FD) SetSourceFilter(group netip.Addr, on Iface, mode int, sources ...netip.Addr) error {
	if !on.fits(group) {
		return unix.EINVAL
	}
	for _, s := range sources {
		if !on.fits(s) || s.Is4() != group.Is4() {
			return unix.EINVAL
		}
	}
	f := newSourceFilter(group, on, len(sources))
	f.put(f.mode, uint32(mode))
	for i, s := range sources {
		if on.byAddr() {
			copy(f.source(i), s.AsSlice())
		} else {
			withoutPort(s).AppendTo(f.source(i)[:0])
		}
	}
	return f.row.set(fd, f.value)
}

// SourceFilter reads what SetSourceFilter, JoinSourceGroup and BlockSource set, as
// getsourcefilter(3) does, with one getsockopt(2). It stores as many sources as
// there is room for and returns how many there are. A group that was only joined
// excludes none. It allocates room for the list.
//
// EADDRNOTAVAIL: the socket has not joined the group. Other errors are those of
// JoinSourceGroup.
func (fd FD) SourceFilter(group netip.Addr, on Iface, sources []netip.Addr) (mode, n int, err error) {
	if !on.fits(group) {
		return 0, 0, unix.EINVAL
	}
	f := newSourceFilter(group, on, len(sources))
	if _, err := f.row.get(fd, f.value); err != nil {
		return 0, 0, err
	}
	n = int(f.get(f.numsrc))
	for i := range sources[:min(n, len(sources))] {
		if on.byAddr() {
			sources[i] = netip.AddrFrom4([4]byte(f.source(i)))
			continue
		}
		sa, err := SockaddrFromBytes(f.source(i)[:unix.SizeofSockaddrInet6])
		if err != nil {
			return 0, 0, err
		}
		sources[i] = sa.AddrPort().Addr()
	}
	return int(f.get(f.mode)), n, nil
}

// sourceFilter is the memory of a struct group_filter or struct ip_msfilter.
type sourceFilter struct {
	row          bytesRow
	value        []byte
	mode, numsrc int // where they lie
	list, each   int // where the first source lies, and the size of one
}

func newSourceFilter(group netip.Addr, on Iface, n int) *sourceFilter {
	var f sourceFilter
	if on.byAddr() {
		f = sourceFilter{IPMsFilter.bytesRow, nil, msfilterMode, msfilterNumsrc, msfilterSources, 4}
		f.value = make([]byte, f.list+n*f.each)
		copy(f.value, group.AsSlice())
		copy(f.value[msfilterInterface:], on.Addr.AsSlice())
	} else {
		f = sourceFilter{IPMcastMsFilter.bytesRow, nil, groupFilterMode, groupFilterNumsrc, groupFilterSources, MaxSockaddr}
		if group.Is6() {
			f.row = IPv6McastMsFilter.bytesRow
		}
		f.value = make([]byte, f.list+n*f.each)
		f.put(0, uint32(on.Index))
		withoutPort(group).AppendTo(f.value[:groupFilterGroup])
	}
	f.put(f.numsrc, uint32(n))
	return &f
}

func (f *sourceFilter) put(at int, v uint32) { binary.NativeEndian.PutUint32(f.value[at:], v) }

func (f *sourceFilter) get(at int) uint32 { return binary.NativeEndian.Uint32(f.value[at:]) }

func (f *sourceFilter) source(i int) []byte {
	return f.value[f.list+i*f.each:][:f.each]
}
