package rawsock

import "golang.org/x/sys/unix"

// x/sys has no struct sockaddr_qrtr (<linux/qrtr.h>).
const (
	qrtrNode   = 4
	qrtrPort   = 8
	sizeofQRTR = 12
)

// SockaddrQIPCRTR makes a struct sockaddr_qrtr, for the router of Qualcomm's
// IPC.
func SockaddrQIPCRTR(node, port uint32) Sockaddr {
	sa := newSockaddr(unix.AF_QIPCRTR, sizeofQRTR)
	sa.put32(qrtrNode, node)
	sa.put32(qrtrPort, port)
	return sa
}

// QIPCRTR returns the fields of a struct sockaddr_qrtr; ok is false for any other
// address and for one that is too short.
func (sa Sockaddr) QIPCRTR() (node, port uint32, ok bool) {
	if !sa.is(unix.AF_QIPCRTR, sizeofQRTR) {
		return 0, 0, false
	}
	return sa.get32(qrtrNode), sa.get32(qrtrPort), true
}
