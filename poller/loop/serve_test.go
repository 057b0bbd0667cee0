package loop_test

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rawloop/rawloop/internal/sockettest"
	"github.com/rawloop/rawloop/poller/loop"
)

// Serve that cannot listen says why and leaves nothing open, which TestMain
// checks.
func TestServeSaysWhyItCannot(t *testing.T) {
	err := loop.Serve("tcp://192.0.2.1:1", always(echo{}))
	var failed *loop.ListenError
	if !errors.As(err, &failed) || failed.Call != "bind" || !errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Errorf("Serve on an address of nobody: %v", err)
	}
}

// Serve serves until the group ends, here by a handler.
func TestServe(t *testing.T) {
	path := t.TempDir() + "/s"
	ended := make(chan error, 1)
	go func() {
		ended <- loop.Serve("unix://"+path, always(&calls{
			data: func(c loop.Conn, in []byte) int {
				must(t, c.Loop().Group().Close())
				return len(in)
			},
		}))
	}()
	var c net.Conn
	sockettest.Eventually(t, patience, func() (there bool) {
		var err error
		c, err = net.Dial("unix", path)
		return err == nil
	}, "somebody listens")
	defer c.Close()
	_, err := c.Write([]byte("stop"))
	must(t, err)
	if err := receive(t, ended, "Serve"); !errors.Is(err, loop.ErrClosed) {
		t.Errorf("Serve ended with %v", err)
	}
}
