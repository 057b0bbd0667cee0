package bpfstat

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// tracepoints are the programs that run by themselves, with the tracepoint and
// the first level that has them.
var tracepoints = []struct {
	program, tracepoint string
	level               Level
}{
	{programsProgRawloopState, "inet_sock_set_state", Lifecycle},
	{programsProgRawloopDestroy, "tcp_destroy_sock", Lifecycle},
	{programsProgRawloopSend, "sock_send_length", Calls},
	{programsProgRawloopRecv, "sock_recv_length", Calls},
	{programsProgRawloopReady, "sk_data_ready", Wake},
}

// Open loads the programs of a level and attaches them. An error that matches
// ErrUnavailable says what this process or this kernel lacks; any other is a
// fault, be it the verifier's refusal of a program.
func Open(cfg Config) (*Counters, error) {
	if int(cfg.Level) >= len(levelNames) {
		return nil, fmt.Errorf("bpfstat: Config.Level is %v, want Lifecycle, Calls or Wake", cfg.Level)
	}
	kernel := btf.NewCache()
	if err := available(cfg.Level, kernel); err != nil {
		return nil, err
	}
	spec, err := programs(cfg.Level)
	if err != nil {
		return nil, err
	}
	return open(cfg.Level, spec, kernel)
}

// programs returns what a level needs of the embedded object.
func programs(level Level) (*ebpf.CollectionSpec, error) {
	spec, err := loadPrograms()
	if err != nil {
		return nil, fmt.Errorf("bpfstat: %w", err)
	}
	for _, t := range tracepoints {
		if t.level > level {
			delete(spec.Programs, t.program)
		}
	}
	waits := uint8(0)
	if level >= Wake {
		waits = 1
	}
	if err := spec.Variables[programsVarCountWaits].Set(waits); err != nil {
		return nil, fmt.Errorf("bpfstat: %w", err)
	}
	return spec, nil
}

func open(level Level, spec *ebpf.CollectionSpec, kernel *btf.Cache) (_ *Counters, err error) {
	c := &Counters{level: level}
	defer func() {
		if err != nil {
			err = errors.Join(refused(err), c.free())
		}
	}()
	if c.coll, err = ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Cache: kernel}); err != nil {
		return nil, err
	}
	c.sockets, c.totals = c.coll.Maps[programsMapSockets], c.coll.Maps[programsMapTotals]
	if level >= Wake {
		c.wakes = c.coll.Maps[programsMapWakes]
	}
	for _, t := range tracepoints {
		if t.level > level {
			continue
		}
		l, err := link.AttachTracing(link.TracingOptions{Program: c.coll.Programs[t.program]})
		if err != nil {
			return nil, err
		}
		c.links = append(c.links, l)
	}
	c.list, err = link.AttachIter(link.IterOptions{Program: c.coll.Programs[programsProgRawloopList], Map: c.sockets})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// refused says what it means that the kernel did not load or attach. The text of
// the verifier is the mark of its refusal: without one it was not asked.
func refused(err error) error {
	var verifier *ebpf.VerifierError
	asked := errors.As(err, &verifier) && len(verifier.Log) > 0
	switch {
	case asked:
	case errors.Is(err, unix.EPERM):
		return &UnavailableError{"a kernel that lets CAP_BPF and CAP_PERFMON load programs here (a user namespace, seccomp or lockdown forbids it)", unix.EPERM} // err adds advice that is wrong since 5.11
	case errors.Is(err, unix.ENOSYS):
		return &UnavailableError{"a kernel with bpf(2)", err}
	case errors.Is(err, ebpf.ErrNotSupported):
		return &UnavailableError{"a newer kernel", err}
	}
	return fmt.Errorf("bpfstat: %w", err)
}
