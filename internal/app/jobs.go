package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/webhook"
)

// handlers is who follows which fact.
func (a *App) handlers(t *job.Table) {
	mail := job.Options{Queue: job.QueueMail, Timeout: time.Minute}
	job.On(t, "booking.booked", "mail", mail, a.Notify.Booked)
	job.On(t, "booking.rescheduled", "mail", mail, a.Notify.Rescheduled)
	job.On(t, "booking.cancelled", "mail", mail, a.Notify.Cancelled)
	job.On(t, "booking.affirmed", "mail", mail, a.Notify.Affirmed)
	job.On(t, "booking.doubted", "mail", mail, a.Notify.Doubted)
	job.On(t, "booking.reassigned", "mail", mail, a.Notify.Reassigned)
	job.On(t, "booking.ended", "mail", mail, a.Notify.Ended)
	job.On(t, "notify.mail_bounced", "mail", mail, a.Notify.BounceNoticed)
	job.On(t, "notify.due", "mail", mail, a.Notify.Deliver)
	job.On(t, "notify.policy_changed", "plan", job.Options{Timeout: 10 * time.Minute}, a.Notify.Replan)

	if a.config.Texter != nil {
		a.textHandlers(t, mail)
	}
	a.waitlistHandlers(t, mail)

	job.On(t, "auth.invited", "mail", mail, a.Notify.Invited)
	job.On(t, "auth.reset_asked", "mail", mail, a.Notify.ResetAsked)

	push := func(ctx context.Context, f booking.Fact) error {
		return a.Sync.PushAppointment(ctx, f.Org, f.Appointment)
	}
	job.On(t, "booking.booked", "crm", fairly(func(f booking.Booked) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Booked) error { return push(ctx, f.Fact) })
	job.On(t, "booking.rescheduled", "crm", fairly(func(f booking.Rescheduled) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Rescheduled) error { return push(ctx, f.Fact) })
	job.On(t, "booking.cancelled", "crm", fairly(func(f booking.Cancelled) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Cancelled) error { return push(ctx, f.Fact) })
	job.On(t, "booking.affirmed", "crm", fairly(func(f booking.Affirmed) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Affirmed) error { return push(ctx, f.Fact) })
	job.On(t, "booking.doubted", "crm", fairly(func(f booking.Doubted) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Doubted) error { return push(ctx, f.Fact) })
	job.On(t, "booking.reassigned", "crm", fairly(func(f booking.Reassigned) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Reassigned) error { return push(ctx, f.Fact) })
	job.On(t, "booking.ended", "crm", fairly(func(f booking.Ended) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Ended) error { return push(ctx, f.Fact) })
	job.On(t, "lead.captured", "crm", fairly(func(f lead.Captured) org.ID { return f.Org }),
		func(ctx context.Context, f lead.Captured) error { return a.Sync.PushLead(ctx, f.Org, f.Lead) })
	job.On(t, "lead.left_due", "lead", job.Options{}, a.gate.Follow)
	due := func(ctx context.Context, f crmsync.Due) error {
		if f.Appointment != "" {
			return a.Sync.PushAppointment(ctx, f.Org, f.Appointment)
		}
		if f.Customer != "" {
			return a.Sync.PushCustomer(ctx, f.Org, f.Customer)
		}
		return a.Sync.PushLead(ctx, f.Org, f.Lead)
	}
	job.On(t, "crmsync.due", "crm", fairly(func(f crmsync.Due) org.ID { return f.Org }), due)
	once := fairly(func(f crmsync.LeftBehind) org.ID { return f.Org })
	once.Once = true
	job.On(t, "crmsync.left_behind", "crm", once, func(ctx context.Context, f crmsync.LeftBehind) error { return due(ctx, crmsync.Due(f)) })
	a.mirrorHandlers(t)
	hooks := fairly(func(f webhook.Queued) org.ID { return f.Org })
	hooks.Queue = job.QueueHooks
	job.On(t, "webhook.queued", "deliver", hooks, a.Hooks.Deliver)
	job.On(t, "webhook.ailing", "mail", mail, a.Notify.WebhookAiling)
	job.On(t, "privacy.records_chosen", "crm", fairly(func(f privacy.RecordsChosen) org.ID { return f.Org }), a.Privacy.EraseRecords)
	compare := fairly(func(f crmsync.DryRunAsked) org.ID { return f.Org })
	compare.Timeout = 10 * time.Minute
	job.On(t, "crmsync.dry_run_asked", "crm", compare, a.Sync.RunDryRun)
	job.On(t, "crmsync.undo_asked", "crm", fairly(func(f crmsync.UndoAsked) org.ID { return f.Org }), a.Sync.RunUndo)
	job.On(t, "connection.lost", "mail", mail, a.Notify.ConnectionLost)
	job.On(t, "connection.authorized", "mail", mail, a.Notify.ConnectionBack)
	job.On(t, "connection.authorized", "crm", job.Options{},
		func(ctx context.Context, f connection.Authorized) error { return a.Sync.Resume(ctx, f.Org) })
	job.On(t, "passport.due", "take", job.Options{Timeout: 3 * time.Minute, Once: true}, a.Passports.TakeNightly)
	job.On(t, "settings.changed", "crm", job.Options{},
		func(ctx context.Context, f settings.Changed) error { return a.Sync.Resume(ctx, f.Org) })
	job.On(t, "connection.authorized", "drift", job.Options{}, a.Drift.Reconnected)
	job.On(t, "drift.found", "mail", mail, a.Notify.DriftFound)
	job.On(t, "drift.cleared", "crm", job.Options{},
		func(ctx context.Context, f drift.Cleared) error { return a.Sync.Resume(ctx, f.Org) })
}

