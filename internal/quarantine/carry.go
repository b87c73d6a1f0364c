package quarantine

import (
	"encoding/json"
	"time"

	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// carriedFor is how long what a visitor has typed opens again.
const carriedFor = time.Hour

type carried struct {
	At     int64             `json:"at"`
	Values map[string]string `json:"v"`
}

// Carry seals what a visitor has typed on one page for the next, so that it can stand in an address without telling
// anybody: it opens for the same organization and the address that it came from alone, and for an hour.
func (s *Service) Carry(o org.ID, from string, values map[string]string) (string, error) {
	b, err := json.Marshal(carried{s.now().UnixMilli(), values})
	if err != nil {
		return "", err
	}
	return s.keys.Seal(secret.NewString(string(b)), "quarantine", "carried", string(o), from), nil
}

// Carried opens what Carry has sealed; nil where it is something else, came from elsewhere or is too old.
func (s *Service) Carried(o org.ID, from, sealed string) map[string]string {
	if sealed == "" {
		return nil
	}
	v, err := s.keys.Open(sealed, "quarantine", "carried", string(o), from)
	if err != nil {
		return nil
	}
	var c carried
	if json.Unmarshal([]byte(v.Reveal()), &c) != nil || s.now().Sub(time.UnixMilli(c.At)) > carriedFor {
		return nil
	}
	return c.Values
}
