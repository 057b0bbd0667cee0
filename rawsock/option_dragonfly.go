package rawsock

import "golang.org/x/sys/unix"

const (
	optSOLinger          = unix.SO_LINGER
	optIPMinTTL          = unix.IP_MINTTL
	optIPv6AutoFlowLabel = unix.IPV6_AUTOFLOWLABEL
	optTCPKeepIdle       = unix.TCP_KEEPIDLE
	optTCPKeepIntvl      = unix.TCP_KEEPINTVL
	optTCPKeepCnt        = unix.TCP_KEEPCNT
)

const (
	optSODomain = absent
	optSOProtocol
	optIPPktInfo
	optIPRecvTOS
	optIPv6MinHopCount
	optTCPCongestion
	optTCPNotSentLowat
	optTCPFastOpen
)
