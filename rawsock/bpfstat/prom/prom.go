// Package prom shows the totals of package bpfstat to Prometheus.
//
//	registry.MustRegister(prom.NewCollector(counters))
//
// Nothing is counted here and nothing runs between scrapes: a scrape reads the
// kernel's counters once, in some microseconds.
package prom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/rawloop/rawloop/rawsock/bpfstat"
)

// Source is what a Collector reads: *bpfstat.Counters, or what stands in for it.
type Source interface {
	Level() bpfstat.Level
	Totals() (bpfstat.Totals, error)
}

// Collector is a prometheus.Collector of the counters of one Source, without what
// its level does not count.
type Collector struct {
	source     Source
	counters   []counter
	histograms []histogram
	failed     *prometheus.Desc
}

var _ prometheus.Collector = (*Collector)(nil)

// counter is a metric and where its value is, for one level and those above.
type counter struct {
	desc   *prometheus.Desc
	labels []string
	value  func(*bpfstat.Totals) uint64
}

type histogram struct {
	desc  *prometheus.Desc
	value func(*bpfstat.Totals) *bpfstat.Histogram
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("rawloop_socket_"+name, help, labels, nil)
}

// NewCollector makes a collector. After the counters' Close a scrape reports
// their error.
func NewCollector(source Source) *Collector {
	c := &Collector{source: source, failed: describe("counters", "Counters of watched sockets cannot be read.")}
	c.lifecycle()
	if source.Level() >= bpfstat.Calls {
		c.calls()
	}
	if source.Level() >= bpfstat.Wake {
		c.histograms = append(c.histograms, histogram{
			describe("wait_seconds", "Time from the arrival of data to the receive that found it."),
			func(t *bpfstat.Totals) *bpfstat.Histogram { return &t.Wait },
		})
	}
	return c
}

func (c *Collector) add(desc *prometheus.Desc, value func(*bpfstat.Totals) uint64, labels ...string) {
	c.counters = append(c.counters, counter{desc, labels, value})
}

func (c *Collector) lifecycle() {
	c.add(describe("opened_total", "TCP connections established."), func(t *bpfstat.Totals) uint64 { return t.Opened })
	c.add(describe("closed_total", "TCP connections ended."), func(t *bpfstat.Totals) uint64 { return t.Closed })
	bytes := describe("tcp_bytes_total", "Bytes that ended TCP connections carried, each once.", "direction")
	c.add(bytes, func(t *bpfstat.Totals) uint64 { return t.TCP.Received }, "in")
	c.add(bytes, func(t *bpfstat.Totals) uint64 { return t.TCP.Sent }, "out")
	left := describe("tcp_left_bytes_total", "Bytes that ended TCP connections left behind: received and not read, or never sent.", "direction")
	c.add(left, func(t *bpfstat.Totals) uint64 { return t.TCP.Unread }, "in")
	c.add(left, func(t *bpfstat.Totals) uint64 { return t.TCP.Unsent }, "out")
	segments := describe("tcp_segments_total", "Segments of ended TCP connections.", "direction")
	c.add(segments, func(t *bpfstat.Totals) uint64 { return t.TCP.SegsIn }, "in")
	c.add(segments, func(t *bpfstat.Totals) uint64 { return t.TCP.SegsOut }, "out")
	c.add(describe("tcp_retransmits_total", "Segments that ended TCP connections sent again."), func(t *bpfstat.Totals) uint64 { return t.TCP.Retransmits })
	c.add(describe("tcp_retransmitted_bytes_total", "Bytes that ended TCP connections sent again."), func(t *bpfstat.Totals) uint64 { return t.TCP.Retransmitted })
	c.histograms = append(c.histograms, histogram{
		describe("tcp_round_trip_seconds", "Smoothed round-trip time of ended TCP connections."),
		func(t *bpfstat.Totals) *bpfstat.Histogram { return &t.RTT },
	})
}

func (c *Collector) calls() {
	calls := describe("calls_total", "Calls of send and receive on watched sockets.", "direction", "result")
	c.add(calls, func(t *bpfstat.Totals) uint64 { return t.Calls.Recv - t.Calls.RecvAgain - t.Calls.RecvErrors }, "in", "ok")
	c.add(calls, func(t *bpfstat.Totals) uint64 { return t.Calls.RecvAgain }, "in", "again")
	c.add(calls, func(t *bpfstat.Totals) uint64 { return t.Calls.RecvErrors }, "in", "error")
	c.add(calls, func(t *bpfstat.Totals) uint64 { return t.Calls.Send - t.Calls.SendAgain - t.Calls.SendErrors }, "out", "ok")
	c.add(calls, func(t *bpfstat.Totals) uint64 { return t.Calls.SendAgain }, "out", "again")
	c.add(calls, func(t *bpfstat.Totals) uint64 { return t.Calls.SendErrors }, "out", "error")
	bytes := describe("bytes_total", "Bytes that calls on watched sockets moved.", "direction")
	c.add(bytes, func(t *bpfstat.Totals) uint64 { return t.Calls.RecvBytes }, "in")
	c.add(bytes, func(t *bpfstat.Totals) uint64 { return t.Calls.SendBytes }, "out")
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	var last *prometheus.Desc
	for _, m := range c.counters {
		if m.desc != last { // metrics of one name stand together
			ch <- m.desc
			last = m.desc
		}
	}
	for _, h := range c.histograms {
		ch <- h.desc
	}
}

// Collect implements prometheus.Collector: it reads the counters once.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	sum, err := c.source.Totals()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.failed, err)
		return
	}
	for _, m := range c.counters {
		ch <- prometheus.MustNewConstMetric(m.desc, prometheus.CounterValue, float64(m.value(&sum)), m.labels...)
	}
	for _, m := range c.histograms {
		h := m.value(&sum)
		buckets := make(map[float64]uint64, bpfstat.Buckets)
		n := uint64(0)
		for i, count := range h.Count {
			n += count
			if i < bpfstat.Buckets-1 { // what is beyond is in the sum alone
				buckets[bpfstat.Bound(i).Seconds()] = n
			}
		}
		ch <- prometheus.MustNewConstHistogram(m.desc, n, h.Sum.Seconds(), buckets)
	}
}
