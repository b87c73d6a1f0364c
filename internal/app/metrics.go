package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"heavyset.tech/platform/internal/store"
)

// collector counts jobs when somebody asks.
type collector struct {
	store *store.Store
	jobs  *prometheus.Desc
	up    *prometheus.Desc
}

func newCollector(s *store.Store) *collector {
	return &collector{
		store: s,
		jobs:  prometheus.NewDesc("heavyset_jobs", "Jobs by kind and state; what waits for another attempt is retryable.", []string{"kind", "state"}, nil),
		up:    prometheus.NewDesc("heavyset_database_up", "1 when the database answers.", nil, nil),
	}
}

// Describe names the metrics.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.jobs
	ch <- c.up
}

// Collect reads them.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts, err := c.store.JobCounts(ctx)
	if err != nil {
		ch <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, 0)
		return
	}
	ch <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, 1)
	for _, v := range counts {
		ch <- prometheus.MustNewConstMetric(c.jobs, prometheus.GaugeValue, float64(v.N), v.Kind, v.State)
	}
}
