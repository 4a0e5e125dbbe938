// Package approvalgate is the resource ApprovalGate: a rule of who has to approve before an environment is opened or updated.
package approvalgate

import (
	"context"
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed approvalgate.md
var docs string

// Resource is the resource ApprovalGate. It owns one approval rule on an environment.
type Resource struct {
	kit.Managed[Args, State, cloud.Gate]
}

var (
	_ infer.CustomResource[Args, State]       = (*Resource)(nil)
	_ infer.ExplicitDependencies[Args, State] = (*Resource)(nil)
)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, cloud.Gate]{
		Noun:   "gate",
		Name:   func(v State) string { return v.Name },
		ID:     func(v State) string { return id(v.Organization, v.GateID) },
		IDForm: "organization/id",

		Sets:  []string{"approvers.teams", "approvers.users", "requesters"},
		Rules: check,
		Diff:  compare,

		PreviewCreate: previewCreate,
		Create:        create,
		Look: func(ctx context.Context, op kit.Op, id []string) (cloud.Gate, error) {
			return op.Session.Client.Gate(ctx, id[0], id[1])
		},
		Read:          read,
		PreviewUpdate: previewUpdate,
		Update:        update,
		Planned:       plannedAccess,
		Explains:      explains,
		Remove:        remove,
		Stays:         ": the caller may see it, but not delete it. Use a token with the scope change_gate:delete",
		Removed: func(op kit.Op, state State, live cloud.Gate) {
			if live.ID != "" {
				op.Session.Program.GateDeleted(state.Organization, live)
			}
		},
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "ApprovalGate")
	a.Describe(r, docs)
}

// Args are the inputs of an ApprovalGate.
type Args struct {
	Organization              *string          `pulumi:"organization,optional" provider:"replaceOnChanges"`
	Project                   string           `pulumi:"project" provider:"replaceOnChanges"`
	Environment               string           `pulumi:"environment" provider:"replaceOnChanges"`
	Name                      *string          `pulumi:"name,optional"`
	Action                    types.GateAction `pulumi:"action" provider:"replaceOnChanges"`
	Approvers                 types.Approvers  `pulumi:"approvers"`
	RequiredApprovals         *int             `pulumi:"requiredApprovals,optional"`
	AllowSelfApproval         *bool            `pulumi:"allowSelfApproval,optional"`
	RequireReapprovalOnChange *bool            `pulumi:"requireReapprovalOnChange,optional"`
	Enabled                   *bool            `pulumi:"enabled,optional"`
	Requesters                *[]string        `pulumi:"requesters,optional"`
	TakeOver                  *bool            `pulumi:"takeOver,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Project, "The project of the environment that is guarded. Changing it makes another gate.")
	a.Describe(&v.Environment, "The name of the environment that is guarded. It must exist. Changing it makes another gate.")
	a.Describe(&v.Name, "The gate's name, for people. Default: the action and the environment, such as `open payments/prod`.")
	a.Describe(&v.Action, "What needs the approval. Changing it makes another gate; for both, make two gates.")
	a.Describe(&v.Approvers, types.ApproversHelp)
	a.Describe(&v.RequiredApprovals, types.RequiredApprovalsHelp)
	a.Describe(&v.AllowSelfApproval, types.AllowSelfApprovalHelp)
	a.Describe(&v.RequireReapprovalOnChange, types.ReapprovalHelp)
	a.Describe(&v.Enabled, types.GateEnabledHelp)
	a.Describe(&v.Requesters, "Logins of those who will ask. They are not counted among who could approve, and none of them may be named "+
		"as an approver. It is used for that check alone: whoever may do what is guarded can ask.")
	a.Describe(&v.TakeOver, "Whether to take over a gate that is exactly the same and exists already, instead of failing. It goes with "+
		"`gates` of `Environment`, which creates the gate first, and with the resource option `deletedWith`, after which a gate can outlive a "+
		"deletion that failed. Default: false.")
}

// State is what an ApprovalGate outputs.
type State struct {
	Organization              string           `pulumi:"organization"`
	Project                   string           `pulumi:"project"`
	Environment               string           `pulumi:"environment"`
	Name                      string           `pulumi:"name"`
	Action                    types.GateAction `pulumi:"action"`
	Approvers                 types.Approvers  `pulumi:"approvers"`
	RequiredApprovals         int              `pulumi:"requiredApprovals"`
	AllowSelfApproval         bool             `pulumi:"allowSelfApproval"`
	RequireReapprovalOnChange bool             `pulumi:"requireReapprovalOnChange"`
	Enabled                   bool             `pulumi:"enabled"`
	Requesters                *[]string        `pulumi:"requesters,optional"`
	GateID                    string           `pulumi:"gateId"`
	Unrecognized              []string         `pulumi:"unrecognized"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the gate belongs to.")
	a.Describe(&v.Project, "The project of the environment that is guarded.")
	a.Describe(&v.Environment, "The name of the environment that is guarded.")
	a.Describe(&v.Name, "The gate's name.")
	a.Describe(&v.Action, "What needs the approval.")
	a.Describe(&v.Approvers, types.ApproversHelp)
	a.Describe(&v.RequiredApprovals, "How many people must approve.")
	a.Describe(&v.AllowSelfApproval, "Whether people may approve what they asked for themselves.")
	a.Describe(&v.RequireReapprovalOnChange, "Whether a request that is changed after it was approved needs its approvals again.")
	a.Describe(&v.Enabled, "Whether the gate is in force.")
	a.Describe(&v.Requesters, "Logins of those who will ask.")
	a.Describe(&v.GateID, "The service's id of the gate.")
	a.Describe(&v.Unrecognized, "What was found in the gate at the last refresh and cannot be given here, because somebody set it "+
		"elsewhere: one line each. The next update removes it. Empty after every update.")
}

