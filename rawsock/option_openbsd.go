package rawsock

import "golang.org/x/sys/unix"

const (
	optSODomain          = unix.SO_DOMAIN
	optSOProtocol        = unix.SO_PROTOCOL
	optSOLinger          = unix.SO_LINGER
	optIPMinTTL          = unix.IP_MINTTL
	optIPv6AutoFlowLabel = unix.IPV6_AUTOFLOWLABEL
	optIPv6MinHopCount   = unix.IPV6_MINHOPCOUNT
)

const (
	optIPPktInfo = absent
	optIPRecvTOS
	optTCPKeepIdle
	optTCPKeepIntvl
	optTCPKeepCnt
	optTCPCongestion
	optTCPNotSentLowat
	optTCPFastOpen
)
