package rawsock_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// cmsgSource has control messages as the C headers lay them out.
const cmsgSource = `
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <linux/errqueue.h>
#include <linux/if_alg.h>
#include <linux/net_tstamp.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define B32(x) __builtin_bswap32(x)
#else
#define B32(x) (x)
#endif

#define MSG(name, level, type, T, ...) \
	struct { struct cmsghdr h; T d; } __attribute__((aligned(sizeof(size_t)))) name = \
	{{CMSG_LEN(sizeof(T)), level, type}, __VA_ARGS__}

typedef struct { int fd[3]; } three;
typedef struct { struct sock_extended_err ee; struct sockaddr_in offender; } icmp;
typedef struct { __u32 ivlen; __u8 iv[5]; } __attribute__((packed)) iv;

MSG(rights, SOL_SOCKET, SCM_RIGHTS, three, {{3, 4, 5}});
MSG(credentials, SOL_SOCKET, SCM_CREDENTIALS, struct ucred, {.pid = 1, .uid = 2, .gid = 3});
MSG(pktinfo4, SOL_IP, IP_PKTINFO, struct in_pktinfo,
	{.ipi_ifindex = 7, .ipi_spec_dst = {B32(0x7f000001)}, .ipi_addr = {B32(0x7f0000ff)}});
MSG(pktinfo6, SOL_IPV6, IPV6_PKTINFO, struct in6_pktinfo, {.ipi6_addr = IN6ADDR_LOOPBACK_INIT, .ipi6_ifindex = 7});
MSG(ttl, SOL_IP, IP_TTL, int, 64);
MSG(tos, SOL_IP, IP_TOS, int, 0xb8);
MSG(hoplimit, SOL_IPV6, IPV6_HOPLIMIT, int, -1);
MSG(tclass, SOL_IPV6, IPV6_TCLASS, int, 0xb8);
MSG(mark, SOL_SOCKET, SO_MARK, __u32, 0xfeedbeef);
MSG(priority, SOL_SOCKET, SO_PRIORITY, __u32, 6);
MSG(txtime, SOL_SOCKET, SCM_TXTIME, __u64, 0x0102030405060708);
MSG(timestamping, SOL_SOCKET, SO_TIMESTAMPING, __u32, SOF_TIMESTAMPING_TX_SOFTWARE);
MSG(segment, SOL_UDP, UDP_SEGMENT, __u16, 1472);
MSG(algop, SOL_ALG, ALG_SET_OP, __u32, ALG_OP_ENCRYPT);
MSG(algiv, SOL_ALG, ALG_SET_IV, iv, {5, {1, 2, 3, 4, 5}});
MSG(assoclen, SOL_ALG, ALG_SET_AEAD_ASSOCLEN, __u32, 20);
MSG(gro, SOL_UDP, UDP_GRO, int, 1472);
MSG(ovfl, SOL_SOCKET, SO_RXQ_OVFL, __u32, 9);
MSG(extended, SOL_IP, IP_RECVERR, icmp, {
	.ee = {.ee_errno = 113, .ee_origin = SO_EE_ORIGIN_ICMP, .ee_type = 3, .ee_code = 1, .ee_info = 0x01020304, .ee_data = 0x05060708},
	.offender = {.sin_family = AF_INET, .sin_addr = {B32(0xc0000201)}}});
MSG(origdst4, SOL_IP, IP_ORIGDSTADDR, struct sockaddr_in, {.sin_family = AF_INET, .sin_addr = {B32(0xc0000201)}});
MSG(origdst6, SOL_IPV6, IPV6_ORIGDSTADDR, struct sockaddr_in6, {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT});
MSG(stamp, SOL_SOCKET, SCM_TIMESTAMP, struct timeval, {1700000000, 123456});
MSG(stampns, SOL_SOCKET, SCM_TIMESTAMPNS, struct timespec, {1700000000, 123456789});
MSG(stamping, SOL_SOCKET, SCM_TIMESTAMPING, struct scm_timestamping, {{{1700000000, 123456789}, {0, 0}, {1, 2}}});
MSG(stamping64, SOL_SOCKET, SO_TIMESTAMPING_NEW, struct scm_timestamping64, {{{1700000000, 123456789}, {0, 0}, {1, 2}}});
MSG(frag4, SOL_IP, IP_RECVFRAGSIZE, int, 1500);
MSG(frag6, SOL_IPV6, 77 /* IPV6_RECVFRAGSIZE */, int, 1496);
MSG(flowinfo, SOL_IPV6, 11 /* IPV6_FLOWINFO */, __u32, B32(0xb12345));
MSG(tos1, SOL_IP, IP_TOS, __u8, 0xb8);
MSG(gro2, SOL_UDP, UDP_GRO, __u16, 1472);
MSG(pidfd, SOL_SOCKET, 4 /* SCM_PIDFD */, int, 17);
MSG(inq, SOL_SOCKET, 84 /* SCM_INQ */, int, 18);
MSG(tcpinq, IPPROTO_TCP, 36 /* TCP_CM_INQ */, int, 19);
MSG(zerocopy, SOL_IPV6, IPV6_RECVERR, struct sock_extended_err,
	{.ee_origin = SO_EE_ORIGIN_ZEROCOPY, .ee_code = SO_EE_CODE_ZEROCOPY_COPIED, .ee_info = 3, .ee_data = 9});
MSG(stamppkt, SOL_SOCKET, SCM_TIMESTAMPING_PKTINFO, struct scm_ts_pktinfo, {7, 1514});
`

