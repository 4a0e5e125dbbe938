package resources_test

func (w world) dropStack(project, stack string) {
	w.t.Helper()
	w.admin("DELETE", "/api/stacks/acme/"+project+"/"+stack+"?force=true", nil)
}

// configure sets deployment settings beside the provider.
func (w world) configure(settings tree) {
	w.t.Helper()
	w.admin("POST", deploymentPath, settings)
}
