package cloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// answerOf is a whole answer of the service, and the fields of it that a call cannot do without. A list that is null is empty: services
// write so. Those have a ~ before them.
type answerOf struct{ body, required string }

const (
	aUser   = `{"githubLogin":"x","name":"X"}`
	aTeam   = `{"name":"x","kind":"pulumi","displayName":"X","description":"","members":[{"githubLogin":"bo","role":"member"}],"stacks":[{"projectName":"p","stackName":"s","permission":101}],"environments":[{"projectName":"p","envName":"e","permission":"open"}],"accounts":[{"accountName":"a","permission":1}]}`
	inTeam  = `name members.0.githubLogin members.0.role stacks.0.projectName stacks.0.stackName stacks.0.permission environments.0.envName environments.0.permission accounts.0.accountName accounts.0.permission`
	aRole   = `{"id":"x","name":"x","uxPurpose":"role","details":{},"version":1}`
	inRole  = `id name details`
	aToken  = `{"id":"x","name":"n","admin":false,"expires":0,"lastUsed":0,"created":"2030-01-01T00:00:00Z"}`
	anOrg   = `{"id":"x","userRole":"admin","defaultStackPermission":0,"defaultEnvironmentPermission":"none","defaultAccountPermission":0,"membersCanCreateStacks":false,"membersCanCreateTeams":false,"membersCanCreateAccounts":false,"membersCanTransferStacks":false,"membersCanDeleteStacks":false}`
	inOrg   = `id userRole defaultStackPermission defaultEnvironmentPermission defaultAccountPermission membersCanCreateStacks membersCanCreateTeams membersCanCreateAccounts membersCanTransferStacks membersCanDeleteStacks`
	aMember = `{"members":[{"user":` + aUser + `,"role":"member","fgaRole":{"name":"Member"},"virtualAdmin":false,"created":"2030-01-01T00:00:00Z"}]}`
	inList  = `~members members.0.user members.0.user.githubLogin members.0.role members.0.fgaRole`
	aGate   = `{"id":"x","name":"","enabled":true,"target":{"entityType":"environment","qualifiedName":"p/e","actionTypes":["open"]},"rule":{"ruleType":"approval_required","numApprovalsRequired":1,"allowSelfApproval":false,"requireReapprovalOnChange":true,"eligibleApprovers":[{"eligibilityType":"team_member","name":"t"},{"eligibilityType":"specific_user","user":` + aUser + `},{"eligibilityType":"has_permission_on_target","permission":"environment:write"}]}}`
	inGate  = `id name enabled target target.entityType target.actionTypes rule rule.ruleType rule.numApprovalsRequired rule.allowSelfApproval rule.requireReapprovalOnChange ~rule.eligibleApprovers rule.eligibleApprovers.0.name rule.eligibleApprovers.1.user.githubLogin rule.eligibleApprovers.2.permission`
	policy  = `{"id":"x","version":1,"policies":[{"decision":"allow","tokenType":"team","teamName":"t","rules":{"sub":"s"}}]}`
	inIssue = `id ~policies policies.0.decision policies.0.tokenType policies.0.rules`
	assign  = `{"principal":{"user":` + aUser + `},"permissionSet":{"id":"x","name":"n"}}`
	settle  = `{"version":1,"operationContext":{"role":{"id":"r","name":"R"}}}`
)

// listed puts the elements of a list into an answer, and before the paths of what each of them requires.
func listed(name, element, required string) answerOf {
	paths := []string{"~" + name}
	for _, path := range strings.Fields(required) {
		paths = append(paths, name+".0."+path)
	}
	return answerOf{fmt.Sprintf(`{%q:[%s]}`, name, element), strings.Join(paths, " ")}
}