// builtMessages are those of cmsgSource that can be sent.
func builtMessages() map[string][]byte {
	return map[string][]byte{
		"rights":       rawsock.AppendRights(nil, 3, 4, 5),
		"credentials":  rawsock.AppendCredentials(nil, rawsock.Ucred{Pid: 1, Uid: 2, Gid: 3}),
		"pktinfo4":     rawsock.AppendPktinfo4(nil, rawsock.Pktinfo4{Ifindex: 7, SpecDst: [4]byte{127, 0, 0, 1}, Addr: [4]byte{127, 0, 0, 255}}),
		"pktinfo6":     rawsock.AppendPktinfo6(nil, rawsock.Pktinfo6{Addr: [16]byte{15: 1}, Ifindex: 7}),
		"ttl":          rawsock.AppendTTL(nil, 64),
		"tos":          rawsock.AppendTOS(nil, 0xb8),
		"hoplimit":     rawsock.AppendHopLimit(nil, -1),
		"tclass":       rawsock.AppendTrafficClass(nil, 0xb8),
		"mark":         rawsock.AppendMark(nil, 0xfeedbeef),
		"priority":     rawsock.AppendPriority(nil, 6),
		"txtime":       rawsock.AppendTxtime(nil, 0x0102030405060708),
		"timestamping": rawsock.AppendTimestamping(nil, unix.SOF_TIMESTAMPING_TX_SOFTWARE),
		"segment":      rawsock.AppendUDPSegment(nil, 1472),
		"algop":        rawsock.AppendALGOp(nil, unix.ALG_OP_ENCRYPT),
		"algiv":        rawsock.AppendALGIV(nil, []byte{1, 2, 3, 4, 5}),
		"assoclen":     rawsock.AppendALGAssocLen(nil, 20),
	}
}

// messageReader is a reader and what it reads in the messages of cmsgSource; in
// others it reads nothing.
type messageReader struct {
	read func(rawsock.Cmsg) (any, bool)
	want map[string]any
}

// reads makes a messageReader of a method of Cmsg.
func reads[T any](read func(rawsock.Cmsg) (T, bool), want map[string]any) messageReader {
	return messageReader{func(m rawsock.Cmsg) (any, bool) { return read(m) }, want}
}

