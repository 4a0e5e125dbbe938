// Package survey reads what grants access in an organization into a [graph.Organization]. Start at [Of]; [Survey.Whole] reads all of it.
//
// There is one survey for each organization in a plugin's process, which all questions share: what one has read, the next
// has. A write by this process makes stale what it touched, and only that is read again. What others change meanwhile, an answer may miss
// unless it begins with [Survey.Fresh]. A survey never writes.
//
// Reading an organization takes one call for its settings, five for its roles, policies and permission sets, one for each
// page of its three rosters and of its tokens, one for its teams and one for each team, one for its custom agents, one for its OIDC
// issuers and one for the policies of each. What a question adds is what no list of the service has, each once:
//
//   - for each environment that it is about, one call for the metadata, and one for the gates if there are any;
//   - one for its definition, if the scope opens environments, and then the same for each environment that it imports;
//   - one for its tags, if a role decides by tags of environments, or the token is not an administrator's;
//   - one for each page of the tokens of each team that holds the scope.
//
// So 20 questions about 20 environments of 20 teams take 57 calls more than the first one (213 with 200 teams), and 38 more
// where the teams were met before. A stack takes two calls, an account two; assignments to single people, where the organization
// has such, one more for each entity. Deployments cost one call for each stack that is asked about, and the pages of the list of
// stacks when all are. What was refused is asked for again.
//
// A call that the service answers with a refusal (403, 404 and their like) or a failure (429 and 5xx, after retries) hides that object
// alone: it is a blind spot, and what failed is asked for again by the next question. A question fails where no call would succeed (the
// token is refused, the context has ended, nothing answers), and where the settings of the organization or the entity that it is about
// cannot be read.
//
// The whole organization takes, besides:
//
//   - for each team, one call for each page of its tokens;
//   - one for each page of stacks, and three for each stack: the stack with its tags and configuration, its collaborators, and its
//     deployment settings;
//   - one for each page of environments, which have their tags and owners, and three for each environment: its metadata, its definition, and
//     each page of what imports it; one more for its gates if it has any;
//   - one for each page of accounts, and one for the tags of each;
//   - assignments to single people, where the organization has such, one more for each entity.
//
// Without assignments and gates, an organization of t teams, s stacks, e environments, a accounts and i issuers, each list on one page,
// takes 16 + 2t + 3s + 3e + a + i calls.
package survey

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/parallel"
)

// Survey is what this process has read of an organization.
type Survey struct {
	client       *cloud.Client
	organization string

	settings   cell[cloud.Organization]
	records    cell[records]
	referred   cells[seen[*graph.Record]] // records that lists leave out, by id
	members    cell[roster]
	tokens     cell[seen[[]graph.Token]]
	teamNames  cell[seen[[]string]]
	teams      cells[seen[*cloud.Team]]
	teamTokens cells[seen[[]graph.Token]]
	stackList  cell[seen[[]cloud.Stack]]
	agents     cell[seen[[]graph.Agent]]
	issuers    cell[seen[[]graph.Issuer]]
	deployed   cells[seen[deployment]]

	stacks       cells[seen[graph.Resource]]
	accounts     cells[seen[graph.Resource]]
	environments cells[seen[graph.Resource]] // without gates, tags and imports
	gates        cells[seen[[]gate]]
	tags         cells[map[string]string]
	definitions  cells[seen[graph.Definition]]
	referrers    cells[seen[[]use]]
	listed       cell[seen[[]cloud.Environment]]
	accountList  cell[seen[[]cloud.Account]]

	rounds rounds
}

// seen is a value that was read, and what could not be read.
type seen[T any] struct {
	value T
	gaps
}

var surveys struct {
	sync.Mutex
	of map[key]*Survey
}

type key struct {
	client       *cloud.Client
	organization string
}

