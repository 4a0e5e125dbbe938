package deployments

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// shape is what one part of deployment settings may be. The zero value is a text.
type shape struct {
	kind    shapeKind
	members map[string]shape // of an object
	of      *shape           // the elements of a list, the values of a map
	format  func(string) (string, error)
}

type shapeKind int

const (
	textShape shapeKind = iota
	boolShape
	wholeShape // a whole number
	secretShape
	listShape
	mapShape
	objectShape
	imageShape // an object, or the reference alone as a text
)

var shapeWords = map[shapeKind]string{
	textShape: "a text", boolShape: "true or false", wholeShape: "a whole number", secretShape: "a text or a secret", listShape: "a list",
	mapShape: "a map", objectShape: "an object", imageShape: "a text or an object",
}

// settingsShape is the request of deployment settings, as the service's own client types it.
var settingsShape = objectOf(map[string]shape{
	"agentPoolID":  {format: poolID},
	"cacheOptions": objectOf(map[string]shape{"enable": {kind: boolShape}}),
	"executorContext": objectOf(map[string]shape{
		"executorImage": {kind: imageShape, members: map[string]shape{
			"reference":   {},
			"isDefault":   {kind: boolShape}, // of an answer that is written back
			"credentials": objectOf(map[string]shape{"username": {}, "password": {kind: secretShape}}),
		}},
		"executorRootPath": {},
	}),
	"gitHub":           objectOf(repositoryShapes()),
	"operationContext": operationShape,
	"sourceContext":    sourceShape,
	"tag":              {},
	"vcs":              vcsShape(),
	// Read-only and ignored: clients that write an answer back send them.
	"source":  {format: enumOf("console", "api", "provider", "github-review-stack", "azure-devops-review-stack", "gitlab-review-stack", "bitbucket-review-stack", "github-gitops", "origin-review-stack")},
	"version": {kind: wholeShape},
})

var operationShape = objectOf(map[string]shape{
	"environmentVariables": {kind: mapShape, of: &shape{kind: secretShape}},
	"oidc": objectOf(map[string]shape{
		"aws":   objectOf(map[string]shape{"duration": {format: duration}, "policyArns": textList(), "roleArn": {}, "sessionName": {}}),
		"azure": objectOf(map[string]shape{"clientId": {}, "tenantId": {}, "subscriptionId": {}}),
		"gcp": objectOf(map[string]shape{
			"projectId": {}, "providerId": {}, "region": {}, "serviceAccount": {}, "tokenLifetime": {format: duration}, "workloadPoolId": {},
		}),
	}),
	"operation": {format: enumOf("update", "preview", "destroy", "refresh", "detect-drift", "remediate-drift")},
	"options": objectOf(map[string]shape{
		"deleteAfterDestroy": {kind: boolShape}, "remediateIfDriftDetected": {kind: boolShape}, "shell": {},
		"skipInstallDependencies": {kind: boolShape}, "skipIntermediateDeployments": {kind: boolShape},
	}),
	"preRunCommands": textList(),
	"role":           objectOf(map[string]shape{"id": {}, "name": {}, "defaultIdentifier": {}}),
})

var sourceShape = objectOf(map[string]shape{
	"git": objectOf(map[string]shape{
		"repoUrl": {}, "branch": {}, "commit": {}, "tag": {}, "repoDir": {}, "gitAuth": gitAuthShape,
	}),
	"hg":       objectOf(map[string]shape{"repoUrl": {}, "branch": {}, "repoDir": {}, "revision": {}, "hgAuth": gitAuthShape}),
	"template": objectOf(map[string]shape{"sourceUrl": {}, "gitAuth": gitAuthShape}),
})

var gitAuthShape = objectOf(map[string]shape{
	"accessToken": {kind: secretShape},
	"basicAuth":   objectOf(map[string]shape{"userName": {kind: secretShape}, "password": {kind: secretShape}}),
	"sshAuth":     objectOf(map[string]shape{"sshPrivateKey": {kind: secretShape}, "password": {kind: secretShape}}),
})

func objectOf(members map[string]shape) shape { return shape{kind: objectShape, members: members} }

func textList() shape { return shape{kind: listShape, of: &shape{}} }

