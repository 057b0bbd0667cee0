package netdb

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A file of a million lines is searched in bounded time, and held once.
func TestMillionLines(t *testing.T) {
	var b strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&b, "10.%d.%d.%d host%d alias%d\n", i>>16, i>>8&0xff, i&0xff, i, i)
	}
	r := newResolver(t)
	r.Hosts = write(t, b.String())
	began := time.Now()
	for _, name := range []string{"host999999", "alias0", "nosuch"} {
		addr, err := r.Gethostbyname(t.Context(), name)
		if err != nil && !errors.Is(err, EAI_NONAME) || err == nil != (name != "nosuch") {
			t.Errorf("%s: %v, %v", name, addr, err)
		}
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}

// A line without end, and files that are none.
func TestStrangeFiles(t *testing.T) {
	r := newResolver(t)
	r.Hosts = write(t, "127.0.0.9 first\n127.0.0.8 "+strings.Repeat("x", maxFile))
	if addr, err := r.Gethostbyname(t.Context(), "first"); err != nil || addr.String() != "127.0.0.9" {
		t.Errorf("got %v, %v", addr, err)
	}
	r.Hosts = t.TempDir()
	if _, err := r.Gethostbyname(t.Context(), "first"); !errors.Is(err, EAI_SYSTEM) || !errors.Is(err, errNotRegular) {
		t.Errorf("a directory: %v", err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	r.Services = fifo
	if _, err := r.Getservbyname("http", ""); !errors.Is(err, errNotRegular) {
		t.Errorf("a pipe: %v", err)
	}
	r.Hosts = filepath.Join(t.TempDir(), "missing")
	if _, err := r.Gethostbyname(t.Context(), "localhost"); !errors.Is(err, EAI_NONAME) {
		t.Errorf("no hosts file: %v", err)
	}
}

// The order and the criteria of nsswitch.conf(5).
func TestNsswitchOrder(t *testing.T) {
	r, s := newDNSResolver(t)
	r.Hosts = write(t, "127.0.0.9 upper.example.test\n")
	for conf, want := range map[string]string{
		"hosts: files dns": "127.0.0.9",
		"hosts:dns files":  "192.0.2.30",
		"hosts: mdns4_minimal [NOTFOUND=return] dns": "192.0.2.30",
		"hosts: resolve [!UNAVAIL=return] files dns": "127.0.0.9",
		"# none\n": "127.0.0.9",
	} {
		r.Nsswitch = write(t, conf)
		if addr, err := r.Gethostbyname(t.Context(), "upper.example.test"); err != nil || addr.String() != want {
			t.Errorf("%s: got %v, %v, want %s", conf, addr, err, want)
		}
	}
	before := s.udp.Load()
	r.Nsswitch = write(t, "hosts: files [NOTFOUND=return] dns")
	if _, err := r.Gethostbyname(t.Context(), "deep.sub.example.test"); !errors.Is(err, EAI_NONAME) || s.udp.Load() != before {
		t.Errorf("got %v after %d questions", err, s.udp.Load()-before)
	}
	r.Nsswitch = write(t, "hosts: mdns")
	if _, err := r.Gethostbyname(t.Context(), "x"); !errors.Is(err, EAI_SYSTEM) {
		t.Errorf("got %v", err)
	}
}
