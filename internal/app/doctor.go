package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/passport"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
)

// Finding is one thing that Doctor looked at. Fix is "" when all is well.
type Finding struct {
	Title, Evidence, Fix string
	Wrong                bool
}

// Doctor looks at an installation beside the process that serves it: database and rights, disk, our own address, mail,
// Zoho's data centres, the clock, the queue and each organization's passport. It changes nothing. The error is for what keeps it from looking at all.
func Doctor(ctx context.Context, c Config, smtp *email.Sender) ([]Finding, error) {
	if path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return []Finding{{"Database", "there is no file " + path, "Run heavyset migrate (or heavyset serve), which makes it, or correct the path in HEAVYSET_DATABASE_URL.", true}}, nil
		}
	}
	a := &App{config: c}
	var table job.Table
	var err error
	if a.Store, err = store.Open(ctx, store.Options{URL: c.DatabaseURL, Keys: c.Keys, Jobs: &table, Now: c.Now, Beside: true}); err != nil {
		return []Finding{{"Database", strings.Join(strings.Fields(err.Error()), " "), "Check that the database runs and may be reached from here, and its address, role and password in HEAVYSET_DATABASE_URL.", true}}, nil
	}
	out, err := a.examine(ctx, smtp)
	return out, errors.Join(err, a.Store.Close())
}

func (a *App) examine(ctx context.Context, smtp *email.Sender) ([]Finding, error) {
	if err := a.services("doctor"); err != nil {
		return nil, err
	}
	out := []Finding{a.schema(ctx)}
	if out[0].Wrong {
		return out, nil
	}
	disk, err := a.disk()
	if err != nil {
		return out, err
	}
	rights, err := a.rights(ctx)
	if err != nil {
		return out, err
	}
	out = append(append(append(out, rights), disk...), a.base(ctx), postal(ctx, smtp))
	out = append(out, a.zoho(ctx)...)
	out = append(append(out, a.singleSignOn(ctx)...), a.collector(ctx)...)
	keys, err := a.keys(ctx)
	if err != nil {
		return out, err
	}
	out = append(out, keys...)
	queue, err := a.queue(ctx)
	if err != nil {
		return out, err
	}
	passports, err := a.passports(ctx)
	return append(append(out, queue), passports...), err
}

func (a *App) schema(ctx context.Context) Finding {
	f := Finding{Title: "Database"}
	st, err := a.Store.Schema(ctx)
	switch {
	case err != nil:
		f.Evidence, f.Fix, f.Wrong = err.Error(), "Check that the database answers and that its role may read and write.", true
	case st.Have > st.Want:
		f.Evidence, f.Fix, f.Wrong = fmt.Sprintf("schema %d, this heavyset knows only %d", st.Have, st.Want), "A newer heavyset has been here: use that one, or restore the backup from before it.", true
	case !st.Current():
		f.Evidence, f.Fix, f.Wrong = fmt.Sprintf("schema %d, this heavyset wants %d", st.Have, st.Want), "Run heavyset migrate.", true
	default:
		f.Evidence = fmt.Sprintf("%s answers, schema %d", a.Store.Engine(), st.Have)
	}
	return f
}

// rights sees whether the database lets us do what we have to.
func (a *App) rights(ctx context.Context) (Finding, error) {
	lacks, err := a.Store.Rights(ctx)
	if err != nil || lacks == "" {
		return Finding{Title: "Rights", Evidence: "what the platform does with the database is allowed"}, err
	}
	f := Finding{Title: "Rights", Evidence: "the database does not let us " + lacks, Wrong: true}
	f.Fix = "Give the file and its folder to the user that runs heavyset serve."
	if !a.Store.Alone() {
		f.Fix = "Make the role of HEAVYSET_DATABASE_URL the owner of the database and of its tables (ALTER DATABASE … OWNER TO …; REASSIGN OWNED BY … TO …)."
	}
	return f, nil
}

// lowDisk is how much room the database's disk must have: a day of many bookings and the log that a backup lets grow.
const lowDisk = 512 << 20

// disk sees how much room there is for the database, where that can be seen from here.
func (a *App) disk() ([]Finding, error) {
	room, known, err := a.Store.Room()
	if err != nil || !known {
		return nil, err
	}
	return []Finding{diskOf(room)}, nil
}

