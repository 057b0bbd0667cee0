// Package rawsock is the BSD socket interface exactly as the kernel has it: one
// function, one system call.
//
// # Contents
//
// In the order of a socket's life, with the pages of the manual at the end of
// each:
//
//   - Sockets: [Socket], [Socketpair], [FD.Close], [FD.Shutdown]; duplicates and
//     flags: [FD.Dup], [FD.Dup3], [FD.Fcntl], [FD.SetNonblock], [FD.GetNonblock],
//     [FD.SetInheritable], [FD.GetInheritable]; what one is: [FD.SockDomain],
//     [FD.SockType], [FD.SockProtocol] (socket(2), close(2), shutdown(2), fcntl(2)).
//   - Names: [Sockaddr], made by SockaddrInet4, SockaddrUnixPath and others, and
//     by [ParseSockaddr]; [FD.Bind], [FD.Getsockname], [FD.Getpeername]; what
//     numbers are called: [FamilyName], [TypeName], [ProtoName]; special addresses:
//     [SockaddrFromHost], [ClassifyInet4] (bind(2), ip(7), ipv6(7), unix(7)).
//   - Connections: [FD.Listen], [FD.Accept], [FD.Accept4], [FD.Connect],
//     [FD.Disconnect], [FD.SockError] (listen(2), accept(2), connect(2)).
//   - Sending and receiving: [FD.Send], [FD.Sendto], [FD.Recv], [FD.Recvfrom],
//     [FD.Read], [FD.Write]; several buffers: [FD.Readv], [FD.Writev],
//     [FD.Sendmsg], [FD.Recvmsg] and [Msghdr]; several messages: [FD.Sendmmsg],
//     [FD.Recvmmsg] and [Batch] (send(2), recv(2), readv(2), sendmmsg(2)).
//   - Control messages: [Cmsgs], [AppendCmsg] and an Append function for each
//     kind, the methods of [Cmsg]; the error queue: [FD.RecvErr], [ExtendedErr],
//     [ZerocopyRange] (cmsg(3), ip(7)).
//   - Waiting: [Poll], [Ppoll], [Select], [Pselect] and [FdSet] (poll(2),
//     select(2)).
//   - How much there is: [FD.Inq], [FD.Outq], [FD.OutqNSD], [FD.Sockatmark],
//     [FD.Gstamp] (ioctl(2), tcp(7), socket(7)).
//   - Options: [Option] and its variables, [Options] lists them; of any level:
//     [FD.SetsockoptInt], [FD.GetsockoptInt], [FD.SetsockoptBytes],
//     [FD.GetsockoptBytes], [FD.SetsockoptNull]; [OptionName] (getsockopt(2),
//     socket(7), tcp(7), udp(7)).
//   - Files and pipes: [FD.Sendfile], [Splice], [Tee], [FD.Vmsplice]
//     (sendfile(2), splice(2)).
//   - Filters: [Filter], [ParseFilter], [FD.AttachFilter], [FD.AttachBPF],
//     [FD.DetachFilter], [FD.LockFilter], [FD.GetFilter]; steering of a
//     SO_REUSEPORT group: [FD.AttachReuseportCBPF], [SteerByCPU] and its kin
//     (socket(7), bpf(2)).
//   - Multicast: [Iface], [FD.JoinGroup], [FD.JoinSourceGroup], [FD.BlockSource],
//     [FD.SetSourceFilter] and their inverses (ip(7), ipv6(7)).
//   - Convenience: [Sock], [CreateServer], [CreateConnection], [ListenUnix],
//     [Sendall], [Recvfull], [RetryEINTR], [FD.SendFds], [FD.RecvFds],
//     [UnlinkIfSocket].
//   - Tracing: [Trace], [TraceFunc] (strace(1)).
//
// # The contract
//
// Every method of [FD], and [Socket], [Socketpair], [Poll], [Ppoll], [Select],
// [Pselect], [Splice] and [Tee], makes the one system call that its documentation
// names, with the arguments it was given, and returns what the kernel returned.
// Nothing is added and nothing is hidden:
//
//   - No call is repeated. EINTR is returned; what to do about it differs from
//     call to call (signal(7)). A connect(2) that was interrupted goes on by
//     itself and must not be made again; wait until the socket is writable and
//     read SO_ERROR.
//   - close(2) is never retried: on Linux the descriptor is gone whatever errno
//     comes back, and its number may already be somebody else's.
//   - The flags are the caller's. A descriptor is close-on-exec or nonblocking
//     only if the caller asks for it, with SOCK_CLOEXEC and SOCK_NONBLOCK in
//     Socket, Socketpair and Accept4, or with SetNonblock. An accepted socket
//     inherits neither on Linux; on darwin and the BSDs it inherits O_NONBLOCK.
//   - MSG_NOSIGNAL is not put in. Writing to a socket whose peer is gone raises
//     SIGPIPE besides returning EPIPE. Go programs ignore that signal unless the
//     descriptor is 1 or 2 (os/signal), so it matters only there and in programs
//     that embed Go.
//   - Counts are returned as the kernel gives them: a short send says how short,
//     and MSG_TRUNC may report more bytes than the buffer holds. With an error
//     the count is 0.
//   - Errors are bare [golang.org/x/sys/unix.Errno] values and cost no
//     allocation. Made up here is only EINVAL for what C could not pass on: an
//     option's value, an interface's index, a backlog, a timeout of Poll or an
//     nfds of Select that fits no C int, a negative size, a descriptor that has no
//     place in an [FdSet]. What else is an int in C (descriptors, flags) is passed
//     on as it is, and the kernel looks at its lower 32 bits, as if C had converted
//     it. [errors.Is] matches errors with the errnos of x/sys and syscall and with
//     os.ErrPermission, os.ErrExist, os.ErrNotExist and errors.ErrUnsupported.
//   - A timeout goes in and comes out: what the kernel leaves of it is written
//     back, which the C library hides for some calls.
//
// Constants (AF_INET, SOCK_STREAM, SO_REUSEADDR, …) are those of
// golang.org/x/sys/unix.
//
// # Goroutines, threads and the life of a descriptor
//
// An FD is a number. It has no lock, no state and no finalizer: the kernel
// orders calls that several goroutines make on one socket, but nothing orders
// them with Close. After Close the number may name another file, so whoever
// closes must know that nobody else still uses it. Closing a descriptor does not
// wake a goroutine that sleeps in a call on it; Shutdown does.
//
// A call that sleeps holds an operating system thread until it returns, and no
// context or deadline interrupts it. That is what the kernel offers. Programs
// that serve many connections use package poller or poller/loop.
//
// Buffers are borrowed until the call returns.
//
// # Addresses
//
// [Sockaddr] is a value that holds the kernel's own bytes and their length. It
// keeps IPv6 flow information and scope, unnamed and abstract unix addresses,
// and families that this package has never heard of. inet, inet6 and unix
// addresses are known everywhere; packet, netlink, vsock, can, alg, tipc,
// qipcrtr, xdp and bluetooth ones on Linux. [Sockaddr.String] and [ParseSockaddr]
// are inverse for all of them. netip.AddrPort and the types of x/sys are at the
// edge: [SockaddrFromAddrPort], [Sockaddr.ToUnix]. Names of hosts are resolved
// nowhere here.
//
// # Control messages
//
// The Control of a [Msghdr] is the bytes that cmsg(3) describes. [AppendCmsg], and
// an Append function for each kind, builds them; [Msghdr.Cmsgs] iterates over what
// came, and the methods of [Cmsg] read each kind. They work on the caller's bytes
// and make no call. [FD.RecvErr] is one recvmsg(2) with MSG_ERRQUEUE and reads the
// entry of the error queue that it brings. [FD.SendFds], [FD.RecvFds],
// [CloseRights] and [NewControl] are convenience. What the kernel cut off is
// reported (MSG_CTRUNC, Cmsg.Truncated), and descriptors that came are never
// lost: they are returned or closed.
//
// # Convenience
//
// What makes more than one call says so, and is no method of FD: [RetryEINTR],
// [Sendall] and [Recvfull]; [Sock], an FD with the timeout and the three modes of a
// Python socket; [CreateServer], [CreateConnection], [ListenUnix] and
// [UnlinkIfSocket]. They are built from the exact calls. docs/python.md has every
// name of Python's socket module beside what stands for it here.
//
// # Options
//
// Every socket option is a package variable named after its C name, with a value
// of the right type: TCPNoDelay.Set(fd, true), TCPInfo.Get(fd). See [Option]. The
// forms for any level, number and bytes are [FD.SetsockoptInt] and its relatives.
//
// # Tracing
//
// [Trace] prints every call of this package, of pollers and of loops as strace(1)
// does, from inside the program and without its privileges; [TraceFunc] hands
// them to a function. While there is no trace a call pays for one load.
//
// # Platforms
//
// On Linux a method is exactly its system call. On darwin, dragonfly, freebsd,
// netbsd and openbsd it is the function of that name in golang.org/x/sys/unix,
// because raw system calls are not allowed or not stable there. That changes
// this much: Send and Sendto are sendmsg(2), whose x/sys form reports a count;
// addresses of families other than inet, inet6 and unix are EAFNOSUPPORT to send
// and no address to receive, or make Accept fail; IPv6 flow information is lost;
// GetsockoptBytes is ENOSYS for sizes that x/sys has no type for; calls with
// addresses allocate. This package is tested on Linux; for the others it is
// compiled and vetted.
package rawsock
