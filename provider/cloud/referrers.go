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

// LatestVersion is the version of an import that names none.
const LatestVersion = "latest"

// Referrer is something that imports an environment, at a version. One of the three is set.
type Referrer struct {
	Version     string `json:"-"`
	Environment *struct {
		Project string `json:"project"`
		Name    string `json:"name" answer:"text"`
	} `json:"environment"`
	Stack *struct {
		Project string `json:"project"`
		Stack   string `json:"stack" answer:"text"`
	} `json:"stack"`
	Account *struct {
		Name string `json:"accountName" answer:"text"`
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
			for _, referrer := range p.Referrers[version] {
				referrer.Version = version
				all = append(all, referrer)
			}
		}
		return all, p.ContinuationToken
	})
}

// DeploymentStarts is what starts a stack's deployments. Triggers are the settings by which a git push or a pull request does,
// as paths such as `gitHub.deployCommits`. Source is the setting that names a source in git, from which deployments run that
// people and schedules start; "" where there is none.
type DeploymentStarts struct {
	Triggers []string
	Source   string
}

// DeploymentStarts reads it from a stack's deployment settings; nothing where there are none.
func (c *Client) DeploymentStarts(ctx context.Context, organization, project, stack string) (DeploymentStarts, error) {
	var starts DeploymentStarts
	settings, err := write(ctx, c, deploymentCall(http.MethodGet, organization, project, stack), rawSettings.check)
	settings, found, err := absentIfNotFound(settings, err)
	if err != nil || !found {
		return starts, err
	}
	for _, integration := range []string{"gitHub", "vcs"} {
		var on map[string]json.RawMessage
		if err := unmarshalIfSet(settings[integration], &on); err != nil {
			return starts, err
		}
		for _, trigger := range []string{"deployCommits", "deployPullRequest", "deployTags", "previewPullRequests", "pullRequestTemplate"} {
			if value := string(on[trigger]); !isEmptyJSON(on[trigger]) && value != "false" && value != "0" {
				starts.Triggers = append(starts.Triggers, integration+"."+trigger)
			}
		}
	}
	var source map[string]json.RawMessage
	if err := unmarshalIfSet(settings["sourceContext"], &source); err != nil {
		return starts, err
	}
	if !isEmptyJSON(source["git"]) {
		starts.Source = "sourceContext.git"
	}
	return starts, nil
}
