package server

const (
	orgEnvironments = "/api/esc/environments/{orgName}"
	oneEnvironment  = orgEnvironments + "/{projectName}/{envName}"
)

// escRoutes are the endpoints of ESC environments. Schedules and webhooks are not among them.
func (s *Server) escRoutes() []route {
	return []route{
		{pattern: "GET /api/esc/environments", handle: (*call).listEnvironments},
		{pattern: "GET " + orgEnvironments, handle: (*call).listEnvironments},
		{pattern: "POST " + orgEnvironments, handle: (*call).createEnvironment},
		{pattern: "GET " + orgEnvironments + "/restore", handle: (*call).listDeletedEnvironments},
		{pattern: "PUT " + orgEnvironments + "/restore", handle: (*call).restoreEnvironment},
		{pattern: "GET " + orgEnvironments + "/tags", handle: (*call).listAllEnvironmentTags},

		{pattern: "POST " + orgEnvironments + "/yaml/check", handle: (*call).checkYAML},
		{pattern: "POST " + orgEnvironments + "/yaml/open", handle: (*call).openYAML},
		{pattern: "GET " + orgEnvironments + "/yaml/open/{openSessionID}", handle: (*call).readYAMLSession},

		{pattern: "GET " + oneEnvironment, handle: (*call).readEnvironment},
		{pattern: "HEAD " + oneEnvironment, handle: (*call).readEnvironment},
		{pattern: "PATCH " + oneEnvironment, handle: (*call).updateEnvironment},
		{pattern: "DELETE " + oneEnvironment, handle: (*call).deleteEnvironment},
		{pattern: "GET " + oneEnvironment + "/decrypt", handle: (*call).decryptEnvironment},
		{pattern: "GET " + oneEnvironment + "/metadata", handle: (*call).readEnvironmentMetadata},
		{pattern: "GET " + oneEnvironment + "/settings", handle: (*call).readEnvironmentSettings},
		{pattern: "PATCH " + oneEnvironment + "/settings", handle: (*call).updateEnvironmentSettings},
		{pattern: "POST " + oneEnvironment + "/check", handle: (*call).checkEnvironment},
		{pattern: "POST " + oneEnvironment + "/open", handle: (*call).openEnvironment},
		{pattern: "GET " + oneEnvironment + "/open/{openSessionID}", handle: (*call).readSession},
		{pattern: "POST " + oneEnvironment + "/open/request", handle: (*call).createOpenRequest},
		{pattern: "GET " + oneEnvironment + "/open/request/{changeRequestID}", handle: (*call).readOpenRequest},
		{pattern: "PUT " + oneEnvironment + "/open/request/{changeRequestID}", handle: (*call).updateOpenRequest},
		{pattern: "POST " + oneEnvironment + "/drafts", handle: (*call).createDraft},
		{pattern: "GET " + oneEnvironment + "/drafts/{changeRequestID}", handle: (*call).readDraft},
		{pattern: "PATCH " + oneEnvironment + "/drafts/{changeRequestID}", handle: (*call).updateDraft},
		{pattern: "POST " + oneEnvironment + "/drafts/{changeRequestID}/open", handle: (*call).openDraft},
		{pattern: "POST " + oneEnvironment + "/clone", handle: (*call).cloneEnvironment},
		{pattern: "POST " + oneEnvironment + "/rotate", handle: (*call).rotateEnvironment},
		{pattern: "GET " + oneEnvironment + "/rotate/history", handle: (*call).listRotations},
		{pattern: "POST " + oneEnvironment + "/ownership", handle: (*call).reassignEnvironment},
		{pattern: "POST " + oneEnvironment + "/encrypt-secrets", handle: (*call).encryptSecrets},
		{pattern: "POST " + oneEnvironment + "/decrypt-secrets", handle: (*call).decryptSecrets},
		{pattern: "GET " + oneEnvironment + "/referrers", handle: (*call).listReferrers},

		{pattern: "GET " + oneEnvironment + "/versions", handle: (*call).listRevisions},
		{pattern: "GET " + oneEnvironment + "/versions/{version}", handle: (*call).readEnvironment},
		{pattern: "GET " + oneEnvironment + "/versions/{version}/decrypt", handle: (*call).decryptEnvironment},
		{pattern: "POST " + oneEnvironment + "/versions/{version}/check", handle: (*call).checkEnvironment},
		{pattern: "POST " + oneEnvironment + "/versions/{version}/open", handle: (*call).openEnvironment},
		{pattern: "GET " + oneEnvironment + "/versions/{version}/tags", handle: (*call).listRevisionTags},
		{pattern: "GET " + oneEnvironment + "/versions/tags", handle: (*call).listRevisionTags},
		{pattern: "POST " + oneEnvironment + "/versions/tags", handle: (*call).createRevisionTag},
		{pattern: "GET " + oneEnvironment + "/versions/tags/{tagName}", handle: (*call).readRevisionTag},
		{pattern: "PATCH " + oneEnvironment + "/versions/tags/{tagName}", handle: (*call).updateRevisionTag},
		{pattern: "DELETE " + oneEnvironment + "/versions/tags/{tagName}", handle: (*call).deleteRevisionTag},

		{pattern: "GET " + oneEnvironment + "/tags", handle: (*call).listEnvironmentTags},
		{pattern: "POST " + oneEnvironment + "/tags", handle: (*call).createEnvironmentTag},
		{pattern: "GET " + oneEnvironment + "/tags/{tagName}", handle: (*call).readEnvironmentTag},
		{pattern: "PATCH " + oneEnvironment + "/tags/{tagName}", handle: (*call).updateEnvironmentTag},
		{pattern: "DELETE " + oneEnvironment + "/tags/{tagName}", handle: (*call).deleteEnvironmentTag},
	}
}
