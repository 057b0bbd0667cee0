package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rawloop/rawloop/internal/sockettest"
)

// exitCase is a command line and how it has to end.
type exitCase struct {
	args []string
	code int
	text string // on stderr
}

var exitCases = []exitCase{
	{[]string{}, 0, ""},
	{[]string{"--help"}, 0, ""},
	{[]string{"help", "echo"}, 0, ""},
	{[]string{"help", "nosuch"}, 2, `unknown command "nosuch"`},
	{[]string{"nosuch"}, 2, `rawloop: unknown command "nosuch"`},
	{[]string{"ech"}, 2, "echo"},
	{[]string{"echo"}, 2, "rawloop: echo wants at least one ADDRESS"},
	{[]string{"echo", "--nosuch"}, 2, "rawloop: unknown flag: --nosuch"},
	{[]string{"echo", "--engine", "magic", ":0"}, 2, `unknown engine "magic"`},
	{[]string{"echo", "--loops", "5000", ":0"}, 2, "rawloop: --loops wants 0..1024, where 0 is the default of 1, not 5000"},
	{[]string{"echo", "--loops", "-1", ":0"}, 2, "not -1"},
	{[]string{"echo", "fd://3", "fd://3"}, 2, `address "fd://3": this descriptor is given twice`},
	{[]string{"echo", "--loops", "x", ":0"}, 2, "--loops"},
	{[]string{"echo", "--max-conns", "-1", ":0"}, 2, "--max-conns wants 0 or more, not -1"},
	{[]string{"echo", "--drain", "-1s", ":0"}, 2, "--drain"},
	{[]string{"echo", "--engine", "net", "--loops", "2", ":0"}, 2, "mean nothing for engine net"},
	{[]string{"echo", "--engine", "thread", "--max-conns", "1001", ":0"}, 2, "--max-conns wants 0..1000 for engine thread, not 1001"},
	{[]string{"echo", "127.0.0.1:99999"}, 2, `rawloop: address "127.0.0.1:99999": port "99999": out of range 0..65535`},
	{[]string{"echo", "127.0.0.1:http"}, 2, "is not a number"},
	{[]string{"echo", "256.0.0.1:80"}, 2, "not an IPv4 address"},
	{[]string{"echo", "tcp4://[::1]:0"}, 2, "tcp4 cannot use the IPv6 address"},
	{[]string{"echo", "udp://127.0.0.1:0"}, 2, "udp has no stream"},
	{[]string{"echo", "gopher://127.0.0.1:0"}, 2, `unknown scheme "gopher"`},
	{[]string{"echo", "127.0.0.1:0?nodelay=maybe"}, 2, "nodelay=maybe"},
	{[]string{"echo", "unix://" + strings.Repeat("x", 200)}, 2, "path of 200 bytes"},
	{[]string{"echo", "127.0.0.1:0", "127.0.0.1"}, 2, "missing port"},
	{[]string{"echo", "192.0.2.1:0"}, 1, "rawloop: bind tcp 192.0.2.1:0: cannot assign requested address (no interface"},
	{[]string{"echo", "fd://2"}, 1, "fd://2"},
	{[]string{"resolve"}, 2, "rawloop: resolve wants one NAME"},
	{[]string{"resolve", "--type", "magic", "localhost"}, 2, `--type wants stream, dgram or raw, not "magic"`},
	{[]string{"resolve", "-4", "-6", "localhost"}, 2, "-4 and -6 exclude each other"},
	{[]string{"resolve", "--timeout", "0s", "localhost"}, 2, "--timeout wants more than 0"},
	{[]string{"resolve", "--server", "nosuch", "localhost"}, 2, "--server"},
	{[]string{"resolve", "127.0.0.1:nosuchsvc"}, 1, `rawloop: getaddrinfo "127.0.0.1:nosuchsvc": Servname not supported for ai_socktype`},
	{[]string{"resolve", "-4", "::1"}, 1, "Address family for hostname not supported"},
	{[]string{"resolve", "no good"}, 1, "Name or service not known"},
	{[]string{"resolve", "-x", "localhost"}, 1, "Name or service not known"},
	{[]string{"services", "nosuch", "--proto", "tcp"}, 1, "rawloop: services nosuch/tcp: not found"},
	{[]string{"services", "a", "b"}, 2, "rawloop: services wants at most one NAME or PORT"},
	{[]string{"connect"}, 2, "rawloop: connect wants one ADDRESS"},
	{[]string{"connect", "fd://77"}, 1, "rawloop: getsockopt fd://77: bad file descriptor"},
	{[]string{"connect", "tcp6://127.0.0.1.invalid:1"}, 1, "rawloop: connect tcp 127.0.0.1.invalid:1: "},
	{[]string{"bench", "tcp6://127.0.0.1.invalid:1"}, 1, "rawloop: connect tcp 127.0.0.1.invalid:1: "},
	{[]string{"connect", "127.0.0.1"}, 2, "missing port"},
	{[]string{"connect", "-w", "-1s", ":1"}, 2, "-w"},
	{[]string{"bench"}, 2, "ADDRESS, or --self"},
	{[]string{"bench", "--engine", "magic", ":1"}, 2, `unknown engine "magic"`},
	{[]string{"bench", "--engine", "net", ":1"}, 2, "rawloop: --engine is for the server of --self"},
	{[]string{"bench", "--loops", "2", ":1"}, 2, "--loops is for the server of --self"},
	{[]string{"bench", "--busy-poll", "0", ":1"}, 2, "--busy-poll is for the server of --self"},
	{[]string{"bench", "--self", "--loops", "5000"}, 2, "--loops wants 0..1024"},
	{[]string{"bench", ":1", ":2"}, 2, "bench wants at most one ADDRESS"},
	{[]string{"bench", "--self", "-c", "0"}, 2, "-c wants"},
	{[]string{"bench", "--self", "-s", "64x"}, 2, "--size"},
	{[]string{"bench", "--self", "--pipeline", "0"}, 2, "--pipeline wants"},
	{[]string{"bench", "--self", "-d", "0s"}, 2, "-d and -w more than 0"},
	{[]string{"bench", "fd://3"}, 2, "fd address"},
	{[]string{"version", "x"}, 2, "unknown command"},
	{[]string{"completion"}, 2, "accepts 1 arg"},
	{[]string{"completion", "csh"}, 2, `invalid argument "csh"`},
}