// answered has every call that reads an answer. Of calls that write and read back, it is what the write answers.
var answered = map[string]answerOf{
	"CurrentUser": {aUser, "githubLogin"}, "Organization": {anOrg, inOrg}, "UpdateOrganization": {anOrg, inOrg},
	"Members": {aMember, inList}, "MembersAndSuspended": {aMember, inList}, "Seats": {aMember, inList}, "ServicePrincipals": {aMember, inList},
	"Teams": listed("teams", aTeam, "name"), "RoleTeams": listed("teams", aTeam, "name"), "Team": {aTeam, inTeam},
	"CreateTeam": {strings.ReplaceAll(aTeam, `"members":[`, `"more":[`), "name"}, "CreateGitHubTeam": {aTeam, "name"},
	"Roles": listed("roles", aRole, "id name"), "Role": {aRole, inRole},
	"CreateRole": {strings.Replace(aRole, `"name":"x"`, `"name":""`, 1), "id"}, "CreatePolicyAndRole": {strings.Replace(aRole, `"name":"x"`, `"name":""`, 1), "id"},
	"UpdateRole": {aRole, inRole}, "RoleUsers": listed("users", aUser, "githubLogin"), "RoleTokens": listed("tokens", aToken, "name"),
	"AvailableScopes":    {`{"stack":[{"scopes":[{"name":"stack:read"}]}]}`, ""},
	"OrganizationTokens": listed("tokens", aToken, "id name expires created admin"), "TeamTokens": listed("tokens", aToken, "id name expires created admin"),
	"PersonalTokens": listed("tokens", aToken, "id name expires created"), "CreateOrganizationToken": {`{"id":"x","tokenValue":"v"}`, "id tokenValue"},
	"CreateTeamToken": {`{"id":"x","tokenValue":"v"}`, "id tokenValue"},
	"Stacks":          listed("stacks", `{"id":"x","projectName":"p","stackName":"s"}`, "id projectName stackName"),
	"StacksWhere":     listed("stacks", `{"id":"x","projectName":"p","stackName":"s"}`, "id projectName stackName"),
	"TaggedStacks":    listed("stacks", `{"id":"x","projectName":"p","stackName":"s"}`, "id projectName stackName"),
	"Stack":           {`{"id":"x","projectName":"x","stackName":"x"}`, "id projectName stackName"},
	"StackOwner":      {`{"ownedBy":` + aUser + `}`, "ownedBy ownedBy.githubLogin"},
	"Collaborators":   listed("users", `{"user":`+aUser+`,"permission":101}`, "user user.githubLogin permission"),
	"Accounts":        listed("accounts", `{"id":"x","name":"a","ownedBy":`+aUser+`}`, "id name"), "Account": {`{"id":"x","name":"x"}`, "id name"},
	"AccountTags":  {`{"tags":{"k":{"value":"v"}}}`, "~tags tags.k.value"},
	"Environments": listed("environments", `{"id":"x","project":"p","name":"e","ownedBy":`+aUser+`}`, "id name ownedBy"),
	"EnvironmentMetadata": {`{"id":"x","ownedBy":` + aUser + `,"activeChangeRequest":{"changeRequestId":"x"}}`,
		"id ownedBy ownedBy.githubLogin activeChangeRequest.changeRequestId"},
	"DeletionProtected": {`{"deletionProtected":true}`, "deletionProtected"}, "EnvironmentTags": {`{"tags":{"k":{"name":"k","value":"v"}}}`, "~tags tags.k.name tags.k.value"},
	"Gates": {`{"gates":[` + aGate + `]}`, "~gates"}, "Gate": {aGate, inGate}, "UpdateGate": {aGate, inGate}, "CreateGate": {aGate, inGate},
	"OIDCIssuers": listed("oidcIssuers", `{"id":"x","name":"n","url":"u"}`, "id name url"), "OIDCIssuer": {`{"id":"x","name":"n","url":"u"}`, "id name url"},
	"RegisterOIDCIssuer": {`{"id":"x","name":"n","url":"/"}`, "id name url"}, "UpdateOIDCIssuer": {`{"id":"x","name":"n","url":"u"}`, "id name url"},
	"AuthPolicy": {policy, inIssue}, "ReplaceAuthPolicy": {policy, inIssue},
	"DeploymentSettings": {settle, "version operationContext.role.id"}, "DeploymentStarts": {settle, "version"},
	"MergeDeploymentSettings": {`{"version":1,"operationContext":{}}`, "version"},
	"Assignments":             listed("assignments", assign, "principal principal.user.githubLogin permissionSet permissionSet.id"),
	"EntityAssignments":       listed("assignments", assign, "principal principal.user.githubLogin permissionSet permissionSet.id"),
	"ChangeRequest":           {`{"id":"x","action":"open","status":"draft"}`, "id action status"},
	"UpdateDraft":             {`{"changeRequestId":"x"}`, "changeRequestId"}, "CreateDraft": {`{"changeRequestId":"x"}`, "changeRequestId"},
	"AuditEvents": listed("auditLogEvents", `{"timestamp":1,"event":"e","user":`+aUser+`}`, "timestamp event user"),
	"Referrers": {`{"referrers":{"latest":[{"environment":{"project":"p","name":"e"}},{"stack":{"project":"p","stack":"s"}},{"insightsAccount":{"accountName":"a"}}]}}`,
		"~referrers referrers.latest.0.environment.name referrers.latest.1.stack.stack referrers.latest.2.insightsAccount.accountName"},
	"AgentDefinitions": listed("definitions", `{"id":"x","name":"n"}`, "id name"),
}

