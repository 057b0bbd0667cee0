//go:build linux && (amd64 || s390x)

package sys

import "golang.org/x/sys/unix"

const sysSelect = unix.SYS_SELECT
