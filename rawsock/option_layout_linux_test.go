package rawsock_test

import (
	"encoding/hex"
	"fmt"
	"math/bits"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/rawsock"
)

// sizeIs wants the C type to be as large as the option's bytes for v.
func sizeIs[T any](t *testing.T, o interface {
	AppendTo(b []byte, v T) ([]byte, error)
}, v T, ctype string) string {
	t.Helper()
	b, err := o.AppendTo(nil, v)
	check(t, err)
	return fmt.Sprintf("_Static_assert(sizeof(%s) == %d, %q);\n", ctype, len(b), ctype)
}

// fieldsAre wants the named fields of a C struct to be where those of v are, and
// as large. The names of the C fields are the prefix and the name in lower case
// with underscores.
func fieldsAre(v any, ctype, prefix string, names ...string) string {
	var c strings.Builder
	typ := reflect.TypeOf(v)
	for _, name := range names {
		f, ok := typ.FieldByName(name)
		if !ok {
			panic(name)
		}
		field := prefix + underscored(name)
		fmt.Fprintf(&c, "_Static_assert(__builtin_offsetof(%s, %s) == %d, %q);\n", ctype, field, f.Offset, field)
		fmt.Fprintf(&c, "_Static_assert(sizeof(((%s *)0)->%s) == %d, \"size of %s\");\n", ctype, field, f.Type.Size(), field)
	}
	return c.String()
}

func underscored(name string) string {
	var s strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				s.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		s.WriteRune(r)
	}
	return s.String()
}

// kernelHeaders need no C library, so that the compiler can check the layouts of
// 386 where only the one of amd64 is installed.
const kernelHeaders = `
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <linux/inet_diag.h>
#include <linux/net_tstamp.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
`

