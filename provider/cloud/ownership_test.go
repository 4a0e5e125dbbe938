package cloud_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// A stack is among those with several tags when it is in the list of each; pages are followed in all of them.
func TestTaggedStacks(t *testing.T) {
	t.Parallel()
	const list = "GET /api/user/stacks?"
	stack := func(id, project, name string) string {
		return `{"id":"` + id + `","projectName":"` + project + `","stackName":"` + name + `"}`
	}
	client := scripted(t,
		exchange{call: list + "organization=acme&tagName=a&tagValue=1", answer: `{"stacks":[` + stack("1", "z", "s") + `,` + stack("2", "p", "s") + `],"continuationToken":"n"}`},
		exchange{call: list + "continuationToken=n&organization=acme&tagName=a&tagValue=1", answer: `{"stacks":[` + stack("2", "p", "s") + `,` + stack("3", "p", "t") + `]}`},
		exchange{call: list + "organization=acme&tagName=b&tagValue=2", answer: `{"stacks":[` + stack("2", "p", "s") + `,` + stack("4", "p", "u") + `,` + stack("1", "z", "s") + `]}`},
		exchange{call: list + "organization=acme&project=p", answer: `{"stacks":[` + stack("2", "p", "s") + `]}`},
		exchange{call: "GET /api/stacks/acme/p/s/metadata", answer: `{"ownedBy":{"githubLogin":"bo","name":"Bo"}}`},
		exchange{call: "GET /api/stacks/acme/p/s/collaborators", answer: `{"users":[{"user":{"githubLogin":"bo"},"permission":104}],"stackCreatorUserName":"bo"}`},
	)
	found, err := client.TaggedStacks(t.Context(), "acme", "", map[string]string{"b": "2", "a": "1"})
	require.NoError(t, err)
	assert.Equal(t, []cloud.Stack{{ID: "2", Project: "p", Name: "s"}, {ID: "1", Project: "z", Name: "s"}}, found)
	found, err = client.TaggedStacks(t.Context(), "acme", "p", nil)
	require.NoError(t, err)
	assert.Len(t, found, 1)
	owner, err := client.StackOwner(t.Context(), "acme", "p", "s")
	require.NoError(t, err)
	assert.Equal(t, "bo", owner)
	grants, err := client.Collaborators(t.Context(), "acme", "p", "s")
	require.NoError(t, err)
	assert.Equal(t, []cloud.Collaborator{{User: cloud.UserInfo{Login: "bo"}, Permission: cloud.StackCreator}}, grants)
}
