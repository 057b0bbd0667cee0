package rawsock

import "golang.org/x/sys/unix"

const (
	optSODomain          = unix.SO_DOMAIN
	optSOProtocol        = unix.SO_PROTOCOL
	optSOLinger          = unix.SO_LINGER
	optIPRecvTOS         = unix.IP_RECVTOS
	optIPMinTTL          = unix.IP_MINTTL
	optIPv6AutoFlowLabel = unix.IPV6_AUTOFLOWLABEL
	optTCPKeepIdle       = unix.TCP_KEEPIDLE
	optTCPKeepIntvl      = unix.TCP_KEEPINTVL
	optTCPKeepCnt        = unix.TCP_KEEPCNT
	optTCPCongestion     = unix.TCP_CONGESTION
	optTCPFastOpen       = unix.TCP_FASTOPEN
)

const (
	optIPPktInfo = absent
	optIPv6MinHopCount
	optTCPNotSentLowat
)
