package server

import (
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) deploymentRoutes() []route {
	const settings = " /api/stacks/{orgName}/{projectName}/{stackName}/deployments/settings"
	return []route{
		{pattern: "GET" + settings, handle: rest.ActOn(onStack("stack_deployment_settings:read"), (*call).getDeployment)},
		{pattern: "POST" + settings, handle: rest.DoOn(onStack("stack_deployment_settings:write"), (*call).patchDeployment)},
		{pattern: "PUT" + settings, handle: rest.DoOn(onStack("stack_deployment_settings:write"), (*call).replaceDeployment)},
		{pattern: "DELETE" + settings, handle: rest.AnswerOn(onStack("stack_deployment_settings:write"), (*call).deleteDeployment)},
		{pattern: "POST" + settings + "/encrypt", handle: rest.JSONOn(onStack("stack_deployment_settings:encrypt"), (*call).encryptDeploymentSecret)},
	}
}

func (c *call) getDeployment(st *state.Stack) error {
	if st.Deployment == nil {
		return rest.NotFound("Deployment settings not found")
	}
	return c.answerDeployment(st)
}

func (c *call) answerDeployment(st *state.Stack) error {
	shown, err := c.s.revealSettings(st)
	if err != nil {
		return err
	}
	shown["version"] = st.Settings
	return c.OK(shown)
}

// patchDeployment merges: a key that is absent stays, null removes it.
func (c *call) patchDeployment(st *state.Stack, sent any) error {
	return c.writeDeployment(st, st.Deployment, sent)
}

func (c *call) replaceDeployment(st *state.Stack, sent any) error {
	return c.writeDeployment(st, nil, sent)
}

// writeDeployment merges what was sent into settings.
func (c *call) writeDeployment(st *state.Stack, into map[string]any, sent any) error {
	read, err := settingsReader{c.s.settingsSecrets(st)}.read("", settingsShape, sent, st.Deployment)
	if err != nil {
		return err
	}
	stored, isObject := read.(map[string]any)
	if !isObject {
		return invalidSetting("", "has to be an object")
	}
	settings := mergeSettings(into, stored)
	delete(settings, "version") // read-only, as is
	delete(settings, "source")
	if err := c.s.checkDeployment(settings); err != nil {
		return err
	}
	roleBefore := deploymentRoleID(st.Deployment)
	st.Deployment = settings
	st.Settings++
	if roleBefore != deploymentRoleID(settings) {
		c.audit("deployment-settings-role-updated", "Changed the deployment role of stack %s", state.EntityKey(st.Project, st.Name))
	}
	return c.answerDeployment(st)
}

func (c *call) deleteDeployment(st *state.Stack) (bool, error) {
	if st.Deployment == nil {
		return false, rest.NotFound("Deployment settings not found")
	}
	if deploymentRoleID(st.Deployment) != "" {
		c.audit("deployment-settings-role-updated", "Removed the deployment role of stack %s", state.EntityKey(st.Project, st.Name))
	}
	st.Deployment, st.Settings = nil, 0
	return true, nil
}

func (c *call) encryptDeploymentSecret(st *state.Stack, sent any) (map[string]any, error) {
	secrets := c.s.settingsSecrets(st)
	read, err := settingsReader{secrets}.read("secret", shape{kind: secretShape}, sent, nil)
	if err != nil {
		return nil, err
	}
	stored, is := read.(map[string]any)
	if !is || stored[sealedKey] == c.s.sealer.Seal("") {
		return nil, rest.BadRequest("the secret is empty")
	}
	shown, err := secrets.show(stored[sealedKey].(string))
	if err != nil {
		return nil, err
	}
	return shown, nil
}

// mergeSettings puts a patch over settings: null removes, objects merge, anything else replaces. Objects that are
// left empty go too, so that adding a key and removing it again leaves no trace.
func mergeSettings(base, patch map[string]any) map[string]any {
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
	inner := mergeSettings(under, patch)
	if len(inner) == 0 {
		delete(merged, key)
		return
	}
	merged[key] = inner
}

// checkDeployment refuses what the parts of the settings do not show one by one.
func (s *org) checkDeployment(settings map[string]any) error {
	operation, _ := settings["operationContext"].(map[string]any)
	if role, given := operation["role"]; given {
		if err := s.checkDeploymentRole(role); err != nil {
			return err
		}
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

func (s *org) checkDeploymentRole(role any) error {
	object, _ := role.(map[string]any)
	id, _ := object["id"].(string)
	if r, ok := s.state.Record(id); !ok || r.UXPurpose != state.PurposeRole {
		return rest.BadRequest("Invalid role id")
	}
	for key := range object {
		if key != "id" { // name and identifier are the role's own
			delete(object, key)
		}
	}
	return nil
}
