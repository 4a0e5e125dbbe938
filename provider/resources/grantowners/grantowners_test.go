package grantowners_test

import (
	"context"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/grantowners"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

type object = map[string]any

type list = []any

// one is a resource of a program.
type one struct {
	kind, name string
	inputs     object
}

func on(more object) object {
	inputs := object{"organization": "acme", "stack": object{"project": "payments", "stack": "prod"}}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}

func teamAccess(team string, more object) one {
	inputs := object{"organization": "acme", "team": team}
	for key, value := range more {
		inputs[key] = value
	}
	return one{"TeamAccess", "t", inputs}
}

func stackOwner(more object) one {
	inputs := object{"organization": "acme", "owner": "ana"}
	for key, value := range more {
		inputs[key] = value
	}
	return one{"StackOwner", "o", inputs}
}

func environmentOwner(more object) one {
	owner := stackOwner(more)
	owner.kind = "EnvironmentOwner"
	return owner
}

func onEnvironment(more object) one {
	inputs := object{"organization": "acme", "environment": object{"project": "payments", "environment": "prod"}}
	for key, value := range more {
		inputs[key] = value
	}
	return one{"EntityAccess", "e", inputs}
}

var (
	web     = list{object{"team": "web", "permission": "read"}}
	bo      = list{object{"user": "bo", "permission": "read"}}
	granted = list{object{"project": "payments", "stack": "prod", "permission": "read"}}
	unknown = property.New(property.Computed)
)

// served checks inputs with nothing behind it.
func served(t *testing.T) integration.Server {
	t.Helper()
	s, err := integration.NewServer(t.Context(), "leastprivilege", semver.MustParse("1.0.0"), integration.WithProvider(grantowners.WithOneOwner(p.Provider{
		Configure: func(_ context.Context, _ p.ConfigureRequest) error { return nil },
		Check: func(_ context.Context, req p.CheckRequest) (p.CheckResponse, error) {
			return p.CheckResponse{Inputs: req.Inputs}, nil
		},
	})))
	require.NoError(t, err)
	return s
}

// check checks the resources of a program one after the other, and returns the properties that are refused.
func check(t *testing.T, s integration.Server, program ...one) (refused []string, reason string) {
	t.Helper()
	for _, r := range program {
		resp, err := s.Check(p.CheckRequest{
			Urn: urn.New("dev", "platform", "", tokens.Type("leastprivilege:index:"+r.kind), r.name), Inputs: resourcetest.Object(r.inputs),
		})
		require.NoError(t, err)
		for _, failure := range resp.Failures {
			refused, reason = append(refused, r.kind+"."+failure.Property), failure.Reason
		}
	}
	return refused, reason
}

// Two resources of a program that own the same grants are refused, whichever comes first, and told what to do.
func TestOneOwner(t *testing.T) {
	t.Parallel()
	entity := func(inputs object) one { return one{"EntityAccess", "e", inputs} }
	for name, test := range map[string]struct {
		one, other one
		refused    [2]string // the property that is refused, as the second one and as the first one
	}{
		"both grant": {entity(on(object{"teams": web})), teamAccess("web", object{"stacks": granted}), [2]string{"TeamAccess.stacks", "EntityAccess.teams"}},
		"the entity's grants it": {entity(on(object{"teams": web})), teamAccess("web", object{"stacks": list{}}),
			[2]string{"TeamAccess.stacks", "EntityAccess.teams"}},
		"the team's grants it": {entity(on(object{"teams": list{}})), teamAccess("web", object{"stacks": granted}),
			[2]string{"TeamAccess.stacks", "EntityAccess.teams"}},
		"neither grants it":         {entity(on(object{"teams": web})), teamAccess("payments", object{"stacks": list{}}), [2]string{}},
		"the team's other kinds":    {entity(on(object{"teams": web})), teamAccess("web", object{"environments": list{}}), [2]string{}},
		"people only":               {entity(on(object{"users": bo})), teamAccess("web", object{"stacks": granted}), [2]string{}},
		"report":                    {entity(on(object{"teams": web, "mode": "report"})), teamAccess("web", object{"stacks": granted}), [2]string{}},
		"other organization":        {entity(on(object{"teams": web})), teamAccess("web", object{"stacks": granted, "organization": "other"}), [2]string{}},
		"organization's spelling":   {entity(on(object{"teams": web})), teamAccess("web", object{"stacks": granted, "organization": "ACME"}), [2]string{"TeamAccess.stacks", "EntityAccess.teams"}},
		"other stack":               {entity(on(object{"teams": list{}})), teamAccess("web", object{"stacks": list{object{"project": "payments", "stack": "dev", "permission": "read"}}}), [2]string{}},
		"axis not known":            {entity(on(object{"teams": web})), teamAccess("web", object{"stacks": unknown}), [2]string{}},
		"team not known":            {entity(on(object{"teams": web})), one{"TeamAccess", "t", object{"organization": "acme", "team": unknown, "stacks": granted}}, [2]string{}},
		"twice":                     {entity(on(object{"users": bo})), one{"EntityAccess", "f", on(object{"users": list{}})}, [2]string{"EntityAccess.users", "EntityAccess.users"}},
		"twice, an axis each":       {entity(on(object{"users": bo})), one{"EntityAccess", "f", on(object{"teams": web})}, [2]string{}},
		"twice, one only reports":   {entity(on(object{"users": bo})), one{"EntityAccess", "f", on(object{"users": bo, "mode": "report"})}, [2]string{}},
		"twice, on another":         {entity(on(object{"users": bo})), one{"EntityAccess", "f", object{"organization": "acme", "account": "aws", "users": bo}}, [2]string{}},
		"an owner keeps nobody":     {entity(on(object{"users": bo})), stackOwner(object{"project": "payments", "stack": "prod"}), [2]string{"StackOwner.keep", "EntityAccess.users"}},
		"an owner of the project":   {entity(on(object{"users": bo})), stackOwner(object{"project": "payments"}), [2]string{"StackOwner.keep", "EntityAccess.users"}},
		"an owner keeps the same":   {entity(on(object{"users": bo})), stackOwner(object{"project": "payments", "stack": "prod", "keep": list{"BO"}}), [2]string{}},
		"an owner of another":       {entity(on(object{"users": bo})), stackOwner(object{"project": "payments", "stack": "dev"}), [2]string{}},
		"an owner by tags":          {entity(on(object{"users": bo})), stackOwner(object{"tags": object{"a": "b"}}), [2]string{}},
		"an owner, people left out": {entity(on(object{"teams": web})), stackOwner(object{"project": "payments", "stack": "prod"}), [2]string{}},
		"an owner, name unknown":    {entity(on(object{"users": bo})), stackOwner(object{"project": "payments", "stack": unknown}), [2]string{}},
		"an owner of environments":  {entity(on(object{"users": bo})), environmentOwner(object{"project": "payments"}), [2]string{}},
		"an environment's owner keeps nobody": {onEnvironment(object{"users": bo}), environmentOwner(object{"project": "payments", "environment": "prod"}),
			[2]string{"EnvironmentOwner.keep", "EntityAccess.users"}},
		"an owner of the project's environments": {onEnvironment(object{"users": bo}), environmentOwner(object{"project": "payments"}),
			[2]string{"EnvironmentOwner.keep", "EntityAccess.users"}},
		"an environment's owner keeps the same": {onEnvironment(object{"users": bo}),
			environmentOwner(object{"project": "payments", "environment": "prod", "keep": list{"BO"}}), [2]string{}},
		"an owner of another environment":    {onEnvironment(object{"users": bo}), environmentOwner(object{"project": "payments", "environment": "dev"}), [2]string{}},
		"an owner of environments by tags":   {onEnvironment(object{"users": bo}), environmentOwner(object{"tags": object{"a": "b"}}), [2]string{}},
		"an owner of stacks, an environment": {onEnvironment(object{"users": bo}), stackOwner(object{"project": "payments"}), [2]string{}},
		"an owner, people unknown": {entity(on(object{"users": list{object{"user": unknown, "permission": "read"}}})),
			stackOwner(object{"project": "payments", "stack": "prod"}), [2]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, program := range [][]one{{test.one, test.other}, {test.other, test.one}} {
				s := served(t)
				refused, reason := check(t, s, program...)
				if test.refused[i] == "" {
					assert.Empty(t, refused, reason)
					continue
				}
				assert.Equal(t, []string{test.refused[i]}, refused)
				assert.Contains(t, reason, "urn:pulumi:dev::platform::leastprivilege:index:"+program[0].kind, "who owns it")
				again, _ := check(t, s, program[0])
				assert.Empty(t, again, "the same resource again")
				require.NoError(t, s.Configure(p.ConfigureRequest{}))
				next, _ := check(t, s, program[1])
				assert.Empty(t, next, "another operation begins anew")
			}
		})
	}
}