// Of returns the survey of an organization. It makes no call.
func Of(client *cloud.Client, organization string) *Survey {
	surveys.Lock()
	defer surveys.Unlock()
	at := key{client, organization}
	if s := surveys.of[at]; s != nil {
		return s
	}
	if surveys.of == nil {
		surveys.of = map[key]*Survey{}
	}
	s := &Survey{client: client, organization: organization}
	surveys.of[at] = s
	client.OnWrite(s.wrote)
	return s
}

// Progress reports what is being read.
type Progress func(format string, args ...any)

const callsAtOnce = 8

// each calls do for every index below n, a few at a time, and stops at the first error. It reports progress.
func each(ctx context.Context, n int, what string, say Progress, do func(ctx context.Context, i int) error) error {
	return parallel.Each(ctx, n, callsAtOnce, func(ctx context.Context, i int) error {
		if i > 0 && i%progressStep == 0 {
			say("read %d of %d %s", i, n, what)
		}
		return do(ctx, i)
	})
}

const progressStep = 50

// Options are what to read besides what every question needs.
type Options struct {
	Catalogue access.Catalogue
	// TeamTokens are the teams whose tokens are read.
	TeamTokens []string
	// Deployments are the stacks (project/stack) whose deployments are read; AllDeployments are those of every stack.
	Deployments    []string
	AllDeployments bool
	// Claims are those of the token of the identity outside that is asked about, whose name is then that of an issuer.
	Claims   map[string]string
	Progress Progress
}

func (o Options) say(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(format, args...)
	}
}

// Organization reads the organization, and returns what could not be read as blind spots.
func (s *Survey) Organization(ctx context.Context, o Options) (graph.Organization, []graph.Blind, error) {
	settings, err := s.readSettings(ctx)
	if err != nil {
		return graph.Organization{}, nil, err
	}
	out := s.bare(o, settings)
	var blind []graph.Blind
	for _, part := range []func(context.Context, Options, *graph.Organization) ([]graph.Blind, error){
		s.addRecords, s.addMembers, s.addTeams, s.addTokens, s.addDeployments, s.addAgents, s.addIssuers, s.addReferred,
	} {
		more, err := part(ctx, o, &out)
		if err != nil {
			return out, nil, err
		}
		blind = append(blind, more...)
	}
	if !settings.IsAdmin() {
		blind = append(blind, shortLists(settings.UserRole)...)
	}
	return out, blind, nil
}

// load reads the organization for a question about an entity, and the entity's tags if some record decides by tags. It reads both
// together each time, so that a role that looks at tags is never evaluated on an entity without its tags. A token that is not an
// administrator's may not see such a role, nor the entity: it reads the tags in any case, and fails if they are refused.
func (s *Survey) load(ctx context.Context, o Options, t *graph.Resource) (graph.Organization, []graph.Blind, error) {
	organization, blind, err := s.Organization(ctx, o)
	if err != nil {
		return organization, nil, err
	}
	settings, err := s.readSettings(ctx)
	if err != nil || settings.IsAdmin() && !organization.DecidesByTags(t.Kind) {
		return organization, blind, err
	}
	more, err := s.addTags(ctx, t)
	return organization, distinct(blind, more), err
}

// shortLists are the blind spots of a token that is not an administrator's: the service leaves out of lists what the token may
// not see.
func shortLists(role string) []graph.Blind {
	var blind []graph.Blind
	for _, list := range []struct{ of, hides string }{
		{"members", "people, their roles and service principals"},
		{"roles and permission sets", "what a role grants"},
		{"teams", "teams, their members and what they are granted"},
		{"tokens", "tokens of the organization and of teams"},
		{"stacks and deployment settings", "deployments and their roles"},
		{"grants on the entity", "collaborators, assignments and owners"},
		{"environments", "imports and gates"},
	} {
		blind = append(blind, graph.Blind{
			What:  fmt.Sprintf("the list of %s may be short: this token's role in the organization is %q, not an administrator's", list.of, role),
			Hides: list.hides,
		})
	}
	return blind
}

func (s *Survey) readSettings(ctx context.Context) (cloud.Organization, error) {
	return s.settings.get(func() (cloud.Organization, error) { return s.client.Organization(ctx, s.organization) })
}