// The structs are those of the kernel's headers, on this machine and for the
// word size that the test was built for. What is newer than the oldest headers
// in use, Linux 6.1, is checked by its size in TestSizesOfNewerStructs.
func TestOptionLayoutAgainstCHeaders(t *testing.T) {
	sockettest.NeedProgram(t, "cc")
	addr := loopback(0)
	source := kernelHeaders +
		sizeIs(t, rawsock.SORcvTimeo, sec, "struct timeval") +
		sizeIs(t, rawsock.SORcvTimeoNew, sec, "struct __kernel_sock_timeval") +
		sizeIs(t, rawsock.SOTimestamping, rawsock.Timestamping{BindPHC: 1}, "struct so_timestamping") +
		sizeIs(t, rawsock.SOTxTime, rawsock.TxTime{}, "struct sock_txtime") +
		sizeIs(t, rawsock.IPAddMembership, rawsock.IPMreqn{}, "struct ip_mreq") +
		sizeIs(t, rawsock.IPAddMembership, rawsock.IPMreqn{Ifindex: 1}, "struct ip_mreqn") +
		sizeIs(t, rawsock.IPAddSourceMembership, rawsock.IPMreqSource{}, "struct ip_mreq_source") +
		sizeIs(t, rawsock.IPMcastJoinGroup, rawsock.GroupReq{Group: addr}, "struct group_req") +
		sizeIs(t, rawsock.IPMcastBlockSource, rawsock.GroupSourceReq{Group: addr, Source: addr}, "struct group_source_req") +
		sizeIs(t, rawsock.IPv6JoinGroup, rawsock.IPv6Mreq{}, "struct ipv6_mreq") +
		sizeIs(t, rawsock.IPv6PktInfo, rawsock.Pktinfo6{}, "struct in6_pktinfo") +
		sizeIs(t, rawsock.IPv6FlowLabelMgr, rawsock.FlowLabelReq{}, "struct in6_flowlabel_req") +
		sizeIs(t, rawsock.ICMPv6Filter, rawsock.ICMPv6FilterMask{}, "struct icmp6_filter") +
		sizeIs(t, rawsock.TCPMD5Sig, rawsock.TCPMD5Key{Addr: addr}, "struct tcp_md5sig") +
		sizeIs(t, rawsock.TCPRepairOptions, rawsock.TCPRepairOpt{}, "struct tcp_repair_opt") +
		sizeIs(t, rawsock.TCPRepairWindow, rawsock.RepairWindow{}, "struct tcp_repair_window") +
		sizeIs(t, rawsock.PacketAddMembership, rawsock.PacketMreq{}, "struct packet_mreq") +
		sizeIs(t, rawsock.PacketRxRing, rawsock.PacketRingReq{}, "struct tpacket_req3") +
		sizeIs(t, rawsock.PacketFanout, rawsock.PacketFanoutArgs{MaxNumMembers: 1}, "struct fanout_args") +
		fieldsAre(rawsock.IPMreqn{}, "struct ip_mreqn", "imr_", "Multiaddr", "Address", "Ifindex") +
		fieldsAre(rawsock.IPMreqSource{}, "struct ip_mreq_source", "imr_", "Multiaddr", "Interface", "Sourceaddr") +
		fieldsAre(rawsock.FlowLabelReq{}, "struct in6_flowlabel_req", "flr_", "Dst", "Label", "Action", "Share", "Flags", "Expires", "Linger") +
		fieldsAre(rawsock.TCPConnInfo{}, "struct tcp_info", "tcpi_",
			"State", "Retransmits", "Probes", "Backoff", "Options", "Rto", "Ato", "SndMss", "RcvMss", "Unacked", "Sacked", "Lost",
			"Retrans", "Fackets", "LastDataSent", "LastAckSent", "LastDataRecv", "LastAckRecv", "Pmtu", "RcvSsthresh", "Rtt",
			"Rttvar", "SndSsthresh", "SndCwnd", "Advmss", "Reordering", "RcvRtt", "RcvSpace", "TotalRetrans", "PacingRate",
			"MaxPacingRate", "BytesAcked", "BytesReceived", "SegsOut", "SegsIn", "NotsentBytes", "MinRtt", "DataSegsIn",
			"DataSegsOut", "DeliveryRate", "BusyTime", "RwndLimited", "SndbufLimited", "Delivered", "DeliveredCe", "BytesSent",
			"BytesRetrans", "DsackDups", "ReordSeen", "RcvOoopack", "SndWnd") +
		fieldsAre(rawsock.TCPVegasInfo{}, "struct tcpvegas_info", "tcpv_", "Enabled", "Rttcnt", "Minrtt", "Rtt") +
		fieldsAre(rawsock.TCPDCTCPInfo{}, "struct tcp_dctcp_info", "dctcp_", "Enabled", "CeState", "Alpha", "AbEcn", "AbTot") +
		fieldsAre(rawsock.TCPBBRInfo{}, "struct tcp_bbr_info", "bbr_", "BwLo", "BwHi", "MinRtt", "PacingGain", "CwndGain") +
		fieldsAre(rawsock.RepairWindow{}, "struct tcp_repair_window", "", "SndWl1", "SndWnd", "MaxWindow", "RcvWnd", "RcvWup") +
		fieldsAre(rawsock.PacketRingReq{}, "struct tpacket_req3", "tp_", "BlockSize", "BlockNr", "FrameSize", "FrameNr", "RetireBlkTov", "SizeofPriv", "FeatureReqWord") +
		fieldsAre(rawsock.RolloverStats{}, "struct tpacket_rollover_stats", "tp_", "All", "Huge", "Failed") +
		fieldsAre(rawsock.XDPUmem{}, "struct xdp_umem_reg", "", "Addr", "Len", "ChunkSize", "Headroom", "Flags") +
		fieldsAre(rawsock.XDPStats{}, "struct xdp_statistics", "", "RxDropped", "RxInvalidDescs", "TxInvalidDescs", "RxRingFull", "RxFillRingEmptyDescs", "TxRingEmptyDescs") +
		fieldsAre(rawsock.XDPOffsets{}, "struct xdp_mmap_offsets", "", "Rx", "Tx", "Fr", "Cr")
	multiarch, err := exec.Command("cc", "-print-multiarch").Output()
	check(t, err)
	args := []string{"-xc", "-fsyntax-only", "-idirafter", "/usr/include/" + strings.TrimSpace(string(multiarch))}
	if word := fmt.Sprintf("-m%d", bits.UintSize); exec.Command("cc", word, "-xc", "-fsyntax-only", "/dev/null").Run() == nil {
		args = append(args, word)
	}
	cc := exec.Command("cc", append(args, "-")...)
	cc.Stdin = strings.NewReader(source)
	if out, err := cc.CombinedOutput(); err != nil {
		t.Errorf("cc: %v\n%s", err, out)
	}
}