func diskOf(room uint64) Finding {
	f := Finding{Title: "Disk", Evidence: fmt.Sprintf("%d MiB are free for the database", room>>20)}
	const fix = "Make room on the disk of the database, or move the file to a larger one while heavyset is stopped. It goes on by itself then."
	switch {
	case room < 1<<20:
		f.Evidence, f.Fix, f.Wrong = "the disk of the database is full: bookings are refused", fix, true
	case room < lowDisk:
		f.Evidence, f.Fix, f.Wrong = f.Evidence+": when it is full bookings are refused", fix, true
	}
	return f
}

func postal(ctx context.Context, smtp *email.Sender) Finding {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := smtp.Check(ctx); err != nil {
		return Finding{"Mail", "the mail server does not take us: " + plainly(err), "Check HEAVYSET_SMTP_URL: host, port, user, password and TLS. Mails wait and go out once it takes them.", true}
	}
	return Finding{Title: "Mail", Evidence: "the mail server greets and takes our sign-in"}
}

// zoho asks each data centre's accounts server whether it is there, and by the way what time it is. No secret leaves.
func (a *App) zoho(ctx context.Context) []Finding {
	var out []Finding
	var now, theirs time.Time
	for _, connector := range a.Connections.Connectors {
		for _, origin := range connector.FormTargets() {
			f := Finding{Title: "Zoho " + origin, Evidence: "answers"}
			res, err := a.ask(ctx, origin+"/oauth/serverinfo")
			if err != nil {
				f.Evidence, f.Wrong = "does not answer: "+plainly(err), true
				f.Fix = "Let this machine reach it by HTTPS, or leave the data centre out of HEAVYSET_ZOHO_DATACENTERS."
			} else {
				_ = res.Body.Close()
				if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
					now, theirs = a.config.Now(), at
				}
			}
			out = append(out, f)
		}
	}
	return append(out, clock(now, theirs)...)
}

// singleSignOn asks the issuer for its configuration. No secret leaves.
func (a *App) singleSignOn(ctx context.Context) []Finding {
	s := a.Auth.SSO
	if s == nil {
		return nil
	}
	if err := s.Check(ctx); err != nil {
		return []Finding{{"Single sign-on " + s.Issuer, "does not answer as an issuer: " + strings.Join(strings.Fields(plainly(cmp.Or(errors.Unwrap(err), err))), " "), "Check HEAVYSET_OIDC_ISSUER, and that this machine may reach it by HTTPS.", true}}
	}
	return []Finding{{Title: "Single sign-on " + s.Issuer, Evidence: "answers; it must lead back to " + s.Redirect}}
}

// keys sees what each sealing key has sealed: how far a rotation has come, and what no key opens.
func (a *App) keys(ctx context.Context) ([]Finding, error) {
	by, err := a.Store.SealedBy(ctx)
	if err != nil {
		return nil, err
	}
	there, lost := a.Store.SealingKeys(by)
	out := []Finding{{Title: "Sealing key " + there[0], Evidence: fmt.Sprintf("seals; %d values are under it", by[there[0]])}}
	for _, k := range there[1:] {
		f := Finding{Title: "Sealing key " + k, Evidence: fmt.Sprintf("opens; %d values are still under it", by[k]), Fix: "Run heavyset reseal, or wait six hours for the job that does so, before you take it away."}
		if by[k] == 0 {
			f.Evidence, f.Fix = "opens; no value is under it", "Take it out of HEAVYSET_SECRET_KEYS, unless it is about to become the first."
		}
		out = append(out, f)
	}
	for _, k := range there {
		fits, err := a.Store.KeyFits(ctx, k)
		if err != nil {
			return nil, err
		}
		if !fits {
			out = append(out, Finding{
				"Sealing key " + k, "is not the key that was under this id: what it should have sealed does not open", "Put the former key back under this id, and this one beside it under an id of its own.", true,
			})
		}
	}
	for _, k := range lost {
		out = append(out, Finding{
			"Sealing key " + k, fmt.Sprintf("is not there, and %d values are under it", by[k]),
			"Put it back at the end of HEAVYSET_SECRET_KEYS. If it is lost for good, heavyset reseal --lost " + k + " gives up what it sealed.", true,
		})
	}
	return out, nil
}

