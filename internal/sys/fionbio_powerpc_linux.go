//go:build linux && (ppc || ppc64 || ppc64le || sparc64)

package sys

// FIONBIO is FIONBIO of powerpc's and sparc's <asm/ioctls.h>, _IOW('f', 126, int).
const FIONBIO = 0x8004667e
