package esc

import (
	"time"

	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/googleid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// GCPLogin is a login to Google Cloud by OIDC, see https://www.pulumi.com/docs/esc/providers/login/gcp-login/.
//
// Project is the number of the project that holds the workload identity pool, WorkloadPoolID and ProviderID the short ids of
// the pool and its provider, ServiceAccount the email address of the account to act as. ProjectName is the id of the project
// to work in, for gcloud; it may be empty. Region is empty for the location global, where all of Google's pools are.
// TokenLifetime is whole seconds, at most 12 hours; 0 leaves it to Google, which gives 1 hour. SubjectAttributes are
// required, as in every login.
type GCPLogin struct {
	Project           string
	ProjectName       string
	WorkloadPoolID    string
	ProviderID        string
	ServiceAccount    string
	Region            string
	TokenLifetime     time.Duration
	SubjectAttributes []string
}

var _ Login = GCPLogin{}

const gcpLoginKey = "fn::open::gcp-login"

func (GCPLogin) section() string { return "gcp" }

// variables are those of Pulumi's provider and Google's libraries, which take the project's number, and those of gcloud, which
// takes its id.
func (l GCPLogin) variables() map[string]string {
	variables := map[string]string{
		"GOOGLE_CLOUD_PROJECT":       "${gcp.login.project}",
		"GOOGLE_OAUTH_ACCESS_TOKEN":  "${gcp.login.accessToken}",
		"CLOUDSDK_AUTH_ACCESS_TOKEN": "${gcp.login.accessToken}",
	}
	if l.ProjectName != "" {
		variables["CLOUDSDK_CORE_PROJECT"] = l.ProjectName
	}
	return variables
}

func (GCPLogin) credentials() []string {
	return []string{"CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"}
}

func (l GCPLogin) check() problem.List {
	var wrong problem.List
	for _, name := range []struct {
		path, value string
		bad         func(string) string
	}{
		{"gcp.project", l.Project, googleid.BadProject},
		{"gcp.workloadPoolId", l.WorkloadPoolID, googleid.BadPoolID},
		{"gcp.providerId", l.ProviderID, googleid.BadPoolID},
		{"gcp.serviceAccount", l.ServiceAccount, googleid.BadServiceAccount},
	} {
		if !interpolates(name.value) {
			wrong.AddReason(name.path, name.bad(name.value))
		}
	}
	if l.TokenLifetime != 0 {
		wrong.AddReason("gcp.tokenLifetime", googleid.BadLifetime(l.TokenLifetime))
	}
	wrong.AddReason("gcp.subjectAttributes", badAttributes(l.SubjectAttributes))
	return wrong
}

func (l GCPLogin) node(e *encoder) *yaml.Node {
	inputs, oidc, open := mapping(), mapping(), mapping()
	field := func(key string, value any) {
		put(oidc, scalar("!!str", key), e.node("values.gcp.login."+key, value))
	}
	field("workloadPoolId", l.WorkloadPoolID)
	field("providerId", l.ProviderID)
	field("serviceAccount", l.ServiceAccount)
	if l.Region != "" {
		field("region", l.Region)
	}
	if l.TokenLifetime != 0 {
		field("tokenLifetime", formatDuration(l.TokenLifetime))
	}
	field("subjectAttributes", l.SubjectAttributes)
	project := scalar("!!int", l.Project) // ESC takes a number
	if interpolates(l.Project) {
		project = e.text("values.gcp.login.project", l.Project)
	}
	put(inputs, scalar("!!str", "project"), project)
	put(inputs, scalar("!!str", "oidc"), oidc)
	put(open, scalar("!!str", gcpLoginKey), inputs)
	return open
}
