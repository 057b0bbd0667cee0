// Package archtest holds no code, only tests that read the source of this
// module and fail where it leaves its design:
//
//   - a package imports another one, or a module of somebody else, that the
//     table in imports_test.go does not list for it;
//   - rawsock reaches poller, or poller rawsock;
//   - unsafe, a system call number or a bare Syscall stands outside
//     internal/sys;
//   - poller or poller/loop calls the kernel past the sys.Kernel that it was
//     given: by a function of golang.org/x/sys/unix, or one of rawsock that is
//     not a codec;
//   - a //go:norace hides a data race, or an if on runtime.GOOS hides what
//     belongs in a file of that system.
//
// The files of every operating system are read, whatever system the tests run
// on. Files named _test.go are exempt from all but the rule on //go:norace.
package archtest
