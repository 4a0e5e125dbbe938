package resourcetest

// DropStack deletes a stack beside the provider.
func (w World) DropStack(project, stack string) {
	w.T.Helper()
	w.Admin("DELETE", "/api/stacks/acme/"+project+"/"+stack+"?force=true", nil)
}

// Configure sets deployment settings beside the provider.
func (w World) Configure(settings Tree) {
	w.T.Helper()
	w.Admin("POST", DeploymentPath, settings)
}
