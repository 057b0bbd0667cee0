package rawsock

import (
	"strings"

	"golang.org/x/sys/unix"
)

const (
	algType    = 2
	algFeature = 16
	algMask    = 20
	algName    = 24
)

// MaxALGType and MaxALGName are the longest strings that an address of AF_ALG
// has room for. The kernel ends both with a NUL, over their last byte if need be.
const (
	MaxALGType = algFeature - algType - 1
	MaxALGName = MaxSockaddr - algName - 1
)

// SockaddrALG makes a struct sockaddr_alg: a type, such as "hash", an algorithm,
// such as "hmac(sha256)", and usually 0 for feature and mask. A name of more than
// 63 bytes makes the struct longer, which Linux takes since 4.12.
//
// ENAMETOOLONG: longer than MaxALGType or MaxALGName; they are never cut.
// EINVAL: a NUL in one of them, where the kernel would stop reading.
func SockaddrALG(typ, name string, feature, mask uint32) (Sockaddr, error) {
	if strings.IndexByte(typ, 0) >= 0 || strings.IndexByte(name, 0) >= 0 {
		return Sockaddr{}, unix.EINVAL
	}
	if len(typ) > MaxALGType || len(name) > MaxALGName {
		return Sockaddr{}, unix.ENAMETOOLONG
	}
	sa := newSockaddr(unix.AF_ALG, max(unix.SizeofSockaddrALG, algName+len(name)+1))
	copy(sa.raw.Data[algType:], typ)
	sa.put32(algFeature, feature)
	sa.put32(algMask, mask)
	copy(sa.raw.Data[algName:], name)
	return sa, nil
}

// ALG returns the fields of a struct sockaddr_alg; ok is false for any other
// address and for one that is too short to have a name. The strings are new.
func (sa Sockaddr) ALG() (typ, name string, feature, mask uint32, ok bool) {
	if !sa.is(unix.AF_ALG, algName+1) {
		return "", "", 0, 0, false
	}
	b := sa.raw.Bytes()
	return cString(b[algType:algFeature]), cString(b[algName:]), sa.get32(algFeature), sa.get32(algMask), true
}
