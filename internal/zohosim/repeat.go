package zohosim

import (
	"maps"
	"time"
)

const (
	// repeatsFor and repeatsMost bound how many records a repeating meeting becomes under switch repeating_meetings.
	repeatsFor  = 365 * 24 * time.Hour
	repeatsMost = 100
)

// repeat makes a record for each occurrence of a repeating meeting after the first one, which was made from item.
func (w *writer) repeat(m *module, first *record, item map[string]any) {
	one := *w.sw
	one.RepeatingMeetings = "one_record"
	e := w.sim.crmEvent(w.org, m, first, &one)
	if e == nil {
		return
	}
	at := func(api string) time.Time {
		c, _ := first.get(m.byAPI[api].key)
		return time.Unix(c.num, 0)
	}
	start, end := at("Start_DateTime"), at("End_DateTime")
	made := 0
	for _, i := range e.Instances(start, start.Add(repeatsFor), w.org.user(first.ownedBy).place) {
		if !i.Start.After(start) || made == repeatsMost {
			continue
		}
		made++
		next := maps.Clone(item)
		next["Start_DateTime"], next["End_DateTime"] = i.Start.Format(time.RFC3339), i.Start.Add(end.Sub(start)).Format(time.RFC3339)
		if d := w.draft(m, nil, 0, next); len(d.errs) == 0 {
			d.save()
		}
	}
}
