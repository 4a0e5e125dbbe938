package resources

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/tokenlife"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

const (
	// maxTokenName is what the service takes, in characters.
	maxTokenName = 40
	// maxTokenPrefix leaves room for a generation.
	maxTokenPrefix = 34
	// clockSkew keeps the service from taking a token's life for longer than what is allowed, where its clock is behind.
	clockSkew = time.Minute
)

func tokenID(state MachineTokenState) string { return kit.JoinID(state.Organization, state.Name) }

func checkMachineToken(_ context.Context, _ kit.Op, v MachineTokenArgs) problem.List {
	problems := types.CheckName("name", v.Name)
	if n := utf8.RuneCountInString(v.Name); n > maxTokenPrefix {
		problems.Add("name", "has %d characters; at most %d leave room for the number of the generation", n, maxTokenPrefix)
	}
	problems = append(problems, types.CheckOptIns("MachineToken", ptr.Value(v.Allow))...)
	problems = append(problems, checkTokenOwner(v)...)
	return append(problems, tokenlife.Check(v.ExpiresIn, v.RotateBefore, v.GracePeriod)...)
}

// checkTokenOwner judges whose token it is. A problem is told at the path whose unknown value would solve it.
func checkTokenOwner(v MachineTokenArgs) problem.List {
	var problems problem.List
	switch {
	case v.Team != nil && v.RoleID != nil:
		problems.Add("roleId", "give one of team and roleId: a team's token has the team's role")
	case v.Team != nil:
		return types.CheckName("team", *v.Team)
	case v.RoleID != nil:
		return types.CheckRoleID("roleId", v.RoleID)
	case !slices.Contains(ptr.Value(v.Allow), types.OptIn("tokenWithoutRole")):
		problems.Add("roleId", "give a team or a roleId: without either, the token has what members have by default, on everything. Insist "+
			"with allow: [tokenWithoutRole]")
	}
	return problems
}

// wantedToken is the state that the inputs ask for, without what the service chooses.
func wantedToken(want MachineTokenArgs) MachineTokenState {
	return MachineTokenState{Organization: text(want.Organization), MachineTokenArgs: want}
}

// due is what an update has to do.
type due struct {
	rotate bool // make a new token
	drop   bool // delete the one before
	why    string
}

// dueOf decides by the clock. A rotation drops the token before as well: no more than two are ever alive.
func dueOf(state MachineTokenState, want MachineTokenArgs, now time.Time) due {
	var out due
	expires := moment(state.ExpiresAt)
	switch {
	case state.TokenID == "":
		out = due{rotate: true, why: "it is gone"}
	case !now.Before(expires):
		out = due{rotate: true, why: "it has expired"}
	case !now.Before(expires.Add(-duration(want.RotateBefore))):
		out = due{rotate: true, why: "less than rotateBefore remains of its life"}
	case duration(&want.ExpiresIn) != duration(&state.ExpiresIn):
		out = due{rotate: true, why: "expiresIn changes"}
	case text(want.Description) != text(state.Description):
		out = due{rotate: true, why: "its description changes"}
	}
	if state.PreviousTokenID != nil {
		graceEnds := moment(state.CreatedAt).Add(duration(want.GracePeriod))
		out.drop = (out.rotate && state.TokenID != "") || !now.Before(graceEnds)
	}
	return out
}

func duration(given *string) time.Duration {
	d, err := timetext.ParseDuration(text(given))
	if err != nil {
		return 0
	}
	return d
}

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// expiry is when a token that is made now expires.
func expiry(life time.Duration, now time.Time) time.Time {
	if life >= 24*time.Hour {
		life -= clockSkew
	}
	return now.Add(life).UTC().Truncate(time.Second)
}

// generationName is the name of a token. After very many generations the number takes room from the prefix.
func generationName(prefix string, generation int) string {
	suffix := "-" + strconv.Itoa(generation)
	runes := []rune(prefix)
	return string(runes[:min(len(runes), maxTokenName-len(suffix))]) + suffix
}

// plannedToken is the state that an update leads to. A token that is still to be made has no value yet.
func plannedToken(state MachineTokenState, want MachineTokenArgs, due due) MachineTokenState {
	next := wantedToken(want)
	next.Organization = state.Organization
	next.PreviousTokenID, next.PreviousTokenName = state.PreviousTokenID, state.PreviousTokenName
	if due.drop {
		next.PreviousTokenID, next.PreviousTokenName = nil, nil
	}
	if due.rotate {
		if state.TokenID != "" {
			next.PreviousTokenID, next.PreviousTokenName = &state.TokenID, &state.TokenName
		}
		return next
	}
	next.Value, next.TokenID, next.TokenName = state.Value, state.TokenID, state.TokenName
	next.ExpiresAt, next.CreatedAt, next.Generation = state.ExpiresAt, state.CreatedAt, state.Generation
	return next
}

// diffToken says what differs. An unknown input counts as a difference.
func diffToken(state MachineTokenState, want MachineTokenArgs, now time.Time, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(organizationProperty, text(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.UpdateReplace)
	d.Add("team", text(want.Team) != text(state.Team), p.UpdateReplace)
	d.Add("roleId", text(want.RoleID) != text(state.RoleID), p.UpdateReplace)
	d.Add("expiresIn", duration(&want.ExpiresIn) != duration(&state.ExpiresIn), p.Update)
	d.Add("rotateBefore", duration(want.RotateBefore) != duration(state.RotateBefore), p.Update)
	d.Add("gracePeriod", duration(want.GracePeriod) != duration(state.GracePeriod), p.Update)
	d.Add("description", text(want.Description) != text(state.Description), p.Update)
	d.Add("allow", !slices.Equal(list(want.Allow), list(state.Allow)), p.Update)
	if wire.Touches("expiresIn", unknowns) || wire.Touches("rotateBefore", unknowns) || wire.Touches("gracePeriod", unknowns) {
		return d.Response() // what is due is decided when these are known
	}
	due := dueOf(state, want, now)
	d.AddOutput("value", due.rotate, p.Update)
	d.AddOutput("previousTokenId", due.drop, p.Delete)
	return d.Response()
}
