// Package sys is the door to the kernel: the only package of this module that
// holds system call numbers or touches unsafe.
//
// It has two levels. The plain functions (Socket, Bind, Recv, …) are one system
// call each, errno untouched; package rawsock is built on them. The Raw forms
// do not tell the Go scheduler about the call and may only be used where the
// call cannot sleep. Kernel is the short list of calls that packages poller and
// loop make; they go through the interface so that a simulated kernel can run
// the very loop that ships.
//
// On Linux a plain function is exactly the system call it names. On darwin and
// the BSDs, where raw system calls are not allowed or not stable, it is the
// golang.org/x/sys/unix function of that name; what that changes is said at
// each function.
//
// Please do not add policy here: no retries, no defaults, no flags that the
// caller did not ask for.
package sys