// textHandlers is who tells customers by text messages, each in a job of its own beside the mail's.
func (a *App) textHandlers(t *job.Table, mail job.Options) {
	job.On(t, "booking.booked", "sms", mail, a.Notify.TextBooked)
	job.On(t, "booking.affirmed", "sms", mail, a.Notify.TextAffirmed)
	job.On(t, "booking.rescheduled", "sms", mail, a.Notify.TextRescheduled)
	job.On(t, "booking.reassigned", "sms", mail, a.Notify.TextReassigned)
	job.On(t, "booking.cancelled", "sms", mail, a.Notify.TextCancelled)
	job.On(t, "notify.due", "sms", mail, a.Notify.TextDue)
}

// waitlistHandlers is who offers freed times to those who wait, and tells them.
func (a *App) waitlistHandlers(t *job.Table, mail job.Options) {
	look := func(ctx context.Context, o org.ID) error {
		_, err := a.Waitlist.Look(ctx, o)
		return err
	}
	job.On(t, "booking.cancelled", "waitlist", job.Options{}, func(ctx context.Context, f booking.Cancelled) error { return look(ctx, f.Org) })
	job.On(t, "booking.rescheduled", "waitlist", job.Options{}, func(ctx context.Context, f booking.Rescheduled) error { return look(ctx, f.Org) })
	job.On(t, "booking.reassigned", "waitlist", job.Options{}, func(ctx context.Context, f booking.Reassigned) error { return look(ctx, f.Org) })
	job.On(t, "waitlist.freed", "offer", job.Options{}, func(ctx context.Context, f waitlist.Freed) error { return look(ctx, f.Org) })
	job.On(t, "waitlist.joined", "mail", mail, a.Notify.WaitJoined)
	job.On(t, "waitlist.joined", "lead", job.Options{}, a.Waitlist.Capture)
	job.On(t, "waitlist.offered", "mail", mail, a.Notify.WaitOffered)
}

// mirrorHandlers is who follows what the CRM tells and what has to be compared with it.
func (a *App) mirrorHandlers(t *job.Table) {
	round := fairly(func(f mirror.Due) org.ID { return f.Org })
	round.Once, round.Timeout = true, 10*time.Minute
	job.On(t, "mirror.due", "crm", round, func(ctx context.Context, f mirror.Due) error {
		return a.Mirror.KeepUp(ctx, f.Org, f.Config)
	})
	job.On(t, "mirror.noticed", "crm", fairly(func(f mirror.Noticed) org.ID { return f.Org }),
		func(ctx context.Context, f mirror.Noticed) error { return a.Mirror.Catch(ctx, f.Org, f.Config) })
	job.On(t, "mirror.opened", "mail", job.Options{Queue: job.QueueMail, Timeout: time.Minute}, func(ctx context.Context, f mirror.Opened) error {
		c, err := a.Store.Conflict(ctx, f.Org, f.Conflict)
		if err != nil || !c.Settled.IsZero() {
			return err
		}
		return a.Notify.Disputed(ctx, f.Org, notify.Dispute{ID: string(c.ID), Appointment: c.Appointment, Words: c.Kind.Words(), Collides: c.Kind == mirror.Collision, There: c.Theirs.Start})
	})
	job.On(t, "crmsync.disagreed", "mail", job.Options{Queue: job.QueueMail, Timeout: time.Minute}, func(ctx context.Context, f crmsync.Disagreed) error {
		d, err := a.Store.Disagreement(ctx, f.Org, f.Disagreement)
		if err != nil || !d.Settled.IsZero() {
			return err
		}
		return a.Notify.Disputed(ctx, f.Org, notify.Dispute{ID: string(d.ID), Words: d.Words()})
	})
	job.On(t, "crmsync.crossed", "crm", fairly(func(f crmsync.Crossed) org.ID { return f.Org }),
		func(ctx context.Context, f crmsync.Crossed) error {
			return a.Store.Notice(ctx, f.Org, f.Config, "", f.Module, []string{f.Record}, a.config.Now())
		})
	job.On(t, "connection.authorized", "mirror", job.Options{},
		func(ctx context.Context, f connection.Authorized) error {
			return a.Store.StateDueAnew(ctx, f.Org, f.Config)
		})
	job.On(t, "settings.changed", "mirror", job.Options{},
		func(ctx context.Context, f settings.Changed) error { return a.Store.StateDueAnew(ctx, f.Org, f.Config) })
}

