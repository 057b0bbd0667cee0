//go:build !linux

package netconn

// protoMPTCP is 0 where there is no such protocol.
const protoMPTCP = 0