// exitCasesOf are those that need a busy port, a directory, and a file in it.
func exitCasesOf(busy, dir, file string) []exitCase {
	return []exitCase{
		{[]string{"echo", "--busy-poll", "-1s", ":0"}, 2, "--busy-poll"},
		{[]string{"echo", "tcp://" + busy}, 1, "rawloop: bind tcp " + busy + ": address already in use (ss -ltnp"},
		{[]string{"echo", "unix://" + file}, 1, "rawloop: bind unix " + file + ": address already in use (the path exists"},
		{[]string{"echo", "unix://" + dir + "/no/x"}, 1, "no such file or directory (the directory does not exist)"},
		{[]string{"echo", "unix://" + file + "/x"}, 1, "not a directory"},
		{[]string{"echo", "fd://77"}, 1, "fd://77: bad file descriptor"},
		{[]string{"connect", "unix://" + file}, 1, "rawloop: connect unix " + file + ": connection refused (the path exists"},
		{[]string{"connect", "unix://" + dir + "/x"}, 1, "no such file or directory (no such socket)"},
		{[]string{"bench", "unix://" + dir + "/x"}, 1, "rawloop: connect unix " + dir + "/x: no such file"},
	}
}

func TestExitCodes(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range append(exitCasesOf(busy.Addr().String(), dir, file), exitCases...) {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			for _, engine := range enginesOf(tc.args, tc.code) {
				code, _, stderr := runCommand(t, nil, append(tc.args, engine...)...)
				if code != tc.code || !strings.Contains(stderr, tc.text) {
					t.Errorf("%v: exit %d, want %d with %q; stderr: %s", engine, code, tc.code, tc.text, stderr)
				}
			}
		})
	}
}

