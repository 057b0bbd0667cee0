package netdb

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// C6, C13
func TestGetservbyname_C6_C13(t *testing.T) {
	r := newResolver(t)
	for _, builtin := range []bool{false, true} {
		for name, want := range map[string]uint16{
			"http": 80, "https": 443, "ftp": 21, "gopher": 70, "smtp": 25, "imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995, "ntp": 123, "www": 80, "mail": 25,
		} {
			s, err := r.Getservbyname(name, "")
			if err != nil || s.Port != want {
				t.Errorf("%s: got %+v, %v, want %d (built in: %v)", name, s, err, want, builtin)
			}
		}
		if s, err := r.Getservbyname("domain", "udp"); err != nil || s.Proto != "udp" {
			t.Errorf("got %+v, %v", s, err)
		}
		for _, name := range []string{"HTTP", "nosuch", "", "bad", "worse", "noproto"} {
			if s, err := r.Getservbyname(name, ""); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: got %+v, %v", name, s, err)
			}
		}
		r.Services = filepath.Join(t.TempDir(), "missing")
	}
}

// C7
func TestGetservbyport_C7(t *testing.T) {
	r := newResolver(t)
	for port, want := range map[uint16]string{80: "http", 143: "imap2", 443: "https", 7000: "both"} {
		if s, err := r.Getservbyport(port, ""); err != nil || s.Name != want {
			t.Errorf("%d: got %+v, %v, want %s", port, s, err, want)
		}
	}
	s, err := r.Getservbyport(514, "udp")
	if err != nil || s.Name != "syslog" {
		t.Errorf("got %+v, %v", s, err)
	}
	_, err = r.Getservbyport(80, "udp")
	if !errors.Is(err, ErrNotFound) || err.Error() != `getservbyport "80/udp": not found` {
		t.Errorf("got %v", err)
	}
	all, err := r.Getservent()
	if err != nil || len(all) != 18 || all[6].Name != "http" || !slices.Equal(all[6].Aliases, []string{"www"}) {
		t.Errorf("got %d services, %+v, %v", len(all), all, err)
	}
}

// C8, C11
func TestGetprotobyname_C8_C11(t *testing.T) {
	r := newResolver(t)
	for _, builtin := range []bool{false, true} {
		for name, want := range map[string]int{"ip": 0, "icmp": 1, "igmp": 2, "tcp": 6, "TCP": 6, "udp": 17, "ipv6-icmp": 58, "sctp": 132} {
			p, err := r.Getprotobyname(name)
			if err != nil || p.Proto != want {
				t.Errorf("%s: got %+v, %v, want %d (built in: %v)", name, p, err, want, builtin)
			}
			if p, err := r.Getprotobynumber(want); err != nil || p.Proto != want {
				t.Errorf("%d: got %+v, %v", want, p, err)
			}
		}
		for _, name := range []string{"raw", "bad", "Tcp", ""} {
			if p, err := r.Getprotobyname(name); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: got %+v, %v", name, p, err)
			}
		}
		r.Protocols = filepath.Join(t.TempDir(), "missing")
	}
}

// A file is read again when it has changed, also within a tick of its clock.
func TestFilesAreReadAgain(t *testing.T) {
	r := newResolver(t)
	changed := time.Now()
	for _, name := range []string{"ax", "bx", "cx"} {
		err := errors.Join(os.WriteFile(r.Services, []byte(name+" 1/tcp\n"), 0o644), os.Chtimes(r.Services, changed, changed))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Getservbyname(name, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(r.Services+"2", []byte("moved 1/tcp\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.Services+"2", r.Services); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Getservbyname("moved", ""); err != nil {
		t.Error(err)
	}
}
