package server

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// maxTokenName is the longest name of a token that the service takes.
const maxTokenName = 40

// mint gives a token its value, which nothing but the answer ever holds, and binds it to the principal that it names.
func (s *org) mint(t *state.Token) (string, error) {
	_, t.Principal = s.rules().principalNamed(t)
	secret := make([]byte, 20)
	if _, err := rand.Read(secret); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	value := tokenPrefix + hex.EncodeToString(secret)
	s.secrets[state.HashToken(value)] = *t
	return value, nil
}

// mintOutside makes a token that is no part of the organization: those of the control endpoints leave no trace in
// the state, so that tests which compare it can use them.
func (s *org) mintOutside(t *state.Token) (string, error) {
	s.mintedSoFar++
	t.ID = ids.Fixed(s.state.Organization.Login, "minted", strconv.Itoa(s.mintedSoFar))
	t.Name = cmp.Or(t.Name, "sandbox-"+strconv.Itoa(s.mintedSoFar))
	t.Created = s.now()
	s.forgetExpired()
	s.state.Minted()[t.ID] = t
	return s.mint(t)
}

// forgetExpired drops the tokens from the control endpoints and exchanges that can never be used again.
func (s *org) forgetExpired() {
	for id, t := range s.state.Minted() {
		if t.Expired(s.now()) {
			delete(s.state.Minted(), id)
		}
	}
	for hash, t := range s.secrets {
		if _, ok := s.state.Minted()[t.ID]; !ok && t.Expired(s.now()) {
			delete(s.secrets, hash)
		}
	}
}

func (s *org) mintAdminToken() (string, error) {
	return s.mintOutside(&state.Token{Kind: state.PersonalToken, User: s.firstAdmin, Name: "sandbox"})
}

// tokenRequest says whose token the control endpoint shall make: exactly one of user, team, organization, deployment.
type tokenRequest struct {
	User         string             `json:"user"`
	Team         string             `json:"team"`
	Organization bool               `json:"organization"`
	Role         string             `json:"role"`  // organization: id of a role
	Admin        bool               `json:"admin"` // organization
	Deployment   *deploymentRequest `json:"deployment"`
	Name         string             `json:"name"`
}

type deploymentRequest struct {
	Project   string `json:"project"`
	Stack     string `json:"stack"`
	Operation string `json:"operation"` // default: update
}

func (c *call) mintControlToken(req tokenRequest) (map[string]string, error) {
	t, err := c.s.tokenFor(req)
	if err != nil {
		return nil, err
	}
	value, err := c.s.mintOutside(t)
	if err != nil {
		return nil, err
	}
	return map[string]string{"token": value}, nil
}

func (s *org) tokenFor(req tokenRequest) (*state.Token, error) {
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
		if _, ok := s.state.Users[req.User]; !ok {
			return nil, rest.NotFound("User '%s' not found", req.User)
		}
		return &state.Token{Kind: state.PersonalToken, User: req.User, Name: req.Name}, nil
	case req.Team != "":
		if _, ok := s.state.Teams[req.Team]; !ok {
			return nil, rest.NotFound("Team '%s' not found", req.Team)
		}
		return &state.Token{Kind: state.TeamToken, Team: req.Team, Name: req.Name}, nil
	case req.Organization:
		return s.organizationTokenFor(req)
	}
	return s.deploymentTokenFor(*req.Deployment, req.Name)
}

func (s *org) organizationTokenFor(req tokenRequest) (*state.Token, error) {
	if req.Role != "" {
		if r, ok := s.state.Record(req.Role); !ok || r.UXPurpose != state.PurposeRole {
			return nil, rest.NotFound("Role '%s' not found", req.Role)
		}
	}
	if req.Role != "" && req.Admin {
		return nil, rest.BadRequest("give role or admin, not both")
	}
	return &state.Token{Kind: state.OrganizationToken, RoleID: req.Role, Admin: req.Admin, Name: req.Name}, nil
}

// operations are what a deployment can do, in the service's words; the first is the default.
var operations = []string{"update", "preview", "refresh", "destroy", "detect-drift", "remediate-drift"}

func (s *org) deploymentTokenFor(d deploymentRequest, name string) (*state.Token, error) {
	if _, ok := s.state.Stacks[state.EntityKey(d.Project, d.Stack)]; !ok {
		return nil, rest.NotFound("Stack '%s' not found", state.EntityKey(d.Project, d.Stack))
	}
	operation := cmp.Or(d.Operation, operations[0])
	if !slices.Contains(operations, operation) {
		return nil, rest.BadRequest("%q is no operation of a deployment", d.Operation)
	}
	return &state.Token{Kind: state.DeploymentToken, Project: d.Project, Stack: d.Stack, Operation: operation, Name: name}, nil
}
