//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// SockFilter is struct bpf_insn, one instruction of classic BPF. Sockets here
// have no filters; devices of bpf(4) do.
type SockFilter = unix.BpfInsn

func attachFilter(int, int, []SockFilter) Errno       { return unix.ENOSYS }
func getFilter(int, []SockFilter) (int, Errno)        { return 0, unix.ENOSYS }
func traceAttachFilter(int, int, []SockFilter, Errno) {}
func traceGetFilter(int, []SockFilter, int, Errno)    {}

// SockFprog is empty, as there is no struct sock_fprog.
func SockFprog([]SockFilter) []byte { return nil }
