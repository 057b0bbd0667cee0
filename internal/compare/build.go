//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const driverName = "cdriver"

// errNoCC says that this machine has no C compiler, so that there is neither a
// driver nor a C loop to compare with.
var errNoCC = errors.New("no C compiler: neither cc nor gcc is on PATH")

// builder makes the programs in a directory of its own.
type builder struct {
	bin    string // where programs go
	module string // this module's directory
}

// moduleDir returns the directory of this module, found from the working
// directory as the go command finds it.
func moduleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: go list: %w", err)
	}
	dir := strings.TrimSpace(string(out))
	if _, err := os.Stat(filepath.Join(dir, "c", driverName+".c")); err != nil {
		return "", errors.New("run this from internal/compare")
	}
	return dir, nil
}

// all builds the driver and what servers need.
func (b builder) all(ctx context.Context, servers []server) error {
	if err := b.c(ctx, driverName); err != nil {
		return err
	}
	done := map[string]bool{"": true}
	for _, s := range servers {
		if done[s.Build] {
			continue
		}
		done[s.Build] = true
		if err := b.one(ctx, s.Build); err != nil {
			return err
		}
	}
	return nil
}

func (b builder) one(ctx context.Context, name string) error {
	switch name {
	case nameC:
		return b.c(ctx, nameC)
	case nameNet:
		return b.golang(ctx, b.module, name, "./netserver")
	case nameNetpoll:
		return b.golang(ctx, b.module, name, "./netpollserver")
	case nameTrial:
		return b.golang(ctx, b.module, name, "./trial")
	case nameRawloop:
		return b.golang(ctx, filepath.Join(b.module, "..", ".."), name, "./cmd/rawloop")
	}
	return fmt.Errorf("nothing known to build %q", name)
}

func (b builder) c(ctx context.Context, name string) error {
	cc, err := compiler()
	if err != nil {
		return err
	}
	return run(exec.CommandContext(ctx, cc, "-O2", "-std=gnu11", "-Wall", "-Wextra",
		"-o", filepath.Join(b.bin, name), filepath.Join(b.module, "c", name+".c")))
}

func (b builder) golang(ctx context.Context, dir, name, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(b.bin, name), pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	return run(cmd)
}

func compiler() (string, error) {
	for _, name := range []string{"cc", "gcc"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoCC
}

func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}
