package rawsock

import (
	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sys"
)

// Dup wraps dup(2): the lowest free descriptor for the same open file
// description. It is inherited by exec; Fcntl with F_DUPFD_CLOEXEC makes one that
// is not. With an error the descriptor is -1.
func (fd FD) Dup() (FD, error) {
	nfd, e := sys.Dup(int(fd))
	return newFD(nfd, e)
}

// Dup3 wraps dup3(2): it makes newfd a duplicate of fd, closing what newfd was
// before; flags is 0 or O_CLOEXEC. If both are the same it is EINVAL. It is
// ENOSYS on darwin, netbsd and openbsd.
func (fd FD) Dup3(newfd FD, flags int) (FD, error) {
	nfd, e := sys.Dup3(int(fd), int(newfd), flags)
	return newFD(nfd, e)
}

// Fcntl wraps fcntl(2) for the commands whose argument is a number: F_DUPFD,
// F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETOWN, F_SETOWN, …
func (fd FD) Fcntl(cmd, arg int) (int, error) {
	v, e := sys.Fcntl(int(fd), cmd, arg)
	if e != 0 {
		return -1, e
	}
	return v, nil
}

// GetInheritable reports with one fcntl(F_GETFD) whether exec keeps fd: that
// FD_CLOEXEC is not set.
func (fd FD) GetInheritable() (bool, error) {
	flags, err := fd.Fcntl(unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0, err
}

// SetInheritable clears or sets FD_CLOEXEC with one fcntl(F_SETFD). FD_CLOEXEC is
// the only flag of a descriptor on Linux. The flag is the descriptor's own:
// duplicates have theirs.
func (fd FD) SetInheritable(on bool) error {
	flags := unix.FD_CLOEXEC
	if on {
		flags = 0
	}
	_, err := fd.Fcntl(unix.F_SETFD, flags)
	return err
}

// GetNonblock reports with one fcntl(F_GETFL) whether O_NONBLOCK is set.
// SetNonblock sets it.
func (fd FD) GetNonblock() (bool, error) {
	flags, err := fd.Fcntl(unix.F_GETFL, 0)
	return err == nil && flags&unix.O_NONBLOCK != 0, err
}
