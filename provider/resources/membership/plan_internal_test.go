package membership

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
)

func genMembers() *rapid.Generator[[]cloud.TeamMember] {
	login := rapid.SampledFrom([]string{"ana", "bo", "Cy", "di"})
	return rapid.Custom(func(t *rapid.T) []cloud.TeamMember {
		var members []cloud.TeamMember
		for _, l := range rapid.SliceOfDistinct(login, rapid.ID).Draw(t, "logins") {
			role := rapid.SampledFrom([]string{cloud.TeamRoleMember, cloud.TeamRoleAdmin}).Draw(t, "role")
			members = append(members, cloud.TeamMember{Login: l, Role: role})
		}
		return members
	})
}

func TestMembershipPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		current := genMembers().Draw(t, "current")
		var members, admins []string
		for _, m := range genMembers().Draw(t, "wanted") {
			if isAdmin(m) {
				admins = append(admins, m.Login)
			} else {
				members = append(members, m.Login)
			}
		}
		steps := OwnLast(plan(current, members, admins), rapid.SampledFrom([]string{"ana", "BO", "x"}).Draw(t, "caller"))
		now := current
		for _, step := range steps {
			now = step.After(now)
			for _, m := range current {
				stays := logins.Index(append(slices.Clone(members), admins...), m.Login) >= 0
				if stays && Index(now, m.Login) < 0 {
					t.Fatalf("%s is out for a moment", m.Login)
				}
				if at := Index(now, m.Login); isAdmin(m) && logins.Index(admins, m.Login) >= 0 && !isAdmin(now[at]) {
					t.Fatalf("%s is not an admin for a moment", m.Login)
				}
			}
			for _, m := range now {
				before := Index(current, m.Login)
				if isAdmin(m) && logins.Index(admins, m.Login) < 0 && (before < 0 || !isAdmin(current[before])) {
					t.Fatalf("%s is an admin, and neither was nor will be one", m.Login)
				}
			}
		}
		if again := plan(now, members, admins); len(again) > 0 {
			t.Fatalf("a second plan is not empty: %v", again)
		}
		if len(now) != len(members)+len(admins) {
			t.Fatalf("want %v and %v, got %v", members, admins, now)
		}
	})
}
