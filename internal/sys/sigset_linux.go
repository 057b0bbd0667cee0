//go:build linux && !mips && !mipsle && !mips64 && !mips64le

package sys

// sizeofSigset is sizeof(sigset_t) in the kernel, which refuses any other
// sigsetsize; the C library's type is longer.
const sizeofSigset = 8
