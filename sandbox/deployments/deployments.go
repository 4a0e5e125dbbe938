// Package deployments serves the deployment settings of stacks, secrets included, and logs deployments in to the clouds; see [Routes]
// and [ControlRoutes].
package deployments

import (
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func Routes() []core.Route {
	const settings = " /api/stacks/{orgName}/{projectName}/{stackName}/deployments/settings"
	return []core.Route{
		{Pattern: "GET" + settings, Handle: rest.ActOn(core.OnStack("stack_deployment_settings:read"), getDeployment)},
		{Pattern: "POST" + settings, Handle: rest.DoOn(core.OnStack("stack_deployment_settings:write"), patchDeployment)},
		{Pattern: "PUT" + settings, Handle: rest.DoOn(core.OnStack("stack_deployment_settings:write"), replaceDeployment)},
		{Pattern: "DELETE" + settings, Handle: rest.AnswerOn(core.OnStack("stack_deployment_settings:write"), deleteDeployment)},
		{Pattern: "POST" + settings + "/encrypt", Handle: rest.JSONOn(core.OnStack("stack_deployment_settings:encrypt"), encryptDeploymentSecret)},
	}
}

func getDeployment(c *core.Call, st *state.Stack) error {
	if st.Deployment == nil {
		return rest.NotFound("Deployment settings not found")
	}
	return answerDeployment(c, st)
}

func answerDeployment(c *core.Call, st *state.Stack) error {
	shown, err := revealSettings(c.Org, st)
	if err != nil {
		return err
	}
	shown["version"] = st.Settings
	return c.OK(shown)
}

// patchDeployment merges: a key that is absent stays, null removes it.
func patchDeployment(c *core.Call, st *state.Stack, sent any) error {
	return writeDeployment(c, st, st.Deployment, sent)
}

func replaceDeployment(c *core.Call, st *state.Stack, sent any) error {
	return writeDeployment(c, st, nil, sent)
}

// writeDeployment merges what was sent into settings.
func writeDeployment(c *core.Call, st *state.Stack, into map[string]any, sent any) error {
	read, err := settingsReader{secretsOf(c.Org, st)}.read("", settingsShape, sent, st.Deployment)
	if err != nil {
		return err
	}
	stored, isObject := read.(map[string]any)
	if !isObject {
		return invalidSetting("", "has to be an object")
	}
	settings := MergeSettings(into, stored)
	delete(settings, "version") // read-only, as is
	delete(settings, "source")
	if err := checkDeployment(c.Org, settings); err != nil {
		return err
	}
	roleBefore := authz.DeploymentRoleID(st.Deployment)
	st.Deployment = settings
	st.Settings++
	if roleBefore != authz.DeploymentRoleID(settings) {
		c.Audit("deployment-settings-role-updated", "Changed the deployment role of stack %s", state.EntityKey(st.Project, st.Name))
	}
	return answerDeployment(c, st)
}

func deleteDeployment(c *core.Call, st *state.Stack) (bool, error) {
	if st.Deployment == nil {
		return false, rest.NotFound("Deployment settings not found")
	}
	if authz.DeploymentRoleID(st.Deployment) != "" {
		c.Audit("deployment-settings-role-updated", "Removed the deployment role of stack %s", state.EntityKey(st.Project, st.Name))
	}
	st.Deployment, st.Settings = nil, 0
	return true, nil
}

func encryptDeploymentSecret(c *core.Call, st *state.Stack, sent any) (map[string]any, error) {
	secrets := secretsOf(c.Org, st)
	read, err := settingsReader{secrets}.read("secret", shape{kind: secretShape}, sent, nil)
	if err != nil {
		return nil, err
	}
	stored, is := read.(map[string]any)
	if !is || stored[sealedKey] == c.Org.Sealer.Seal("") {
		return nil, rest.BadRequest("the secret is empty")
	}
	shown, err := secrets.show(stored[sealedKey].(string))
	if err != nil {
		return nil, err
	}
	return shown, nil
}

// MergeSettings puts a patch over settings: null removes, objects merge, anything else replaces. Objects that are
// left empty go too, so that adding a key and removing it again leaves no trace.
func MergeSettings(base, patch map[string]any) map[string]any {
	merged := maps.Clone(base)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range patch {
		object, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(merged, key)
		case isObject && !isSecret(object):
			mergeObject(merged, key, object)
		default:
			merged[key] = value
		}
	}
	return merged
}

func mergeObject(merged map[string]any, key string, patch map[string]any) {
	under, _ := merged[key].(map[string]any)
	if isSecret(under) {
		under = nil
	}
	inner := MergeSettings(under, patch)
	if len(inner) == 0 {
		delete(merged, key)
		return
	}
	merged[key] = inner
}

// checkDeployment refuses what the parts of the settings do not show one by one.
func checkDeployment(s *core.Org, settings map[string]any) error {
	operation, _ := settings["operationContext"].(map[string]any)
	if role, given := operation["role"]; given {
		if err := checkDeploymentRole(s, role); err != nil {
			return err
		}
	}
	if s.State.Organization.Settings.Restricted && authz.HasAccessToken(settings) {
		return invalidSetting("operationContext.environmentVariables."+authz.AccessTokenVariable, "is refused in a restricted organization")
	}
	if vcs, given := settings["vcs"].(map[string]any); given && vcs["provider"] == nil {
		return invalidSetting("vcs.provider", "is required")
	}
	return checkSource(settings["sourceContext"])
}

func checkSource(source any) error {
	object, _ := source.(map[string]any)
	if template, given := object["template"].(map[string]any); given && !filled(template["sourceUrl"]) {
		return rest.BadRequest("sourceContext.template.sourceUrl is required when using a template")
	}
	git, _ := object["git"].(map[string]any)
	for _, other := range []string{"commit", "tag"} {
		if filled(git["branch"]) && filled(git[other]) {
			return invalidSetting("sourceContext.git."+other, "is exclusive with branch")
		}
	}
	return nil
}

func filled(value any) bool { return value != nil && value != "" }

func checkDeploymentRole(s *core.Org, role any) error {
	object, _ := role.(map[string]any)
	id, _ := object["id"].(string)
	if r, ok := s.State.Record(id); !ok || r.UXPurpose != state.PurposeRole {
		return rest.BadRequest("Invalid role id")
	}
	for key := range object {
		if key != "id" { // name and identifier are the role's own
			delete(object, key)
		}
	}
	return nil
}
