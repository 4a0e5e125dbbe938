package faultmatrix_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// guarding are what the law of access is about, with the programs of the matrix.
var guarding = []string{
	"ScopedTeam", "ProductionEnvironment", "SecretStoreEnvironment", "ReadOnlyCloudAccess", "BreakGlass", "CiTrust", "OrganizationBaseline",
	"OrganizationSettings", "DeploymentRole", "DeploymentRoleAssignment", "EntityAccess", "TieredAccess", "TeamAccess", "Team", "Role", "OidcIssuer",
}

// access is who may do what at a moment: people by the sandbox's own decisions, and machines by what trusts them.
type access struct {
	people   servertest.Holdings
	machines map[string]bool
}

func (b *bench) access() access {
	var state trustState
	require.NoError(b.t, json.Unmarshal(b.sandbox.State(), &state))
	people := b.sandbox.Holdings()
	maps.DeleteFunc(people, func(h server.Holding, _ time.Duration) bool { return state.isEmpty(h.Entity) })
	return access{people, state.machines()}
}

// trustState is what the sandbox's state says of whom it trusts.
type trustState struct {
	Environments map[string]struct{ Definition string }
	Issuers      map[string]struct {
		URL      string
		Policies []json.RawMessage
	} `json:"oidcIssuers"`
	Stacks map[string]struct {
		Deployment struct {
			OperationContext struct {
				Role struct{ ID string } `json:"role"`
			} `json:"operationContext"`
		}
	}
	Roles map[string]struct{ Details json.RawMessage }
}

// isEmpty reports whether an entity is an environment that has no definition yet: who opens it gets nothing.
func (s trustState) isEmpty(entity string) bool {
	name, is := strings.CutPrefix(entity, "environment ")
	environment, found := s.Environments[name]
	return is && found && environment.Definition == ""
}

// machines are the policies that admit CI jobs, and what deployments run as.
func (s trustState) machines() map[string]bool {
	all := map[string]bool{}
	for _, issuer := range s.Issuers {
		for _, policy := range issuer.Policies {
			if strings.Contains(string(policy), `"allow"`) {
				all[issuer.URL+" admits "+string(policy)] = true
			}
		}
	}
	for name, stack := range s.Stacks {
		if role := stack.Deployment.OperationContext.Role.ID; role != "" {
			all["deployments of "+name+" have "+s.rules(role)] = true
		}
	}
	return all
}

// rules are a role's, with those of the records that it is composed of in place of their ids.
func (s trustState) rules(id string) string {
	text := string(s.Roles[id].Details)
	for other := range s.Roles {
		if other != id && strings.Contains(text, other) {
			text = strings.ReplaceAll(text, other, s.rules(other))
		}
	}
	return text
}

// beyond is what is allowed here although neither of the others allows it.
func (a access) beyond(old, new access) []string {
	out := a.people.Beyond(old.people, new.people)
	for one := range a.machines {
		if !old.machines[one] && !new.machines[one] {
			out = append(out, one)
		}
	}
	return out
}

// missing is what is denied here although both of the others allow it.
func (a access) missing(old, new access) []string {
	both := servertest.Holdings{}
	for _, pair := range [][2]access{{old, new}, {new, old}} {
		for holding, limit := range pair[0].people {
			if one := (servertest.Holdings{holding: limit}); len(one.Beyond(pair[1].people)) == 0 {
				both[holding] = limit
			}
		}
	}
	out := both.Beyond(a.people)
	for one := range old.machines {
		if new.machines[one] && !a.machines[one] {
			out = append(out, one)
		}
	}
	return out
}

// TestNoAccessBeyondOldAndNew is the law of access: after every call of every operation, undisturbed or with a fault at any of its calls,
// whatever order the children run in, nobody may do what neither the program before nor the one after lets them, and everybody may do what
// both let them. An operation that was interrupted is finished, under the same law.
func TestNoAccessBeyondOldAndNew(t *testing.T) {
	t.Parallel()
	counts := &tally{}
	t.Run("programs", func(t *testing.T) {
		for _, p := range programs {
			if !slices.Contains(guarding, p.kind) {
				continue
			}
			t.Run(p.kind, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				for _, op := range b.operations(p) {
					b.watchAccess(t, p, op, counts)
				}
			})
		}
	})
	counts.print(t)
}

// interruptions are the faults of the law of access: those that stop an operation, with what was carried out and without.
func interruptions() []fault {
	return slices.DeleteFunc(slices.Concat(faults, crashes), func(f fault) bool {
		return !slices.Contains([]string{"403", "reset after the write", "reset before the write", "killed before the call", "killed after the call"}, f.name)
	})
}

func (b *bench) watchAccess(t *testing.T, p program, op operation, counts *tally) {
	b.goTo(op.before)
	old := b.access()
	b.striker.begin(strike{})
	require.NoError(t, op.run())
	require.NoError(t, op.again())
	next := b.access()
	for at := 0; at <= len(op.calls); at++ {
		for _, f := range interruptions() {
			for _, r := range []reach{once, outage} {
				s := strike{f, at, r}
				name := "access: " + s.name(p, op)
				if isChosen(name) || at == 0 && r == once && f.name == "403" {
					b.watchRun(t, op, s, name, old, next)
					counts.add(p.kind, f.name, string(byItself))
				}
			}
		}
	}
}

func (b *bench) watchRun(t *testing.T, op operation, s strike, name string, old, next access) {
	b.goTo(op.before)
	random := rand.New(rand.NewPCG(chance(name), 0))
	b.engine.Jitter(func() time.Duration { return time.Duration(random.IntN(2000)) * time.Microsecond })
	defer b.engine.Jitter(nil)
	var wrong []string
	b.striker.watch(func(call string) {
		now := b.access()
		for _, line := range now.beyond(old, next) {
			wrong = append(wrong, fmt.Sprintf("after %s: allowed, but not before or afterwards: %s", call, line))
		}
		for _, line := range now.missing(old, next) {
			wrong = append(wrong, fmt.Sprintf("after %s: denied, but allowed before and afterwards: %s", call, line))
		}
	})
	defer b.striker.watch(nil)
	b.striker.begin(s)
	failed := op.run()
	assert.Empty(t, wrong, "%s\nthe run: %v", name, failed)
	wrong = nil
	b.striker.begin(strike{})
	_, err := b.follow(op)
	if assert.NoError(t, err, "%s\nthe run: %v", name, failed) {
		assert.Empty(t, wrong, "%s\nin the run after it; the run: %v", name, failed)
	}
}
