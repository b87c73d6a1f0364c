package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/store"
)

// collector reads what the database knows when somebody asks. Each metric is of the whole installation, whichever node
// tells it, but for the errors, which are the node's own.
type collector struct {
	store *store.Store
	now   func() time.Time

	jobs, up, size, room, nodes, delay, connections, paused, copyAge, stale, errors *prometheus.Desc
}

func newCollector(s *store.Store, now func() time.Time) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("heavyset_"+name, help, labels, nil)
	}
	return &collector{
		store: s, now: now,
		jobs:        desc("jobs", "Jobs by kind and state; what waits for another attempt is retryable.", "kind", "state"),
		up:          desc("database_up", "1 when the database answers."),
		size:        desc("database_bytes", "Size of the database."),
		room:        desc("disk_free_bytes", "Room on the disk of a SQLite database."),
		nodes:       desc("nodes", "Nodes that work."),
		delay:       desc("queue_delay_seconds", "How long the oldest job that could be worked has waited for a worker.", "queue"),
		connections: desc("connections", "Connections to CRMs by state.", "state"),
		paused:      desc("connections_paused", "Connections that are left alone for a while because their CRM does not answer."),
		copyAge:     desc("mirror_age_seconds", "Age of the oldest copy of a connected CRM that counts for availability."),
		stale:       desc("mirror_stale", "Organizations whose copy of the CRM is older than they allow."),
		errors:      desc("database_errors_total", "Errors of the database since the start of this node: away, full, or anything else.", "kind"),
	}
}

// Describe names the metrics.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.jobs, c.up, c.size, c.room, c.nodes, c.delay, c.connections, c.paused, c.copyAge, c.stale, c.errors} {
		ch <- d
	}
}

// Collect reads them.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if room, known, err := c.store.Room(); err == nil && known {
		gauge(c.room, float64(room))
	}
	v, err := c.store.Vitals(ctx, c.now())
	ch <- prometheus.MustNewConstMetric(c.errors, prometheus.CounterValue, float64(v.Away), "away")
	ch <- prometheus.MustNewConstMetric(c.errors, prometheus.CounterValue, float64(v.Full), "full")
	ch <- prometheus.MustNewConstMetric(c.errors, prometheus.CounterValue, float64(v.Other), "other")
	var counts []store.JobCount
	if err == nil {
		counts, err = c.store.JobCounts(ctx)
	}
	if err != nil {
		gauge(c.up, 0)
		return
	}
	gauge(c.up, 1)
	gauge(c.size, float64(v.Size))
	gauge(c.nodes, float64(v.Nodes))
	gauge(c.paused, float64(v.Paused))
	gauge(c.copyAge, v.CopyAge.Seconds())
	gauge(c.stale, float64(v.StaleCopies))
	for _, queue := range queues() {
		gauge(c.delay, v.Delay[queue], queue)
	}
	for state, n := range v.Connections {
		gauge(c.connections, float64(n), state)
	}
	for _, j := range counts {
		gauge(c.jobs, float64(j.N), j.Kind, j.State)
	}
}

// counted sends mails and counts how that went.
type counted struct {
	notify.Sender
	mails *prometheus.CounterVec
}

// The outcomes of sending a mail.
const (
	mailSent    = "sent"
	mailRefused = "refused" // for good
	mailFailed  = "failed"  // tried again later
)

func newCounted(s notify.Sender) counted {
	c := counted{s, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "heavyset_mails_total", Help: "Mails by outcome: sent, refused for good, failed for now."}, []string{"outcome"})}
	for _, o := range []string{mailSent, mailRefused, mailFailed} {
		c.mails.WithLabelValues(o)
	}
	return c
}

// Send sends a mail.
func (c counted) Send(ctx context.Context, m email.Message) error {
	err := c.Sender.Send(ctx, m)
	outcome := mailSent
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Denied):
		outcome = mailRefused
	case err != nil:
		outcome = mailFailed
	}
	c.mails.WithLabelValues(outcome).Inc()
	return err
}

// register puts everything that is measured into one registry.
func (a *App) register() *prometheus.Registry {
	r := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "heavyset_build_info", Help: "1, with the version that runs.", ConstLabels: prometheus.Labels{"version": a.config.Version}})
	build.Set(1)
	r.MustRegister(newCollector(a.Store, a.config.Now), a.mails.mails, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
