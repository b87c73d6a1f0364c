package mailsink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// letter is a message as it came: the envelope and the untouched bytes. In its file the envelope is one line of JSON,
// the rest is the message.
type letter struct {
	Number   int       `json:"number"`
	Received time.Time `json:"received"`
	From     string    `json:"from"`
	Rcpt     []string  `json:"rcpt"`
	raw      []byte
}

func (l letter) id() string { return fmt.Sprintf("%08d", l.Number) }

const (
	suffix     = ".mail"
	unfinished = ".tmp"
)

// folder has one file per message, named by its id so that names sort by arrival.
type folder struct{ path string }

// openFolder makes the folder if needed, clears away what a killed process left half written, and reads the rest in
// the order of arrival.
func openFolder(path string) (*folder, []letter, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, nil, err
	}
	d := &folder{path}
	var out []letter
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case unfinished:
			if err := os.Remove(filepath.Join(path, e.Name())); err != nil {
				return nil, nil, err
			}
		case suffix:
			l, err := d.read(e.Name())
			if err != nil {
				return nil, nil, err
			}
			out = append(out, l)
		}
	}
	return d, out, nil
}

func (d *folder) read(name string) (letter, error) {
	b, err := os.ReadFile(filepath.Join(d.path, name))
	if err != nil {
		return letter{}, err
	}
	head, raw, ok := bytes.Cut(b, []byte("\n"))
	l := letter{raw: raw}
	if err := json.Unmarshal(head, &l); err != nil || !ok || l.id() != strings.TrimSuffix(name, suffix) {
		return letter{}, fmt.Errorf("%s is not a message of the mail sink", filepath.Join(d.path, name))
	}
	return l, nil
}

// write puts the whole message under another name first: a process that dies meanwhile leaves no half message. The
// file is not forced to the disk; it survives the death of the process, not that of the machine.
func (d *folder) write(l letter) error {
	head, err := json.Marshal(l)
	if err != nil {
		return err
	}
	b := append(append(head, '\n'), l.raw...)
	tmp := filepath.Join(d.path, l.id()+unfinished)
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(d.path, l.id()+suffix))
}

func (d *folder) remove(id string) error {
	err := os.Remove(filepath.Join(d.path, id+suffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
