package deploymentrole

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// loginCloud is a cloud whose logins deployment settings know.
type loginCloud struct {
	name string   // key in the settings
	keys []string // properties of a login
	// settings is the login to the cloud, as the service writes it; nil for none.
	settings func(v State, oidc types.DeploymentOIDC) any
	// read puts the login that the settings hold into oidc.
	read func(settings json.RawMessage, oidc *types.DeploymentOIDC) error
	// describe names the login for people.
	describe func(oidc types.DeploymentOIDC) string
}

var loginClouds = []loginCloud{
	{
		name: "aws", keys: []string{"duration", "policyArns", "roleArn", "sessionName"},
		settings: awsSettingsOf, read: readAWSSettings,
		describe: func(oidc types.DeploymentOIDC) string { return "the AWS login with the role " + oidc.AWS.RoleARN },
	},
	{
		name: "azure", keys: []string{"clientId", "subscriptionId", "tenantId"},
		settings: azureSettingsOf, read: readAzureSettings,
		describe: func(oidc types.DeploymentOIDC) string {
			return "the Azure login with the client id " + oidc.Azure.ClientID
		},
	},
	{
		name: "gcp", keys: []string{"projectId", "providerId", "region", "serviceAccount", "tokenLifetime", "workloadPoolId"},
		settings: gcpSettingsOf, read: readGCPSettings,
		describe: func(oidc types.DeploymentOIDC) string {
			return "the Google Cloud login as the service account " + oidc.GCP.ServiceAccount
		},
	},
}

func loginCloudOf(name string) *loginCloud {
	i := slices.IndexFunc(loginClouds, func(c loginCloud) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return &loginClouds[i]
}

type awsSettings struct {
	RoleARN     string   `json:"roleArn,omitempty"`
	SessionName string   `json:"sessionName,omitempty"`
	Duration    string   `json:"duration,omitempty"`
	PolicyARNs  []string `json:"policyArns,omitempty"`
}

func awsSettingsOf(v State, oidc types.DeploymentOIDC) any {
	login := oidc.AWS
	if login == nil {
		return nil
	}
	out := awsSettings{RoleARN: login.RoleARN, SessionName: ptr.Value(login.SessionName), Duration: settingsDuration(login.Duration)}
	if out.SessionName == "" {
		out.SessionName = v.defaultSession()
	}
	out.PolicyARNs = slices.Clone(login.PolicyARNs)
	slices.Sort(out.PolicyARNs)
	if out.PolicyARNs = slices.Compact(out.PolicyARNs); len(out.PolicyARNs) == 0 {
		out.PolicyARNs = nil
	}
	return out
}

func readAWSSettings(settings json.RawMessage, oidc *types.DeploymentOIDC) error {
	var login awsSettings
	if err := json.Unmarshal(settings, &login); err != nil {
		return err
	}
	oidc.AWS = &types.DeploymentAWS{
		RoleARN: login.RoleARN, SessionName: ptr.NonZero(login.SessionName), Duration: inputDuration(login.Duration),
	}
	if len(login.PolicyARNs) > 0 {
		oidc.AWS.PolicyARNs = slices.Sorted(slices.Values(login.PolicyARNs))
	}
	return nil
}

type azureSettings struct {
	ClientID       string `json:"clientId,omitempty"`
	TenantID       string `json:"tenantId,omitempty"`
	SubscriptionID string `json:"subscriptionId,omitempty"`
}

// azureSettingsOf writes ids in lower case, since their case makes no difference to Azure.
func azureSettingsOf(_ State, oidc types.DeploymentOIDC) any {
	login := oidc.Azure
	if login == nil {
		return nil
	}
	return azureSettings{
		ClientID: strings.ToLower(login.ClientID), TenantID: strings.ToLower(login.TenantID),
		SubscriptionID: strings.ToLower(login.SubscriptionID),
	}
}

func readAzureSettings(settings json.RawMessage, oidc *types.DeploymentOIDC) error {
	var login azureSettings
	if err := json.Unmarshal(settings, &login); err != nil {
		return err
	}
	oidc.Azure = &types.DeploymentAzure{ClientID: login.ClientID, TenantID: login.TenantID, SubscriptionID: login.SubscriptionID}
	return nil
}

type gcpSettings struct {
	ProjectID      string `json:"projectId,omitempty"`
	WorkloadPoolID string `json:"workloadPoolId,omitempty"`
	ProviderID     string `json:"providerId,omitempty"`
	ServiceAccount string `json:"serviceAccount,omitempty"`
	Region         string `json:"region,omitempty"`
	TokenLifetime  string `json:"tokenLifetime,omitempty"`
}

func gcpSettingsOf(_ State, oidc types.DeploymentOIDC) any {
	login := oidc.GCP
	if login == nil {
		return nil
	}
	return gcpSettings{
		ProjectID: login.ProjectID, WorkloadPoolID: login.WorkloadPoolID, ProviderID: login.ProviderID,
		ServiceAccount: login.ServiceAccount, Region: ptr.Value(login.Region), TokenLifetime: settingsDuration(login.TokenLifetime),
	}
}

func readGCPSettings(settings json.RawMessage, oidc *types.DeploymentOIDC) error {
	var login gcpSettings
	if err := json.Unmarshal(settings, &login); err != nil {
		return err
	}
	oidc.GCP = &types.DeploymentGCP{
		ProjectID: login.ProjectID, WorkloadPoolID: login.WorkloadPoolID, ProviderID: login.ProviderID,
		ServiceAccount: login.ServiceAccount, Region: ptr.NonZero(login.Region), TokenLifetime: inputDuration(login.TokenLifetime),
	}
	return nil
}

// settingsDuration is a duration as the service writes it.
func settingsDuration(input *string) string {
	if d, err := timetext.ParseDuration(ptr.Value(input)); err == nil {
		return d.String()
	}
	return ptr.Value(input)
}

// inputDuration is a duration of the settings as people write it.
func inputDuration(settings string) *string {
	if d, err := timetext.ParseDuration(settings); err == nil {
		settings = timetext.FormatDuration(d)
	}
	return ptr.NonZero(settings)
}
