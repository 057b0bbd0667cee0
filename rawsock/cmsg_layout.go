package rawsock

import (
	"encoding/binary"
	"math"

	"golang.org/x/sys/unix"
)

// struct cmsghdr is cmsg_len, cmsg_level and cmsg_type. Linux has a size_t for
// cmsg_len, where POSIX and everybody else has a socklen_t.
const (
	cmsgType  = unix.SizeofCmsghdr - 4
	cmsgLevel = cmsgType - 4
	cmsgWide  = cmsgLevel == 8
)

func cmsgSize(b []byte) uint64 {
	if cmsgWide {
		return binary.NativeEndian.Uint64(b)
	}
	return uint64(binary.NativeEndian.Uint32(b))
}

func putCmsgSize(b []byte, size uint64) {
	if cmsgWide {
		binary.NativeEndian.PutUint64(b, size)
		return
	}
	binary.NativeEndian.PutUint32(b, uint32(min(size, math.MaxUint32)))
}

// cmsgData is where the data begins, CMSG_LEN(0).
func cmsgData() int { return unix.CmsgLen(0) }

// alignCmsg is CMSG_ALIGN.
func alignCmsg(n int) int { return unix.CmsgSpace(n) - unix.CmsgSpace(0) }
