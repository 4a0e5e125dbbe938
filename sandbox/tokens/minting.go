package tokens

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// maxTokenName is the longest name of a token that the service takes.
const maxTokenName = 40

// mint gives a token its value, which nothing but the answer ever holds, and binds it to the principal that it names.
func mint(s *core.Org, t *state.Token) (string, error) {
	_, t.Principal = s.Rules().PrincipalNamed(t)
	secret := make([]byte, 20)
	if _, err := rand.Read(secret); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	value := core.TokenPrefix + hex.EncodeToString(secret)
	s.Secrets[state.HashToken(value)] = *t
	return value, nil
}

// MintOutside makes a token that is not part of the organization's state. Tokens of the control endpoints are made so: tests
// that compare states can use them.
func MintOutside(s *core.Org, t *state.Token) (string, error) {
	s.MintedSoFar++
	t.ID = ids.Fixed(s.State.Organization.Login, "minted", strconv.Itoa(s.MintedSoFar))
	t.Name = cmp.Or(t.Name, "sandbox-"+strconv.Itoa(s.MintedSoFar))
	t.Created = s.Now()
	forgetExpired(s)
	s.State.Minted()[t.ID] = t
	return mint(s, t)
}

// forgetExpired drops the tokens from the control endpoints and exchanges that can never be used again.
func forgetExpired(s *core.Org) {
	for id, t := range s.State.Minted() {
		if t.Expired(s.Now()) {
			delete(s.State.Minted(), id)
		}
	}
	for hash, t := range s.Secrets {
		if _, ok := s.State.Minted()[t.ID]; !ok && t.Expired(s.Now()) {
			delete(s.Secrets, hash)
		}
	}
}

func MintAdminToken(s *core.Org) (string, error) {
	return MintOutside(s, &state.Token{Kind: state.PersonalToken, User: s.FirstAdmin, Name: "sandbox"})
}

// tokenRequest is a request to the control endpoint for a token of exactly one of user, team, organization and deployment.
type tokenRequest struct {
	User         string             `json:"user"`
	Team         string             `json:"team"`
	Organization bool               `json:"organization"`
	Role         string             `json:"role"`  // organization: id of a role
	Admin        bool               `json:"admin"` // organization
	Deployment   *DeploymentRequest `json:"deployment"`
	Name         string             `json:"name"`
}

type DeploymentRequest struct {
	Project   string `json:"project"`
	Stack     string `json:"stack"`
	Operation string `json:"operation"` // default: update
	StartedBy string `json:"startedBy"` // login of the person who started it; "" for a push or a schedule
}

func MintControlToken(c *core.Call, req tokenRequest) (map[string]string, error) {
	t, err := tokenFor(c.Org, req)
	if err != nil {
		return nil, err
	}
	value, err := MintOutside(c.Org, t)
	if err != nil {
		return nil, err
	}
	return map[string]string{"token": value}, nil
}

func tokenFor(s *core.Org, req tokenRequest) (*state.Token, error) {
	given := 0
	for _, is := range []bool{req.User != "", req.Team != "", req.Organization, req.Deployment != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, rest.BadRequest(`give one of "user", "team", "organization" and "deployment"`)
	}
	switch {
	case req.User != "":
		if _, ok := s.State.Users[req.User]; !ok {
			return nil, rest.NotFound("User '%s' not found", req.User)
		}
		return &state.Token{Kind: state.PersonalToken, User: req.User, Name: req.Name}, nil
	case req.Team != "":
		if _, ok := s.State.Teams[req.Team]; !ok {
			return nil, rest.NotFound("Team '%s' not found", req.Team)
		}
		return &state.Token{Kind: state.TeamToken, Team: req.Team, Name: req.Name}, nil
	case req.Organization:
		return organizationTokenFor(s, req)
	}
	return DeploymentTokenFor(s, *req.Deployment, req.Name)
}

func organizationTokenFor(s *core.Org, req tokenRequest) (*state.Token, error) {
	if req.Role != "" {
		if r, ok := s.State.Record(req.Role); !ok || r.UXPurpose != state.PurposeRole {
			return nil, rest.NotFound("Role '%s' not found", req.Role)
		}
	}
	if req.Role != "" && req.Admin {
		return nil, rest.BadRequest("give role or admin, not both")
	}
	return &state.Token{Kind: state.OrganizationToken, RoleID: req.Role, Admin: req.Admin, Name: req.Name}, nil
}

// mayStart refuses deployments that a restricted organization refuses, and those that the person who starts them may not start.
func mayStart(s *core.Org, d DeploymentRequest) error {
	st := s.State.Stacks[state.EntityKey(d.Project, d.Stack)]
	if why := s.Rules().DeploymentRefused(st); why != "" {
		return rest.Forbidden("the deployment of stack '%s' is refused: %s", state.EntityKey(d.Project, d.Stack), why)
	}
	if d.StartedBy == "" {
		return nil
	}
	u, ok := s.State.Users[d.StartedBy]
	if !ok {
		return rest.NotFound("User '%s' not found", d.StartedBy)
	}
	starter := authz.Principal{Login: u.Login, User: u}
	if u.Suspended || !s.Rules().Can(starter, "stack_deployment:create", authz.Stack(st)) {
		return rest.Forbidden("'%s' needs the permission 'stack_deployment:create' on stack '%s'", u.Login, state.EntityKey(d.Project, d.Stack))
	}
	return nil
}

// operations are what a deployment can do, in the service's words; the first is the default.
var operations = []string{"update", "preview", "refresh", "destroy", "detect-drift", "remediate-drift"}

func DeploymentTokenFor(s *core.Org, d DeploymentRequest, name string) (*state.Token, error) {
	if _, ok := s.State.Stacks[state.EntityKey(d.Project, d.Stack)]; !ok {
		return nil, rest.NotFound("Stack '%s' not found", state.EntityKey(d.Project, d.Stack))
	}
	operation := cmp.Or(d.Operation, operations[0])
	if !slices.Contains(operations, operation) {
		return nil, rest.BadRequest("%q is not an operation of a deployment", d.Operation)
	}
	if err := mayStart(s, d); err != nil {
		return nil, err
	}
	return &state.Token{
		Kind: state.DeploymentToken, Project: d.Project, Stack: d.Stack, Operation: operation, StartedBy: d.StartedBy, Name: name,
	}, nil
}
