package rawsock_test

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
	"github.com/rawloop/rawloop/rawsock"
)

// steerSource has the numbers and structs of filters and of lists of sources.
const steerSource = `
#include <linux/filter.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

uint32_t skf[] = {
	SKF_AD_OFF, SKF_NET_OFF, SKF_LL_OFF, SKF_AD_PROTOCOL, SKF_AD_PKTTYPE, SKF_AD_IFINDEX, SKF_AD_NLATTR, SKF_AD_NLATTR_NEST,
	SKF_AD_MARK, SKF_AD_QUEUE, SKF_AD_HATYPE, SKF_AD_RXHASH, SKF_AD_CPU, SKF_AD_ALU_XOR_X, SKF_AD_VLAN_TAG,
	SKF_AD_VLAN_TAG_PRESENT, SKF_AD_PAY_OFFSET, SKF_AD_RANDOM, SKF_AD_VLAN_TPID, SKF_AD_MAX,
};
struct sock_filter program[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_CPU),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x01020304, 5, 6),
	BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 7),
	BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
	BPF_STMT(BPF_RET | BPF_A, 0),
};
struct sock_fprog fprog = {5, program};
#define OFFSET(S, F) (uint32_t) offsetof(struct S, F)
uint32_t group_filter[] = {
	OFFSET(group_filter, gf_interface), OFFSET(group_filter, gf_group), OFFSET(group_filter, gf_fmode),
	OFFSET(group_filter, gf_numsrc), OFFSET(group_filter, gf_slist), GROUP_FILTER_SIZE(2),
};
uint32_t ip_msfilter[] = {
	OFFSET(ip_msfilter, imsf_interface), OFFSET(ip_msfilter, imsf_multiaddr), OFFSET(ip_msfilter, imsf_fmode),
	OFFSET(ip_msfilter, imsf_numsrc), OFFSET(ip_msfilter, imsf_slist), IP_MSFILTER_SIZE(2),
};
`

// valuesSet returns the values that f hands to setsockopt(2), with what they point to
// behind them.
func valuesSet(f func()) (values [][]byte) {
	defer sys.SetTrace(func(c sys.Call) {
		if c.Name == "setsockopt" {
			value := slices.Clone(c.Args[3].In)
			for _, b := range c.Args[3].Iov {
				value = append(value, b.Data...)
			}
			values = append(values, value)
		}
	})()
	f()
	return values
}

func natives(b []byte) (v []uint32) {
	for ; len(b) > 0; b = b[4:] {
		v = append(v, binary.NativeEndian.Uint32(b))
	}
	return v
}

func TestFilterLayoutAgainstCHeaders(t *testing.T) {
	skf := []uint32{
		rawsock.SKF_AD_OFF, rawsock.SKF_NET_OFF, rawsock.SKF_LL_OFF, rawsock.SKF_AD_PROTOCOL, rawsock.SKF_AD_PKTTYPE,
		rawsock.SKF_AD_IFINDEX, rawsock.SKF_AD_NLATTR, rawsock.SKF_AD_NLATTR_NEST, rawsock.SKF_AD_MARK, rawsock.SKF_AD_QUEUE,
		rawsock.SKF_AD_HATYPE, rawsock.SKF_AD_RXHASH, rawsock.SKF_AD_CPU, rawsock.SKF_AD_ALU_XOR_X, rawsock.SKF_AD_VLAN_TAG,
		rawsock.SKF_AD_VLAN_TAG_PRESENT, rawsock.SKF_AD_PAY_OFFSET, rawsock.SKF_AD_RANDOM, rawsock.SKF_AD_VLAN_TPID, rawsock.SKF_AD_MAX,
	}
	program := rawsock.Filter{
		rawsock.BPFStmt(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, rawsock.SKF_AD_OFF+rawsock.SKF_AD_CPU),
		rawsock.BPFJump(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0x01020304, 5, 6),
		rawsock.BPFStmt(unix.BPF_ALU|unix.BPF_MOD|unix.BPF_K, 7),
		rawsock.BPFStmt(unix.BPF_ALU|unix.BPF_XOR|unix.BPF_X, 0),
		rawsock.BPFStmt(unix.BPF_RET|unix.BPF_A, 0),
	}
	calls := valuesSet(func() { rawsock.FD(-1).AttachFilter(program) })
	for name, theirs := range steerLayouts(t) {
		if got := natives(theirs["skf"]); !slices.Equal(got, skf) {
			t.Errorf("%s: constants %x, in C %x", name, skf, got)
		}
		if got := calls[0][len(program.Fprog()):]; !bytes.Equal(got, theirs["program"]) {
			t.Errorf("%s: program % x, in C % x", name, got, theirs["program"])
		}
	}
	if own, want := program.Fprog(), steerLayouts(t)[ownWord]["fprog"]; len(own) != len(want) || !bytes.Equal(own[:2], want[:2]) {
		t.Errorf("struct sock_fprog % x, in C % x with 0 for the pointer", own, want)
	}
}

// ownWord is the key of layoutTargets for this process.
var ownWord = map[int]string{64: "64", 32: "32"}[bits.UintSize]

// steerLayouts is steerSource for each kind of process.
func steerLayouts(t *testing.T) map[string]map[string][]byte {
	t.Helper()
	all := make(map[string]map[string][]byte)
	for name, options := range layoutTargets[runtime.GOARCH] {
		all[name] = dataOf(t, steerSource, options...)
	}
	return all
}

// Every field of a list of sources stands where C has it.
func TestSourceFilterLayoutAgainstCHeaders(t *testing.T) {
	theirs := steerLayouts(t)[ownWord]
	v4, v6 := mcasts["IPv4"], mcasts["IPv6"]
	byAddr := rawsock.Iface{Addr: v4.sources[0]}
	calls := valuesSet(func() {
		rawsock.FD(-1).SetSourceFilter(v4.group, lo, 0x01020304, v4.sources[:]...)
		rawsock.FD(-1).SetSourceFilter(v6.group, lo, 0x01020304, v6.sources[:]...)
		rawsock.FD(-1).SetSourceFilter(v4.group, byAddr, 0x01020304, v4.sources[:]...)
	})
	index := binary.NativeEndian.AppendUint32(nil, 1)
	storage := func(a netip.Addr) []byte {
		return append(atPort(t, a, 0).Bytes(), make([]byte, rawsock.MaxSockaddr)...)[:rawsock.MaxSockaddr]
	}
	for i, tt := range []struct {
		layout string
		m      mcast
		iface  []byte
		addr   func(netip.Addr) []byte
	}{
		{"group_filter", v4, index, storage},
		{"group_filter", v6, index, storage},
		{"ip_msfilter", v4, byAddr.Addr.AsSlice(), netip.Addr.AsSlice},
	} {
		at := natives(theirs[tt.layout])
		want := make([]byte, at[5])
		copy(want[at[0]:], tt.iface)
		copy(want[at[1]:], tt.addr(tt.m.group))
		binary.NativeEndian.PutUint32(want[at[2]:], 0x01020304)
		binary.NativeEndian.PutUint32(want[at[3]:], 2)
		copy(want[at[4]:], append(tt.addr(tt.m.sources[0]), tt.addr(tt.m.sources[1])...))
		if !bytes.Equal(calls[i], want) {
			t.Errorf("struct %s:\n\tours % x\n\tC    % x", tt.layout, calls[i], want)
		}
	}
}
