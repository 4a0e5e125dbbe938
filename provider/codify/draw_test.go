package codify_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
)

// odd are texts that a language could take for something else.
var odd = []string{
	"", "plain", `"`, `""`, `"""`, `\`, `\n`, "`", "${x}", "$${x}", "%{y}", "%%{", "#", "//", "*/", "'", "'''", "\t", "\n", "\n\n", "a\nb\n", "é", "\u2028", "\u00a0", "😀", "{{", "{",
	"true", "null", "1e3", "2026-01-01", "- a", "a: b", "fn::secret", "literal0x", "!", "&a", "*a", "@", "~", " ", "x ",
}

func text(d *rapid.T, label string, most int) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(odd), 0, most).Draw(d, label), "")
}

func pick[T any](d *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(d, label)
}

func some(d *rapid.T, label string, from ...string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, len(from), rapid.ID[string]).Draw(d, label)
}

func yes(d *rapid.T, label string) bool { return rapid.Bool().Draw(d, label) }

// drawSeed draws an organization in which everything occurs that a program can hold, and much that it cannot.
func drawSeed(d *rapid.T) string {
	s := seed.Seed{
		Organization: "acme",
		Settings: seed.Settings{
			DefaultStackPermission: pick(d, "stacks", "none", "read", "write"), DefaultEnvironmentPermission: pick(d, "environments", "none", "read", "open"),
			DefaultAccountPermission: pick(d, "accounts", "none", "read"), DefaultRole: pick(d, "default role", "", "reader"),
		},
		Users: []seed.User{{Login: "ana", Role: "admin"}, {Login: "bo"}, {Login: "cy", Suspended: yes(d, "suspended")}, {Login: "di"}},
	}
	drawRecords(d, &s)
	drawEntities(d, &s)
	drawTeams(d, &s)
	for i, url := range some(d, "issuers", "https://token.actions.githubusercontent.com", "https://gitlab.com", "https://example.com") {
		issuer := seed.Issuer{Name: fmt.Sprintf("%s %d", text(d, "issuer's name", 1), i), URL: url, MaxExpiration: pick(d, "expiration", 0, 3600)}
		if len(s.Teams) > 0 {
			issuer.Policies = append(issuer.Policies, seed.Policy{Team: s.Teams[0].Name, Claims: map[string]string{"sub": "repo:acme/app:ref:refs/heads/" + pick(d, "branch", "main", "*", "a*b"), "aud": "urn:pulumi:org:acme"}})
		}
		s.OIDCIssuers = append(s.OIDCIssuers, issuer)
	}
	if yes(d, "agent") {
		s.Agents = append(s.Agents, seed.Agent{Name: "helper"})
	}
	written, err := json.Marshal(tree(reflect.ValueOf(s)))
	if err != nil {
		panic(err)
	}
	return string(written)
}

// tree is a seed without what is zero. It is written as JSON, because the YAML encoder does not read back all that it writes.
func tree(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			if field := v.Field(i); !field.IsZero() {
				out[v.Type().Field(i).Tag.Get("yaml")] = tree(field)
			}
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, tree(v.Index(i)))
		}
		return out
	default:
		return v.Interface()
	}
}

func drawRecords(d *rapid.T, s *seed.Seed) {
	for _, name := range some(d, "sets", "readers", "Read ers", "readers 2") {
		s.Roles = append(s.Roles, seed.Role{
			Name: name, Purpose: "set", ResourceType: "stack", Description: text(d, "set's description", 2), Scopes: []string{"stack:read"},
		})
	}
	for _, name := range some(d, "roles", "class", "read-ers", "read ers", "für", "9 lives") {
		role := seed.Role{Name: name, Description: text(d, "role's description", 3)}
		if yes(d, "not expressible") {
			role.Details = map[string]any{"__type": "PermissionDescriptorIfThenElse",
				"condition":       map[string]any{"__type": "PermissionExpressionEqual", "left": map[string]any{"__type": "PermissionLiteralExpressionString", "value": "a"}, "right": map[string]any{"__type": "PermissionLiteralExpressionString", "value": "b"}},
				"subNodeForTrue":  map[string]any{"__type": "PermissionDescriptorAllow", "permissions": []string{"stack:read"}},
				"subNodeForFalse": map[string]any{"__type": "PermissionDescriptorAllow", "permissions": []string{"team:list"}}}
		} else {
			role.Scopes = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"stack:read", "stack:write", "environment:open", "environment:read", "team:list", "role:read", "insights_account:read"}), 1, 4, rapid.ID[string]).Draw(d, "scopes")
		}
		s.Roles = append(s.Roles, role)
	}
}

