package rawsock

import "golang.org/x/sys/unix"

const (
	tipcAddrType = 2
	tipcScope    = 3
	tipcAddr     = 4
)

// SockaddrTIPC makes a struct sockaddr_tipc. addrType says what the three words
// of its union are, in the order in which they lie there:
//
//	TIPC_SERVICE_RANGE  (TIPC_ADDR_NAMESEQ)  type, lower, upper
//	TIPC_SERVICE_ADDR   (TIPC_ADDR_NAME)     type, instance, domain
//	TIPC_SOCKET_ADDR    (TIPC_ADDR_ID)       ref, node, 0
//
// scope is TIPC_CLUSTER_SCOPE, TIPC_NODE_SCOPE or 0; the negative of one takes a
// name back in bind(2).
func SockaddrTIPC(addrType uint8, scope int8, words [3]uint32) Sockaddr {
	sa := newSockaddr(unix.AF_TIPC, unix.SizeofSockaddrTIPC)
	sa.raw.Data[tipcAddrType] = addrType
	sa.raw.Data[tipcScope] = byte(scope)
	for i, word := range words {
		sa.put32(tipcAddr+4*i, word)
	}
	return sa
}

// TIPC returns the fields of a struct sockaddr_tipc as SockaddrTIPC takes them;
// ok is false for any other address and for one that is too short.
func (sa Sockaddr) TIPC() (addrType uint8, scope int8, words [3]uint32, ok bool) {
	if !sa.is(unix.AF_TIPC, unix.SizeofSockaddrTIPC) {
		return 0, 0, words, false
	}
	for i := range words {
		words[i] = sa.get32(tipcAddr + 4*i)
	}
	return sa.raw.Data[tipcAddrType], int8(sa.raw.Data[tipcScope]), words, true
}
