//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

const (
	filesByAt   = false
	openAdds    = 0
	openName    = "open"
	unlinkName  = "unlink"
	chmodName   = "chmod"
	fstatName   = "fstat"
	fstatatName = "fstatat"
)
