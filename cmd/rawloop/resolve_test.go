package main

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"
)

func TestResolve(t *testing.T) {
	code, out, errs := runCommand(t, nil, "resolve", "127.0.0.1:80")
	want := "AF_INET  SOCK_STREAM  IPPROTO_TCP  127.0.0.1:80\nAF_INET  SOCK_DGRAM   IPPROTO_UDP  127.0.0.1:80\nAF_INET  SOCK_RAW     IPPROTO_IP   127.0.0.1:80\n"
	if code != 0 || out != want {
		t.Errorf("exit %d, got %q, %s", code, out, errs)
	}
	code, out, errs = runCommand(t, nil, "resolve", "-6", "--type", "stream", "[::1]:http", "--json")
	var res resolution
	if err := json.Unmarshal([]byte(out), &res); code != 0 || err != nil {
		t.Fatalf("exit %d, %v, %s", code, err, errs)
	}
	wantAddr := resolvedAddr{"AF_INET6", "SOCK_STREAM", "IPPROTO_TCP", "::1", 80}
	if res.Schema != "rawloop.resolve/1" || res.Node != "::1" || res.Service != "http" || len(res.Addresses) != 1 || res.Addresses[0] != wantAddr {
		t.Errorf("got %+v", res)
	}
}

func TestResolveName(t *testing.T) {
	code, out, errs := runCommand(t, nil, "resolve", "-4", "--type", "stream", "localhost:http", "--json")
	var res resolution
	if err := json.Unmarshal([]byte(out), &res); code != 0 || err != nil {
		t.Fatalf("exit %d, %v, %s", code, err, errs)
	}
	if res.Canonical == "" || len(res.Addresses) == 0 || res.Addresses[0].Address != "127.0.0.1" {
		t.Errorf("got %+v", res)
	}
	code, out, errs = runCommand(t, nil, "resolve", "-x", "127.0.0.1:80")
	if code != 0 || !strings.Contains(strings.Fields(out)[0], ":http") {
		t.Errorf("exit %d, got %q, %s", code, out, errs)
	}
}

// Where no name server answers, the end comes within the timeout and says so.
func TestResolveSilentServer(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	began := time.Now()
	code, _, errs := runCommand(t, nil, "resolve", "--server", silent.LocalAddr().String(), "--timeout", "100ms", "nosuch.invalid")
	if code != 1 || !strings.Contains(errs, "Temporary failure in name resolution") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if took := time.Since(began); took > limit/2 {
		t.Errorf("took %v", took)
	}
}

func TestServices(t *testing.T) {
	code, out, errs := runCommand(t, nil, "services", "http", "--proto", "tcp")
	if code != 0 || strings.Join(strings.Fields(out)[:2], " ") != "http 80/tcp" {
		t.Errorf("exit %d, got %q, %s", code, out, errs)
	}
	code, out, errs = runCommand(t, nil, "services", "443", "--json")
	var list serviceList
	if err := json.Unmarshal([]byte(out), &list); code != 0 || err != nil {
		t.Fatalf("exit %d, %v, %s", code, err, errs)
	}
	if list.Schema != "rawloop.services/1" || len(list.Services) == 0 || list.Services[0].Name != "https" || list.Services[0].Port != 443 {
		t.Errorf("got %+v", list)
	}
}
