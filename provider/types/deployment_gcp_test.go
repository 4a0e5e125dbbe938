package types_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func TestDeploymentGCPCheck(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	for name, test := range map[string]struct {
		change func(*types.DeploymentGCP)
		path   string // of the one problem; "" for none
	}{
		"as it should be":       {func(*types.DeploymentGCP) {}, ""},
		"everything":            {func(v *types.DeploymentGCP) { v.Region, v.TokenLifetime = text("global"), text("12h") }, ""},
		"a project's id":        {func(v *types.DeploymentGCP) { v.ProjectID = "acme-prod" }, "projectId"},
		"no project":            {func(v *types.DeploymentGCP) { v.ProjectID = "" }, "projectId"},
		"shortest pool":         {func(v *types.DeploymentGCP) { v.WorkloadPoolID = "abcd" }, ""},
		"shorter pool":          {func(v *types.DeploymentGCP) { v.WorkloadPoolID = "abc" }, "workloadPoolId"},
		"longest pool":          {func(v *types.DeploymentGCP) { v.WorkloadPoolID = strings.Repeat("a", 32) }, ""},
		"longer pool":           {func(v *types.DeploymentGCP) { v.WorkloadPoolID = strings.Repeat("a", 33) }, "workloadPoolId"},
		"a pool of Google's":    {func(v *types.DeploymentGCP) { v.WorkloadPoolID = "gcp-pool" }, "workloadPoolId"},
		"a provider in full":    {func(v *types.DeploymentGCP) { v.ProviderID = "projects/1/x" }, "providerId"},
		"a dash last":           {func(v *types.DeploymentGCP) { v.ProviderID = "payments-" }, "providerId"},
		"another's account":     {func(v *types.DeploymentGCP) { v.ServiceAccount = "bo@acme.example" }, "serviceAccount"},
		"a default account":     {func(v *types.DeploymentGCP) { v.ServiceAccount = "1-compute@developer.gserviceaccount.com" }, ""},
		"an empty location":     {func(v *types.DeploymentGCP) { v.Region = text("") }, "region"},
		"too long a time":       {func(v *types.DeploymentGCP) { v.TokenLifetime = text("12h0m1s") }, "tokenLifetime"},
		"half a second":         {func(v *types.DeploymentGCP) { v.TokenLifetime = text("500ms") }, "tokenLifetime"},
		"no time":               {func(v *types.DeploymentGCP) { v.TokenLifetime = text("0s") }, "tokenLifetime"},
		"a number without unit": {func(v *types.DeploymentGCP) { v.TokenLifetime = text("3600") }, "tokenLifetime"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login := types.DeploymentGCP{ProjectID: "123456789012", WorkloadPoolID: "pulumi", ProviderID: "payments", ServiceAccount: "deploy@acme-prod.iam.gserviceaccount.com"}
			test.change(&login)
			problems := login.Check()
			if test.path == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			require.Equal(t, test.path, problems[0].Path)
		})
	}
}
