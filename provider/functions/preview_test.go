package functions_test

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// A question about what the program is going to create never fails a preview: the answer says that it is not known yet. An
// update fails.
func TestQuestionsAtPreviewAboutWhatIsPlanned(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Organization: "acme"})
	served := process(t, sandbox)
	environment := map[string]any{"project": "payments", "environment": "new"}
	stack := map[string]any{"project": "payments", "stack": "new"}
	for name, c := range map[string]struct {
		function string
		args     map[string]any
	}{
		"an environment": {"getWhoCan", map[string]any{"scope": "environment:open", "environment": environment}},
		"a stack":        {"getWhoCan", map[string]any{"scope": "stack:read", "stack": stack}},
		"an account":     {"getWhoCan", map[string]any{"scope": "insights_account:read", "account": "new"}},
		"access":         {"getEffectiveAccess", map[string]any{"principal": map[string]any{"user": "ana"}, "environment": environment}},
		"a team":         {"getEffectiveAccess", map[string]any{"principal": map[string]any{"team": "new"}, "stack": stack}},
	} {
		args, err := structpb.NewStruct(c.args)
		require.NoError(t, err)
		ask := &pulumirpc.InvokeRequest{Tok: "leastprivilege:index:" + c.function, Args: args, Preview: true}
		answer, err := served.Invoke(t.Context(), ask)
		require.NoError(t, err, name)
		blind := answer.GetReturn().GetFields()["blind"].GetListValue().GetValues()
		require.NotEmpty(t, blind, name)
		assert.Contains(t, blind[0].GetStructValue().GetFields()["what"].GetStringValue(), "not known at this preview", name)
		ask.Preview = false
		_, err = served.Invoke(t.Context(), ask)
		assert.Error(t, err, name)
	}
}
