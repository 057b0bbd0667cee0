package address_test

import (
	"testing"

	"github.com/rawloop/rawloop/internal/address"
)

func TestResolve(t *testing.T) {
	for _, tc := range []struct {
		in             string
		listen, client []string
	}{
		{in: "tcp://127.0.0.1:80", listen: []string{"127.0.0.1:80"}},
		{in: "tcp://[::1]:80", listen: []string{"[::1]:80"}},
		{in: "tcp://[fe80::1%3]:80", listen: []string{"[fe80::1%3]:80"}},
		{in: ":80", listen: []string{"[::]:80", "0.0.0.0:80"}, client: []string{"127.0.0.1:80", "[::1]:80"}},
		{in: "tcp4://:80", listen: []string{"0.0.0.0:80"}, client: []string{"127.0.0.1:80"}},
		{in: "udp6://:80", listen: []string{"[::]:80"}, client: []string{"[::1]:80"}},
		{in: "tcp4://localhost:80", listen: []string{"127.0.0.1:80"}},
		{in: "unix:///run/x.sock", listen: []string{"/run/x.sock"}},
		{in: "unix://@name", listen: []string{"@name"}},
	} {
		t.Run(tc.in, func(t *testing.T) {
			a, err := address.Parse(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if tc.client == nil {
				tc.client = tc.listen
			}
			expectResolved(t, a, true, tc.listen)
			expectResolved(t, a, false, tc.client)
		})
	}
}

func expectResolved(t *testing.T, a address.Address, forListen bool, want []string) {
	t.Helper()
	sas, err := a.Resolve(t.Context(), forListen)
	if err != nil {
		t.Fatalf("Resolve(%v): %v", forListen, err)
	}
	if len(sas) != len(want) {
		t.Fatalf("Resolve(%v) = %v, want %v", forListen, sas, want)
	}
	for i, sa := range sas {
		if sa.String() != want[i] {
			t.Errorf("Resolve(%v)[%d] = %v, want %s", forListen, i, sa, want[i])
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, in := range []string{
		"fd://3",
		"tcp://[fe80::1%no-such-interface]:80",
	} {
		a, err := address.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if sas, err := a.Resolve(t.Context(), false); err == nil {
			t.Errorf("Resolve of %s = %v, want an error", in, sas)
		}
	}
}
