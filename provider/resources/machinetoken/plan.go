package machinetoken

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// compare decides from the state and the clock alone. A rotation, and the deletion of the token before, are changes that no
// input shows.
func compare(ctx context.Context, op kit.Op, before State, want Args) (p.DiffResponse, error) {
	warnReplaced(ctx, before, want, op.Unknowns)
	return diff(before, want, op.Session.Now(), op.Unknowns), nil
}

// warnReplaced says that a replacement is not a rotation: the value that is in use ends with the update.
func warnReplaced(ctx context.Context, state State, want Args, unknowns []string) {
	for _, of := range []struct{ property, before, after string }{
		{"name", state.Name, want.Name}, {"team", ptr.Value(state.Team), ptr.Value(want.Team)}, {"roleId", ptr.Value(state.RoleID), ptr.Value(want.RoleID)},
	} {
		if of.before != of.after && !wire.Touches(of.property, unknowns) && state.TokenID != "" {
			wire.Log(ctx).Warningf("token %q: another %s makes another token, and this one stops working in the same update, whatever "+
				"gracePeriod says: it is for rotations. To change over without a gap, make a second MachineToken, give its value to what uses "+
				"this one, and then remove this one", state.TokenName, of.property)
			return
		}
	}
}

// diff says what differs. An unknown input counts as a difference.
func diff(state State, want Args, now time.Time, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.UpdateReplace)
	d.Add("team", ptr.Value(want.Team) != ptr.Value(state.Team), p.UpdateReplace)
	d.Add("roleId", ptr.Value(want.RoleID) != ptr.Value(state.RoleID), p.UpdateReplace)
	d.Add("expiresIn", duration(&want.ExpiresIn) != duration(&state.ExpiresIn), p.Update)
	d.Add("rotateBefore", duration(want.RotateBefore) != duration(state.RotateBefore), p.Update)
	d.Add("gracePeriod", duration(want.GracePeriod) != duration(state.GracePeriod), p.Update)
	d.Add("description", ptr.Value(want.Description) != ptr.Value(state.Description), p.Update)
	d.Add("allow", !slices.Equal(ptr.Value(want.Allow), ptr.Value(state.Allow)), p.Update)
	if wire.Touches("expiresIn", unknowns) || wire.Touches("rotateBefore", unknowns) || wire.Touches("gracePeriod", unknowns) {
		return d.Response() // what is due is decided when these are known
	}
	due := dueOf(state, want, now)
	d.AddOutput("value", due.rotate, p.Update)
	d.AddOutput("previousTokenId", due.drop, p.Delete)
	return d.Response()
}

// planned is the state that an update leads to. A token that is still to be made has no value yet.
func planned(state State, want Args, due due) State {
	next := wanted(want)
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

// due is what an update has to do.
type due struct {
	rotate bool // make a new token
	drop   bool // delete the one before
	why    string
}

// dueOf decides by the clock. A rotation drops the token before as well: no more than two are ever alive.
func dueOf(state State, want Args, now time.Time) due {
	var out due
	expires := moment(state.ExpiresAt)
	switch {
	case state.TokenID == "":
		out = due{rotate: true, why: "it was not found"}
	case !now.Before(expires):
		out = due{rotate: true, why: "it has expired"}
	case !now.Before(expires.Add(-duration(want.RotateBefore))):
		out = due{rotate: true, why: "less than rotateBefore remains of its life"}
	case duration(&want.ExpiresIn) != duration(&state.ExpiresIn):
		out = due{rotate: true, why: "expiresIn changes"}
	case ptr.Value(want.Description) != ptr.Value(state.Description):
		out = due{rotate: true, why: "its description changes"}
	}
	if state.PreviousTokenID != nil {
		graceEnds := moment(state.CreatedAt).Add(duration(want.GracePeriod))
		out.drop = (out.rotate && state.TokenID != "") || !now.Before(graceEnds)
	}
	return out
}

// dueOnly is the part of an update that is done before a rotation.
func dueOnly(drop bool) due { return due{drop: drop} }

// duration is none for what is omitted, or not known yet at preview; a malformed one has been refused by the check.
func duration(given *string) time.Duration {
	d, err := timetext.ParseDuration(ptr.Value(given))
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

func previewCreate(ctx context.Context, op kit.Op, want Args) (State, error) {
	state := wanted(want)
	w := writerFor(op, state)
	w.warnPolicy(ctx, state)
	w.noteTaken(ctx, state)
	return state, nil
}

func previewUpdate(ctx context.Context, op kit.Op, before State, want Args) (State, error) {
	due := dueOf(before, want, op.Session.Now())
	writerFor(op, before).announce(ctx, before, want, due)
	return planned(before, want, due), nil
}

// noteTaken tells which tokens there are of the name that is asked for: the new one is numbered after them.
func (w *writer) noteTaken(ctx context.Context, want State) {
	if !kit.AllGiven(ctx, "name", "team") {
		return
	}
	var there []string
	for token, err := range w.list(ctx) {
		if err != nil {
			return
		}
		if isGeneration(token.Name, want.Name) {
			there = append(there, token.Name)
		}
	}
	if len(there) > 0 {
		wire.Log(ctx).Warningf("token %q: there are tokens of this name already, which this resource does not manage: %s. The new one gets the "+
			"next name that is free. Those that this caller made with the same description, role and life, and that were never used, are taken "+
			"for ones of an interrupted run, whose value nobody has, and are deleted. If this resource was renamed in the program, give it the alias of its old name: aliases: [{name: OLD-NAME}]; "+
			"if another program makes them, choose another name", want.Name, shortlist.Of(there, 20))
	}
}

// isGeneration reports whether a token is called by a name and the number of a generation.
func isGeneration(token, name string) bool {
	number, cut := strings.CutPrefix(token, name+"-")
	return cut && number != "" && strings.Trim(number, "0123456789") == ""
}

// warnPolicy says at preview that the organization's policy does not allow the lifetime. It may still change in the same
// up, so that it is not a failure.
func (w *writer) warnPolicy(ctx context.Context, want State) {
	if w.organization == "" || want.ExpiresIn == "" {
		return // not known yet
	}
	if days := w.policy(ctx); days != 0 && longerThan(want.ExpiresIn, days) {
		wire.Log(ctx).Warningf("token %q: expiresIn is %s, but organization %q lets tokens live at most %dd: an update would be refused",
			want.Name, want.ExpiresIn, w.organization, days)
	}
}

func longerThan(life string, days int) bool {
	return duration(&life) > time.Duration(days)*24*time.Hour
}

// announce says at preview what an update would do that no input shows.
func (w *writer) announce(ctx context.Context, state State, want Args, due due) {
	if due.rotate {
		wire.Log(ctx).Infof("token %q: an update would make a new one, because %s", state.TokenName, due.why)
		if duration(&want.ExpiresIn) != duration(&state.ExpiresIn) {
			w.warnPolicy(ctx, wanted(want))
		}
	}
	if due.drop {
		kit.WarnRemovals(ctx, "an update would delete, as another took its place:", []string{fmt.Sprintf("token %q", ptr.Value(state.PreviousTokenName))})
	}
}
