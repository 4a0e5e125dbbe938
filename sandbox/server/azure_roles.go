package server

import (
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

func (a azureRoleAssignment) check() error {
	if _, err := azureID("name", a.Name); err != nil {
		return err
	}
	if _, err := azureID("principalId", a.PrincipalID); err != nil {
		return err
	}
	if !strings.HasPrefix(a.Scope, "/") || strings.ContainsAny(a.Scope, " ?#") {
		return rest.BadRequest("scope: %q is not the id of a resource", a.Scope)
	}
	_, err := azureID("roleDefinitionId", a.role())
	return err
}

// role is the GUID of the role's definition, which its id ends in.
func (a azureRoleAssignment) role() string {
	return strings.ToLower(a.RoleDefinitionID[strings.LastIndex(a.RoleDefinitionID, "/")+1:])
}

// same says that both give one principal one role at one scope, whatever they are called. Azure's ids know no case.
func (a azureRoleAssignment) same(b azureRoleAssignment) bool {
	return strings.EqualFold(a.PrincipalID, b.PrincipalID) && strings.EqualFold(a.Scope, b.Scope) && a.role() == b.role()
}

// putAzureRoleAssignment gives a role to an identity that is registered. As in Azure, an assignment cannot be changed, and
// there is one for each principal, role and scope.
func (c *call) putAzureRoleAssignment(request azureRoleAssignment) (azureRoleAssignment, error) {
	if err := request.check(); err != nil {
		return azureRoleAssignment{}, err
	}
	request.Name, request.PrincipalID = strings.ToLower(request.Name), strings.ToLower(request.PrincipalID)
	azure := c.s.st.Clouds.Azure
	if azure.principal(request.PrincipalID) == nil {
		return azureRoleAssignment{}, rest.BadRequest("PrincipalNotFound: the sandbox's Azure has no identity of principal %s", request.PrincipalID)
	}
	if before, found := azure.Assignments[request.Name]; found && !before.same(request) {
		return azureRoleAssignment{}, rest.Conflict("RoleAssignmentUpdateNotPermitted: role assignment %s has another principal, role or scope", request.Name)
	}
	for name, other := range azure.Assignments {
		if name != request.Name && other.same(request) {
			return azureRoleAssignment{}, rest.Conflict("RoleAssignmentExists: the role assignment already exists as %s", name)
		}
	}
	azure.Assignments[request.Name] = request
	return request, nil
}

// principal is the identity of a principal id, nil if there is none.
func (a azureCloud) principal(id string) *azureIdentity {
	for _, identity := range a.Identities {
		if identity.PrincipalID == id {
			return identity
		}
	}
	return nil
}

func (c *call) listAzureRoleAssignments() error {
	all := []azureRoleAssignment{}
	for _, name := range sortedKeys(c.s.st.Clouds.Azure.Assignments) {
		all = append(all, c.s.st.Clouds.Azure.Assignments[name])
	}
	return c.OK(map[string]any{"roleAssignments": all})
}

func (c *call) deleteAzureRoleAssignment() error {
	name := strings.ToLower(c.Query("name"))
	if _, found := c.s.st.Clouds.Azure.Assignments[name]; !found {
		return rest.NotFound("the sandbox's Azure has no role assignment '%s'", name)
	}
	delete(c.s.st.Clouds.Azure.Assignments, name)
	return c.NoContent()
}

// check refuses a restored state that would break handlers later.
func (a azureCloud) check() error {
	for id, v := range a.Identities {
		if v == nil || v.ClientID != id || !guid.MatchString(id) {
			return rest.BadRequest("clouds.azure.identities[%q] is not an identity of that client id", id)
		}
		if wrong := oidc.CheckAzureCredentials(v.credentials()); len(wrong) > 0 {
			return rest.BadRequest("clouds.azure.identities[%q].credentials: %v", id, wrong)
		}
		for name, credential := range v.Credentials {
			if strings.ToLower(credential.Name) != name {
				return rest.BadRequest("clouds.azure.identities[%q].credentials[%q] is not a credential of that name", id, name)
			}
		}
		v.Credentials = orEmpty(v.Credentials)
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
