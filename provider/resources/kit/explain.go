package kit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

const (
	// explainingTime bounds how long a preview waits for what it only says.
	explainingTime = time.Minute
	shownBlind     = 3
)

// explainer says at preview who gains and who loses access by a change. It never fails the preview.
type explainer struct {
	op           Op
	organization string
	called       string // the object, as messages name it
	earlier      graph.Changes
	changes      graph.Changes
	secrets      []wire.Secrets // of the resources that make the earlier changes
}

// explain says who gains and who loses access by what was planned, compared with what is there and was planned before in this process.
func (m *Managed[Args, State, Live]) explain(
	ctx context.Context, op Op, before *State, desired Args, planned State, earlier session.Earlier, changes func() (string, graph.Changes),
) {
	if op.Session.Explaining.MaxCalls <= 0 || m.spec.Explains != nil && !m.spec.Explains(op, before, desired) {
		return
	}
	organization, all := changes()
	if organization == "" || len(all) == 0 {
		return
	}
	e := explainer{op, organization, m.called(planned), earlier.Changes(organization), all, earlier.Secrets()}
	defer func() {
		if failed := recover(); failed != nil {
			e.giveUp(ctx, errors.New("the provider failed unexpectedly. This is a fault of leastprivilege, not of your program: please report it"))
		}
	}()
	e.explain(ctx)
}

// log redacts the secrets of the resources before this one as well, of which a line may speak.
func (e explainer) log(ctx context.Context) wire.Logger { return wire.Log(ctx).Hiding(e.secrets...) }

func (e explainer) explain(ctx context.Context) {
	if e.concernsNobody() {
		e.say(ctx, nil, nil)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, explainingTime)
	defer cancel()
	organization := survey.Of(e.op.Session.Client, e.organization)
	why, first := e.op.Session.Explaining.Allowed(e.organization, func() string { return e.tooMuch(ctx, organization) })
	if first && why != "" {
		e.log(ctx).Info(why)
	}
	if why != "" {
		return
	}
	differences, blind, err := organization.Differences(ctx, e.earlier, e.changes, survey.Options{
		Catalogue: e.op.Session.Catalogue, Progress: func(format string, args ...any) { Progress(ctx, format, args...) },
	})
	if err != nil {
		e.giveUp(ctx, err)
		return
	}
	e.say(ctx, differences, blind)
}

// tooMuch says why the organization is not read, "" when it is.
func (e explainer) tooMuch(ctx context.Context, organization *survey.Survey) string {
	most := e.op.Session.Explaining.MaxCalls
	calls, err := organization.Cost(ctx, most)
	switch {
	case err != nil:
		return e.failed(err)
	case calls > most:
		return fmt.Sprintf("this preview does not say who gains and who loses access: reading organization %s would take more than the %d calls that "+
			"leastprivilege:explainChangesMaxCalls allows. Raise it, or set leastprivilege:explainChanges to false", e.organization, most)
	}
	return ""
}

func (e explainer) failed(err error) string {
	return fmt.Sprintf("this preview does not say who gains and who loses access, because organization %s could not be read: %v", e.organization, err)
}

// giveUp says once that reading the organization failed, and leaves it.
func (e explainer) giveUp(ctx context.Context, err error) {
	if why := e.failed(err); e.op.Session.Explaining.Stop(e.organization, why) {
		e.log(ctx).Info(why)
	}
}

// concernsNobody reports whether the changes are about teams and roles alone that the update creates, and that nobody is in or holds yet. It
// makes no call.
func (e explainer) concernsNobody() bool {
	all := slices.Concat(e.earlier, e.changes)
	if changesSettings(e.changes) || slices.ContainsFunc(e.changes, func(change graph.Change) bool { return change.Resource != nil }) {
		return false
	}
	touched := e.changes.ApplyWhole(graph.Organization{})
	created := func(has func(graph.Change) bool) bool { return slices.ContainsFunc(all, has) }
	for _, team := range touched.Teams {
		if !all.CreatesTeam(team.Name) {
			return false
		}
	}
	for id := range touched.Records {
		if !created(func(change graph.Change) bool { return change.CreatesRole == id }) {
			return false
		}
	}
	return !holdsAnything(all.ApplyWhole(graph.Organization{}))
}

