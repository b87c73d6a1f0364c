package page

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"heavyset.tech/platform/internal/fault"
)

// maxForm is the largest form that is read.
const maxForm = 256 << 10

// Form is what somebody typed, with what is wrong about it. Nothing typed is ever lost: the page shows it again.
type Form struct {
	Values url.Values
	Errors map[string]string // by field
	Notice string            // what is wrong about the whole
}

// ReadForm reads a posted form; fault.Invalid when it can't be read or is too large.
func ReadForm(w http.ResponseWriter, r *http.Request) (Form, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return Form{}, unread(err)
	}
	return Form{Values: r.PostForm, Errors: map[string]string{}}, nil
}

// Get gives the value of a field.
func (f Form) Get(field string) string { return f.Values.Get(field) }

// Fail takes over what a service said about the form: its fields by their paths, as names maps them to form fields, the
// rest as notice. It gives back errors that no form can mend.
func (f *Form) Fail(err error, names map[string]string) error {
	e := fault.As(err)
	if e == nil || (e.Kind != fault.Invalid && e.Kind != fault.Conflict && e.Kind != fault.Limited && e.Kind != fault.Denied) {
		return err
	}
	if f.Errors == nil {
		f.Errors = map[string]string{}
	}
	if len(e.Fields) == 0 {
		f.Notice = e.Message
	}
	for _, v := range e.Fields {
		name, ok := names[v.Path]
		if !ok {
			name = v.Path
		}
		if f.Errors[name] == "" {
			f.Errors[name] = v.Message
		}
	}
	return nil
}

// Say puts what is wrong into other words.
func (f *Form) Say(words func(string) string) {
	if f.Notice != "" {
		f.Notice = words(f.Notice)
	}
	for k, m := range f.Errors {
		f.Errors[k] = words(m)
	}
}

// Wrong reports whether there is anything to mend.
func (f Form) Wrong() bool { return len(f.Errors) > 0 || f.Notice != "" }

// ReadFile reads the file of a posted form that has no other field, up to most bytes; nil when none was chosen.
// fault.Invalid when it can't be read or is larger.
func ReadFile(w http.ResponseWriter, r *http.Request, field string, most int64) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, most+maxForm)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, unread(err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, unread(err)
		}
		if part.FormName() != field {
			continue
		}
		file, err := io.ReadAll(io.LimitReader(part, most+1))
		if err != nil {
			return nil, unread(err)
		}
		if int64(len(file)) > most {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("The file is larger than %d MB.", most>>20))
		}
		return file, nil
	}
}

func unread(err error) error {
	return fault.Wrap(fault.Invalid, "The form could not be read. Please go back and try again.", err)
}