// queue sees whether jobs are worked.
func (a *App) queue(ctx context.Context) (Finding, error) {
	counts, err := a.Store.JobCounts(ctx)
	if err != nil {
		return Finding{}, err
	}
	states := map[string]int64{}
	for _, c := range counts {
		states[c.State] += c.N
	}
	v, err := a.Store.Vitals(ctx, a.config.Now())
	if err != nil {
		return Finding{}, err
	}
	works, err := a.works(ctx)
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Title: "Queue", Evidence: fmt.Sprintf("%d waiting, %d running, %d waiting for another attempt, %d given up", states["available"], states["running"], states["retryable"], states["discarded"]+states["cancelled"])}
	slow, longest := "", 0.0
	for queue, seconds := range v.Delay {
		if seconds > longest {
			slow, longest = queue, seconds
		}
	}
	switch {
	case !works && states["available"] > 0:
		f.Evidence += "; nobody works them"
		f.Wrong, f.Fix = true, "Start heavyset serve. If it runs, its log says why it works no jobs (beat)."
	case !works:
		f.Evidence += "; heavyset serve is not running"
		f.Fix = "Start heavyset serve."
	case longest > stuckAfter.Seconds():
		f.Evidence += fmt.Sprintf("; the oldest one of %q has waited %s for a worker", slow, time.Duration(longest*float64(time.Second)).Round(time.Second))
		f.Wrong, f.Fix = true, "The log of heavyset serve says what holds the jobs up (job waits, job failed). Of \"crm\": many CRMs slow at once, or too few nodes; of \"mail\": the mail server is slow."
	}
	return f, nil
}

const (
	// stuckAfter is how long a job may wait for a worker.
	stuckAfter = time.Minute
	// beatsWithin is how old the last beat of a node that works may be, with clocks that differ a little.
	beatsWithin = 30 * time.Second
)

// works reports whether a node has beaten lately.
func (a *App) works(ctx context.Context) (bool, error) {
	beats, err := a.Store.OtherBeats(ctx, "")
	for _, at := range beats {
		if a.config.Now().Sub(at) < beatsWithin {
			return true, err
		}
	}
	return false, err
}

// passports looks at each organization that has a CRM config.
func (a *App) passports(ctx context.Context) ([]Finding, error) {
	orgs, err := a.Store.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, o := range orgs {
		configs, err := a.Connections.Configs(ctx, o.ID)
		if errors.Is(err, secret.ErrSealed) {
			out = append(out, Finding{
				"Organization " + o.Slug, "what is sealed for it does not open: a key of HEAVYSET_SECRET_KEYS is not the one that it was under this id, or is missing",
				"Put the keys as they were when it was sealed: from another node's settings or a backup of them. If they are lost for good, see SECURITY.md, When a key is lost.", true,
			})
			continue
		}
		if err != nil {
			return out, err
		}
		ids := []connection.ConfigID{""} // one without any: its passport says so
		for i, k := range configs {
			ids = append(ids[:i], k.ID)
		}
		for _, id := range ids {
			p, err := a.Passports.Take(ctx, o, id)
			if err != nil {
				return out, fmt.Errorf("organization %s: %w", o.Slug, err)
			}
			out = append(out, lines(o, p)...)
		}
	}
	return out, nil
}

// lines are the lines of a passport that need somebody; one of praise when there are none.
func lines(o org.Organization, p passport.Passport) []Finding {
	title := "Organization " + o.Slug
	if p.Name != "" {
		title += ", " + p.Name
	}
	var out []Finding
	for _, k := range p.Checks {
		if k.State == passport.Wrong || k.State == passport.Look {
			name := "step " + k.Step
			if k.Step[0] == 'T' {
				name = "troubleshooting " + k.Step[1:]
			}
			out = append(out, Finding{title, fmt.Sprintf("%s, %s: %s", name, k.Title, k.Evidence), k.Fix, k.State == passport.Wrong})
		}
	}
	if len(out) == 0 {
		out = []Finding{{Title: title, Evidence: "every step of the guide is done"}}
	}
	return out
}