// The sizes that this kernel gives are those of the structs here, or less on an
// older kernel. These are what no header without a C library has, and what Linux 6.18 has more.
func TestSizesOfNewerStructs(t *testing.T) {
	for name, c := range map[string]struct{ got, want uintptr }{
		"linger":      {reflect.TypeFor[rawsock.Linger]().Size(), 8},
		"ucred":       {reflect.TypeFor[rawsock.Ucred]().Size(), 12},
		"SO_MEMINFO":  {reflect.TypeFor[rawsock.MemInfo]().Size(), 36},
		"tcp_info":    {offsetOf[rawsock.TCPConnInfo]("Size"), 280},
		"mptcp_info":  {offsetOf[rawsock.MPTCPConnInfo]("Size"), 96},
		"xdp_umem":    {reflect.TypeFor[rawsock.XDPUmem]().Size(), 32},
		"total_rto":   {offsetOf[rawsock.TCPConnInfo]("TotalRto"), 240},
		"received_ce": {offsetOf[rawsock.TCPConnInfo]("ReceivedCe"), 248},
		"token":       {offsetOf[rawsock.MPTCPConnInfo]("Token"), 12},
		"write_seq":   {offsetOf[rawsock.MPTCPConnInfo]("WriteSeq"), 16},
		"csum":        {offsetOf[rawsock.MPTCPConnInfo]("CsumEnabled"), 42},
		"bytes_acked": {offsetOf[rawsock.MPTCPConnInfo]("BytesAcked"), 72},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
	client, _ := streams(t)
	if info := tcpInfo(t, client); info.Size > 280 {
		t.Errorf("this kernel's struct tcp_info has %d bytes", info.Size)
	} else if kernelHas(t, "4.19") && !info.Has(rawsock.TCPInfoReordSeen) {
		t.Errorf("only %d bytes of struct tcp_info", info.Size)
	}
}

func offsetOf[T any](field string) uintptr {
	f, _ := reflect.TypeFor[T]().FieldByName(field)
	return f.Offset
}

// bitsProgram sets each bit-field of struct tcp_info and prints the struct.
const bitsProgram = `
#include <linux/tcp.h>
#include <stdio.h>

int main(void) {
	struct tcp_info i = {.tcpi_snd_wscale = 5, .tcpi_rcv_wscale = 9, .tcpi_delivery_rate_app_limited = 1, .tcpi_fastopen_client_fail = 2};
	const unsigned char *b = (void *)&i;
	for (unsigned n = 0; n < sizeof i; n++) printf("%02x", b[n]);
	return 0;
}
`

func TestBitFieldsAgainstC(t *testing.T) {
	sockettest.NeedProgram(t, "cc")
	exe := filepath.Join(t.TempDir(), "bits")
	cc := exec.Command("cc", "-xc", "-Wall", "-Werror", "-o", exe, "-")
	cc.Stdin = strings.NewReader(bitsProgram)
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	out, err := exec.Command(exe).Output()
	check(t, err)
	b, err := hex.DecodeString(string(out))
	check(t, err)
	info, err := rawsock.TCPInfo.Decode(b)
	check(t, err)
	if info.SndWscale() != 5 || info.RcvWscale() != 9 || !info.DeliveryRateAppLimited() || info.FastopenClientFail() != 2 || info.Size != len(b) {
		t.Errorf("% x: window scales %d and %d, limited %t, fast open %d, %d bytes", b[:8],
			info.SndWscale(), info.RcvWscale(), info.DeliveryRateAppLimited(), info.FastopenClientFail(), info.Size)
	}
}

// A kernel that does not have a field and one that has 0 in it differ.
func TestTCPInfoOfAnOlderKernel(t *testing.T) {
	info, err := rawsock.TCPInfo.Decode(make([]byte, 192)) // Linux 4.10
	check(t, err)
	if !info.Has(rawsock.TCPInfoSndbufLimited) || info.Has(rawsock.TCPInfoDeliveredCe) {
		t.Errorf("%d bytes: %+v", info.Size, info)
	}
}
