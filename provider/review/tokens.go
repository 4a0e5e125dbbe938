package review

import (
	"fmt"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// tokenText names a token: those of teams are told apart by their team.
func tokenText(t graph.Token) string {
	if t.Team != "" {
		return "token:" + t.Team + "/" + t.Name
	}
	return "token:" + t.Name
}

// tokens looks at machine tokens.
func (r *reviewer) tokens() {
	for _, t := range r.Tokens {
		who, on := tokenText(t), r.organization()
		if t.Team != "" {
			on = "team:" + t.Team
		}
		remove := r.deleteToken(t)
		switch {
		case t.Created.IsZero():
			r.blind = append(r.blind, graph.Blind{What: "when token " + t.Name + " was made, expires and was used", Hides: "tokens that do not expire or are not used"})
		case t.Expires.IsZero():
			r.add(Finding{
				Rule: TokenWithoutExpiry, Principal: who, Entity: on, Evidence: []string{"made at " + t.Created.UTC().Format(time.RFC3339), "no end"},
				Fix:     "Replace it by a MachineToken with expiresIn, which is rotated, and limit tokens with maxAccessTokenExpiry of OrganizationSettings.",
				Command: remove,
			})
		}
		if r.unusedToken(t) {
			r.add(Finding{Rule: TokenUnused, Principal: who, Entity: on, Evidence: []string{lastUsed(t), r.window()},
				Fix: "Delete the token: leave it out of the program (MachineToken).", Command: remove})
		}
		switch {
		case t.Team != "":
		case t.Admin:
			r.add(Finding{Rule: TokenAdmin, Principal: who, Entity: on, Evidence: []string{"a token with an administrator's rights"},
				Fix: "Replace it by a MachineToken with a roleId that holds what it uses: getSuggestedAccess says what that is.", Command: remove})
		case t.Role == "":
			r.add(Finding{Rule: TokenWithoutRole, Principal: who, Entity: on, Evidence: []string{"a token of the organization without a role"},
				Fix: "Replace it by a MachineToken with a roleId, or one of a team.", Command: remove})
		}
	}
}

func lastUsed(t graph.Token) string {
	if t.LastUsed.IsZero() {
		return "never used"
	}
	return "last used at " + t.LastUsed.UTC().Format(time.RFC3339)
}

// unusedToken reports whether a token was there at the beginning of the window and was not used in it.
func (r *reviewer) unusedToken(t graph.Token) bool {
	since := r.since()
	if t.Created.IsZero() || since.IsZero() || t.Created.After(since) || t.LastUsed.After(since) {
		return false
	}
	if r.Usage == nil {
		return true // the service knows when it was used last
	}
	for _, use := range append(r.actors.all, r.actors.denied...) {
		for _, one := range r.actors.of(use.Actor) {
			if one.Kind == graph.TokenKind && one.Name == t.Name && one.team == t.Team {
				return false
			}
		}
	}
	return true
}

// since is when the window begins.
func (r *reviewer) since() time.Time {
	if r.Usage != nil {
		return r.Usage.Since
	}
	return r.Now.Add(-DefaultWindow)
}

// DefaultWindow is how far back a review looks.
const DefaultWindow = 90 * 24 * time.Hour

func (r *reviewer) deleteToken(t graph.Token) string {
	switch {
	case t.ID == "":
		return ""
	case t.Team != "":
		return api("DELETE", fmt.Sprintf("orgs/%s/teams/%s/tokens/%s", r.Login, t.Team, t.ID), "")
	default:
		return api("DELETE", fmt.Sprintf("orgs/%s/tokens/%s", r.Login, t.ID), "")
	}
}
