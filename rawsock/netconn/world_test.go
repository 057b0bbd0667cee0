package netconn_test

//lint:file-ignore SA1019 x/net/http2 refers to net/http, and programs still use it.

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/rawloop/rawloop/rawsock/netconn"
)

// Both ends of what follows are of this package.

// echo answers with the body of the request, and which HTTP it came by.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Proto", r.Proto)
	body, _ := io.ReadAll(r.Body) // HTTP/1 does not do both at a time
	w.Write(body)
})

// serve serves on l until the test ends.
func serve(t testing.TB, s *http.Server, l net.Listener) {
	t.Helper()
	serveBy(t, s, func() error { return s.Serve(l) })
}

func serveTLS(t testing.TB, s *http.Server, l net.Listener) {
	t.Helper()
	serveBy(t, s, func() error { return s.ServeTLS(l, "", "") })
}

func serveBy(t testing.TB, s *http.Server, serve func() error) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
}

// post has the server echo a body through a client.
func post(t testing.TB, client *http.Client, url, proto string) {
	t.Helper()
	client.Timeout = limit
	defer client.CloseIdleConnections()
	body := noise(200_000)
	for range 3 {
		resp := must(client.Post(url, "application/octet-stream", bytes.NewReader(body)))(t)
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !bytes.Equal(got, body) || resp.Header.Get("Proto") != proto {
			t.Errorf("%d bytes by %s, %v; want %d by %s", len(got), resp.Header.Get("Proto"), err, len(body), proto)
		}
	}
}

func TestHTTP(t *testing.T) {
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		l := listen(t, netconn.ListenConfig{}, network, address)
		serve(t, &http.Server{Handler: echo}, l)
		post(t, &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return netconn.DialConfig{}.DialContext(ctx, network, l.Addr().String())
			},
		}}, "http://server/", "HTTP/1.1")
	}
}

// TestHTTPFiles: the server sends files by what ReadFrom does.
func TestHTTPFiles(t *testing.T) {
	want := noise(500_000)
	f := file(t, want)
	l := listen(t, netconn.ListenConfig{}, "tcp", "127.0.0.1:0")
	serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, f.Name()) })}, l)
	client := &http.Client{Timeout: limit, Transport: &http.Transport{DialContext: netconn.DialConfig{}.DialContext}}
	defer client.CloseIdleConnections()
	resp := must(client.Get("http://" + l.Addr().String()))(t)
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestTLSAndHTTP2(t *testing.T) {
	server, client := certificate(t)
	var two http.Protocols
	two.SetHTTP2(true)
	for name, tt := range map[string]struct {
		proto     string
		server    *http.Server
		transport http.RoundTripper
	}{
		"HTTP/1.1": {
			"HTTP/1.1", &http.Server{},
			&http.Transport{DialContext: netconn.DialConfig{}.DialContext, TLSClientConfig: client.Clone()},
		},
		"HTTP/2 of net/http": {
			"HTTP/2.0", &http.Server{Protocols: &two},
			&http.Transport{DialContext: netconn.DialConfig{}.DialContext, TLSClientConfig: client.Clone(), Protocols: &two},
		},
		"HTTP/2 of x/net": {
			"HTTP/2.0", xnetServer(t, server.Clone()),
			&http2.Transport{TLSClientConfig: client.Clone(), DialTLSContext: dialTLS},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, netconn.ListenConfig{}, "tcp", "127.0.0.1:0")
			s := tt.server
			if s.Handler = echo; s.TLSConfig == nil {
				s.TLSConfig = server.Clone()
			}
			serveTLS(t, s, l)
			post(t, &http.Client{Transport: tt.transport}, "https://"+l.Addr().String(), tt.proto)
		})
	}
}

func xnetServer(t testing.TB, cfg *tls.Config) *http.Server {
	s := &http.Server{TLSConfig: cfg}
	if err := http2.ConfigureServer(s, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

func dialTLS(ctx context.Context, network, address string, cfg *tls.Config) (net.Conn, error) {
	c, err := netconn.DialConfig{}.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return tls.Client(c, cfg), nil
}

// certificate makes the configurations of a server and of a client that trusts it.
func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))(t)
	roots := x509.NewCertPool()
	roots.AddCert(must(x509.ParseCertificate(der))(t))
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}
