package rawsock

import "golang.org/x/sys/unix"

const (
	siocAtmark      = unix.SIOCATMARK
	siocInq         = unix.SIOCINQ
	siocOutq        = unix.SIOCOUTQ
	siocOutqNSD     = unix.SIOCOUTQNSD
	siocGstamp      = unix.SIOCGSTAMP_OLD
	siocGstampNew   = unix.SIOCGSTAMP_NEW
	siocGstampNS    = unix.SIOCGSTAMPNS_OLD
	siocGstampNSNew = unix.SIOCGSTAMPNS_NEW
)
