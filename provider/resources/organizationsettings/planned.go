package organizationsettings

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// accessSettings are the settings that decide about access, with their place in an organization.
var accessSettings = map[string]func(o *graph.Organization, value string){
	defaultStackSetting:        func(o *graph.Organization, value string) { o.Defaults.Stack = access.Level(value) },
	defaultEnvironmentSetting:  func(o *graph.Organization, value string) { o.Defaults.Environment = access.Level(value) },
	defaultAccountSetting:      func(o *graph.Organization, value string) { o.Defaults.Account = access.Level(value) },
	defaultRoleSetting:         func(o *graph.Organization, value string) { *o = o.WithDefaultRole(value) },
	deploymentRoleSetting:      func(o *graph.Organization, value string) { o.DefaultDeploymentRole = value },
	permissionModeSetting:      func(o *graph.Organization, value string) { o.Restricted = value == cloud.PermissionModeRestricted },
	"membersCanCreateStacks":   func(o *graph.Organization, value string) { o.MembersCan.CreateStacks = value == "true" },
	"membersCanCreateTeams":    func(o *graph.Organization, value string) { o.MembersCan.CreateTeams = value == "true" },
	"membersCanCreateAccounts": func(o *graph.Organization, value string) { o.MembersCan.CreateAccounts = value == "true" },
	"membersCanDeleteStacks":   func(o *graph.Organization, value string) { o.MembersCan.DeleteStacks = value == "true" },
	"membersCanTransferStacks": func(o *graph.Organization, value string) { o.MembersCan.TransferStacks = value == "true" },
}

// plannedAccess is what the update changes of who has access: settings that are given, and those that left the program and are put back.
func plannedAccess(ctx context.Context, op kit.Op, before *State, desired Args) (string, graph.Changes) {
	organization, change := ptr.Value(desired.Organization), graph.Change{}
	values := map[string]string{}
	for _, one := range knownSettings {
		if accessSettings[one.property] == nil {
			continue
		}
		given := one.given(desired.ManagedSettings)
		switch {
		case op.Unknown(one.property):
			id, _ := op.Session.Planned.NewRole(organization, wire.URN(ctx))
			if id != "" && (one.property == defaultRoleSetting || one.property == deploymentRoleSetting) {
				values[one.property] = id
			}
			change.Unknown = append(change.Unknown, graph.Blind{What: "the setting " + one.property, Hides: "what everybody has by default"})
		case given != nil:
			values[one.property] = *given
		case before != nil:
			if previous, managed := before.Previous[one.property]; managed {
				values[one.property] = previous
			}
		}
	}
	if len(values) == 0 && len(change.Unknown) == 0 {
		return organization, nil
	}
	if len(values) > 0 {
		change.Organization = func(o graph.Organization) graph.Organization {
			for property, value := range values {
				accessSettings[property](&o, value)
			}
			return o
		}
	}
	return organization, graph.Changes{change}
}
