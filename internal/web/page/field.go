package page

// Field is one labelled input of a form, rendered by the part "field".
type Field struct {
	Name, Label  string
	Type         string // of the input: text, email, tel, password
	Value        string
	Error        string
	Hint         string
	Autocomplete string // what browsers may fill in (HTML, autofill)
	InputMode    string
	Width        string // "half", "third" on wide screens; "" = whole
	Required     bool
	Optional     bool // says so beside the label
	Lines        int  // a text of several lines
	Limit        int  // longest input, in characters
	Color        bool // a colour, beside which a script may offer a palette
	Options      []Option
	Radios       bool // the options as buttons beside each other instead of a list
}

// Option is one of the answers to choose from.
type Option struct{ Value, Label string }

// Describes lists the ids of hint and error, for screen readers.
func (f Field) Describes() string {
	switch {
	case f.Hint != "" && f.Error != "":
		return "h-" + f.Name + " e-" + f.Name
	case f.Hint != "":
		return "h-" + f.Name
	case f.Error != "":
		return "e-" + f.Name
	}
	return ""
}

// With gives the field with what was typed into a form and what is wrong about it.
func (f Field) With(form Form) Field {
	f.Value, f.Error = form.Get(f.Name), form.Errors[f.Name]
	return f
}
