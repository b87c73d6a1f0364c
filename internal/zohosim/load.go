package zohosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// loadAtOnce is how many records Load writes before it lets others in.
const loadAtOnce = 1000

// Load inserts records into a module of the first organization on behalf of its administrator, with the same checks as an
// insert through the API but without credits or limits, and gives their ids in order. Values may be Go's own: numbers, bool,
// string, time.Time, lists and maps. It stops at the first record that is refused; those before it stay.
func (s *Sim) Load(moduleAPI string, records []map[string]any) ([]string, error) {
	ids := make([]string, 0, len(records))
	for from := 0; from < len(records); from += loadAtOnce {
		part := records[from:min(from+loadAtOnce, len(records))]
		items := make([]map[string]any, len(part))
		for i, r := range part {
			item, err := wireValue(r)
			if err != nil {
				return ids, fmt.Errorf("zohosim: load %s record %d: %w", moduleAPI, from+i, err)
			}
			items[i], _ = item.(map[string]any)
		}
		loaded, err := s.loadPart(moduleAPI, items, from)
		ids = append(ids, loaded...)
		if err != nil {
			return ids, err
		}
	}
	return ids, nil
}

func (s *Sim) loadPart(moduleAPI string, items []map[string]any, from int) (ids []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.orgs[0]
	m := o.byAPI[moduleAPI]
	if m == nil || !m.apiSupported {
		return nil, fmt.Errorf("zohosim: load: no module %q", moduleAPI)
	}
	w := s.writer(o, o.users[0])
	for i, item := range items {
		d := w.draft(m, nil, from+i, item)
		if len(d.errs) > 0 {
			e := d.problem().envelope()
			detail, _ := json.Marshal(e.Details)
			err = fmt.Errorf("zohosim: load %s record %d: %s %s", moduleAPI, from+i, e.Code, detail)
			break
		}
		ids = append(ids, formatID(d.save().id))
	}
	if failed := w.tx.commit(); failed != nil {
		return nil, fmt.Errorf("zohosim: load %s: %w", moduleAPI, failed)
	}
	return ids, err
}

// wireValue turns a Go value into what decoding its JSON would give, numbers as json.Number.
func wireValue(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, bool, json.Number:
		return v, nil
	case int:
		return json.Number(strconv.Itoa(v)), nil
	case int64:
		return json.Number(formatID(v)), nil
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64)), nil
	case time.Time:
		return v.Format(stampLayout), nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			w, err := wireValue(inner)
			if err != nil {
				return nil, err
			}
			out[key] = w
		}
		return out, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var out any
	err = d.Decode(&out)
	return out, err
}
