//go:build linux

package main

import (
	"fmt"
	"strings"
)

// workload is one row of the table: what the driver does to every server.
type workload struct {
	Name        string `json:"name"`
	Connections int    `json:"connections"`
	Size        int    `json:"size"`
	Pipeline    int    `json:"pipeline"`
	// BusyPoll asks a server that has the option to spin before it sleeps.
	BusyPoll bool `json:"busy_poll"`
}

func (w workload) String() string {
	size := fmt.Sprintf("%d B", w.Size)
	if w.Size >= 1024 {
		size = fmt.Sprintf("%d KiB", w.Size/1024)
	}
	s := fmt.Sprintf("%s echo, %d connections", size, w.Connections)
	if w.Connections == 1 {
		s = fmt.Sprintf("%s echo, one connection", size)
	}
	if w.Pipeline > 1 {
		s += fmt.Sprintf(", %d in flight", w.Pipeline)
	}
	if w.BusyPoll {
		s += ", busy poll where the server has it"
	}
	return s
}

var workloads = []workload{
	{Name: "64x100", Connections: 100, Size: 64, Pipeline: 1},
	{Name: "64x1000", Connections: 1000, Size: 64, Pipeline: 1},
	{Name: "64x10000", Connections: 10000, Size: 64, Pipeline: 1},
	{Name: "64x100p16", Connections: 100, Size: 64, Pipeline: 16},
	{Name: "16kx50", Connections: 50, Size: 16 << 10, Pipeline: 1},
	{Name: "latency", Connections: 1, Size: 64, Pipeline: 1, BusyPoll: true},
}

// pickWorkloads returns the workloads that list names, in the table's order;
// an empty list means all.
func pickWorkloads(list string) ([]workload, error) {
	if list == "" {
		return workloads, nil
	}
	want := map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		want[strings.TrimSpace(name)] = true
	}
	var out []workload
	for _, w := range workloads {
		if want[w.Name] {
			out = append(out, w)
			delete(want, w.Name)
		}
	}
	for name := range want {
		return nil, fmt.Errorf("unknown workload %q (known: %s)", name, workloadNames())
	}
	return out, nil
}

func workloadNames() string {
	var names []string
	for _, w := range workloads {
		names = append(names, w.Name)
	}
	return strings.Join(names, ", ")
}