// enginesOf repeats what only the system can refuse on another engine: their errors are made in different places.
func enginesOf(args []string, code int) [][]string {
	if len(args) > 0 && args[0] == "echo" && code == exitFailure {
		return [][]string{{"--engine", engineLoop}, {"--engine", engineNet}}
	}
	return [][]string{nil}
}

func TestRefusedPortWithoutPrivilege(t *testing.T) {
	const port = 80
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	start, perr := strconv.Atoi(strings.TrimSpace(string(text)))
	sockettest.Need(t, err == nil && perr == nil && start > port, "ports below 1024 need no privilege here")
	for _, engine := range []string{engineLoop, engineNet} {
		cmd := command(t, "echo", "--engine", engine, "127.0.0.1:80")
		if os.Geteuid() == 0 {
			sockettest.NeedProgram(t, "setpriv")
			cmd.Path, err = exec.LookPath("setpriv")
			if err != nil {
				t.Fatal(err)
			}
			cmd.Args = append([]string{"setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service"}, cmd.Args...)
		}
		out, err := cmd.CombinedOutput()
		want := "rawloop: bind tcp 127.0.0.1:80: permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)\n"
		if string(out) != want || cmd.ProcessState.ExitCode() != exitFailure {
			t.Errorf("engine %s: %v, %s", engine, err, out)
		}
	}
}

func TestVersion(t *testing.T) {
	code, stdout, _ := runCommand(t, nil, "version", "--json")
	var v map[string]any
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %s", code, err, stdout)
	}
	for _, field := range []string{"schema", "version", "go", "os", "arch", "cgo", "modified"} {
		if v[field] == nil {
			t.Errorf("no field %s in %s", field, stdout)
		}
	}
	if v["schema"] != "rawloop.version/1" {
		t.Errorf("schema is %v", v["schema"])
	}
	if code, stdout, _ := runCommand(t, nil, "version"); code != 0 || !strings.HasPrefix(stdout, "rawloop ") || strings.Contains(stdout, "  ") {
		t.Errorf("version: exit %d, %s", code, stdout)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, stdout, stderr := runCommand(t, nil, "completion", shell); code != 0 || !strings.Contains(stdout, "rawloop") {
			t.Errorf("%s: exit %d, %d bytes, %s", shell, code, len(stdout), stderr)
		}
	}
}

func TestCompletesEnginesAndAddresses(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"x.sock", "y.sock"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"echo", "--engine", ""}, "loop\nnet\nthread\nblocking\n:4\n"},
		{[]string{"bench", "--engine", ""}, "loop\nnet\nthread\nblocking\n:4\n"},
		{[]string{"connect", ""}, "tcp://\nunix://\nfd://\n:6\n"},
		{[]string{"echo", "unix://" + dir + "/x"}, "unix://" + dir + "/x.sock\n:6\n"},
		{[]string{"echo", "unix://" + dir}, "unix://" + dir + "/\n:6\n"},
	} {
		code, stdout, _ := runCommand(t, nil, append([]string{"__complete"}, tc.args...)...)
		if code != 0 || stdout != tc.want {
			t.Errorf("%v: exit %d, %q, want %q", tc.args, code, stdout, tc.want)
		}
	}
}

func TestHelpBeginsWithExamples(t *testing.T) {
	for _, verb := range []string{"echo", "connect", "bench", "version", "completion"} {
		if code, stdout, _ := runCommand(t, nil, verb, "--help"); code != 0 || !strings.HasPrefix(stdout, "Examples:\n") {
			t.Errorf("%s --help: exit %d: %.60q", verb, code, stdout)
		}
	}
}
