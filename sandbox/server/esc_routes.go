package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

const (
	orgEnvironments = "/api/esc/environments/{orgName}"
	oneEnvironment  = orgEnvironments + "/{projectName}/{envName}"
)

// escRoutes are the endpoints of ESC environments. Schedules and webhooks are not among them.
func (s *org) escRoutes() []route {
	return []route{
		{pattern: "GET /api/esc/environments", handle: rest.Plain((*call).listEnvironments)},
		{pattern: "GET " + orgEnvironments, handle: rest.Plain((*call).listEnvironments)},
		{pattern: "POST " + orgEnvironments, handle: inOrg("environment:create", rest.Do((*call).createEnvironment))},
		{pattern: "GET " + orgEnvironments + "/restore", handle: inOrg("environment:list_deleted", rest.Plain((*call).listDeletedEnvironments))},
		{pattern: "PUT " + orgEnvironments + "/restore", handle: inOrg("environment:restore_deleted", rest.Do((*call).restoreEnvironment))},
		{pattern: "GET " + orgEnvironments + "/tags", handle: inOrg("environment_tags:list", rest.Plain((*call).listAllEnvironmentTags))},

		{pattern: "POST " + orgEnvironments + "/yaml/check", handle: rest.Plain((*call).checkYAML)},
		{pattern: "POST " + orgEnvironments + "/yaml/open", handle: rest.Plain((*call).openYAML)},
		{pattern: "GET " + orgEnvironments + "/yaml/open/{openSessionID}", handle: rest.Plain((*call).readYAMLSession)},

		{pattern: "GET " + oneEnvironment, handle: rest.Plain((*call).readEnvironment)},
		{pattern: "HEAD " + oneEnvironment, handle: rest.Plain((*call).readEnvironment)},
		{pattern: "PATCH " + oneEnvironment, handle: rest.AnswerOn(onEnvironment("environment:write"), (*call).updateEnvironment)},
		{pattern: "DELETE " + oneEnvironment, handle: rest.ActOn(onEnvironment("environment:delete"), (*call).deleteEnvironment)},
		{pattern: "GET " + oneEnvironment + "/decrypt", handle: rest.Plain((*call).decryptEnvironment)},
		{pattern: "GET " + oneEnvironment + "/metadata", handle: rest.AnswerOn((*call).visibleEnvironment, (*call).readEnvironmentMetadata)},
		{pattern: "GET " + oneEnvironment + "/settings", handle: rest.AnswerOn(onEnvironment("environment_settings:read"), (*call).readEnvironmentSettings)},
		{pattern: "PATCH " + oneEnvironment + "/settings", handle: rest.JSONOn(onEnvironment("environment_settings:update"), (*call).updateEnvironmentSettings)},
		{pattern: "POST " + oneEnvironment + "/check", handle: rest.Plain((*call).checkEnvironment)},
		{pattern: "POST " + oneEnvironment + "/open", handle: rest.Plain((*call).openEnvironment)},
		{pattern: "GET " + oneEnvironment + "/open/{openSessionID}", handle: rest.Plain((*call).readSession)},
		{pattern: "POST " + oneEnvironment + "/clone", handle: rest.DoOn((*call).clonable, (*call).cloneEnvironment)},
		{pattern: "POST " + oneEnvironment + "/rotate", handle: rest.JSONOn(onEnvironment("environment:rotate"), (*call).rotateEnvironment)},
		{pattern: "GET " + oneEnvironment + "/rotate/history", handle: rest.AnswerOn(onEnvironment("environment:rotate_history"), (*call).listRotations)},
		{pattern: "POST " + oneEnvironment + "/ownership", handle: rest.JSONOn(onEnvironment("environment:delete"), (*call).reassignEnvironment)},
		{pattern: "POST " + oneEnvironment + "/encrypt-secrets", handle: rest.JSONOn(onEnvironment("environment:write"), (*call).encryptSecrets)},
		{pattern: "POST " + oneEnvironment + "/decrypt-secrets", handle: rest.JSONOn(onEnvironment("environment:open"), (*call).decryptSecrets)},
		{pattern: "GET " + oneEnvironment + "/referrers", handle: rest.AnswerOn(onEnvironment("environment:read"), (*call).listReferrers)},

		{pattern: "GET " + oneEnvironment + "/versions", handle: rest.AnswerOn(onEnvironment("environment_version:read"), (*call).listRevisions)},
		{pattern: "GET " + oneEnvironment + "/versions/{version}", handle: rest.Plain((*call).readEnvironment)},
		{pattern: "GET " + oneEnvironment + "/versions/{version}/decrypt", handle: rest.Plain((*call).decryptEnvironment)},
		{pattern: "POST " + oneEnvironment + "/versions/{version}/check", handle: rest.Plain((*call).checkEnvironment)},
		{pattern: "POST " + oneEnvironment + "/versions/{version}/open", handle: rest.Plain((*call).openEnvironment)},
		{pattern: "GET " + oneEnvironment + "/versions/{version}/tags", handle: rest.AnswerOn(onEnvironment("environment_version:read"), (*call).listRevisionTags)},
		{pattern: "GET " + oneEnvironment + "/versions/tags", handle: rest.AnswerOn(onEnvironment("environment_version:read"), (*call).listRevisionTags)},
		{pattern: "POST " + oneEnvironment + "/versions/tags", handle: rest.DoOn(onEnvironment("environment_version:create"), (*call).createRevisionTag)},
		{pattern: "GET " + oneEnvironment + "/versions/tags/{tagName}", handle: rest.AnswerOn(onEnvironment("environment_version:read"), (*call).readRevisionTag)},
		{pattern: "PATCH " + oneEnvironment + "/versions/tags/{tagName}", handle: rest.DoOn((*call).withRevisionTag, (*call).updateRevisionTag)},
		{pattern: "DELETE " + oneEnvironment + "/versions/tags/{tagName}", handle: rest.ActOn(onEnvironment("environment_version:delete"), (*call).deleteRevisionTag)},

		{pattern: "GET " + oneEnvironment + "/tags", handle: rest.AnswerOn(onEnvironment("environment_tag:read"), (*call).listEnvironmentTags)},
		{pattern: "POST " + oneEnvironment + "/tags", handle: rest.JSONOn(onEnvironment("environment_tag:create"), (*call).createEnvironmentTag)},
		{pattern: "GET " + oneEnvironment + "/tags/{tagName}", handle: rest.AnswerOn(onEnvironment("environment_tag:read"), (*call).readEnvironmentTag)},
		{pattern: "PATCH " + oneEnvironment + "/tags/{tagName}", handle: rest.JSONOn(onEnvironment("environment_tag:update"), (*call).updateEnvironmentTag)},
		{pattern: "DELETE " + oneEnvironment + "/tags/{tagName}", handle: rest.ActOn(onEnvironment("environment_tag:delete"), (*call).deleteEnvironmentTag)},
	}
}
