package permissionset

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// encode writes scopes as the service holds them.
func encode(scopes []string) (json.RawMessage, error) {
	return access.MarshalDescriptor(access.Allowed{Permissions: scopeSet(scopes)})
}

// read is the state that a record amounts to: as the inputs write it, wherever that means the same.
func read(organization string, record cloud.Role, before Args) State {
	state := State{
		Organization: organization, PermissionSetID: record.ID, Unrecognized: []string{},
		Args: Args{
			Name: record.Name, Description: before.Description, Scopes: []string{},
			EntityType: types.EntityTypeOf(access.EntityKind(record.ResourceType)),
		},
	}
	if ptr.Value(before.Description) != record.Description {
		state.Description = &record.Description
	}
	descriptor, err := access.ParseDescriptor(record.Details)
	allowed, ok := descriptor.(access.Allowed)
	switch {
	case err != nil:
		state.Unrecognized = append(state.Unrecognized, fmt.Sprintf("the whole of it: %v", err))
	case !ok:
		state.Unrecognized = append(state.Unrecognized, "the whole of it: it is not a list of scopes")
	default:
		state.Scopes = append(state.Scopes, scopeSet(allowed.Permissions)...)
		if allowed.MaxOpenDuration != 0 {
			state.Unrecognized = append(state.Unrecognized,
				"opening lasts at most "+timetext.FormatDuration(allowed.MaxOpenDuration))
		}
	}
	if sameScopes(before.Scopes, state.Scopes) {
		state.Scopes = append([]string{}, before.Scopes...)
	}
	return state
}

// refuseOtherRecords keeps records that are no custom permission sets from being taken over as one.
func refuseOtherRecords(record cloud.Role) error {
	switch {
	case record.DefaultIdentifier != "":
		return fmt.Errorf("%q is built in: Pulumi Cloud owns it, and it cannot be changed. Grant it by `permission` in a rule, or make a "+
			"custom permission set", record.Name)
	case record.Purpose != cloud.PurposeSet:
		return fmt.Errorf("%s (%q) is a %s, not a permission set: import a role as leastprivilege:index:Role", record.ID, record.Name,
			record.Purpose)
	case record.ResourceType == string(access.Organization):
		return fmt.Errorf("%q holds organization-level scopes: name them in `access.scopes` of a role", record.Name)
	}
	return nil
}
