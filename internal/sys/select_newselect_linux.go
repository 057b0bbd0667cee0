//go:build linux && (mips64 || mips64le || ppc64 || ppc64le)

package sys

import "golang.org/x/sys/unix"

const sysSelect = unix.SYS__NEWSELECT
