package bpfsteer

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// What the verifier has words for is a fault of the program, all else is about
// this process or this kernel.
func TestRefusals(t *testing.T) {
	said := []string{"R7 !read_ok"}
	for _, tt := range []struct {
		err                  error
		migrate, unavailable bool
	}{
		{&ebpf.VerifierError{Cause: unix.EPERM}, false, true},
		{&ebpf.VerifierError{Cause: unix.EPERM, Log: said}, false, false},
		{&ebpf.VerifierError{Cause: unix.EINVAL}, true, true},
		{&ebpf.VerifierError{Cause: unix.EINVAL, Log: said}, true, false},
		{&ebpf.VerifierError{Cause: unix.EINVAL}, false, false},
		{ebpf.ErrNotSupported, false, true},
		{unix.ENOSYS, false, true},
		{unix.ENOMEM, true, false},
	} {
		if err := refused(tt.err, tt.migrate); errors.Is(err, ErrUnavailable) != tt.unavailable {
			t.Errorf("%v, migrate %v: %v, unavailable: want %v", tt.err, tt.migrate, err, tt.unavailable)
		}
	}
}
