package rawsock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/rawsock"
)

func TestCmsgsDoNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 256)
	data := []byte{1, 2, 3}
	wantNoAllocs(t, "build and iterate", func() error {
		b := rawsock.AppendCmsg(buf, 1, 1, data)
		b = rawsock.AppendCmsg(b, 2, 2, data)
		n := 0
		for m := range rawsock.Cmsgs(b) {
			n += len(m.Data)
		}
		if n != 2*len(data) {
			return unix.EINVAL
		}
		return nil
	})
}
