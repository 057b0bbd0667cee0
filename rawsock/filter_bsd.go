//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rawsock

const (
	soAttachFilter        = noOption
	soAttachBPF           = noOption
	soDetachFilter        = noOption
	soLockFilter          = noOption
	soAttachReuseportCBPF = noOption
	soAttachReuseportEBPF = noOption
	soDetachReuseportBPF  = noOption
)
