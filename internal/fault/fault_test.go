package fault_test

import (
	"errors"
	"testing"

	"heavyset.tech/platform/internal/fault"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"There is no such thing.": fault.New(fault.NotFound, "There is no such thing."),
		"Some of the values can't be accepted: email must be an e-mail address.": fault.OfField("email", "must be an e-mail address."),
		"Some of the values can't be accepted: a is missing. b is too long.":     fault.OfFields([]fault.Field{{Path: "a", Message: "is missing."}, {Path: "b", Message: "is too long."}}),
		"Not now.: dial": fault.Later(0, "Not now.").Because(errors.New("dial")),
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
