package bpfstat

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// available looks for what a level needs before anything is loaded, because the
// errors of loading do not tell: for want of CAP_BPF the kernel says of a map
// that its flags are wrong.
func available(level Level, kernel *btf.Cache) error {
	caps, err := capabilities()
	if err != nil {
		return fmt.Errorf("bpfstat: capget: %w", err)
	}
	if missing := missingCapabilities(caps); missing != "" {
		return &UnavailableError{Missing: missing}
	}
	types, err := kernel.Kernel()
	if err != nil {
		return &UnavailableError{"a kernel with BTF (CONFIG_DEBUG_INFO_BTF)", err}
	}
	return missingTracepoint(level, types)
}

// capabilities returns the effective set of this thread. All threads of a Go
// program have the same, unless it goes out of its way.
func capabilities() (uint64, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return 0, err
	}
	return uint64(data[1].Effective)<<32 | uint64(data[0].Effective), nil
}

// missingCapabilities names what a set lacks. CAP_SYS_ADMIN stands for both
// (include/linux/capability.h: bpf_capable, perfmon_capable).
func missingCapabilities(caps uint64) string {
	if caps&(1<<unix.CAP_SYS_ADMIN) != 0 {
		return ""
	}
	var missing []string
	if caps&(1<<unix.CAP_BPF) == 0 {
		missing = append(missing, "CAP_BPF")
	}
	if caps&(1<<unix.CAP_PERFMON) == 0 {
		missing = append(missing, "CAP_PERFMON")
	}
	return strings.Join(missing, " and ")
}

// missingTracepoint looks for the tracepoints of a level in the kernel's types,
// where each has a typedef.
func missingTracepoint(level Level, types *btf.Spec) error {
	for _, t := range tracepoints {
		if t.level > level {
			continue
		}
		var typedef *btf.Typedef
		err := types.TypeByName("btf_trace_"+t.tracepoint, &typedef)
		switch {
		case err == nil:
		case errors.Is(err, btf.ErrNotFound) && t.level >= Calls:
			return &UnavailableError{"Linux 6.3, for the tracepoint " + t.tracepoint, err}
		case errors.Is(err, btf.ErrNotFound):
			return &UnavailableError{"a kernel with the tracepoint " + t.tracepoint, err}
		default:
			return fmt.Errorf("bpfstat: types of the kernel: %w", err)
		}
	}
	return nil
}
