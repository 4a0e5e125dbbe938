package types

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// GateAction is what of an environment an approval gate guards.
type GateAction string

// Actions that can be gated.
const (
	GateOpen   GateAction = "open"
	GateUpdate GateAction = "update"
)

// Values lists the actions.
func (GateAction) Values() []infer.EnumValue[GateAction] {
	return []infer.EnumValue[GateAction]{
		{Name: "Open", Value: GateOpen, Description: "Opening the environment, directly or by importing it. Deployments that open it need an approval too, and fail without."},
		{Name: "Update", Value: GateUpdate, Description: "Changing the environment's definition. A change is submitted as a draft, approved, and applied."},
	}
}

// Approvers are who may approve: anyone of these.
type Approvers struct {
	Teams      []string `pulumi:"teams,optional" list:"set"`
	Users      []string `pulumi:"users,optional" list:"set"`
	Permission *string  `pulumi:"permission,optional"`
}

// Annotate describes the approvers.
func (v *Approvers) Annotate(a infer.Annotator) {
	a.Describe(v, "Who may approve: anyone of these. Machine tokens never do.")
	a.Describe(&v.Teams, "Names of teams, whose members may approve.")
	a.Describe(&v.Users, "Logins of people who may approve.")
	a.Describe(&v.Permission, "A scope on the environment, such as `environment:write`: whoever holds it may approve.")
}

// Approval is a gate as components take it, for an action and an environment that they know.
type Approval struct {
	Approvers                 Approvers `pulumi:"approvers"`
	RequiredApprovals         *int      `pulumi:"requiredApprovals,optional"`
	AllowSelfApproval         *bool     `pulumi:"allowSelfApproval,optional"`
	RequireReapprovalOnChange *bool     `pulumi:"requireReapprovalOnChange,optional"`
	Enabled                   *bool     `pulumi:"enabled,optional"`
}

// EnvironmentGate is a gate as an environment is told of it.
type EnvironmentGate struct {
	Action                    GateAction `pulumi:"action"`
	Approvers                 Approvers  `pulumi:"approvers"`
	RequiredApprovals         *int       `pulumi:"requiredApprovals,optional"`
	AllowSelfApproval         *bool      `pulumi:"allowSelfApproval,optional"`
	RequireReapprovalOnChange *bool      `pulumi:"requireReapprovalOnChange,optional"`
	Enabled                   *bool      `pulumi:"enabled,optional"`
}

// Annotate describes the gate.
func (v *EnvironmentGate) Annotate(a infer.Annotator) {
	a.Describe(v, "A gate on the environment, as an `ApprovalGate` with the default name declares it.")
	a.Describe(&v.Action, "What needs the approval.")
	a.Describe(&v.Approvers, ApproversHelp)
	a.Describe(&v.RequiredApprovals, RequiredApprovalsHelp)
	a.Describe(&v.AllowSelfApproval, AllowSelfApprovalHelp)
	a.Describe(&v.RequireReapprovalOnChange, ReapprovalHelp)
	a.Describe(&v.Enabled, GateEnabledHelp)
}

// Approval is the gate without its action.
func (v EnvironmentGate) Approval() Approval {
	return Approval{
		Approvers: v.Approvers, RequiredApprovals: v.RequiredApprovals, AllowSelfApproval: v.AllowSelfApproval,
		RequireReapprovalOnChange: v.RequireReapprovalOnChange, Enabled: v.Enabled,
	}
}

// On is the gate for an approval of an action.
func (v Approval) On(action GateAction) EnvironmentGate {
	return EnvironmentGate{
		Action: action, Approvers: v.Approvers, RequiredApprovals: v.RequiredApprovals, AllowSelfApproval: v.AllowSelfApproval,
		RequireReapprovalOnChange: v.RequireReapprovalOnChange, Enabled: v.Enabled,
	}
}

// Help texts of a gate's properties, for the resource and the block.
const (
	ApproversHelp         = "Who may approve."
	RequiredApprovalsHelp = "How many people must approve, at least 1. Default: 1. A gate that not enough people could ever satisfy is refused."
	AllowSelfApprovalHelp = "Whether people may approve what they asked for themselves. Default: false."
	ReapprovalHelp        = "Whether a request that is changed after it was approved needs its approvals again. Default: true."
	GateEnabledHelp       = "Whether the gate is in force. Default: true. One that is not lets everything pass."
)

// Annotate describes the block.
func (v *Approval) Annotate(a infer.Annotator) {
	a.Describe(v, "An approval that an action on an environment needs.")
	a.Describe(&v.Approvers, ApproversHelp)
	a.Describe(&v.RequiredApprovals, RequiredApprovalsHelp)
	a.Describe(&v.AllowSelfApproval, AllowSelfApprovalHelp)
	a.Describe(&v.RequireReapprovalOnChange, ReapprovalHelp)
	a.Describe(&v.Enabled, GateEnabledHelp)
}

// Check finds what is wrong with the block, as far as that can be told without asking anybody.
func (v Approval) Check(catalogue access.Catalogue) problem.List {
	return CheckApproval(catalogue, v.Approvers, v.Required(), nil)
}

// Required is how many approvals are needed.
func (v Approval) Required() int {
	if v.RequiredApprovals == nil {
		return 1
	}
	return *v.RequiredApprovals
}

// CheckApproval finds rules that nobody could ever satisfy, as far as that shows in the rule itself: the members of teams,
// and holders of a permission, are not known here. Who will ask does not count, and may not be named. Paths are those of
// an [Approval].
func CheckApproval(catalogue access.Catalogue, approvers Approvers, required int, requesters []string) problem.List {
	var problems problem.List
	for _, list := range []struct {
		path   string
		values []string
	}{{"approvers.teams", approvers.Teams}, {"approvers.users", approvers.Users}} {
		for i, value := range list.values {
			problems = append(problems, CheckName(fmt.Sprintf("%s[%d]", list.path, i), value)...)
		}
	}
	named := DistinctLogins(approvers.Users)
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
				"admitted by additionalScopes in the provider's configuration", *scope,
				strings.Join(catalogue.Nearest(access.Environment, *scope), ", ")),
		})
	}
	if required < 1 {
		return append(problems, problem.Problem{Path: "requiredApprovals", Reason: "must be at least 1"})
	}
	if len(approvers.Teams) > 0 || approvers.Permission != nil {
		return problems
	}
	people, asking := Without(DistinctLogins(approvers.Users), requesters)
	if reason := TooFewApprovers(people, required, asking); reason != "" {
		path := "requiredApprovals"
		if len(people) == 0 && len(asking) == 0 {
			path = "approvers"
		}
		return append(problems, problem.Problem{Path: path, Reason: reason})
	}
	return problems
}

// TooFewApprovers says, with the count, why a number of approvals can never be reached by people of whom those who ask are
// left out; "" if it can.
func TooFewApprovers(people []string, required int, asking []string) string {
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

// DistinctLogins drops repeated logins, whose case makes no difference, and sorts the rest.
func DistinctLogins(logins []string) []string {
	sorted := slices.Clone(logins)
	slices.SortFunc(sorted, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return slices.CompactFunc(sorted, strings.EqualFold)
}
