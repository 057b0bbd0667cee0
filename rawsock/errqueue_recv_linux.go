package rawsock

import "golang.org/x/sys/unix"

// QueuedErr is an entry of a socket's error queue with what came along. It is the
// caller's, to be used again and again; RecvErr allocates only the first time.
// It must not be copied between uses.
type QueuedErr struct {
	ExtendedErr

	Dest  Sockaddr   // where the packet was going; zero for TCP, without port for SO_EE_ORIGIN_LOCAL
	Time  Timestamps // of an entry that is a time of sending
	Flags int        // msg_flags; MSG_TRUNC: more payload, MSG_CTRUNC: some of the rest is missing

	msg    Msghdr
	vector [1][]byte
}

// errControl is room for a sock_extended_err with a sockaddr_in6, three times of
// 16 bytes, a pktinfo, and the statistics of SOF_TIMESTAMPING_OPT_STATS.
const errControl = 1024

// RecvErr takes one entry from the socket's error queue: one recvmsg(2) with
// MSG_ERRQUEUE and flags. n bytes of the packet go to p: of one that failed the
// data without headers, with a time of sending the packet from its link header
// on, and nothing with SOF_TIMESTAMPING_OPT_TSONLY or for zerocopy. It never
// sleeps. Afterwards SO_ERROR is that of the next entry, if there is one.
//
// EAGAIN: the queue is empty.
func (fd FD) RecvErr(q *QueuedErr, p []byte, flags int) (n int, err error) {
	if q.msg.Control == nil {
		q.msg.Control = make([]byte, errControl)
	}
	q.vector[0] = p
	q.msg.Buffers = q.vector[:]
	q.msg.Control = q.msg.Control[:errControl]
	n, err = fd.Recvmsg(&q.msg, unix.MSG_ERRQUEUE|flags)
	q.vector[0] = nil
	if err != nil {
		q.msg.Control, q.msg.Flags = q.msg.Control[:0], 0
	}
	q.ExtendedErr, q.Time = ExtendedErr{}, Timestamps{}
	q.Dest, q.Flags = q.msg.Name, q.msg.Flags
	for m := range q.msg.Cmsgs() {
		if e, ok := m.ExtendedErr(); ok {
			q.ExtendedErr = e
		} else if ts, ok := m.Timestamping(); ok {
			q.Time = ts
		}
	}
	return n, err
}

// Control is all of the entry's control data. It is q's memory and valid until
// the next RecvErr.
func (q *QueuedErr) Control() []byte { return q.msg.Control }
