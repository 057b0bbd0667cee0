package rawsock

import "golang.org/x/sys/unix"

// The SO_TIMESTAMP family has two layouts: of the architecture's long, and of 64
// bits (Linux 5.1). x/sys has the names that a C library gives the old ones.
var scmNames = [...]name{
	{unix.SCM_RIGHTS, "SCM_RIGHTS"},
	{unix.SCM_CREDENTIALS, "SCM_CREDENTIALS"},
	{scmSecurity, "SCM_SECURITY"},
	{scmPidfd, "SCM_PIDFD"},
	{unix.SO_WIFI_STATUS, "SO_WIFI_STATUS"},
	{unix.SO_TXTIME, "SO_TXTIME"},
	{unix.SO_TIMESTAMP_OLD, "SO_TIMESTAMP_OLD"},
	{unix.SO_TIMESTAMPNS_OLD, "SO_TIMESTAMPNS_OLD"},
	{unix.SO_TIMESTAMPING_OLD, "SO_TIMESTAMPING_OLD"},
	{unix.SO_TIMESTAMP_NEW, "SO_TIMESTAMP_NEW"},
	{unix.SO_TIMESTAMPNS_NEW, "SO_TIMESTAMPNS_NEW"},
	{unix.SO_TIMESTAMPING_NEW, "SO_TIMESTAMPING_NEW"},
	{unix.SCM_TIMESTAMPING_OPT_STATS, "SCM_TIMESTAMPING_OPT_STATS"},
	{unix.SCM_TIMESTAMPING_PKTINFO, "SCM_TIMESTAMPING_PKTINFO"},
}

// Of <linux/socket.h>; x/sys has neither.
const (
	scmSecurity = 0x03
	scmPidfd    = 0x04 // Linux 6.5
)

var ipCmsgNames = [...]name{
	{unix.IP_TOS, "IP_TOS"},
	{unix.IP_TTL, "IP_TTL"},
	{unix.IP_RECVOPTS, "IP_RECVOPTS"},
	{unix.IP_RETOPTS, "IP_RETOPTS"},
	{unix.IP_PKTINFO, "IP_PKTINFO"},
	{unix.IP_RECVERR, "IP_RECVERR"},
	{unix.IP_ORIGDSTADDR, "IP_ORIGDSTADDR"},
	{unix.IP_CHECKSUM, "IP_CHECKSUM"},
	{scmSecurity, "SCM_SECURITY"},
}

var socketCmsgs = [...]cmsgFormat{
	{unix.SCM_RIGHTS, 4, (*line).ints},
	{unix.SCM_CREDENTIALS, unix.SizeofUcred, (*line).ucred},
	{scmSecurity, 1, (*line).quoted},
	{unix.SO_TIMESTAMP_OLD, 2 * sizeofLong, (*line).timevalOld},
	{unix.SO_TIMESTAMPNS_OLD, 2 * sizeofLong, (*line).timespecOld},
	{unix.SO_TIMESTAMPING_OLD, 6 * sizeofLong, (*line).timespecsOld},
	{unix.SO_TIMESTAMP_NEW, 16, (*line).timevalNew},
	{unix.SO_TIMESTAMPNS_NEW, 16, (*line).timespecNew},
	{unix.SO_TIMESTAMPING_NEW, 48, (*line).timespecsNew},
}

var ipCmsgs = [...]cmsgFormat{
	{unix.IP_PKTINFO, unix.SizeofInet4Pktinfo, (*line).pktinfo},
	{unix.IP_TTL, 4, (*line).unsignedInts},
	{unix.IP_TOS, 1, (*line).hexBytes},
	{unix.IP_RECVOPTS, 1, (*line).hexBytes},
	{unix.IP_RETOPTS, 1, (*line).hexBytes},
	{unix.IP_RECVERR, sizeofExtendedErr + unix.SizeofSockaddrInet4, (*line).extendedErr},
	{unix.IP_ORIGDSTADDR, unix.SizeofSockaddrInet4, func(l *line, b []byte) { l.sockaddr(b[:min(len(b), MaxSockaddr)], 0) }},
	{unix.IP_CHECKSUM, 4, (*line).unsignedInts},
	{scmSecurity, 1, (*line).quoted},
}

func (l *line) ucred(b []byte) {
	l.fields(b, (*line).id, "pid", "uid", "gid")
}

// id is a user's or group's: -1 is none, everything else is unsigned. A process's
// is never so large.
func (l *line) id(v int32) {
	if v == -1 {
		l.str("-1")
		return
	}
	l.uint(uint64(uint32(v)))
}

func (l *line) pktinfo(b []byte) {
	l.str("{ipi_ifindex=")
	l.uint(uint64(uint32At(b)))
	l.inet("ipi_spec_dst", b[4:])
	l.inet("ipi_addr", b[8:])
	l.str("}")
}

// extendedErr is a struct sock_extended_err and the address behind it.
func (l *line) extendedErr(b []byte) {
	l.str("{ee_errno=")
	l.uint(uint64(uint32At(b)))
	for i, name := range [...]string{"ee_origin", "ee_type", "ee_code"} {
		l.field(name)
		l.uint(uint64(b[4+i]))
	}
	l.field("ee_info")
	l.uint(uint64(uint32At(b[8:])))
	l.field("ee_data")
	l.uint(uint64(uint32At(b[12:])))
	l.field("offender")
	l.sockaddr(b[sizeofExtendedErr:][:unix.SizeofSockaddrInet4], 0)
	l.str("}")
}

// longAt is the C long that b begins with.
func longAt(b []byte) int64 {
	if sizeofLong == 8 {
		return int64At(b)
	}
	return int64(int32At(b))
}

func (l *line) timevalOld(b []byte)  { l.seconds(longAt(b), "tv_usec", longAt(b[sizeofLong:])) }
func (l *line) timespecOld(b []byte) { l.seconds(longAt(b), "tv_nsec", longAt(b[sizeofLong:])) }
func (l *line) timevalNew(b []byte)  { l.seconds(int64At(b), "tv_usec", int64At(b[8:])) }
func (l *line) timespecNew(b []byte) { l.seconds(int64At(b), "tv_nsec", int64At(b[8:])) }

// A timestamp of SO_TIMESTAMPING is three: by software, one that is no longer
// used, and by hardware.
func (l *line) timespecsOld(b []byte) {
	l.array(3, func(i int) { l.timespecOld(b[2*sizeofLong*i:]) })
}

func (l *line) timespecsNew(b []byte) {
	l.array(3, func(i int) { l.timespecNew(b[16*i:]) })
}

func (l *line) ints(data []byte) {
	l.array(len(data)/4, func(i int) { l.int(int64(int32At(data[4*i:]))) })
}

func (l *line) unsignedInts(data []byte) {
	l.array(len(data)/4, func(i int) { l.uint(uint64(uint32(int32At(data[4*i:])))) })
}

func (l *line) hexBytes(data []byte) {
	l.array(len(data), func(i int) { l.hex(uint64(data[i])) })
}
