package esc

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

func gcp() GCPLogin {
	return GCPLogin{
		Project: "123456789012", WorkloadPoolID: "pulumi", ProviderID: "payments-prod",
		ServiceAccount:    "payments-prod@acme-prod.iam.gserviceaccount.com",
		SubjectAttributes: []string{"rootEnvironment.name", "currentEnvironment.name"},
	}
}

func TestBuildGCP(t *testing.T) {
	t.Parallel()
	full := gcp()
	full.ProjectName, full.Region, full.TokenLifetime = "acme-prod", "global", 90*time.Minute
	for name, test := range map[string]struct {
		login GCPLogin
		want  string
	}{
		"least": {gcp(), `values:
  gcp:
    login:
      fn::open::gcp-login:
        project: 123456789012
        oidc:
          workloadPoolId: pulumi
          providerId: payments-prod
          serviceAccount: payments-prod@acme-prod.iam.gserviceaccount.com
          subjectAttributes:
            - rootEnvironment.name
            - currentEnvironment.name
  environmentVariables:
    CLOUDSDK_AUTH_ACCESS_TOKEN: ${gcp.login.accessToken}
    GOOGLE_CLOUD_PROJECT: ${gcp.login.project}
    GOOGLE_OAUTH_ACCESS_TOKEN: ${gcp.login.accessToken}
`},
		"everything": {full, `values:
  gcp:
    login:
      fn::open::gcp-login:
        project: 123456789012
        oidc:
          workloadPoolId: pulumi
          providerId: payments-prod
          serviceAccount: payments-prod@acme-prod.iam.gserviceaccount.com
          region: global
          tokenLifetime: 1h30m
          subjectAttributes:
            - rootEnvironment.name
            - currentEnvironment.name
  environmentVariables:
    CLOUDSDK_AUTH_ACCESS_TOKEN: ${gcp.login.accessToken}
    CLOUDSDK_CORE_PROJECT: acme-prod
    GOOGLE_CLOUD_PROJECT: ${gcp.login.project}
    GOOGLE_OAUTH_ACCESS_TOKEN: ${gcp.login.accessToken}
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Build(Definition{Logins: []Login{test.login}})
			if err != nil || got != test.want {
				t.Errorf("got %v\n%s", err, got)
			}
		})
	}
	_, err := Build(Definition{Values: map[string]any{"number": 7.0}, Logins: []Login{func() Login { l := gcp(); l.Project = "${number}"; return l }()}})
	if err != nil {
		t.Errorf("a reference to a number: %v", err)
	}
}

func TestBuildRefusesGCP(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*GCPLogin)
		want   string // "" is accepted
	}{
		"as it is":            {func(*GCPLogin) {}, ""},
		"longest":             {func(l *GCPLogin) { l.TokenLifetime = 12 * time.Hour }, ""},
		"a project's id":      {func(l *GCPLogin) { l.Project = "acme-prod" }, "gcp.project:"},
		"an octal number":     {func(l *GCPLogin) { l.Project = "0123" }, "gcp.project:"},
		"no pool":             {func(l *GCPLogin) { l.WorkloadPoolID = "" }, "gcp.workloadPoolId:"},
		"a pool's whole name": {func(l *GCPLogin) { l.WorkloadPoolID = "projects/1/locations/global/workloadIdentityPools/p" }, "gcp.workloadPoolId:"},
		"a short provider":    {func(l *GCPLogin) { l.ProviderID = "abc" }, "gcp.providerId:"},
		"Google's own prefix": {func(l *GCPLogin) { l.ProviderID = "gcp-payments" }, "gcp.providerId:"},
		"an account's id":     {func(l *GCPLogin) { l.ServiceAccount = "payments-prod" }, "gcp.serviceAccount:"},
		"too long":            {func(l *GCPLogin) { l.TokenLifetime = 12*time.Hour + time.Second }, "gcp.tokenLifetime:"},
		"a fraction":          {func(l *GCPLogin) { l.TokenLifetime = time.Second / 2 }, "gcp.tokenLifetime:"},
		"negative":            {func(l *GCPLogin) { l.TokenLifetime = -time.Hour }, "gcp.tokenLifetime:"},
		"no attributes":       {func(l *GCPLogin) { l.SubjectAttributes = nil }, "gcp.subjectAttributes:"},
		"an unknown value":    {func(l *GCPLogin) { l.ServiceAccount = "${account}" }, "unknown property"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := gcp()
			test.change(&l)
			_, err := Build(Definition{Logins: []Login{l}})
			var errs problem.List
			if (test.want == "") != (err == nil) || err != nil && (!errors.As(err, &errs) || len(errs) != 1 || !strings.Contains(errs[0].Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
