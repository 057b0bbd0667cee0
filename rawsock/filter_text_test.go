package rawsock_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestParseFilter(t *testing.T) {
	want := rawsock.Filter{
		rawsock.BPFStmt(unix.BPF_LD|unix.BPF_H|unix.BPF_ABS, 12),
		rawsock.BPFJump(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0x0800, 0, 1),
		rawsock.BPFStmt(unix.BPF_RET|unix.BPF_K, math.MaxUint32),
		rawsock.BPFStmt(unix.BPF_RET|unix.BPF_K, 0),
	}
	for _, text := range []string{
		"4\n40 0 0 12\n21 0 1 2048\n6 0 0 4294967295\n6 0 0 0\n",
		"4,40 0 0 12,21 0 1 2048,6 0 0 4294967295,6 0 0 0",
		want.Decimal(),
	} {
		if f, err := rawsock.ParseFilter(text); err != nil || !slices.Equal(f, want) {
			t.Errorf("%q: %v, %v", text, f, err)
		}
	}
	for text, why := range map[string]string{
		"":                       "filter of 0 numbers",
		"1\n6 0 0":               "filter of 4 numbers",
		"2\n6 0 0 0":             `filter of 1 instructions says "2"`,
		"1\n65536 0 0 0":         `"65536" is no number of 16 bits`,
		"1\n6 256 0 0":           `"256" is no number of 8 bits`,
		"1\n6 0 -1 0":            `"-1" is no number of 8 bits`,
		"1\n6 0 0 4294967296":    `"4294967296" is no number of 32 bits`,
		"1\n{ 0x6, 0, 0, 0x0 },": "filter of 7 numbers",
	} {
		f, err := rawsock.ParseFilter(text)
		if f != nil || !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, %v; want %s", text, f, err, why)
		}
	}
	if f, err := rawsock.ParseFilter("0"); len(f) != 0 || err != nil {
		t.Errorf("no instructions: %v, %v", f, err)
	}
}

func TestFilterString(t *testing.T) {
	for want, f := range map[string]rawsock.Filter{
		"[]": nil,
		"[BPF_STMT(BPF_LD|BPF_W|BPF_ABS, SKF_AD_OFF+SKF_AD_CPU), BPF_STMT(BPF_ALU|BPF_K|BPF_MOD, 0x4), BPF_STMT(BPF_RET|BPF_A, 0)]": rawsock.SteerByCPU(4),
		"[BPF_STMT(0xffff, 0x1), BPF_STMT(BPF_ST, 0x3), BPF_STMT(0x72, 0)]": {
			rawsock.BPFStmt(0xffff, 1), rawsock.BPFStmt(unix.BPF_ST, 3), rawsock.BPFStmt(0x72, 0),
		},
	} {
		if got := f.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add(rawsock.SteerByHash(3, 20, 4).Decimal())
	f.Add("1,6 0 0 0")
	f.Add("1 6 0 0 -1")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := rawsock.ParseFilter(text)
		if err != nil {
			return
		}
		if again, err := rawsock.ParseFilter(p.Decimal()); err != nil || !slices.Equal(again, p) {
			t.Errorf("%q: %v, then %v, %v", text, p, again, err)
		}
		_ = p.String()
	})
}
