//go:build linux && (ppc || ppc64 || ppc64le || sparc64)

package sys

// fionbio is FIONBIO of powerpc's and sparc's <asm/ioctls.h>, _IOW('f', 126, int).
const fionbio = 0x8004667e
