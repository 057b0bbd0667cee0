package rawsock

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Sockaddr is a socket address: the kernel's bytes of a struct sockaddr and how
// many there are. It is a plain value: copying it copies the address, == compares
// addresses byte for byte, and it can be a map key. Neither making one nor giving
// it to a call allocates.
//
// The zero Sockaddr is no address at all: a NULL pointer when it goes to the
// kernel, and what comes back where the kernel gave none. It differs from the
// unnamed unix address, which has a family.
//
// Any family can be held. [Sockaddr.Inet], [Sockaddr.Inet6], [Sockaddr.Unix],
// [Sockaddr.AddrPort] and, on Linux, a method for each further family look into
// the ones known here; [Sockaddr.String] and [ParseSockaddr] are its text.
type Sockaddr struct {
	// Bytes beyond raw.Len are zero, or == would not compare addresses.
	raw sys.RawSockaddr
}

// MaxSockaddr is sizeof(struct sockaddr_storage), the most bytes an address can
// have.
const MaxSockaddr = sys.SizeofSockaddrStorage

// SockaddrFromBytes makes a Sockaddr of the bytes of a struct sockaddr, of any
// family. The bytes are kept as they are; sa_len, on platforms that have it, is
// the caller's. No bytes make the zero Sockaddr.
//
// EINVAL: more than MaxSockaddr bytes, or more than sizeof(struct sockaddr_un)
// of family AF_UNIX, unless what is too much is zero.
func SockaddrFromBytes(b []byte) (Sockaddr, error) {
	if len(b) > MaxSockaddr {
		return Sockaddr{}, unix.EINVAL
	}
	var sa Sockaddr
	sa.raw.Len = uint32(copy(sa.raw.Data[:], b))
	sa = sa.received()
	if slices.ContainsFunc(b[sa.Len():], func(c byte) bool { return c != 0 }) {
		return Sockaddr{}, unix.EINVAL
	}
	return sa, nil
}

// Len is how many bytes the address has, 0 for no address.
func (sa Sockaddr) Len() int { return int(sa.raw.Len) }

// IsZero reports whether sa is no address.
func (sa Sockaddr) IsZero() bool { return sa.raw.Len == 0 }

// Family is the address family (AF_INET, …); AF_UNSPEC where the address is too
// short to have one.
func (sa Sockaddr) Family() int { return sa.family() }

// Bytes returns a copy of the address's bytes. AppendTo does so without
// allocating.
func (sa Sockaddr) Bytes() []byte { return sa.AppendTo(nil) }

// AppendTo appends the address's bytes to b, as a struct sockaddr has them.
func (sa Sockaddr) AppendTo(b []byte) []byte {
	return append(b, sa.raw.Bytes()...)
}

func (sa *Sockaddr) family() int { return layoutFamily(sa.raw.Bytes()) }

// pointer is what a system call gets: NULL for no address.
func (sa *Sockaddr) pointer() *sys.RawSockaddr {
	if sa.raw.Len == 0 {
		return nil
	}
	return &sa.raw
}

// received returns sa as the kernel filled it, with its length put right. The
// length is what the kernel had, not what it wrote: it can exceed the buffer, and
// a unix path that fills sun_path is reported with one byte for a NUL that
// struct sockaddr_un has no room for (unix(7), BUGS) and that no call would take
// back.
func (sa *Sockaddr) received() Sockaddr {
	sa.trim()
	return *sa
}

func (sa *Sockaddr) trim() {
	limit := uint32(MaxSockaddr)
	if sa.family() == unix.AF_UNIX {
		limit = unix.SizeofSockaddrUnix
	}
	if sa.raw.Len > limit {
		clear(sa.raw.Data[limit:])
		sa.raw.Len = limit
	}
}

// newSockaddr returns an address of size bytes with its header written.
func newSockaddr(family, size int) Sockaddr {
	var sa Sockaddr
	sa.raw.Len = uint32(size)
	layoutHeader(sa.raw.Data[:], family, size)
	return sa
}

// is reports whether sa is of that family and has at least size bytes.
func (sa *Sockaddr) is(family, size int) bool {
	return sa.family() == family && sa.Len() >= size
}

func (sa *Sockaddr) get32(at int) uint32    { return binary.NativeEndian.Uint32(sa.raw.Data[at:]) }
func (sa *Sockaddr) put32(at int, v uint32) { binary.NativeEndian.PutUint32(sa.raw.Data[at:], v) }
