package graph

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// suspects are what differs between two organizations, as far as it may change what principals hold. What is not among them is the same.
type suspects struct {
	everyone bool
	kinds    map[access.EntityKind]bool // of entities on which everybody is suspect
	records  map[string]bool            // ids, those that compose one that differs included
	teams    map[string]bool            // names, for what the team is granted
	members  map[string]bool            // logins that are in only one of the organizations
}

// actor is a principal that is not a login.
type actor struct {
	Holder
	of      heldBy
	suspect bool
}

func (a *actor) key() string { return string(a.Kind) + "\x00" + a.Team + "\x00" + a.Name }

// class are logins that hold the same on every entity where none of them is named.
type class struct {
	key     string
	kind    Kind
	logins  []Holder
	role    string
	teams   []*Team // as they were
	same    bool    // the same role and the same teams in both organizations
	suspect bool
}

func newComparison(before, after *Index) *comparison {
	c := &comparison{before: before, after: after, suspects: suspectsOf(before, after), classOf: map[string]*class{}, found: findings{by: map[string]*Difference{}}}
	c.addClasses()
	c.addTeams()
	c.addTokens()
	c.addDeployments()
	c.addAgents()
	c.addOutsiders()
	return c
}

func suspectsOf(before, after *Index) suspects {
	s := suspects{
		kinds: map[access.EntityKind]bool{
			access.Stack:       before.Defaults.Stack != after.Defaults.Stack,
			access.Environment: before.Defaults.Environment != after.Defaults.Environment,
			access.Account:     before.Defaults.Account != after.Defaults.Account,
		},
		records: map[string]bool{}, teams: map[string]bool{}, members: map[string]bool{},
		everyone: before.Login != after.Login || before.Restricted != after.Restricted || before.MembersCan != after.MembersCan ||
			before.MemberRole != after.MemberRole || before.AdminRole != after.AdminRole,
	}
	s.addRecords(before, after)
	s.addRecords(after, before)
	for s.addComposing(before) || s.addComposing(after) {
	}
	for id := range s.records {
		s.everyone = s.everyone || before.Records[id].Identifier != "" || after.Records[id].Identifier != ""
	}
	s.addTeams(before, after)
	s.addTeams(after, before)
	for _, pair := range [][2]*Index{{before, after}, {after, before}} {
		for _, login := range pair[0].everyLogin() {
			if pair[0].isMember(login) != pair[1].isMember(login) {
				s.members[login] = true
			}
		}
	}
	return s
}

// isMember reports whether a login is on the roster or in a team: one that is not may be the identity of a machine.
func (ix *Index) isMember(login string) bool {
	return ix.users[login] != nil || len(ix.teamsOf[login]) > 0
}

func (s suspects) addRecords(of, other *Index) {
	for id, record := range of.Records {
		if there, found := other.Records[id]; !found || !reflect.DeepEqual(record, there) {
			s.records[id] = true
		}
	}
}

// addComposing adds the records that compose one that differs, and reports whether there was a further one.
func (s suspects) addComposing(ix *Index) bool {
	more := false
	for id, record := range ix.Records {
		if !s.records[id] && slices.ContainsFunc(access.Composed(record.Descriptor), func(part string) bool { return s.records[part] }) {
			s.records[id], more = true, true
		}
	}
	return more
}

func (s suspects) addTeams(ix, other *Index) {
	for i := range ix.Teams {
		team, there := ix.Teams[i], other.teams[ix.Teams[i].Name]
		if there == nil || s.team(team) || !sameGrants(team, *there) {
			s.teams[team.Name] = true
		}
	}
}

// team reports whether a team holds a record that differs.
func (s suspects) team(t Team) bool {
	for _, grants := range []map[string]Held{t.Stacks, t.Environments, t.Accounts} {
		for _, held := range grants {
			if s.records[held.Set] {
				return true
			}
		}
	}
	return slices.ContainsFunc(t.Roles, func(id string) bool { return s.records[id] })
}

