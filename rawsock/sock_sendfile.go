package rawsock

import "golang.org/x/sys/unix"

// Sendfile sends a regular file from offset on by sendfile(2): count bytes, or up
// to the end of the file if count is 0. The file's own offset stays as it is. A
// timeout limits each wait for room, as in Python, not the whole. With an error
// sent is how much of the file is on its way.
//
// EINVAL: the Sock is nonblocking or not of SOCK_STREAM, offset or count is
// negative, or file is of a kind that cannot be sent so; io.Copy(s, f) sends that.
// ENOSYS: not Linux.
func (s *Sock) Sendfile(file FD, offset, count int64) (sent int64, err error) {
	if s.timeout == 0 || s.typ != unix.SOCK_STREAM || offset < 0 || count < 0 {
		return 0, unix.EINVAL
	}
	n := maxSendfile
	for count == 0 || sent < count {
		if count > 0 {
			n = int(min(count-sent, maxSendfile))
		}
		var m int
		err := s.call(unix.POLLOUT, s.timeout, func() (e error) { m, e = s.FD.Sendfile(file, &offset, n); return e })
		sent += int64(m)
		if err != nil || m == 0 {
			return sent, err
		}
	}
	return sent, nil
}

// maxSendfile is how much one sendfile(2) is asked to send: more than it sends at
// once (0x7ffff000 on Linux) is of no use, and an int of 32 bits must hold it.
const maxSendfile = 1 << 30
