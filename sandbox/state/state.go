// Package state holds the objects of the sandbox's organization, by name and id, and exports and restores them. [New] makes the
// state of a new organization.
//
// The rules here are those of the objects alone. Package authz decides who may do what with them.
package state

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/aws"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/azure"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// State is everything the organization consists of. Its JSON form is what /_sandbox/state exchanges. Fields with
// "omitzero" are history: [State.Export] leaves them out by default, so that the export after an object was
// created and deleted has the same bytes as the one before.
type State struct {
	Organization organization            `json:"organization"`
	Users        map[string]*User        `json:"users"`            // by login
	Teams        map[string]*Team        `json:"teams"`            // by name
	Roles        map[string]*Record      `json:"roles"`            // by id; custom ones only
	Stacks       map[string]*Stack       `json:"stacks"`           // by project/stack
	Environments map[string]*Environment `json:"environments"`     // by project/name
	Accounts     map[string]*Account     `json:"accounts"`         // by name
	Tokens       map[string]*Token       `json:"tokens"`           // by id
	Gates        map[string]*Gate        `json:"gates"`            // by id
	Issuers      map[string]*OIDCIssuer  `json:"oidcIssuers"`      // by id
	Agents       map[string]*Agent       `json:"agents,omitempty"` // by id
	Clouds       cloudStates             `json:"clouds"`
	History      *history                `json:"history,omitempty"`

	builtins map[string]*Record  // by id: built-in roles and permission sets
	builtin  map[string]string   // their ids, by identifier
	keys     map[string]string   // entity id -> its key in Stacks, Environments or Accounts
	minted   map[string]*Token   // by id: tokens from the control endpoints, no part of the organization
	sorted   map[string][]string // keys of entities in order, by kind; see names
	issued   map[string]bool     // every id that was ever given out; a restored state does not free one
}

type organization struct {
	Login    string    `json:"login"`
	ID       string    `json:"id"`
	Settings Settings  `json:"settings"`
	Created  time.Time `json:"created,omitzero"`
}

type Settings struct {
	DefaultStackPermission        int    `json:"defaultStackPermission"`
	DefaultEnvironmentPermission  string `json:"defaultEnvironmentPermission"`
	DefaultAccountPermission      int    `json:"defaultAccountPermission"`
	DefaultRoleID                 string `json:"defaultRoleId"` // "" is the built-in Member
	DefaultDeploymentRoleID       string `json:"defaultDeploymentRoleId"`
	DefaultAgentPoolID            string `json:"defaultAgentPoolId"`
	MaxAccessTokenExpiryDays      int    `json:"maxAccessTokenExpiryDays"` // 0 means no policy
	MembersCanCreateStacks        bool   `json:"membersCanCreateStacks"`
	MembersCanDeleteStacks        bool   `json:"membersCanDeleteStacks"`
	MembersCanTransferStacks      bool   `json:"membersCanTransferStacks"`
	MembersCanCreateTeams         bool   `json:"membersCanCreateTeams"`
	MembersCanCreateAccounts      bool   `json:"membersCanCreateAccounts"`
	MembersCanInviteCollaborators bool   `json:"membersCanInviteCollaborators"`
	PreferredVCS                  string `json:"preferredVCS"`
	Restricted                    bool   `json:"restricted,omitempty"`       // the permission mode
	AlwaysRestricted              bool   `json:"alwaysRestricted,omitempty"` // created restricted, which can never switch
}