func sameGrants(a, b Team) bool {
	a.Members, a.Admins, b.Members, b.Admins = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

// addClasses sorts the logins by what they hold.
func (c *comparison) addClasses() {
	by := map[string]*class{}
	for _, login := range uniqueSorted(c.before.everyLogin(), c.after.everyLogin()) {
		kind := c.after.kindOf(login)
		if c.after.users[login] == nil {
			kind = c.before.kindOf(login)
		}
		before, after := c.before.classOf(login), c.after.classOf(login)
		key := string(kind) + "\x00" + before + "\x00" + after
		of := by[key]
		if of == nil {
			of = &class{key: key, kind: kind, teams: c.before.teamsOf[login], same: before == after}
			if user := c.before.users[login]; user != nil {
				of.role = user.Role
			}
			of.suspect = !of.same || c.records[of.role] || slices.ContainsFunc(of.teams, func(t *Team) bool { return c.teams[t.Name] })
			by[key] = of
			c.classes = append(c.classes, of)
		}
		of.logins = append(of.logins, Holder{PrincipalID: PrincipalID{kind, login}})
		c.classOf[login] = of
	}
}

// classOf is everything of a login that decides what it holds where it is not named.
func (ix *Index) classOf(login string) string {
	var text strings.Builder
	if user := ix.users[login]; user != nil {
		of := *user
		of.Login = ""
		fmt.Fprintf(&text, "%+v", of)
	}
	for _, team := range ix.teamsOf[login] {
		text.WriteString("\x01" + team.Name)
	}
	return text.String()
}

func uniqueSorted(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *comparison) addActor(kind Kind, name, team string, held heldBy, suspect bool) {
	c.actors = append(c.actors, &actor{Holder{PrincipalID{kind, name}, team}, held, suspect})
}

func (c *comparison) addTeams() {
	for _, name := range uniqueSorted(teamNames(c.before), teamNames(c.after)) {
		c.addActor(TeamKind, name, "", heldBy{teamOf(c.before, name), teamOf(c.after, name)}, c.teams[name])
	}
}

func teamNames(ix *Index) []string {
	var names []string
	for _, team := range ix.Teams {
		names = append(names, team.Name)
	}
	return names
}

func teamOf(ix *Index, name string) func(*evaluation) Access {
	team := ix.teams[name]
	if team == nil {
		return nil
	}
	return func(e *evaluation) Access { return e.team(team) }
}

// paired are the values of a list of both organizations with the same key, by key; nil where one has none.
func paired[T any](before, after []T, key func(T) string) (keys []string, pairs map[string][2]*T) {
	pairs = map[string][2]*T{}
	for side, list := range [][]T{before, after} {
		for i := range list {
			pair := pairs[key(list[i])]
			if pair[side] == nil {
				pair[side] = &list[i]
			}
			pairs[key(list[i])] = pair
			keys = append(keys, key(list[i]))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), pairs
}

// holdsOf is what one value of a pair holds in each organization, and whether they differ in what decides that.
func holdsOf[T any](pair [2]*T, held func(*evaluation, T) Access, same func(a, b T) bool) (heldBy, bool) {
	var out heldBy
	for side, value := range pair {
		if value != nil {
			out[side] = func(e *evaluation) Access { return held(e, *value) }
		}
	}
	return out, pair[0] == nil || pair[1] == nil || !same(*pair[0], *pair[1])
}

func (c *comparison) addTokens() {
	same := func(a, b Token) bool { return a.Admin == b.Admin && a.Role == b.Role }
	keys, pairs := paired(c.before.Tokens, c.after.Tokens, func(t Token) string { return t.Team + "\x00" + t.Name })
	for _, key := range keys {
		held, differs := holdsOf(pairs[key], (*evaluation).token, same)
		team, name, _ := strings.Cut(key, "\x00")
		role := ""
		if was := pairs[key][0]; was != nil {
			role = was.Role
		}
		byDefault := team == "" && role == "" && c.before.DefaultRole != c.after.DefaultRole
		followed := team == "" && role == "" && c.records[c.before.DefaultRole]
		c.addActor(TokenKind, name, team, held, differs || c.teams[team] || c.records[role] || byDefault || followed)
	}
}

func (c *comparison) addDeployments() {
	same := func(a, b Deployment) bool { return a.Role == b.Role && a.OwnToken == b.OwnToken }
	keys, pairs := paired(c.before.Deployments, c.after.Deployments, func(d Deployment) string { return d.Stack })
	for _, stack := range keys {
		held, differs := holdsOf(pairs[stack], (*evaluation).deployment, same)
		role := ""
		if was := pairs[stack][0]; was != nil {
			role = was.Role
		}
		byDefault := role == "" && (c.before.DefaultDeploymentRole != c.after.DefaultDeploymentRole || c.records[c.before.DefaultDeploymentRole])
		c.addActor(DeploymentKind, stack, "", held, differs || c.records[role] || byDefault)
	}
}

func (c *comparison) addAgents() {
	same := func(a, b Agent) bool { return a.Role == b.Role && a.Paused == b.Paused }
	keys, pairs := paired(c.before.Agents, c.after.Agents, func(a Agent) string { return a.Name })
	for _, name := range keys {
		held, differs := holdsOf(pairs[name], (*evaluation).agent, same)
		for _, one := range pairs[name] {
			differs = differs || one != nil && c.records[one.Role]
		}
		c.addActor(AgentKind, name, "", held, differs)
	}
}

// addOutsiders adds the identities outside that an issuer of either organization admits. Any change but one of entities may be one of theirs.
func (c *comparison) addOutsiders() {
	suspect := len(c.records)+len(c.teams)+len(c.members) > 0 || c.before.DefaultRole != c.after.DefaultRole ||
		!reflect.DeepEqual(c.before.Issuers, c.after.Issuers) ||
		slices.ContainsFunc(c.classes, func(of *class) bool { return of.suspect })
	keys, pairs := paired(c.before.Issuers, c.after.Issuers, func(i Issuer) string { return strings.TrimRight(i.URL, "/") + "\x00" + i.Name })
	for _, key := range keys {
		for _, one := range claimantsOf(pairs[key]) {
			c.addActor(OutsiderKind, one.name, "", one.of, suspect)
		}
	}
}

// claimants are the identities outside that have certain claims.
type claimants struct {
	name string
	of   heldBy
}

// claimantsOf are those that an issuer's policies tell apart: by what a policy that allows asks for, and by what one that denies asks for
// besides, where only one of the organizations has it.
func claimantsOf(pair [2]*Issuer) []claimants {
	var all []claimants
	known := map[string]bool{}
	add := func(claims map[string]string, crossing *oidc.IssuerPolicy) {
		one := claimants{name: issuerName(pair) + ": " + oidc.IssuerPolicy{Rules: claims}.Claims()}
		if crossing != nil {
			one.name += " (those with " + crossing.Claims() + ")"
		}
		if known[one.name] {
			return
		}
		known[one.name] = true
		for side, issuer := range pair {
			if issuer != nil {
				one.of[side] = func(e *evaluation) Access { return e.claimants(issuer, claims, crossing) }
			}
		}
		all = append(all, one)
	}
	allows, denies := policiesOf(pair)
	for _, allow := range allows {
		add(allow.Rules, nil)
	}
	for _, allow := range allows {
		for _, deny := range denies {
			if claims, crosses, overlap := oidc.Both(allow, deny); overlap && crosses {
				add(allow.Rules, &deny)
			} else if overlap {
				add(claims, nil)
			}
		}
	}
	for _, issuer := range pair {
		if issuer != nil && issuer.Unreadable != "" {
			add(map[string]string{}, nil)
		}
	}
	return all
}

func issuerName(pair [2]*Issuer) string {
	if pair[1] != nil {
		return pair[1].Name
	}
	return pair[0].Name
}

// policiesOf are the policies of either organization that allow, and those of one of them alone that deny.
func policiesOf(pair [2]*Issuer) (allows, denies []oidc.IssuerPolicy) {
	for side, issuer := range pair {
		if issuer == nil {
			continue
		}
		other := pair[1-side]
		for _, policy := range issuer.Policies {
			in := func(p oidc.IssuerPolicy) bool { return reflect.DeepEqual(p, policy) }
			switch {
			case policy.Decision == oidc.Allow:
				allows = append(allows, policy)
			case other == nil || !slices.ContainsFunc(other.Policies, in):
				denies = append(denies, policy)
			}
		}
	}
	return allows, denies
}

// claimants adds up what tokens with certain claims get by every policy that covers them. Whether a policy that denies and crosses the claims
// is about them cannot be told.
func (e *evaluation) claimants(issuer *Issuer, claims map[string]string, crossing *oidc.IssuerPolicy) Access {
	one := outsider{issuer: issuer}
	for _, policy := range issuer.Policies {
		asks := policy
		asks.Rules = claims
		if policy.Decision == oidc.Allow && policy.Covers(asks) {
			one.policies = append(one.policies, asks)
		}
	}
	held := e.outsider(one)
	if crossing != nil && slices.ContainsFunc(issuer.Policies, func(p oidc.IssuerPolicy) bool { return reflect.DeepEqual(p, *crossing) }) {
		return held.doubted("a policy denies tokens with " + crossing.Claims())
	}
	return held
}
