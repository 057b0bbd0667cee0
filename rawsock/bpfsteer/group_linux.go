package bpfsteer

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// Group is a program and the sockets that it chooses from. Its methods may be
// called from any goroutine, but not during or after Close.
type Group struct{ coll *ebpf.Collection }

// Open loads the program.
func Open(cfg Config) (*Group, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	spec, err := loadPrograms()
	if err != nil {
		return nil, fmt.Errorf("bpfsteer: %w", err)
	}
	spec.Maps[programsMapMembers].MaxEntries = uint32(cfg.Slots)
	if !cfg.Migrate {
		spec.Programs[programsProgRawloopSteer].AttachType = ebpf.AttachSkReuseportSelect
	}
	for name, value := range map[string]int{
		programsVarPolicy: int(cfg.Policy), programsVarSlots: cfg.Slots,
		programsVarKeyOffset: cfg.KeyOffset, programsVarKeySize: cfg.KeySize,
	} {
		if err := spec.Variables[name].Set(uint32(value)); err != nil {
			return nil, fmt.Errorf("bpfsteer: %w", err)
		}
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, refused(err, cfg.Migrate)
	}
	return &Group{coll}, nil
}

// refused tells the verifier's refusal, which has a text, from what this process
// or this kernel lacks. Before 5.14 the attach type of programs that migrate is
// invalid.
func refused(err error, migrate bool) error {
	var verifier *ebpf.VerifierError
	switch {
	case errors.As(err, &verifier) && len(verifier.Log) > 0:
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: needs CAP_BPF: %w", ErrUnavailable, unix.EPERM) // err adds advice that is wrong since 5.11
	case migrate && errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%w: needs Linux 5.14 for Migrate: %w", ErrUnavailable, err)
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("%w: needs a newer kernel: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("bpfsteer: %w", err)
}

// Attach has the program choose for the whole SO_REUSEPORT group of fd, in place
// of what chose before. Any socket of the group will do, at any time.
func (g *Group) Attach(fd rawsock.FD) error {
	program := g.coll.Programs[programsProgRawloopSteer]
	if err := fd.AttachReuseportEBPF(rawsock.FD(program.FD())); err != nil {
		return fmt.Errorf("bpfsteer: attach to descriptor %d: %w", fd, err)
	}
	return nil
}

// Join puts a socket into a slot, in place of the one that is there. It has
// SO_REUSEPORT and is bound, and of TCP it listens. It leaves when it is closed.
func (g *Group) Join(slot int, fd rawsock.FD) error {
	key, value := uint32(slot), uint64(fd)
	if err := g.coll.Maps[programsMapMembers].Put(&key, &value); err != nil {
		return fmt.Errorf("bpfsteer: join descriptor %d in slot %d: %w", fd, slot, err)
	}
	return nil
}

// Leave empties a slot: its socket gets nothing new. It may be empty already.
func (g *Group) Leave(slot int) error {
	key := uint32(slot)
	err := g.coll.Maps[programsMapMembers].Delete(&key)
	if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("bpfsteer: leave slot %d: %w", slot, err)
	}
	return nil
}

// Close frees the descriptors of the group. Where it is attached the program goes
// on, with the slots as they are, until the last socket is closed.
func (g *Group) Close() error {
	g.coll.Close()
	return nil
}
