package role

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

func genEnvironmentRules(t *rapid.T, what string) access.Access {
	var a access.Access
	for range rapid.IntRange(0, 4).Draw(t, what) {
		var rule access.Rule
		switch rapid.IntRange(0, 2).Draw(t, "selector") {
		case 0:
			rule.Project, rule.Name = "p", rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")
		case 1:
			rule.Tags = map[string]string{"tier": rapid.SampledFrom([]string{"dev", "prod"}).Draw(t, "tier")}
			if rapid.Bool().Draw(t, "narrow") {
				rule.Tags["area"] = "eu"
			}
		default:
			rule.All = true
		}
		switch rapid.IntRange(0, 2).Draw(t, "grant") {
		case 0:
			rule.Permission = rapid.SampledFrom(access.Levels(access.Environment)).Draw(t, "level")
		case 1:
			rule.Scopes = []string{rapid.SampledFrom([]string{"environment:read", "environment:open", "environment:delete"}).Draw(t, "scope")}
		default:
			rule.PermissionSet = "custom"
		}
		if rule.Permission == access.Open || slices.Contains(rule.Scopes, "environment:open") {
			rule.MaxOpenDuration = rapid.SampledFrom([]time.Duration{0, time.Hour, 2 * time.Hour}).Draw(t, "bound")
		}
		a.Environments = append(a.Environments, rule)
	}
	return a
}

// holds is what rules give on an environment, worked out one by one.
func holds(a access.Access, name string, tags map[string]string) granted {
	all := access.Granted{Scopes: map[string]time.Duration{}}
	for _, rule := range a.Environments {
		if rule.All || rule.Name == name || (rule.Tags != nil && within(rule.Tags, tags)) {
			for scope, limit := range grantedBy(access.Environment, rule.Grant) {
				all.Grant(scope, limit)
			}
		}
	}
	return all.Scopes
}

// Where nothing is named as lost, nothing is: on no environment, whatever its name and tags.
func TestLostAccessNamesEveryLoss(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from, to := genEnvironmentRules(t, "from"), genEnvironmentRules(t, "to")
		lines := lostAccess(from, to)
		for _, name := range []string{"a", "b", "c"} {
			for _, tags := range []map[string]string{{}, {"tier": "dev"}, {"tier": "prod", "area": "eu"}, {"tier": "dev", "area": "eu"}} {
				if missing := holds(from, name, tags).without(holds(to, name, tags)); len(missing) > 0 && len(lines) == 0 {
					t.Fatalf("%v is lost on %s %v, and nothing says so", missing, name, tags)
				}
			}
		}
		assert.Empty(t, lostAccess(from, from))
	})
}

func TestLostAccessComparesScopes(t *testing.T) {
	t.Parallel()
	stack := func(level access.Level) access.Access {
		return access.Access{Stacks: []access.Rule{{Selector: access.Selector{Project: "p", Name: "s"}, Grant: access.Grant{Permission: level}}}}
	}
	assert.Empty(t, lostAccess(stack(access.Read), stack(access.Write)), "read that becomes write takes nothing away")
	lost := strings.Join(lostAccess(stack(access.Write), stack(access.Read)), "\n")
	assert.Contains(t, lost, "stack p/s: write, where it would be read (")
	everywhere := access.Access{Stacks: []access.Rule{{Selector: access.Selector{All: true}, Grant: access.Grant{Permission: access.Write}}}}
	assert.Empty(t, lostAccess(stack(access.Write), everywhere), "a rule on everything gives the same")
	assert.Equal(t, []string{"every stack: write"}, lostAccess(everywhere, stack(access.Write)))
	assert.Empty(t, lostAccess(access.Access{Organization: access.ReadOnly}, access.Access{
		Scopes: access.LevelScopes(access.Organization, access.ReadOnly),
	}))
}
