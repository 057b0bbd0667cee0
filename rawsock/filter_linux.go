package rawsock

import "golang.org/x/sys/unix"

const (
	soAttachFilter        = unix.SO_ATTACH_FILTER
	soAttachBPF           = unix.SO_ATTACH_BPF
	soDetachFilter        = unix.SO_DETACH_FILTER
	soLockFilter          = unix.SO_LOCK_FILTER
	soAttachReuseportCBPF = unix.SO_ATTACH_REUSEPORT_CBPF
	soAttachReuseportEBPF = unix.SO_ATTACH_REUSEPORT_EBPF
	soDetachReuseportBPF  = unix.SO_DETACH_REUSEPORT_BPF
)
