package cloud_test

import (
	"context"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

func names[T any](seq iter.Seq2[T, error], name func(T) string) ([]string, error) {
	var all []string
	for item, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, name(item))
	}
	return all, nil
}

func TestPages(t *testing.T) {
	t.Parallel()
	lists := []struct {
		name  string
		path  string // with the filters that must stay
		sep   string
		items string // key of the items
		token string // key of the token
		item  func(name string) string
		list  func(context.Context, *cloud.Client) ([]string, error)
	}{
		{
			name: "stacks", path: "GET /api/user/stacks?", sep: "&organization=acme", items: "stacks", token: "continuationToken",
			item: func(n string) string { return `{"id":"` + n + `","projectName":"p","stackName":"` + n + `"}` },
			list: func(ctx context.Context, c *cloud.Client) ([]string, error) {
				return names(c.Stacks(ctx, "acme"), func(s cloud.Stack) string { return s.Name })
			},
		},
		{
			name: "members", path: "GET /api/orgs/acme/members?", sep: "&type=backend", items: "members", token: "continuationToken",
			item: func(n string) string {
				return `{"user":{"githubLogin":"` + n + `"},"role":"member","fgaRole":{"name":"Member"}}`
			},
			list: func(ctx context.Context, c *cloud.Client) ([]string, error) {
				return names(c.Members(ctx, "acme"), func(m cloud.Member) string { return m.User.Login })
			},
		},
		{
			name: "environments", path: "GET /api/esc/environments/acme?", items: "environments", token: "nextToken",
			item: func(n string) string { return `{"id":"` + n + `","name":"` + n + `","ownedBy":{"githubLogin":"ana"}}` },
			list: func(ctx context.Context, c *cloud.Client) ([]string, error) {
				return names(c.Environments(ctx, "acme"), func(e cloud.Environment) string { return e.Name })
			},
		},
		{
			name: "accounts", path: "GET /api/preview/insights/acme/accounts?", items: "accounts", token: "nextToken",
			item: func(n string) string { return `{"id":"` + n + `","name":"` + n + `"}` },
			list: func(ctx context.Context, c *cloud.Client) ([]string, error) {
				return names(c.Accounts(ctx, "acme"), func(a cloud.Account) string { return a.Name })
			},
		},
	}
	endings := map[string]string{"missing token": "", "empty token": `""`, "null token": "null"}
	for _, list := range lists {
		page := func(token, next, item string) exchange {
			call := list.path + "continuationToken=" + token + list.sep
			if token == "" {
				call = list.path[:len(list.path)-1]
				if list.sep != "" {
					call += "?" + list.sep[1:]
				}
			}
			answer := `{"` + list.items + `":[` + list.item(item) + `]`
			if next != "" {
				answer += `,"` + list.token + `":` + next
			}
			return exchange{call: call, answer: answer + "}"}
		}
		for ending, last := range endings {
			t.Run(list.name+" until a "+ending, func(t *testing.T) {
				t.Parallel()
				client := scripted(t, page("", `"a b/&="`, "one"), page("a+b%2F%26%3D", `"t2"`, "two"), page("t2", last, "three"))
				got, err := list.list(t.Context(), client)
				require.NoError(t, err)
				assert.Equal(t, []string{"one", "two", "three"}, got)
			})
		}
		t.Run(list.name+" end with the first error", func(t *testing.T) {
			t.Parallel()
			client := scripted(t, page("", `"t2"`, "one"),
				exchange{call: page("t2", "", "").call, status: 403, answer: refusal(403, "no")})
			got, err := list.list(t.Context(), client)
			require.ErrorIs(t, err, cloud.ErrForbidden)
			assert.Equal(t, []string{"one"}, got)
		})
		t.Run(list.name+" do not go round in circles", func(t *testing.T) {
			t.Parallel()
			client := scripted(t, page("", `"t2"`, "one"), page("t2", `"t2"`, "two"))
			_, err := list.list(t.Context(), client)
			require.ErrorContains(t, err, "same continuation token twice")
		})
	}
}

func TestPagesAreLazyAndStartAgain(t *testing.T) {
	t.Parallel()
	call := "GET /api/user/stacks"
	first := exchange{call: call + "?organization=acme", answer: `{"stacks":[{"id":"1","projectName":"p","stackName":"s"},{"id":"2","projectName":"p","stackName":"s"}],"continuationToken":"t"}`}
	second := exchange{call: call + "?continuationToken=t&organization=acme", answer: `{"stacks":[{"id":"3","projectName":"p","stackName":"s"}]}`}
	client := scripted(t, first, first, second, first, second)
	stacks := client.Stacks(t.Context(), "acme") // no call yet
	for stack, err := range stacks {
		require.NoError(t, err)
		if stack.ID == "2" {
			break // the second page is not asked for
		}
	}
	for range 2 {
		ids, err := names(stacks, func(s cloud.Stack) string { return s.ID })
		require.NoError(t, err)
		assert.Equal(t, []string{"1", "2", "3"}, ids)
	}
}

func TestEnvironmentTags(t *testing.T) {
	t.Parallel()
	const call = "GET /api/esc/environments/acme/payments/prod/tags"
	tests := []struct {
		name      string
		exchanges []exchange
		want      map[string]string
		wantErr   string
	}{
		{name: "none", exchanges: []exchange{{call: call, answer: `{"tags":{}}`}}, want: map[string]string{}},
		{
			name: "text tokens", want: map[string]string{"tier": "1", "owner": "ana"},
			exchanges: []exchange{
				{call: call, answer: `{"tags":{"tier":{"name":"tier","value":"1"}},"nextToken":"a b"}`},
				{call: call + "?after=a+b", answer: `{"tags":{"owner":{"name":"owner","value":"ana"}},"nextToken":""}`},
			},
		},
		{
			name: "number tokens", want: map[string]string{"tier": "1"},
			exchanges: []exchange{
				{call: call, answer: `{"tags":{"tier":{"name":"tier","value":"1"}},"nextToken":5}`},
				{call: call + "?after=5", answer: `{"tags":{},"nextToken":0}`},
			},
		},
		{name: "null", want: map[string]string{}, exchanges: []exchange{{call: call, answer: `{"tags":null,"nextToken":null}`}}},
		{
			name: "circle", wantErr: "same continuation token twice", exchanges: []exchange{
				{call: call, answer: `{"tags":{},"nextToken":"t"}`}, {call: call + "?after=t", answer: `{"tags":{},"nextToken":"t"}`},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := scripted(t, test.exchanges...).EnvironmentTags(t.Context(), "acme", "payments", "prod")
			if test.wantErr != "" {
				require.ErrorContains(t, err, test.wantErr)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}
