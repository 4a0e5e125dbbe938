package azure

import (
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

func (a RoleAssignment) check() error {
	if _, err := canonicalID("name", a.Name); err != nil {
		return err
	}
	if _, err := canonicalID("principalId", a.PrincipalID); err != nil {
		return err
	}
	if !strings.HasPrefix(a.Scope, "/") || strings.ContainsAny(a.Scope, " ?#") {
		return rest.BadRequest("scope: %q is not the id of a resource", a.Scope)
	}
	_, err := canonicalID("roleDefinitionId", a.role())
	return err
}

// role is the GUID of the role's definition, which its id ends in.
func (a RoleAssignment) role() string {
	return strings.ToLower(a.RoleDefinitionID[strings.LastIndex(a.RoleDefinitionID, "/")+1:])
}

// same reports whether both give the same principal the same role at the same scope. Case makes no difference in Azure's ids.
func (a RoleAssignment) same(b RoleAssignment) bool {
	return strings.EqualFold(a.PrincipalID, b.PrincipalID) && strings.EqualFold(a.Scope, b.Scope) && a.role() == b.role()
}

// putRoleAssignment gives a role to an identity that is registered. As in Azure, an assignment cannot be changed, and
// there is one for each principal, role and scope.
func (c *Cloud) putRoleAssignment(_ *rest.Call, request RoleAssignment) (RoleAssignment, error) {
	if err := request.check(); err != nil {
		return RoleAssignment{}, err
	}
	request.Name, request.PrincipalID = strings.ToLower(request.Name), strings.ToLower(request.PrincipalID)
	azure := c.State()
	if azure.principal(request.PrincipalID) == nil {
		return RoleAssignment{}, rest.BadRequest("PrincipalNotFound: the sandbox's Azure has no identity of principal %s", request.PrincipalID)
	}
	if before, found := azure.Assignments[request.Name]; found && !before.same(request) {
		return RoleAssignment{}, rest.Conflict("RoleAssignmentUpdateNotPermitted: role assignment %s has another principal, role or scope", request.Name)
	}
	for name, other := range azure.Assignments {
		if name != request.Name && other.same(request) {
			return RoleAssignment{}, rest.Conflict("RoleAssignmentExists: the role assignment already exists as %s", name)
		}
	}
	azure.Assignments[request.Name] = request
	return request, nil
}

// principal is the identity of a principal id, nil if there is none.
func (a *State) principal(id string) *Identity {
	for _, identity := range a.Identities {
		if identity.PrincipalID == id {
			return identity
		}
	}
	return nil
}

func (c *Cloud) listRoleAssignments(r *rest.Call) error {
	return r.OK(map[string]any{"roleAssignments": clouds.Values(c.State().Assignments)})
}

func (c *Cloud) deleteRoleAssignment(r *rest.Call) error {
	name := strings.ToLower(r.Query("name"))
	if _, found := c.State().Assignments[name]; !found {
		return rest.NotFound("the sandbox's Azure has no role assignment '%s'", name)
	}
	delete(c.State().Assignments, name)
	return r.NoContent()
}

// Check refuses a restored state that would break handlers later.
func (a *State) Check() error {
	for id, v := range a.Identities {
		if v == nil || v.ClientID != id || !guid.MatchString(id) {
			return rest.BadRequest("clouds.azure.identities[%q] is not an identity of that client id", id)
		}
		if wrong := oidc.CheckAzureCredentials(v.All()); len(wrong) > 0 {
			return rest.BadRequest("clouds.azure.identities[%q].credentials: %v", id, wrong)
		}
		for name, credential := range v.Credentials {
			if strings.ToLower(credential.Name) != name {
				return rest.BadRequest("clouds.azure.identities[%q].credentials[%q] is not a credential of that name", id, name)
			}
		}
		clouds.Fill(&v.Credentials)
	}
	for name, v := range a.Assignments {
		if v.Name != name || v.check() != nil {
			return rest.BadRequest("clouds.azure.roleAssignments[%q] is not a role assignment of that name", name)
		}
	}
	for id, v := range a.Secrets {
		if v == nil || v.check() != nil || v.id() != id || len(v.Versions) == 0 {
			return rest.BadRequest("clouds.azure.secrets[%q] is not a secret of that id", id)
		}
	}
	return nil
}
