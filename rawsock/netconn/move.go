package netconn

import (
	"io"
	"io/fs"
	"os"
	"reflect"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

// rawConnOf returns the descriptor behind a reader or writer if reading or writing
// that is the same as reading or writing the value: if it is a Conn, or of a type
// that package net or os declares. A type that embeds one of those has its
// SyscallConn too, but may do more than pass bytes on.
func rawConnOf(v any) syscall.RawConn {
	if c, ok := v.(*Conn); ok {
		return c.raw
	}
	sc, ok := v.(syscall.Conn)
	if !ok || !standard(reflect.TypeOf(v)) {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

func standard(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "net" || t.PkgPath() == "os"
}

// sendFile sends a regular file from its offset on. Where nothing was to be sent,
// reading has to say that this was the end: of files that are made up as they are
// read, sendfile does not always know.
func sendFile(dst, file syscall.RawConn, limit int64) (sent int64, err error) {
	failed := file.Control(func(in uintptr) {
		for sent < limit {
			var n int
			err = repeat(dst.Write, func(out rawsock.FD) (e error) {
				n, e = out.Sendfile(rawsock.FD(in), nil, int(min(limit-sent, maxBytes)))
				return e
			})
			sent += int64(n)
			if err != nil || n == 0 {
				return
			}
		}
	})
	switch {
	case failed != nil:
		return sent, failed
	case unmovable(err), err == nil && sent == 0 && limit > 0:
		return sent, errNotMoved
	}
	return sent, err
}

// repeat makes a call until it is neither interrupted nor told to wait.
func repeat(wait func(func(uintptr) bool) error, call func(rawsock.FD) error) (err error) {
	waiting := wait(func(fd uintptr) bool {
		err = rawsock.RetryEINTR(func() error { return call(rawsock.FD(fd)) })
		return err != unix.EAGAIN
	})
	if waiting != nil {
		return waiting
	}
	return err
}

// pipeSize is what a new pipe holds (pipe(7)).
const pipeSize = 64 << 10

// splice moves up to limit bytes from the stream socket src to dst, which is w, by
// way of a pipe: one end of splice(2) has to be one.
func splice(w io.Writer, dst, src syscall.RawConn, limit int64) (moved int64, err error) {
	r, p, err := os.Pipe()
	if err != nil {
		return 0, errNotMoved
	}
	defer r.Close()
	defer p.Close()
	from, err := number(r)
	if err != nil {
		return 0, err
	}
	into, err := number(p)
	for err == nil && moved < limit {
		var n int
		err = repeat(src.Read, func(fd rawsock.FD) (e error) {
			n, e = rawsock.Splice(fd, nil, into, nil, int(min(limit-moved, pipeSize)), spliceFlags)
			return e
		})
		if err != nil || n == 0 {
			break
		}
		var out int
		out, err = drain(dst, from, n)
		moved += int64(out)
		if unmovable(err) && out < n { // what the pipe holds is to be copied first
			var copied int64
			if copied, err = io.CopyN(w, r, int64(n-out)); err == nil {
				err = errNotMoved
			}
			moved += copied
		}
	}
	if unmovable(err) {
		err = errNotMoved
	}
	return moved, err
}

// drain moves n bytes from a pipe, which holds them, to dst, in one turn of dst.
func drain(dst syscall.RawConn, pipe rawsock.FD, n int) (moved int, err error) {
	err = repeat(dst.Write, func(fd rawsock.FD) error {
		for moved < n {
			m, err := rawsock.Splice(pipe, nil, fd, nil, n-moved, spliceFlags)
			if err != nil {
				return err
			}
			moved += m
		}
		return nil
	})
	return moved, err
}

// kind says what can be done with a descriptor.
type kind int

const (
	otherKind kind = iota
	regularFile
	streamSocket
)

// kindOf says what v is, whose descriptor raw is.
func kindOf(v any, raw syscall.RawConn) (k kind) {
	if f, ok := v.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return regularFile
		}
	}
	_ = raw.Control(func(fd uintptr) { // closed: the first call will say so
		if typ, err := rawsock.FD(fd).SockType(); err == nil && typ == unix.SOCK_STREAM {
			k = streamSocket
		}
	})
	return k
}

// number is the descriptor of a file that nobody else uses.
func number(f *os.File) (rawsock.FD, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := rawsock.FD(-1)
	err = raw.Control(func(n uintptr) { fd = rawsock.FD(n) })
	return fd, err
}
