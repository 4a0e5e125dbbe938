package cloud

import (
	"context"
	"iter"
	"net/http"
)

// Stack is a stack as lists show it.
type Stack struct {
	ID      string            `json:"id" answer:"id"` // survives renames, not delete and create
	Project string            `json:"projectName" answer:"text"`
	Name    string            `json:"stackName" answer:"text"`
	Tags    map[string]string `json:"tags"` // only when a single stack was asked for
	// Config names the environment that holds the stack's configuration, if one does; only when a single stack was asked for.
	Config *struct {
		Environment string `json:"environment"`
	} `json:"config"`
}

// Account is an Insights account.
type Account struct {
	ID    string   `json:"id" answer:"id"`
	Name  string   `json:"name" answer:"text"`
	Owner UserInfo `json:"ownedBy"`
}

// Stacks lists the stacks of an organization that the caller can see.
func (c *Client) Stacks(ctx context.Context, organization string) iter.Seq2[Stack, error] {
	return c.StacksWhere(ctx, organization, StackFilter{})
}

// Stack returns one stack, or ErrNotFound.
func (c *Client) Stack(ctx context.Context, organization, project, stack string) (Stack, error) {
	return write(ctx, c, stackCall(http.MethodGet, organization, project, stack), func(s Stack) error {
		return otherName("stack", project+"/"+stack, s.Project+"/"+s.Name)
	})
}

// Accounts lists the Insights accounts of an organization.
func (c *Client) Accounts(ctx context.Context, organization string) iter.Seq2[Account, error] {
	return pages(ctx, c, call{
		method: http.MethodGet, path: []string{"preview", "insights", organization, "accounts"},
		object: "accounts of " + quoted("organization", organization), sparse: true,
	}, func(p struct {
		Accounts  []Account `json:"accounts" answer:"key"`
		NextToken string    `json:"nextToken"`
	},
	) ([]Account, string) {
		return p.Accounts, p.NextToken
	})
}

// Account returns one Insights account, or ErrNotFound.
func (c *Client) Account(ctx context.Context, organization, account string) (Account, error) {
	return write(ctx, c, call{
		method: http.MethodGet, path: []string{"preview", "insights", organization, "accounts", account},
		object: quoted("account", account),
	}, func(a Account) error { return otherName("account", account, a.Name) })
}

// AccountTags returns an Insights account's tags.
func (c *Client) AccountTags(ctx context.Context, organization, account string) (map[string]string, error) {
	found, err := get[struct {
		Tags map[string]struct {
			Value string `json:"value" answer:"value"`
		} `json:"tags" answer:"key"`
	}](ctx, c, call{
		method: http.MethodGet, path: []string{"preview", "insights", organization, "accounts", account, "tags"},
		object: "tags of " + quoted("account", account),
	})
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for name, tag := range found.Tags {
		tags[name] = tag.Value
	}
	return tags, nil
}

func stackCall(method, organization, project, stack string, rest ...string) call {
	return call{
		method: method, path: append([]string{"stacks", organization, project, stack}, rest...),
		object: quoted("stack", project+"/"+stack),
	}
}
