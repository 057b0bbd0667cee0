package bpfstat

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

func TestMissingCapabilities(t *testing.T) {
	const bpf, perfmon, admin = 1 << unix.CAP_BPF, 1 << unix.CAP_PERFMON, 1 << unix.CAP_SYS_ADMIN
	for _, tt := range []struct {
		have uint64
		want string
	}{
		{0, "CAP_BPF and CAP_PERFMON"},
		{bpf, "CAP_PERFMON"},
		{perfmon, "CAP_BPF"},
		{bpf | perfmon, ""},
		{admin, ""},
		{1 << unix.CAP_NET_ADMIN, "CAP_BPF and CAP_PERFMON"},
	} {
		if got := missingCapabilities(tt.have); got != tt.want {
			t.Errorf("%#x: %q, want %q", tt.have, got, tt.want)
		}
	}
}

// A kernel before 6.3 has the tracepoints of Lifecycle and not those of Calls.
func TestMissingTracepoints(t *testing.T) {
	kernel := func(tracepoints ...string) *btf.Spec {
		b, err := btf.NewBuilder([]btf.Type{&btf.Int{Name: "int", Size: 4}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range tracepoints {
			if _, err := b.Add(&btf.Typedef{Name: "btf_trace_" + name, Type: &btf.Int{Name: "int", Size: 4}}); err != nil {
				t.Fatal(err)
			}
		}
		spec, err := b.Spec()
		if err != nil {
			t.Fatal(err)
		}
		return spec
	}
	old := kernel("inet_sock_set_state", "tcp_destroy_sock")
	if err := missingTracepoint(Lifecycle, old); err != nil {
		t.Errorf("Lifecycle: %v", err)
	}
	for level, want := range map[Level]string{Calls: "needs Linux 6.3, for the tracepoint sock_send_length", Wake: "needs Linux 6.3"} {
		if err := missingTracepoint(level, old); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", level, err, want)
		}
	}
	if err := missingTracepoint(Lifecycle, kernel()); !errors.Is(err, ErrUnavailable) || errors.Is(err, btf.ErrNotFound) != true {
		t.Errorf("no tracepoints: %v", err)
	}
}

// A program that the verifier refuses is a fault, with the verifier's words, and
// not a kernel that lacks something.
func TestVerifierRefusalIsNotUnavailable(t *testing.T) {
	kernel := btf.NewCache()
	if err := available(Calls, kernel); err != nil {
		if os.Getenv("REQUIRE_BPF") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	spec, err := programs(Calls)
	if err != nil {
		t.Fatal(err)
	}
	p := spec.Programs[programsProgRawloopSend]
	p.Instructions = asm.Instructions{asm.Mov.Reg(asm.R0, asm.R7), asm.Return()} // R7 was never set
	c, err := open(Calls, spec, kernel)
	var verifier *ebpf.VerifierError
	if c != nil || errors.Is(err, ErrUnavailable) || !errors.As(err, &verifier) || !strings.Contains(err.Error(), "R7 !read_ok") {
		t.Errorf("%v, %v", c, err)
	}
}

// What the kernel says without having verified anything is about this process or
// this kernel.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		err         error
		unavailable bool
	}{
		{&ebpf.VerifierError{Cause: unix.EPERM}, true},
		{&ebpf.VerifierError{Cause: unix.EPERM, Log: []string{"function calls are allowed to others"}}, false},
		{&ebpf.VerifierError{Cause: unix.EINVAL}, false},
		{unix.EPERM, true},
		{unix.ENOSYS, true},
		{ebpf.ErrNotSupported, true},
		{&ebpf.VerifierError{Cause: ebpf.ErrNotSupported, Log: []string{"unknown func"}}, false},
		{unix.ENOMEM, false},
	} {
		err := refused(tt.err)
		kept := errors.Is(err, tt.err) || errors.Is(err, unix.EPERM) && errors.Is(tt.err, unix.EPERM)
		if errors.Is(err, ErrUnavailable) != tt.unavailable || !kept {
			t.Errorf("%v: %v, unavailable: want %v", tt.err, err, tt.unavailable)
		}
	}
}

func TestOpenRefusesUnknownLevel(t *testing.T) {
	if c, err := Open(Config{Level: Wake + 1}); c != nil || err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("%v, %v", c, err)
	}
}

func TestHistogram(t *testing.T) {
	var h Histogram
	if h.N() != 0 || h.Quantile(0.5) != 0 {
		t.Errorf("empty: %d, %v", h.N(), h.Quantile(0.5))
	}
	h.Count[0], h.Count[3], h.Count[Buckets-1] = 50, 49, 1
	for q, want := range map[float64]int{0: 0, 0.49: 0, 0.5: 3, 0.98: 3, 0.99: Buckets - 1, 1: Buckets - 1} {
		if got := h.Quantile(q); got != Bound(want) {
			t.Errorf("quantile %v: %v, want %v", q, got, Bound(want))
		}
	}
}

func TestLevelText(t *testing.T) {
	for l := range Wake + 1 {
		text, err := l.MarshalText()
		var back Level
		if err := errors.Join(err, back.UnmarshalText(text)); err != nil || back != l || string(text) != l.String() {
			t.Errorf("%v: %q, %v", l, text, err)
		}
	}
	var l Level
	if l.UnmarshalText([]byte("all")) == nil || Level(9).String() != "Level(9)" {
		t.Error("an unknown level")
	}
}
