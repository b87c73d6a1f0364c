package mirror

import (
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/crm"
)

// absent takes out what the CRM does not have. An appointment is cancelled only when the CRM's deletions name its record.
func (rd *round) absent(ctx context.Context, ids []string) error {
	var linked []string
	for _, id := range ids {
		if _, ok := rd.linked[id]; ok {
			linked = append(linked, id)
		} else {
			rd.delta.Drop = append(rd.delta.Drop, id)
		}
	}
	if len(linked) == 0 {
		return nil
	}
	deletions, err := rd.provider.Deletions(ctx, rd.shape.module, rd.deletedSince(rd.source.AsOf))
	if err != nil {
		return err
	}
	var gone []Linked
	for _, id := range linked {
		if slices.ContainsFunc(deletions, func(d crm.Deletion) bool { return d.ID == id }) {
			rd.delta.Drop = append(rd.delta.Drop, id)
			gone = append(gone, rd.linked[id])
			if l := rd.linked[id]; l.Status.Open() || l.Disputed {
				rd.follow = append(rd.follow, seen{module: rd.shape.module, record: id, gone: true})
			}
		} else if rd.have != nil {
			rd.vanished(id)
		}
	}
	return rd.service.Store.KeepGone(ctx, rd.org, rd.config.ID, gone, rd.now)
}

// vanished takes in that a round found a record neither there nor deleted. The CRM's list of deletions may lag, so a
// person is asked only when the next round does not find it either, and once.
func (rd *round) vanished(id string) {
	l := rd.linked[id]
	row, had := rd.have[id]
	if !had {
		row = Row{ID: id, Owner: crmUser(rd.catalog, l.Rep), Start: l.Start, End: l.End}
	}
	switch row.Cancelled {
	case Lost:
	case Missing:
		row.Cancelled = Lost
		rd.follow = append(rd.follow, seen{module: rd.shape.module, record: id, vanished: true})
		rd.lost = append(rd.lost, row)
	default:
		row.Cancelled = Missing
		rd.delta.Put = append(rd.delta.Put, row)
	}
}

const (
	// deletionsReach is how far before the last reading the CRM's list of deletions is read: it may lag.
	deletionsReach = 3 * 24 * time.Hour
	// deletionsKept is how long the CRM keeps them.
	deletionsKept = 60 * 24 * time.Hour
)

// deletedSince gives from when on a deletion may be one that the last reading, zero for none, did not find.
func (r *reader) deletedSince(last time.Time) time.Time {
	since, kept := last.Add(-deletionsReach), r.now.Add(-deletionsKept)
	if since.Before(kept) {
		return kept
	}
	return since
}
