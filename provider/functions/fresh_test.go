package functions_test

import (
	"net/http"
	"regexp"
	"sync"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// questions are questions about an organization, by function, with the answer depending on who is in team oncall.
var questions = map[string]map[string]any{
	"getWhoCan":          {"scope": "environment:open", "environment": map[string]any{"project": "payments", "environment": "prod"}},
	"getEffectiveAccess": {"principal": map[string]any{"user": "cy"}, "environment": map[string]any{"project": "payments", "environment": "prod"}},
	"getBlastRadius":     {"principal": map[string]any{"user": "cy"}},
	"getEscalations":     {"scope": "environment:open", "environment": map[string]any{"project": "payments", "environment": "prod"}},
	"getAccessReview":    {},
	"getSuggestedAccess": {"team": "oncall"},
}

const freshSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}]
roles: [{name: openers, scopes: ["environment:read", "environment:open", "team:read", "team:update"]}]
teams: [{name: oncall, members: [bo]}]
environments: [{project: payments, environment: prod, definition: "values: {a: {fn::secret: b}}", owner: ana, tags: {tier: production}}]
`

// process is a plugin process of its own.
func process(t *testing.T, sandbox *servertest.Running) pulumirpc.ResourceProviderServer {
	t.Helper()
	plugin, err := provider.New()
	require.NoError(t, err)
	served, err := provider.Server(plugin)(nil)
	require.NoError(t, err)
	config, err := structpb.NewStruct(map[string]any{"apiUrl": sandbox.URL, "accessToken": sandbox.Token, "organization": "acme"})
	require.NoError(t, err)
	_, err = served.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: config, AcceptSecrets: true, AcceptResources: true})
	require.NoError(t, err)
	return served
}

func answered(t *testing.T, served pulumirpc.ResourceProviderServer, function string, preview bool) string {
	t.Helper()
	args, err := structpb.NewStruct(questions[function])
	require.NoError(t, err)
	answer, err := served.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "leastprivilege:index:" + function, Args: args, Preview: preview})
	require.NoError(t, err)
	return counted.ReplaceAllString(protojson.MarshalOptions{}.Format(answer.GetReturn()), "some events")
}

// counted is how many events the log has: reading it is one more.
var counted = regexp.MustCompile(`\d+ events since [^"]*`)

// byAnotherProvider gives the team the role, and cy a place in it.
func byAnotherProvider(t *testing.T, sandbox *servertest.Running) {
	t.Helper()
	status, answer := sandbox.Call(sandbox.Token, http.MethodPost, "/api/orgs/acme/teams/oncall/roles/"+roleID(t, sandbox, "openers"), nil)
	require.Less(t, status, 300, string(answer))
	status, answer = sandbox.Call(sandbox.Token, http.MethodPatch, "/api/orgs/acme/teams/oncall", map[string]any{"memberAction": "add", "member": "cy"})
	require.Less(t, status, 300, string(answer))
}

// A question of an update is answered with what is there then: a resource of another provider, which the question waited for, may have
// changed it since another question read the organization.
func TestQuestionsInAnUpdateSeeWhatOtherProvidersDid(t *testing.T) {
	t.Parallel()
	for function := range questions {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			sandbox := servertest.Start(t, server.Options{Seed: []byte(freshSeed)})
			served := process(t, sandbox)
			before := answered(t, served, function, false)
			byAnotherProvider(t, sandbox)
			after := answered(t, served, function, false)
			assert.NotEqual(t, before, after, "the change matters")
			assert.Equal(t, answered(t, process(t, sandbox), function, false), after)
		})
	}
}

// Nothing changes during a preview, so its questions share what they read; in an update, those do that are asked at the same time.
func TestQuestionsShareWhatTheyRead(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(freshSeed)})
	calls := func(ask func(served pulumirpc.ResourceProviderServer)) int {
		served := process(t, sandbox)
		before := sandbox.Requests().Total
		ask(served)
		return sandbox.Requests().Total - before
	}
	once := calls(func(served pulumirpc.ResourceProviderServer) { answered(t, served, "getWhoCan", false) })
	assert.Equal(t, once, calls(func(served pulumirpc.ResourceProviderServer) {
		for range 20 {
			answered(t, served, "getWhoCan", true)
		}
	}), "20 questions of a preview")
	assert.LessOrEqual(t, calls(func(served pulumirpc.ResourceProviderServer) {
		var all sync.WaitGroup
		begin := make(chan struct{})
		for range 20 {
			all.Go(func() {
				<-begin
				answered(t, served, "getWhoCan", false)
			})
		}
		close(begin)
		all.Wait()
	}), 4*once, "20 questions of an update that are asked at the same time")
}
