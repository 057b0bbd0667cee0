package netconn

import (
	"context"
	"errors"
	"io"
	"math"
	"net"

	"golang.org/x/sys/unix"
)

// ReadFrom writes all that r has. A regular file goes by sendfile(2), a stream
// socket by splice(2), of this package or of package net, also behind an
// *io.LimitedReader; anything else is copied. The prefix that such a Conn still has
// goes first.
func (c *Conn) ReadFrom(r io.Reader) (n int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	src, limit := r, int64(math.MaxInt64)
	if ok {
		src, limit = limited.R, limited.N
	}
	if n, err = c.moveFrom(src, limit); ok {
		limited.N -= n
	}
	if err == errNotMoved {
		var more int64
		more, err = io.Copy(writerOnly{c}, r)
		n += more
	}
	if err != nil {
		return n, c.fail("readfrom", "splice", err)
	}
	return n, nil
}

// moveFrom moves up to limit bytes of src to c within the kernel.
func (c *Conn) moveFrom(src io.Reader, limit int64) (n int64, err error) {
	if c.typ != unix.SOCK_STREAM {
		return 0, errNotMoved
	}
	if from, ok := src.(*Conn); ok {
		if n, err = from.flush(c, limit); err != nil || n == limit {
			return n, err
		}
	}
	raw := rawConnOf(src)
	if raw == nil {
		return n, errNotMoved
	}
	var more int64
	switch kindOf(src, raw) {
	case regularFile:
		more, err = sendFile(c.raw, raw, limit-n)
	case streamSocket:
		more, err = splice(c, c.raw, raw, limit-n)
	default:
		err = errNotMoved
	}
	return n + more, err
}

// WriteTo writes to w all that Read would give, the prefix first, until its end. To
// a stream socket, of this package or of package net, and to a regular file it goes
// by splice(2); to anything else it is copied.
func (c *Conn) WriteTo(w io.Writer) (n int64, err error) {
	if n, err = c.flush(w, math.MaxInt64); err == nil {
		var more int64
		more, err = c.moveTo(w)
		n += more
	}
	if err == errNotMoved {
		var more int64
		more, err = io.Copy(w, readerOnly{c})
		n += more
	}
	if err != nil {
		return n, c.fail("writeto", "splice", err)
	}
	return n, nil
}

// moveTo moves all of c to w within the kernel.
func (c *Conn) moveTo(w io.Writer) (int64, error) {
	raw := rawConnOf(w)
	if c.typ != unix.SOCK_STREAM || raw == nil || kindOf(w, raw) == otherKind {
		return 0, errNotMoved
	}
	return splice(w, raw, c.raw, math.MaxInt64)
}

// flush writes the prefix, or limit bytes of it, to w.
func (c *Conn) flush(w io.Writer, limit int64) (n int64, err error) {
	if err := c.in.begin(context.Background()); err != nil {
		return 0, err
	}
	defer c.in.end()
	for n < limit && len(c.prefix) > 0 && err == nil {
		var m int
		m, err = w.Write(c.prefix[:min(int64(len(c.prefix)), limit-n)])
		c.consume(m)
		n += int64(m)
	}
	return n, err
}

// WriteBuffers writes all of v, by writev(2), and takes off it what was written, as
// (*net.Buffers).WriteTo does. On a SOCK_SEQPACKET socket all of it is one message.
func (c *Conn) WriteBuffers(v *net.Buffers) (n int64, err error) {
	for len(*v) > 0 && err == nil {
		var m int
		if m, err = c.writev(c.vectors(*v)); err == unix.ENOSYS {
			m, err = c.Write((*v)[0])
		}
		n += int64(m)
		take(v, m)
	}
	if err != nil {
		return n, c.fail("write", "writev", err)
	}
	return n, nil
}

func (c *Conn) writev(bufs [][]byte) (int, error) {
	s := &c.out
	if err := s.begin(context.Background()); err != nil {
		return 0, err
	}
	defer s.end()
	s.call, s.bufs = (*side).writev, bufs
	err := s.run(context.Background())
	return s.n, err
}

// maxVectors is IOV_MAX.
const maxVectors = 1024

func (c *Conn) vectors(v net.Buffers) [][]byte {
	if c.typ == unix.SOCK_SEQPACKET {
		return v
	}
	return v[:min(len(v), maxVectors)]
}

// take takes n bytes off the front of v, and what is empty behind them.
func take(v *net.Buffers, n int) {
	for len(*v) > 0 && len((*v)[0]) <= n {
		n -= len((*v)[0])
		(*v)[0] = nil
		*v = (*v)[1:]
	}
	if n > 0 {
		(*v)[0] = (*v)[0][n:]
	}
}

// writerOnly and readerOnly hide from io.Copy what would lead it back here.
type (
	writerOnly struct{ io.Writer }
	readerOnly struct{ io.Reader }
)

// errNotMoved says that the kernel does not move between these two, and that what
// is left is to be copied.
var errNotMoved = errors.New("netconn: to be copied")

// unmovable reports whether err of sendfile or splice is about the kind of the
// files, and not about what became of them.
func unmovable(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP || err == unix.EPERM
}