// User is a member of the organization.
type User struct {
	ID        string    `json:"id"` // of the membership: somebody who is added again has another one
	Login     string    `json:"login"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	RoleID    string    `json:"roleId"`                         // id of a built-in or custom role, "" for the default role
	Suspended bool      `json:"suspended,omitempty"`            // keeps everything, and has no access
	Service   string    `json:"servicePrincipalKind,omitempty"` // kind of a service principal, "" for a person
	Created   time.Time `json:"created,omitzero"`
}

type Team struct {
	ID           string                      `json:"id"` // one that is recreated under its name has another
	Name         string                      `json:"name"`
	DisplayName  string                      `json:"displayName"`
	Description  string                      `json:"description"`
	Kind         string                      `json:"kind"`         // pulumi, github or scim
	Members      map[string]string           `json:"members"`      // login -> member or admin
	RoleIDs      []string                    `json:"roleIds"`      // one at most
	Stacks       map[string]int              `json:"stacks"`       // project/stack -> 101..103
	Environments map[string]EnvironmentGrant `json:"environments"` // project/name ->
	Accounts     map[string]int              `json:"accounts"`     // name -> 1..3
	Created      time.Time                   `json:"created,omitzero"`
}

type EnvironmentGrant struct {
	Permission      string `json:"permission"`                // read, open, write or admin
	MaxOpenDuration string `json:"maxOpenDuration,omitempty"` // a Go duration string, normalised
}

// Record is a permission descriptor record: a role, a policy or a permission set, told apart by UXPurpose.
type Record struct {
	ID                string          `json:"id"`
	Name              string          `json:"name"`
	Description       string          `json:"description"`
	ResourceType      string          `json:"resourceType"`
	UXPurpose         string          `json:"uxPurpose"`
	Details           json.RawMessage `json:"details"`
	DefaultIdentifier string          `json:"defaultIdentifier,omitempty"` // built-ins only
	Policy            string          `json:"policy,omitempty"`            // the policy that was made together with a role
	Version           int             `json:"version,omitzero"`
	Created           time.Time       `json:"created,omitzero"`
	Modified          time.Time       `json:"modified,omitzero"`

	parsed access.Descriptor // of Details
}

type Stack struct {
	ID            string            `json:"id"`
	Project       string            `json:"project"`
	Name          string            `json:"name"`
	Tags          map[string]string `json:"tags"`
	Owner         string            `json:"owner"`         // login
	Creator       string            `json:"creator"`       // login; its rights are an entry in Collaborators
	Collaborators map[string]int    `json:"collaborators"` // login -> 101..104
	Assigned      Assigned          `json:"assigned,omitempty"`
	Environment   string            `json:"environment"` // the ESC environment that holds its configuration, if any
	// Deployment holds the deployment settings as they are stored, secrets sealed; nil when there are none.
	Deployment map[string]any `json:"deployment,omitzero"`
	// Version counts what changed the state: updates, imports and renames.
	Version     int          `json:"version,omitzero"`
	Updates     []*Update    `json:"updates,omitzero"`           // oldest first
	Checkpoints []checkpoint `json:"checkpoints,omitzero"`       // by version; one that wrote no state has none
	Trimmed     int          `json:"trimmed,omitzero"`           // the latest version whose state is no longer kept
	Settings    int          `json:"deploymentVersion,omitzero"` // of the deployment settings
	Created     time.Time    `json:"created,omitzero"`
}

type Account struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Provider    string            `json:"provider"`
	Environment string            `json:"environment"` // project/env, the account's credentials
	Parent      string            `json:"parent,omitempty"`
	Owner       string            `json:"owner"` // login
	Assigned    Assigned          `json:"assigned,omitempty"`
	Tags        map[string]string `json:"tags"`
	Created     time.Time         `json:"created,omitzero"`
}

// cloudStates are what the sandbox's cloud accounts trust.
type cloudStates struct {
	AWS   aws.State   `json:"aws"`
	Azure azure.State `json:"azure"`
	GCP   gcp.State   `json:"gcp"`
}

func New(login string, now time.Time) *State {
	st := &State{Organization: organization{
		Login:    login,
		ID:       ids.Fixed("organization", login),
		Settings: defaultSettings(),
		Created:  now.UTC().Truncate(time.Millisecond),
	}}
	st.fill()
	return st
}

// defaultSettings are those of a new organization, except that default permissions are none.
func defaultSettings() Settings {
	return Settings{
		DefaultEnvironmentPermission:  LevelNone,
		MembersCanCreateStacks:        true,
		MembersCanDeleteStacks:        true,
		MembersCanTransferStacks:      true,
		MembersCanCreateTeams:         true,
		MembersCanCreateAccounts:      true,
		MembersCanInviteCollaborators: true,
		PreferredVCS:                  LevelNone,
	}
}

// fill makes the maps that are missing and derives what is not exported.
func (st *State) fill() {
	for _, k := range kinds {
		k.fill(st)
	}
	st.Clouds.AWS.Fill()
	st.Clouds.Azure.Fill()
	st.Clouds.GCP.Fill()
	st.minted = rest.OrEmpty(st.minted)
	st.issued = rest.OrEmpty(st.issued)
	if st.History == nil {
		st.History = &history{}
	}
	st.History.Generations = rest.OrEmpty(st.History.Generations)
	st.History.TokenNames = rest.OrEmpty(st.History.TokenNames)
	st.fillBuiltins()
	st.keys = map[string]string{}
	for _, k := range kinds {
		k.index(st)
	}
	st.noteIDs()
}

// EntityKey is how stacks and environments are keyed.
func EntityKey(project, name string) string { return project + "/" + name }

// Record finds a role, policy or permission set by id, built in or custom.
func (st *State) Record(id string) (*Record, bool) {
	if r, ok := st.builtins[id]; ok {
		return r, true
	}
	r, ok := st.Roles[id]
	return r, ok
}

// KeyOf is the key of an entity in Stacks, Environments or Accounts, "" if there is none of that id.
func (st *State) KeyOf(id string) string { return st.keys[id] }

// Minted are the tokens from the control endpoints, by id. They are not part of the organization, and no export has them.
func (st *State) Minted() map[string]*Token { return st.minted }

// Issued are all ids that were ever given out.
func (st *State) Issued() map[string]bool { return st.issued }

// Resume continues with the tokens and ids that a server gave out before it was stopped.
func (st *State) Resume(minted map[string]*Token, issued map[string]bool) {
	st.minted, st.issued = rest.OrEmpty(minted), rest.OrEmpty(issued)
}

// Records lists built-in roles, policies and permission sets first, then custom ones, each by name.
func (st *State) Records() []*Record {
	var all []*Record
	for _, from := range []map[string]*Record{st.builtins, st.Roles} {
		start := len(all)
		for _, id := range rest.SortedKeys(from) {
			all = append(all, from[id])
		}
		slices.SortStableFunc(all[start:], func(a, b *Record) int { return strings.Compare(a.Name, b.Name) })
	}
	return all
}