// readsText are the calls whose answer, or what confirms it, is a definition's text and its headers.
var readsText = []string{"ReadEnvironment", "ReadDraft", "CreateEnvironment"}

// Every call that reads an answer refuses one that lacks a field which it cannot do without, or has it null or of another type: it
// does not become state. The error names the field.
func TestAnswersHaveWhatTheyMust(t *testing.T) {
	t.Parallel()
	everyCall(t, func(name string, call func(context.Context, *cloud.Client) error) {
		of, there := answered[name]
		if method, _ := reflect.TypeFor[*cloud.Client]().MethodByName(name); method.Type.NumOut() == 1 && !returnsList(method.Type) || slices.Contains(readsText, name) {
			assert.False(t, there, "%s reads no answer", name)
			return
		}
		if !assert.True(t, there, "%s reads an answer: what must it have?", name) {
			return
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := answering(t, 200, "application/json", of.body)
			require.NoError(t, call(t.Context(), client), "the whole answer")
			for _, path := range strings.Fields(of.required) {
				path, empty := strings.CutPrefix(path, "~")
				for how, body := range spoiled(t, of.body, strings.Split(path, ".")) {
					if empty && how == "null" {
						client, _ := answering(t, 200, "application/json", body)
						assert.NoError(t, call(t.Context(), client), "%s is %s in %s", path, how, body)
						continue
					}
					client, _ := answering(t, 200, "application/json", body)
					err := call(t.Context(), client)
					if !assert.ErrorIs(t, err, cloud.ErrUnknownOutcome, "%s is %s in %s", path, how, body) {
						continue
					}
					keys := regexp.MustCompile(`[a-zA-Z]+`).FindAllString(path, -1)
					field := keys[len(keys)-1]
					if !strings.Contains(err.Error(), "ime") { // times decode themselves, and do not know the field
						assert.Contains(t, strings.ToLower(err.Error()), strings.ToLower(field), "%s is %s in %s", path, how, body)
					}
				}
			}
		})
	})
}

func returnsList(method reflect.Type) bool { return method.Out(0).Kind() == reflect.Func }

// spoiled are answers without the value at a path, with null there, and with values of other types.
func spoiled(t *testing.T, body string, path []string) map[string]string {
	t.Helper()
	with := func(change func(parent map[string]any, key string)) string {
		var whole any
		require.NoError(t, json.Unmarshal([]byte(body), &whole))
		at := whole
		for _, step := range path[:len(path)-1] {
			switch parent := at.(type) {
			case map[string]any:
				at = parent[step]
			case []any:
				var i int
				_, err := fmt.Sscan(step, &i)
				require.NoError(t, err)
				at = parent[i]
			}
		}
		parent, ok := at.(map[string]any)
		require.True(t, ok, "%v of %s", path, body)
		require.Contains(t, parent, path[len(path)-1], body)
		change(parent, path[len(path)-1])
		text, err := json.Marshal(whole)
		require.NoError(t, err)
		return string(text)
	}
	all := map[string]string{
		"missing": with(func(parent map[string]any, key string) { delete(parent, key) }),
		"null":    with(func(parent map[string]any, key string) { parent[key] = nil }),
	}
	all["of another type"] = with(func(parent map[string]any, key string) {
		if _, text := parent[key].(string); text {
			parent[key] = []any{}
		} else {
			parent[key] = "text"
		}
	})
	return all
}
