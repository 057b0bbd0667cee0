//go:build linux && (mips || mipsle || mips64 || mips64le)

package sys

// FIONBIO is FIONBIO of mips' <asm/ioctls.h>.
const FIONBIO = 0x667e