func messageReaders() map[string]messageReader {
	unreachable := rawsock.ExtendedErr{
		Errno: unix.EHOSTUNREACH, Origin: unix.SO_EE_ORIGIN_ICMP, Type: 3, Code: 1, Info: 0x01020304, Data: 0x05060708,
		Offender: rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 0),
	}
	finished := rawsock.ExtendedErr{Origin: unix.SO_EE_ORIGIN_ZEROCOPY, Code: unix.SO_EE_CODE_ZEROCOPY_COPIED, Info: 3, Data: 9}
	ns := time.Unix(1700000000, 123456789)
	times := rawsock.Timestamps{Software: ns, Hardware: time.Unix(1, 2)}
	rights := func(m rawsock.Cmsg) ([3]rawsock.FD, bool) {
		fds, ok := m.Rights(make([]rawsock.FD, 0, 3))
		return [3]rawsock.FD(fds[:3]), ok
	}
	packet := func(m rawsock.Cmsg) ([2]uint32, bool) {
		index, length, ok := m.TimestampingPktinfo()
		return [2]uint32{index, length}, ok
	}
	return map[string]messageReader{
		"Rights":       reads(rights, map[string]any{"rights": [3]rawsock.FD{3, 4, 5}}),
		"Credentials":  reads(rawsock.Cmsg.Credentials, map[string]any{"credentials": rawsock.Ucred{Pid: 1, Uid: 2, Gid: 3}}),
		"Pidfd":        reads(rawsock.Cmsg.Pidfd, map[string]any{"pidfd": rawsock.FD(17)}),
		"UnixInq":      reads(rawsock.Cmsg.UnixInq, map[string]any{"inq": 18}),
		"TCPInq":       reads(rawsock.Cmsg.TCPInq, map[string]any{"tcpinq": 19}),
		"Pktinfo4":     reads(rawsock.Cmsg.Pktinfo4, map[string]any{"pktinfo4": rawsock.Pktinfo4{Ifindex: 7, SpecDst: [4]byte{127, 0, 0, 1}, Addr: [4]byte{127, 0, 0, 255}}}),
		"Pktinfo6":     reads(rawsock.Cmsg.Pktinfo6, map[string]any{"pktinfo6": rawsock.Pktinfo6{Addr: [16]byte{15: 1}, Ifindex: 7}}),
		"TTL":          reads(rawsock.Cmsg.TTL, map[string]any{"ttl": 64}),
		"TOS":          reads(rawsock.Cmsg.TOS, map[string]any{"tos": 0xb8, "tos1": 0xb8}),
		"HopLimit":     reads(rawsock.Cmsg.HopLimit, map[string]any{"hoplimit": -1}),
		"TrafficClass": reads(rawsock.Cmsg.TrafficClass, map[string]any{"tclass": 0xb8}),
		"Flowinfo":     reads(rawsock.Cmsg.Flowinfo, map[string]any{"flowinfo": uint32(0xb12345)}),
		"OrigDst":      reads(rawsock.Cmsg.OrigDst, map[string]any{"origdst4": rawsock.SockaddrInet4([4]byte{192, 0, 2, 1}, 0), "origdst6": loopback6(0)}),
		"FragSize":     reads(rawsock.Cmsg.FragSize, map[string]any{"frag4": 1500, "frag6": 1496}),
		"Mark":         reads(rawsock.Cmsg.Mark, map[string]any{"mark": uint32(0xfeedbeef)}),
		"Priority":     reads(rawsock.Cmsg.Priority, map[string]any{"priority": 6}),
		"RxqOvfl":      reads(rawsock.Cmsg.RxqOvfl, map[string]any{"ovfl": uint32(9)}),
		"UDPGRO":       reads(rawsock.Cmsg.UDPGRO, map[string]any{"gro": 1472, "gro2": 1472}),
		"ExtendedErr":  reads(rawsock.Cmsg.ExtendedErr, map[string]any{"extended": unreachable, "zerocopy": finished}),
		"Timestamp":    reads(rawsock.Cmsg.Timestamp, map[string]any{"stamp": time.Unix(1700000000, 123456000), "stampns": ns}),
		"Timestamping": reads(rawsock.Cmsg.Timestamping, map[string]any{"stamping": times, "stamping64": times}),
		"Pktinfo":      reads(packet, map[string]any{"stamppkt": [2]uint32{7, 1514}}),
	}
}

// What is built is what C has.
func TestBuiltMessagesAgainstCHeaders(t *testing.T) {
	theirs := dataOf(t, cmsgSource, layoutTargets[runtime.GOARCH][strconv.Itoa(8*unix.SizeofPtr)]...)
	for name, ours := range builtMessages() {
		if !bytes.Equal(ours, theirs[name]) {
			t.Errorf("%s:\n\tours % x\n\tC    % x", name, ours, theirs[name])
		}
	}
}

// What C has is read, by its own reader and no other, and only whole. So is the
// data of a kernel of the other word size.
func TestReadersAgainstCHeaders(t *testing.T) {
	for bits, options := range layoutTargets[runtime.GOARCH] {
		theirs := dataOf(t, cmsgSource, options...)
		for reader, r := range messageReaders() {
			for name, b := range theirs {
				m := cmsgOf(t, b, bits)
				want, expected := r.want[name]
				if got, ok := r.read(m); ok != expected || ok && got != want {
					t.Errorf("%s of %s (%s bits): %v, %v, want %v", reader, name, bits, got, ok, want)
				}
				if m.Data = m.Data[:len(m.Data)-1]; reader != "Rights" && reader != "ExtendedErr" {
					if _, ok := r.read(m); ok {
						t.Errorf("%s of %s (%s bits) without its last byte", reader, name, bits)
					}
				}
			}
			for name := range r.want {
				if theirs[name] == nil {
					t.Errorf("no message %s for %s", name, reader)
				}
			}
		}
	}
}

// cmsgOf reads a control message of a word size.
func cmsgOf(t *testing.T, b []byte, bits string) (m rawsock.Cmsg) {
	t.Helper()
	header := 12
	if bits == "64" {
		header = 16
	}
	// The lower half of cmsg_len is enough of it.
	size := int(binary.NativeEndian.Uint32(b))
	m = rawsock.Cmsg{
		Level: int(int32(binary.NativeEndian.Uint32(b[header-8:]))),
		Type:  int(int32(binary.NativeEndian.Uint32(b[header-4:]))),
		Data:  b[header:size],
	}
	if bits == strconv.Itoa(8*unix.SizeofPtr) {
		ours, rest, ok := rawsock.NextCmsg(b)
		if !ok || len(rest) != 0 || !ours.Is(m.Level, m.Type) || !bytes.Equal(ours.Data, m.Data) || ours.Truncated {
			t.Errorf("% x is %+v, want %+v", b, ours, m)
		}
	}
	return m
}