func repositoryShapes() map[string]shape {
	return map[string]shape{
		"deployCommits": {kind: boolShape}, "deployPullRequest": {kind: wholeShape}, "deployTags": {kind: boolShape}, "installationId": {},
		"paths": textList(), "previewPullRequests": {kind: boolShape}, "pullRequestTemplate": {kind: boolShape}, "repository": {},
		"reviewStackLabels": textList(), "tagFilters": textList(),
	}
}

func vcsShape() shape {
	members := repositoryShapes()
	members["provider"] = shape{format: enumOf("github", "gitlab", "bitbucket", "azure_devops", "custom", "origin")}
	return objectOf(members)
}

func enumOf(values ...string) func(string) (string, error) {
	return func(text string) (string, error) {
		if !slices.Contains(values, text) {
			return "", fmt.Errorf("%q is none of %s", text, strings.Join(values, ", "))
		}
		return text, nil
	}
}

// duration gives a duration the form in which the service returns it.
func duration(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return "", fmt.Errorf("%q is not a duration such as 1h or 30m", text)
	}
	return d.String(), nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// poolID takes any id: the sandbox has no pools of agents.
func poolID(text string) (string, error) {
	if text != "" && !uuidForm.MatchString(text) {
		return "", fmt.Errorf("Invalid agent pool id") //nolint:staticcheck // as the service says it
	}
	return text, nil
}

// settingsReader checks a request of deployment settings and gives it the form that is stored.
type settingsReader struct {
	secrets settingsSecrets
}

// read reads one part of the settings from a request. before is the stored part: a marker in place of a secret keeps its secret.
func (r settingsReader) read(path string, s shape, sent, before any) (any, error) {
	if sent == nil {
		return nil, nil
	}
	switch value := sent.(type) {
	case string:
		return r.text(path, s, value)
	case bool:
		if s.kind == boolShape {
			return value, nil
		}
	case float64:
		if s.kind == wholeShape && value == math.Trunc(value) && math.Abs(value) < 1<<53 {
			return value, nil
		}
	case []any:
		if s.kind == listShape {
			return r.list(path, s, value)
		}
	case map[string]any:
		if s.kind == secretShape {
			return r.secrets.read(path, value, before)
		}
		if slices.Contains([]shapeKind{objectShape, mapShape, imageShape}, s.kind) {
			return r.object(path, s, value, before)
		}
	}
	return nil, invalidSetting(path, "has to be "+shapeWords[s.kind])
}

func (r settingsReader) text(path string, s shape, value string) (any, error) {
	if s.kind != textShape && s.kind != secretShape && s.kind != imageShape {
		return nil, invalidSetting(path, "has to be "+shapeWords[s.kind])
	}
	if s.format == nil {
		return value, nil
	}
	formed, err := s.format(value)
	if err != nil {
		return nil, invalidSetting(path, err.Error())
	}
	return formed, nil
}

func (r settingsReader) list(path string, s shape, sent []any) (any, error) {
	all := make([]any, len(sent))
	for i, element := range sent {
		at := fmt.Sprintf("%s[%d]", path, i)
		if element == nil {
			return nil, invalidSetting(at, "has to be "+shapeWords[s.of.kind])
		}
		value, err := r.read(at, *s.of, element, nil)
		if err != nil {
			return nil, err
		}
		all[i] = value
	}
	return all, nil
}

func (r settingsReader) object(path string, s shape, sent map[string]any, before any) (any, error) {
	stored, _ := before.(map[string]any)
	all := make(map[string]any, len(sent))
	for _, key := range slices.Sorted(maps.Keys(sent)) {
		at, of := join(path, key), s.of
		if s.kind != mapShape {
			member, known := s.members[key]
			_, there := stored[key] // from a newer service, whose state this is
			if removes := sent[key] == nil && there; !known && !removes {
				return nil, invalidSetting(at, "is not a deployment setting")
			}
			of = &member
		}
		value, err := r.read(at, *of, sent[key], stored[key])
		if err != nil {
			return nil, err
		}
		all[key] = value
	}
	return all, nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// invalidSetting names the field and never repeats what a secret part holds.
func invalidSetting(path, why string) error {
	return rest.BadRequest("validation error: %s: %s", cmp.Or(path, "the settings"), why)
}