func roleOf(d *rapid.T, s *seed.Seed) string {
	names := []string{""}
	for _, role := range s.Roles {
		if role.Purpose == "" {
			names = append(names, role.Name)
		}
	}
	return pick(d, "role", names...)
}

func drawEntities(d *rapid.T, s *seed.Seed) {
	tags := func() map[string]string {
		all := map[string]string{}
		for _, key := range some(d, "tags", "tier", "a.b", "a-b", "true") {
			all[key] = text(d, "tag", 2)
		}
		return all
	}
	for _, name := range some(d, "stacks", "prod", "dev", "import") {
		s.Stacks = append(s.Stacks, seed.Stack{Project: "web", Stack: name, Owner: pick(d, "owner", "ana", "bo")})
	}
	for _, name := range some(d, "environments", "prod", "dev", "class", "1st", "a.b", "a_b", "leaky") {
		definition := ""
		switch {
		case name == "leaky":
			definition = "values: {password: hunter3}"
		case yes(d, "definition"):
			out, err := json.MarshalIndent(map[string]any{"values": map[string]any{"a": text(d, "value", 4), "sealed": map[string]any{"fn::secret": "hunter2"}}}, "", "  ")
			if err != nil {
				panic(err)
			}
			out = append(out, '\n')
			definition = strings.ReplaceAll(string(out), "${", "$${") + pick(d, "comment", "", "# \"quoted\\\" `tick` ${x} $$ \"\"\"\n", "# no end of line")
		}
		s.Environments = append(s.Environments, seed.Environment{
			Project: "payments", Environment: name, Definition: definition, Owner: pick(d, "owner", "ana", "bo"), Tags: tags(),
			DeletionProtected: yes(d, "protected"),
		})
		for _, action := range some(d, "gates", "open", "update") {
			gate := seed.Gate{Project: "payments", Environment: name, Action: action, Name: text(d, "gate's name", 2),
				Approvers: seed.Approvers{Users: []string{"ana", "bo"}}, AllowSelfApproval: yes(d, "self-approval")}
			s.Gates = append(s.Gates, gate)
		}
	}
	if yes(d, "account") {
		s.Accounts = append(s.Accounts, seed.Account{Account: "aws-prod", Owner: "ana"})
	}
}

func drawTeams(d *rapid.T, s *seed.Seed) {
	for _, name := range some(d, "teams", "class", "Payments", "pay-ments", "pay.ments", "9", "ctx") {
		team := seed.Team{Name: name, DisplayName: text(d, "display name", 2), Description: text(d, "team's description", 3),
			Members: some(d, "members", "bo", "cy"), Role: roleOf(d, s)}
		team.Admins = slices.DeleteFunc(some(d, "admins", "di", "bo"), func(login string) bool { return slices.Contains(team.Members, login) })
		s.Teams = append(s.Teams, team)
		for _, e := range s.Environments {
			if yes(d, "grant") {
				s.Grants = append(s.Grants, seed.Grant{Team: name, Project: e.Project, Environment: e.Environment,
					Permission: pick(d, "level", "read", "open", "write", "admin"), MaxOpenDuration: pick(d, "bound", "", "1h", "90m")})
			}
		}
		for _, e := range s.Stacks {
			if yes(d, "grant") {
				s.Grants = append(s.Grants, seed.Grant{Team: name, Project: e.Project, Stack: e.Stack, Permission: pick(d, "level", "read", "write", "admin")})
			}
		}
	}
	for _, e := range s.Stacks {
		if yes(d, "collaborator") {
			s.Grants = append(s.Grants, seed.Grant{User: "di", Project: e.Project, Stack: e.Stack, Permission: "read"})
		}
	}
}
