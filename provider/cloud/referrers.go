package cloud

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// Referrer is something that imports an environment. One of the three is set.
type Referrer struct {
	Environment *struct {
		Project string `json:"project"`
		Name    string `json:"name"`
	} `json:"environment"`
	Stack *struct {
		Project string `json:"project"`
		Stack   string `json:"stack"`
	} `json:"stack"`
	Account *struct {
		Name string `json:"accountName"`
	} `json:"insightsAccount"`
}

// Referrers lists what imports an environment, at whatever version, as far as the caller can see it.
func (c *Client) Referrers(ctx context.Context, organization, project, name string) iter.Seq2[Referrer, error] {
	in := environmentCall(http.MethodGet, organization, project, name, "referrers")
	in.query = url.Values{"latestStackVersionOnly": {"true"}}
	return pages(ctx, c, in, func(p struct {
		Referrers         map[string][]Referrer `json:"referrers" answer:"key"` // by the version that is imported
		ContinuationToken string                `json:"continuationToken"`
	},
	) ([]Referrer, string) {
		var all []Referrer
		for _, version := range slices.Sorted(maps.Keys(p.Referrers)) {
			all = append(all, p.Referrers[version]...)
		}
		return all, p.ContinuationToken
	})
}

// PushTriggers returns which of a stack's deployment settings start deployments by a git push or a pull request, as paths
// into the settings such as `gitHub.deployCommits`; none where there are no settings.
func (c *Client) PushTriggers(ctx context.Context, organization, project, stack string) ([]string, error) {
	settings, err := write(ctx, c, deploymentCall(http.MethodGet, organization, project, stack), rawSettings.check)
	settings, found, err := absentIfNotFound(settings, err)
	if err != nil || !found {
		return nil, err
	}
	var triggers []string
	for _, integration := range []string{"gitHub", "vcs"} {
		var on map[string]json.RawMessage
		if err := unmarshalIfSet(settings[integration], &on); err != nil {
			return nil, err
		}
		for _, trigger := range []string{"deployCommits", "deployPullRequest", "deployTags", "previewPullRequests", "pullRequestTemplate"} {
			if value := string(on[trigger]); !isEmptyJSON(on[trigger]) && value != "false" && value != "0" {
				triggers = append(triggers, integration+"."+trigger)
			}
		}
	}
	return triggers, nil
}
