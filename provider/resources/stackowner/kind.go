package stackowner

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/ownership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

var kind = ownership.Kind{
	Resource: "StackOwner", Entity: access.Stack, CheckName: types.CheckName,
	Calls: func(op kit.Op, organization string) ownership.Calls {
		return &calls{client: op.Session.Client, organization: organization}
	},
	WouldRemove: "an update would remove these direct grants; deleting this resource does not give them back:",
	StayRemoved: "direct grants that were removed stay removed; to grant one again, use EntityAccess:",
}

var form = ownership.Form[Args, State]{
	Wanted: func(v Args) ownership.State { return stateOf(ptr.Value(v.Organization), v) },
	Inputs: argsOf,
	Read: func(v State) ownership.State {
		out := stateOf(v.Organization, v.Args)
		for _, one := range v.Stacks {
			out.Entities = append(out.Entities, ownership.Owned{
				Project: one.Project, Name: one.Stack, ID: one.StackID, Owner: one.Owner,
				PreviousOwner: one.PreviousOwner, Grants: one.Grants, Removed: one.Removed, Owed: one.Owed,
			})
		}
		return out
	},
	Write: func(v ownership.State) State {
		out := State{Organization: v.Organization, Args: argsOf(v), Stacks: []types.OwnedStack{}}
		for _, one := range v.Entities {
			out.Stacks = append(out.Stacks, types.OwnedStack{
				Project: one.Project, Stack: one.Name, StackID: one.ID, Owner: one.Owner,
				PreviousOwner: one.PreviousOwner, Grants: one.Grants, Removed: one.Removed, Owed: one.Owed,
			})
		}
		return out
	},
}

func argsOf(v ownership.State) Args {
	return Args{
		Organization: &v.Organization, Project: v.Project, Stack: v.Name, Tags: v.Tags, Owner: v.Owner, Keep: v.Keep, Allow: v.Allow,
	}
}

func stateOf(organization string, v Args) ownership.State {
	return ownership.State{
		Selection: ownership.Selection{Organization: organization, Project: v.Project, Name: v.Stack, Tags: v.Tags},
		Owner:     v.Owner, Keep: v.Keep, Allow: v.Allow,
	}
}
