package store_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
)

// TestEveryMethodNamesItsOrganization: what belongs to an organization is asked for with org.ID right after the context,
// so that no query can forget it.
func TestEveryMethodNamesItsOrganization(t *testing.T) {
	t.Parallel()
	platform := []string{ // named exceptions: before the organization is known, or of the platform as a whole
		"Ping", "Backup", "Reseal", "SealedBy", "KeyFits", "CheckKeys", "Rights", "ForgetKey", "Migrate", "Schema", "Beat", "OtherBeats", "Bury", "JobCounts", "Vitals", "Sweep", "Scrub",
		"CreateOrganization", "OrganizationBySlug", "Organizations", "Offering", "ByToken", "Unsubscribing", "FeedBehind", "DeliveryBehind", "Texted", "TakeAttempt", "ChannelByPath", "ConnectedOrganizations", "IdleConfigs", "LostConfigs", "DriftDue", "Nights", "FailingWebhooks", "TakeDueMessages", "TakeDueLeft",
		"WaitByToken", "WaitlistsToLook", "Unproved",
		"CreateUser", "UserByEmail", "User", "Memberships", "SetPassword", "CreateKey", "Key", "TouchKey", "Failures", "AddFailure",
		"AddSession", "Session", "TouchSession", "UserSessions", "EndSession", "EndSessions", "ChangePassword", "Disable", "Engineers", "RemoveEngineer",
		"Factor", "BeginFactor", "ConfirmFactor", "TakeStep", "TakeRecoveryCode", "PutRecoveryCodes", "EndFactor",
		"Passkeys", "AddPasskey", "UsePasskey", "BarPasskey", "RemovePasskey", "ResetFactors", "AddChallenge", "TakeChallenge", "IdentityOwner", "LinkIdentity",
		"AddLink", "Link", "AskReset", "ResetPassword",
		"CreateConfig", // the config names its organization itself
	}
	ctx, id := reflect.TypeFor[context.Context](), reflect.TypeFor[org.ID]()
	var found []string
	for i := range reflect.TypeFor[*store.Store]().NumMethod() {
		m := reflect.TypeFor[*store.Store]().Method(i)
		if m.Type.NumIn() < 2 || m.Type.In(1) != ctx {
			continue
		}
		scoped := m.Type.NumIn() > 2 && m.Type.In(2) == id
		switch named := slices.Contains(platform, m.Name); {
		case !scoped && !named:
			t.Errorf("%s takes no org.ID after its context", m.Name)
		case named:
			found = append(found, m.Name)
			if scoped {
				t.Errorf("%s is no exception any more", m.Name)
			}
		}
	}
	for _, name := range platform {
		if !slices.Contains(found, name) {
			t.Errorf("there is no method %s any more", name)
		}
	}
}
