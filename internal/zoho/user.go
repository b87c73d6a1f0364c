package zoho

import (
	"context"
	"iter"
	"log/slog"
	"net/url"
)

// UserType selects users.
type UserType string

// The selections that are used here; Zoho has more.
const (
	AllUsers    UserType = "AllUsers"
	ActiveUsers UserType = "ActiveUsers"
)

// User is a user of the CRM's organization.
type User struct {
	ID, ZUID                             string
	FullName, FirstName, LastName, Email string
	Active                               bool
	Confirmed                            bool
	TimeZone                             string // IANA name, as the user set it
	Locale                               string
	Profile, Role                        Named
}

// LogValue gives the id only.
func (u User) LogValue() slog.Value { return slog.StringValue("user " + u.ID) }

// Org is the CRM's organization, to which every token is bound.
type Org struct {
	ID, ZGID, DomainName  string
	CompanyName           string
	TimeZone              string // IANA name
	Currency, CountryCode string
	PrimaryEmail          string
	Type                  string // production, sandbox, developer, bigin
	Paid                  bool
	Edition               string // paid_type: enterprise …; with Licences it gives the day's credits
	Licences              int
}

// LogValue gives the id only.
func (o Org) LogValue() slog.Value { return slog.StringValue("zoho org " + o.ID) }

// Users lists users. https://www.zoho.com/crm/developer/docs/api/v8/get-users.html
func (c *Client) Users(ctx context.Context, t UserType) iter.Seq2[User, error] {
	r := get("/users", url.Values{"type": {string(t)}})
	return func(yield func(User, error) bool) {
		for row, err := range c.walk(ctx, r, "users") {
			if !yield(userOf(row), err) {
				return
			}
		}
	}
}

// CurrentUser gives the user who authorized the token. https://www.zoho.com/crm/developer/docs/api/v8/get-users.html
func (c *Client) CurrentUser(ctx context.Context) (User, error) {
	r, err := c.one(ctx, get("/users", url.Values{"type": {"CurrentUser"}}), "users")
	return userOf(r), err
}

// Org gives the organization of the token. https://www.zoho.com/crm/developer/docs/api/v8/get-org-data.html
func (c *Client) Org(ctx context.Context) (Org, error) {
	r, err := c.one(ctx, get("/org", nil), "org")
	return orgOf(r), err
}

func userOf(r Record) User {
	named := func(field string) Named {
		o := r.object(field)
		return Named{ID: o.ID(), Name: o.Text("name"), APIName: o.Text("api_name")}
	}
	return User{
		ID: r.ID(), ZUID: r.Text("zuid"), FullName: r.Text("full_name"), FirstName: r.Text("first_name"),
		LastName: r.Text("last_name"), Email: r.Text("email"), Active: r.Text("status") == "active", Confirmed: r.Bool("confirm"),
		TimeZone: r.Text("time_zone"), Locale: r.Text("locale"), Profile: named("profile"), Role: named("role"),
	}
}

func orgOf(r Record) Org {
	licence := r.object("license_details")
	return Org{
		ID: r.ID(), ZGID: r.Text("zgid"), DomainName: r.Text("domain_name"), CompanyName: r.Text("company_name"),
		TimeZone: r.Text("time_zone"), Currency: r.Text("currency"), CountryCode: r.Text("country_code"),
		PrimaryEmail: r.Text("primary_email"), Type: r.Text("type"), Paid: licence.Bool("paid"),
		Edition: licence.Text("paid_type"), Licences: licence.small("users_license_purchased"),
	}
}
