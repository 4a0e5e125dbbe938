// Package esc serves ESC environments: definitions, revisions, tags, sessions, secrets and rotation; see [Routes]. What a
// definition evaluates to is computed by package environments.
package esc

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

const (
	orgEnvironments = "/api/esc/environments/{orgName}"
	OneEnvironment  = orgEnvironments + "/{projectName}/{envName}"
)

// Routes are the endpoints of ESC environments. Schedules and webhooks are not among them.
func Routes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/esc/environments", Handle: rest.Plain(listEnvironments)},
		{Pattern: "GET " + orgEnvironments, Handle: rest.Plain(listEnvironments)},
		{Pattern: "POST " + orgEnvironments, Handle: core.InOrg("environment:create", rest.Do(createEnvironment))},
		{Pattern: "GET " + orgEnvironments + "/restore", Handle: core.InOrg("environment:list_deleted", rest.Plain(listDeletedEnvironments))},
		{Pattern: "PUT " + orgEnvironments + "/restore", Handle: core.InOrg("environment:restore_deleted", rest.Do(restoreEnvironment))},
		{Pattern: "GET " + orgEnvironments + "/tags", Handle: core.InOrg("environment_tags:list", rest.Plain(listAllEnvironmentTags))},

		{Pattern: "POST " + orgEnvironments + "/yaml/check", Handle: rest.Plain(checkYAML)},
		{Pattern: "POST " + orgEnvironments + "/yaml/open", Handle: rest.Plain(openYAML)},
		{Pattern: "GET " + orgEnvironments + "/yaml/open/{openSessionID}", Handle: rest.Plain(readYAMLSession)},

		{Pattern: "GET " + OneEnvironment, Handle: rest.Plain(readEnvironment)},
		{Pattern: "HEAD " + OneEnvironment, Handle: rest.Plain(readEnvironment)},
		{Pattern: "PATCH " + OneEnvironment, Handle: rest.AnswerOn(OnEnvironment("environment:write"), updateEnvironment)},
		{Pattern: "DELETE " + OneEnvironment, Handle: rest.ActOn(OnEnvironment("environment:delete"), deleteEnvironment)},
		{Pattern: "GET " + OneEnvironment + "/decrypt", Handle: rest.Plain(decryptEnvironment)},
		{Pattern: "GET " + OneEnvironment + "/metadata", Handle: rest.AnswerOn((*core.Call).VisibleEnvironment, readEnvironmentMetadata)},
		{Pattern: "GET " + OneEnvironment + "/settings", Handle: rest.AnswerOn(OnEnvironment("environment_settings:read"), readEnvironmentSettings)},
		{Pattern: "PATCH " + OneEnvironment + "/settings", Handle: rest.JSONOn(OnEnvironment("environment_settings:update"), updateEnvironmentSettings)},
		{Pattern: "POST " + OneEnvironment + "/check", Handle: rest.Plain(checkEnvironment)},
		{Pattern: "POST " + OneEnvironment + "/open", Handle: rest.Plain(openEnvironment)},
		{Pattern: "GET " + OneEnvironment + "/open/{openSessionID}", Handle: rest.Plain(readSession)},
		{Pattern: "POST " + OneEnvironment + "/clone", Handle: rest.DoOn(clonable, cloneEnvironment)},
		{Pattern: "POST " + OneEnvironment + "/rotate", Handle: rest.JSONOn(OnEnvironment("environment:rotate"), rotateEnvironment)},
		{Pattern: "GET " + OneEnvironment + "/rotate/history", Handle: rest.AnswerOn(OnEnvironment("environment:rotate_history"), listRotations)},
		{Pattern: "POST " + OneEnvironment + "/ownership", Handle: rest.JSONOn(OnEnvironment("environment:delete"), reassignEnvironment)},
		{Pattern: "POST " + OneEnvironment + "/encrypt-secrets", Handle: rest.JSONOn(OnEnvironment("environment:write"), encryptSecrets)},
		{Pattern: "POST " + OneEnvironment + "/decrypt-secrets", Handle: rest.JSONOn(OnEnvironment("environment:open"), decryptSecrets)},
		{Pattern: "GET " + OneEnvironment + "/referrers", Handle: rest.AnswerOn(OnEnvironment("environment:read"), listReferrers)},

		{Pattern: "GET " + OneEnvironment + "/versions", Handle: rest.AnswerOn(OnEnvironment("environment_version:read"), listRevisions)},
		{Pattern: "GET " + OneEnvironment + "/versions/{version}", Handle: rest.Plain(readEnvironment)},
		{Pattern: "GET " + OneEnvironment + "/versions/{version}/decrypt", Handle: rest.Plain(decryptEnvironment)},
		{Pattern: "POST " + OneEnvironment + "/versions/{version}/check", Handle: rest.Plain(checkEnvironment)},
		{Pattern: "POST " + OneEnvironment + "/versions/{version}/open", Handle: rest.Plain(openEnvironment)},
		{Pattern: "GET " + OneEnvironment + "/versions/{version}/tags", Handle: rest.AnswerOn(OnEnvironment("environment_version:read"), listRevisionTags)},
		{Pattern: "GET " + OneEnvironment + "/versions/tags", Handle: rest.AnswerOn(OnEnvironment("environment_version:read"), listRevisionTags)},
		{Pattern: "POST " + OneEnvironment + "/versions/tags", Handle: rest.DoOn(OnEnvironment("environment_version:create"), createRevisionTag)},
		{Pattern: "GET " + OneEnvironment + "/versions/tags/{tagName}", Handle: rest.AnswerOn(OnEnvironment("environment_version:read"), readRevisionTag)},
		{Pattern: "PATCH " + OneEnvironment + "/versions/tags/{tagName}", Handle: rest.DoOn(withRevisionTag, updateRevisionTag)},
		{Pattern: "DELETE " + OneEnvironment + "/versions/tags/{tagName}", Handle: rest.ActOn(OnEnvironment("environment_version:delete"), deleteRevisionTag)},

		{Pattern: "GET " + OneEnvironment + "/tags", Handle: rest.AnswerOn(OnEnvironment("environment_tag:read"), listEnvironmentTags)},
		{Pattern: "POST " + OneEnvironment + "/tags", Handle: rest.JSONOn(OnEnvironment("environment_tag:create"), createEnvironmentTag)},
		{Pattern: "GET " + OneEnvironment + "/tags/{tagName}", Handle: rest.AnswerOn(OnEnvironment("environment_tag:read"), readEnvironmentTag)},
		{Pattern: "PATCH " + OneEnvironment + "/tags/{tagName}", Handle: rest.JSONOn(OnEnvironment("environment_tag:update"), updateEnvironmentTag)},
		{Pattern: "DELETE " + OneEnvironment + "/tags/{tagName}", Handle: rest.ActOn(OnEnvironment("environment_tag:delete"), deleteEnvironmentTag)},
	}
}