// check refuses a rule that nobody could ever satisfy, where that shows without asking anybody.
func check(ctx context.Context, op kit.Op, v Args) problem.List {
	problems := append(types.CheckEnvironmentName("project", v.Project), types.CheckEnvironmentName("environment", v.Environment)...)
	if v.Name != nil && *v.Name == "" {
		problems.Add("name", "must not be empty: leave it out for the default")
	}
	if v.Action != types.GateOpen && v.Action != types.GateUpdate {
		problems.Add("action", "%q is not an action: use open or update", v.Action)
	}
	return append(problems, op.Session.CheckScopes(ctx, ptr.Value(v.Organization), v.checkRule)...)
}

func (v Args) checkRule(catalogue access.Catalogue) problem.List {
	return approval.Check(catalogue, v.Approvers, ptr.Or(v.RequiredApprovals, 1), ptr.Value(v.Requesters))
}

// WireDependencies keeps what an update never changes known in its preview, and shows defaults as what they are.
func (r *Resource) WireDependencies(f infer.FieldSelector, args *Args, state *State) {
	f.OutputField(&state.Organization).DependsOn(f.InputField(&args.Organization))
	f.OutputField(&state.Project).DependsOn(f.InputField(&args.Project))
	f.OutputField(&state.Environment).DependsOn(f.InputField(&args.Environment))
	f.OutputField(&state.Name).DependsOn(
		f.InputField(&args.Name), f.InputField(&args.Action), f.InputField(&args.Project), f.InputField(&args.Environment))
	f.OutputField(&state.Action).DependsOn(f.InputField(&args.Action))
	f.OutputField(&state.Approvers).DependsOn(f.InputField(&args.Approvers))
	f.OutputField(&state.RequiredApprovals).DependsOn(f.InputField(&args.RequiredApprovals))
	f.OutputField(&state.AllowSelfApproval).DependsOn(f.InputField(&args.AllowSelfApproval))
	f.OutputField(&state.RequireReapprovalOnChange).DependsOn(f.InputField(&args.RequireReapprovalOnChange))
	f.OutputField(&state.Enabled).DependsOn(f.InputField(&args.Enabled))
	f.OutputField(&state.Requesters).DependsOn(f.InputField(&args.Requesters))
	organization, project := f.InputField(&args.Organization), f.InputField(&args.Project)
	f.OutputField(&state.GateID).DependsOn(organization.Computed(), project.Computed())
	f.OutputField(&state.Unrecognized).AlwaysKnown()
}