// changesSettings reports whether changes write a setting of the organization. Two organizations of which each has other settings show it
// whatever its next value is: in one of the two, it is another one.
func changesSettings(changes graph.Changes) bool {
	const level, role = access.Level("any"), "any"
	return slices.ContainsFunc([]graph.Organization{{}, {
		Restricted: true, DefaultRole: role, DefaultDeploymentRole: role,
		Defaults:   graph.Defaults{Stack: level, Environment: level, Account: level},
		MembersCan: graph.MembersCan{CreateStacks: true, CreateTeams: true, CreateAccounts: true, DeleteStacks: true, TransferStacks: true},
	}}, func(o graph.Organization) bool { return settingsOf(changes.ApplyWhole(o)) != settingsOf(o) })
}

type organizationSettings struct {
	graph.Settings
	restricted                         bool
	defaultRole, defaultDeploymentRole string
}

func settingsOf(o graph.Organization) organizationSettings {
	return organizationSettings{
		graph.Settings{Defaults: o.Defaults, MembersCan: o.MembersCan}, o.Restricted, o.DefaultRole, o.DefaultDeploymentRole,
	}
}

// holdsAnything reports whether somebody in an organization of nothing but changes holds anything.
func holdsAnything(o graph.Organization) bool {
	return len(o.Users)+len(o.Tokens)+len(o.Deployments)+len(o.Agents)+len(o.Issuers) > 0 ||
		settingsOf(o) != organizationSettings{} ||
		slices.ContainsFunc(o.Teams, func(t graph.Team) bool { return len(t.Members) > 0 })
}

// say says what was found, and what was not.
func (e explainer) say(ctx context.Context, differences []graph.Difference, blind []graph.Blind) {
	var lines []string
	for _, one := range differences {
		if one, left := e.existing(one); left {
			lines = append(lines, one.Text())
		}
	}
	var parts []string
	if len(lines) > 0 {
		parts = append(parts, Bulleted(fmt.Sprintf("with this change of the %s:", e.called), lines))
	}
	later := e.later(differences == nil && blind == nil)
	for _, unknown := range []struct {
		text  string
		blind []graph.Blind
	}{
		{"whether anybody else gains or loses access by it is not known, because this could not be read", blind},
		{"only the update can tell who gains or loses access by this", later},
	} {
		if len(unknown.blind) > 0 {
			parts = append(parts, unknown.text+": "+blindText(unknown.blind))
		}
	}
	switch {
	case len(parts) == 0:
	case len(lines) == 0:
		e.log(ctx).Infof("nobody is known to gain or lose access by this change of the %s; %s", e.called, strings.Join(parts, "\n"))
	default:
		e.log(ctx).Info(strings.Join(parts, "\n"))
	}
}

// existing is a difference without teams that the update creates: until somebody is in them or they have a token, that is nobody.
func (e explainer) existing(d graph.Difference) (graph.Difference, bool) {
	all := slices.Concat(e.earlier, e.changes)
	first := d.Holders[0]
	d.Holders = slices.DeleteFunc(slices.Clone(d.Holders), func(h graph.Holder) bool { return h.Kind == graph.TeamKind && all.CreatesTeam(h.Name) })
	return d, len(d.Holders) > 0 && d.Holders[0] == first
}

// later is what cannot be told of these changes, or of earlier ones, before the update. Of changes that concern nobody yet, that is what is
// not known in any part.
func (e explainer) later(nobody bool) []graph.Blind {
	var all []graph.Blind
	for _, change := range e.changes {
		if !nobody || change.Organization == nil {
			all = append(all, change.Unknown...)
		}
	}
	for _, one := range e.earlier.Unknown() {
		if !nobody && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

func blindText(blind []graph.Blind) string {
	var shown []string
	for _, one := range blind {
		shown = append(shown, fmt.Sprintf("%s (could hide: %s)", one.What, one.Hides))
	}
	return shortlist.Joined(shown, shownBlind, "; ", " and ")
}
