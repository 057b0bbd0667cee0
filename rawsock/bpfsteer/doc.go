// Package bpfsteer chooses, with a program in the kernel, which socket of a
// SO_REUSEPORT group gets a datagram or a new TCP connection: in turn, by CPU, or
// by a key that stays with its socket while others come and go. Unlike a classic
// program (rawsock.SteerByCPU and its kin), which knows sockets by their order
// and needs no privilege, it has a slot for each: a socket that leaves changes
// nothing for the others.
//
//	g, err := bpfsteer.Open(bpfsteer.Config{Policy: bpfsteer.ByKey, Slots: 4})
//	// SO_REUSEPORT, bind, listen; then for each socket:
//	err = g.Join(slot, fd)
//	// once for the group:
//	err = g.Attach(fd)
//
// # Listeners that leave
//
// When one listener of a group is closed, the kernel resets the connections that
// wait in its queue, and drops those that are on their way into it. With
// Config.Migrate they go to another listener instead, as with the sysctl
// net.ipv4.tcp_migrate_req, but for this group alone: a service can replace its
// listeners under load and refuse nobody.
//
// Call Leave first, and close the listener a little later. A handshake whose last
// packet is being handled at the very moment of the close is reset by the kernel,
// whatever the program says: one or two in a thousand closes of a busy listener
// did that. After Leave no handshake begins there.
//
// # What it needs
//
// Linux 5.12; 5.14 for Migrate. CAP_BPF, or CAP_SYS_ADMIN. Without these Open
// returns ErrUnavailable. The program lives as long as the sockets of its group;
// nothing stays behind.
package bpfsteer
