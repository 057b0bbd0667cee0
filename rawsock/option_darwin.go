package rawsock

import "golang.org/x/sys/unix"

const (
	optSOLinger          = unix.SO_LINGER_SEC
	optIPPktInfo         = unix.IP_PKTINFO
	optIPRecvTOS         = unix.IP_RECVTOS
	optIPv6AutoFlowLabel = unix.IPV6_AUTOFLOWLABEL
	optTCPKeepIdle       = unix.TCP_KEEPALIVE
	optTCPKeepIntvl      = unix.TCP_KEEPINTVL
	optTCPKeepCnt        = unix.TCP_KEEPCNT
	optTCPNotSentLowat   = unix.TCP_NOTSENT_LOWAT
	optTCPFastOpen       = unix.TCP_FASTOPEN
)

const (
	optSODomain = absent
	optSOProtocol
	optIPMinTTL
	optIPv6MinHopCount
	optTCPCongestion
)
