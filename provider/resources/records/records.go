// Package records is what resources share that have to do with roles and permission sets, which Pulumi Cloud keeps as records of
// one kind.
package records

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// IDForm shows the ids of the resources Role and PermissionSet.
const IDForm = "organization/id"

// ID is such an id.
func ID(organization, id string) string { return kit.JoinID(organization, id) }

// Look reads a role, a policy or a permission set.
func Look(ctx context.Context, op kit.Op, id []string) (cloud.Role, error) {
	return op.Session.Client.Role(ctx, id[0], id[1])
}

// WarnTaken tells at the preview of a create that the name is taken. It never fails: the same update may free the name, by a
// deletion or a new name. What this token may not read says nothing.
func WarnTaken(ctx context.Context, current *session.Session, organization string, purpose cloud.Purpose, kind, name string) {
	if !kit.AllGiven(ctx, "name") {
		return
	}
	roles, err := current.Client.Roles(ctx, organization, purpose)
	if err != nil {
		return
	}
	for _, role := range roles {
		switch {
		case role.Name != name:
		case role.DefaultIdentifier != "":
			wire.Log(ctx).Warningf("%s: %q is the name of a built-in one, so an update cannot create it: choose another name", kind, name)
		default:
			kit.WarnTaken(ctx, current, fmt.Sprintf("%s %q", kind, name), ID(organization, role.ID))
		}
	}
}

// ExplainRole says what is wrong with the id of a role that the service refused.
func ExplainRole(ctx context.Context, client *cloud.Client, organization, property, id string, err error) error {
	role, roleErr := client.Role(ctx, organization, id)
	switch {
	case cloud.IsNotFound(roleErr):
		return fmt.Errorf("%w\n  %s: organization %q has no role with the id %q, or it is not visible to this token: use the output "+
			"roleId of a Role", err, property, organization, id)
	case roleErr == nil && role.Purpose != cloud.PurposeRole:
		return fmt.Errorf("%w\n  %s: %q is the id of a %s (%q), not of a role: use the output roleId of a Role", err,
			property, id, role.Purpose, role.Name)
	}
	return err
}