// fairly keeps one organization's slow CRM from taking all workers.
func fairly[F any](of func(F) org.ID) job.Options {
	return job.Options{Queue: job.QueueCRM, Timeout: time.Minute, Fair: func(fact any) string {
		f, _ := fact.(F)
		return string(of(f))
	}}
}

const (
	// probeEvery is how often idle connections are looked for: one is idle after an hour.
	probeEvery = 5 * time.Minute
	// flushEvery is how often it is stored what calls to the CRM have cost.
	flushEvery = 10 * time.Second
	// visitsEvery is how often it is stored what visitors have done: what a process that dies loses of it.
	visitsEvery = 4 * time.Second
	// remindEvery is how often it is looked for a day's reminder that is due.
	remindEvery = 15 * time.Minute
	// tickEvery is how often it is looked for messages whose time has come.
	tickEvery = 30 * time.Second
	// tonightEvery is how often it is looked for organizations whose moment of the night has come.
	tonightEvery = 10 * time.Minute
	// resealEvery is how often what older keys have sealed is sealed anew. Where there is nothing it reads much.
	resealEvery = 6 * time.Hour
)

// How many rounds of reconciling pass between two looks at one CRM's schema: an hour's worth, and ten minutes' while
// something keeps bookings waiting.
const (
	lookEach  = 30
	lookAgain = 5
)

// workers is how many jobs of each queue run at a time on one node.
func workers() map[string]int {
	return map[string]int{job.QueueDefault: 4, job.QueueMail: 8, job.QueueCRM: 16, job.QueueHooks: 16}
}

// queues lists the queues.
func queues() []string { return slices.Sorted(maps.Keys(workers())) }

// jobs is how jobs are worked.
func (a *App) jobs(node string, t *job.Table) job.Config {
	c := a.config
	poll := time.Second
	if a.Store.Alone() { // nothing calls when a job is there
		poll = 100 * time.Millisecond
	}
	return job.Config{
		Node: node, Driver: a.Store.Driver(), Table: t, Nodes: a.Store, Alone: a.Store.Alone(), Poll: poll, Tracer: c.Tracer, Log: c.Log, Now: c.Now,
		Workers: workers(),
		Periodic: []job.Periodic{
			{Name: "crm.reconcile", Every: c.ReconcileInterval, Run: func(ctx context.Context) error { return a.Sync.Sweep(ctx, c.ReconcileInterval) }},
			{Name: "mirror.tick", Every: c.ReconcileInterval, Run: a.Mirror.Tick},
			{Name: "drift.watch", Every: c.ReconcileInterval, Run: func(ctx context.Context) error {
				return a.Drift.Watch(ctx, lookEach*c.ReconcileInterval, lookAgain*c.ReconcileInterval)
			}},
			{Name: "connection.probe", Every: probeEvery, Run: a.guardian.Probe},
			{Name: "passport.tonight", Every: tonightEvery, Run: a.Passports.Tonight},
			{Name: "notify.tick", Every: tickEvery, Run: a.Notify.Tick},
			{Name: "lead.tick", Every: tickEvery, Run: func(ctx context.Context) error { return a.Store.TakeDueLeft(ctx, c.Now()) }},
			{Name: "webhook.tick", Every: remindEvery, Run: a.Hooks.Tick},
			{Name: "waitlist.tick", Every: tickEvery, Run: a.Waitlist.Tick},
			{Name: "privacy.tick", Every: remindEvery, Run: a.Privacy.Tick},
			{Name: "connection.remind", Every: remindEvery, Run: a.Notify.Remind},
			{Name: "store.reseal", Every: resealEvery, Run: func(ctx context.Context) error {
				_, err := a.Store.Reseal(ctx, func(store.Resealing) {})
				return err
			}},
			{Name: "store.sweep", Every: 10 * time.Minute, Run: func(ctx context.Context) error { return a.Store.Sweep(ctx, c.Now()) }},
		},
	}
}
