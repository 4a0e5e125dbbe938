// Package approval decides whether a rule of approvals can be satisfied at all, and who can go around the gate that requires them.
// Call [Check] for the rule of a gate.
package approval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// CheckBlock finds what is wrong with the block of a component, as far as that can be told without asking anybody.
func CheckBlock(catalogue access.Catalogue, v types.Approval) problem.List {
	return Check(catalogue, v.Approvers, v.Required(), nil)
}

// Check finds rules that nobody could ever satisfy, as far as that shows in the rule itself: the members of teams,
// and holders of a permission, are not known here. Who will ask does not count, and may not be named. Paths are those of
// an [types.Approval].
func Check(catalogue access.Catalogue, approvers types.Approvers, required int, requesters []string) problem.List {
	var problems problem.List
	for _, list := range []struct {
		path   string
		values []string
	}{{"approvers.teams", approvers.Teams}, {"approvers.users", approvers.Users}} {
		for i, value := range list.values {
			problems = append(problems, types.CheckName(fmt.Sprintf("%s[%d]", list.path, i), value)...)
		}
	}
	named := Distinct(approvers.Users)
	left, _ := Without(named, requesters)
	for i, login := range approvers.Users {
		if _, asking := Without([]string{login}, requesters); len(asking) > 0 {
			problems = append(problems, problem.Problem{
				Path: fmt.Sprintf("approvers.users[%d]", i),
				Reason: fmt.Sprintf("%s is among those who will ask, which leaves %d of the %d approvers named here: name others",
					login, len(left), len(named)),
			})
		}
	}
	if scope := approvers.Permission; scope != nil && !catalogue.Has(access.Environment, *scope) {
		problems = append(problems, problem.Problem{
			Path: "approvers.permission",
			Reason: fmt.Sprintf("%q is not a scope of the environment that is known here; the nearest are %s. A newer scope can be "+
				"admitted by additionalScopes in the provider's configuration%s", *scope,
				strings.Join(catalogue.Nearest(access.Environment, *scope), ", "), catalogue.Unasked(*scope)),
		})
	}
	if required < 1 {
		return append(problems, problem.Problem{Path: "requiredApprovals", Reason: "must be at least 1"})
	}
	if len(approvers.Teams) > 0 || approvers.Permission != nil {
		return problems
	}
	people, asking := Without(Distinct(approvers.Users), requesters)
	if reason := TooFew(people, required, asking); reason != "" {
		path := "requiredApprovals"
		if len(people) == 0 && len(asking) == 0 {
			path = "approvers"
		}
		return append(problems, problem.Problem{Path: path, Reason: reason})
	}
	return problems
}

// TooFew says, with the count, why a number of approvals can never be reached by people of whom those who ask are
// left out; "" if it can.
func TooFew(people []string, required int, asking []string) string {
	if len(people) >= required {
		return ""
	}
	could := fmt.Sprintf("only %d people could approve (%s)", len(people), strings.Join(people, ", "))
	switch len(people) {
	case 0:
		could = "nobody could approve"
	case 1:
		could = fmt.Sprintf("only 1 person could approve (%s)", people[0])
	}
	if len(asking) > 0 {
		could += fmt.Sprintf(" besides the %d who will ask (%s)", len(asking), strings.Join(asking, ", "))
	}
	if len(people)+len(asking) == 0 {
		return fmt.Sprintf("%s, and %s: name teams, users or a permission that somebody holds", could, needed(required))
	}
	return fmt.Sprintf("%s, and %s: name more approvers, or ask for fewer", could, needed(required))
}

// Without splits logins in those that are not in a list, and those that are.
func Without(logins, list []string) (rest, in []string) {
	for _, login := range logins {
		if slices.ContainsFunc(list, func(l string) bool { return strings.EqualFold(l, login) }) {
			in = append(in, login)
		} else {
			rest = append(rest, login)
		}
	}
	return rest, in
}

func needed(required int) string {
	if required == 1 {
		return "1 approval is required"
	}
	return fmt.Sprintf("%d approvals are required", required)
}

// Distinct drops repeated logins, whose case makes no difference, and sorts the rest.
func Distinct(logins []string) []string {
	sorted := slices.Clone(logins)
	slices.SortFunc(sorted, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return slices.CompactFunc(sorted, strings.EqualFold)
}
