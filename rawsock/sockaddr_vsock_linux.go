package rawsock

import "golang.org/x/sys/unix"

const (
	vsockPort  = 4
	vsockCID   = 8
	vsockFlags = 12
)

// SockaddrVsock makes a struct sockaddr_vm (vsock(7)). cid is a machine, such as
// VMADDR_CID_HOST or VMADDR_CID_ANY; flags (VMADDR_FLAG_…) is usually 0.
func SockaddrVsock(cid, port uint32, flags uint8) Sockaddr {
	sa := newSockaddr(unix.AF_VSOCK, unix.SizeofSockaddrVM)
	sa.put32(vsockPort, port)
	sa.put32(vsockCID, cid)
	sa.raw.Data[vsockFlags] = flags
	return sa
}

// Vsock returns the fields of a struct sockaddr_vm; ok is false for any other
// address and for one that is too short.
func (sa Sockaddr) Vsock() (cid, port uint32, flags uint8, ok bool) {
	if !sa.is(unix.AF_VSOCK, unix.SizeofSockaddrVM) {
		return 0, 0, 0, false
	}
	return sa.get32(vsockCID), sa.get32(vsockPort), sa.raw.Data[vsockFlags], true
}
