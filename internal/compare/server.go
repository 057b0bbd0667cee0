//go:build linux

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// The names by which targets and ratios refer to servers.
const (
	nameC       = "cloop"
	nameNet     = "net"
	nameNetpoll = "netpoll"
	nameRawloop = "rawloop"
)

// latencyBusyPoll is what rawloop is told in the workload with busy poll.
const latencyBusyPoll = "50us"

// server is one program under test.
type server struct {
	Name string
	// Build names the program to build first; a peer brings its own.
	Build string
	Env   []string
	// Argv returns the command for w; bin is the directory of built programs.
	Argv func(bin string, w workload) []string
}

// builtin returns the four servers that always take part. busyPoll is handed
// to rawloop in the workloads that do not ask for busy poll; empty leaves
// rawloop its own default.
func builtin(busyPoll string) []server {
	plain := func(name string) server {
		return server{Name: name, Build: name, Argv: func(bin string, _ workload) []string {
			return []string{filepath.Join(bin, name)}
		}}
	}
	rawloop := func(bin string, w workload) []string {
		argv := []string{filepath.Join(bin, nameRawloop), "echo", "tcp://127.0.0.1:0", "--loops", "1"}
		spin := busyPoll
		if w.BusyPoll {
			spin = latencyBusyPoll
		}
		if spin != "" {
			argv = append(argv, "--busy-poll", spin)
		}
		return argv
	}
	return []server{
		plain(nameC), plain(nameNet), plain(nameNetpoll),
		{Name: nameRawloop, Build: nameRawloop, Argv: rawloop},
	}
}

// pickServers keeps of all those that list names; an empty list means all.
func pickServers(all []server, list string) ([]server, error) {
	if list == "" {
		return all, nil
	}
	var out []server
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(all, func(s server) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown server %q (other programs join by PEER='name=command')", name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// peers parses lines of name=command. The command goes to sh, which replaces
// itself by it, so that the measured process is the server and not a shell.
func peers(lines []string) ([]server, error) {
	var out []server
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, command, ok := strings.Cut(line, "=")
		name, command = strings.TrimSpace(name), strings.TrimSpace(command)
		if !ok || name == "" || command == "" {
			return nil, fmt.Errorf("unusable peer %q: want name=command", line)
		}
		argv := []string{"/bin/sh", "-c", "exec " + command}
		out = append(out, server{Name: name, Argv: func(string, workload) []string { return argv }})
	}
	return out, nil
}

// has reports whether servers holds all names.
func has(servers []server, names ...string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(servers, func(s server) bool { return s.Name == name }) {
			return false
		}
	}
	return true
}

// checkNames refuses two servers of one name: ratios refer to names.
func checkNames(servers []server) error {
	seen := map[string]bool{}
	for _, s := range servers {
		if seen[s.Name] {
			return fmt.Errorf("two servers are named %q", s.Name)
		}
		seen[s.Name] = true
	}
	if len(servers) == 0 {
		return errors.New("no server to measure")
	}
	return nil
}
