package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// Changes are what everybody gains and loses by a change.
type Changes struct {
	Head
	Before  Moment       `json:"before"`
	After   Moment       `json:"after"`
	Gains   int          `json:"gains"`
	Losses  int          `json:"losses"`
	Changes []Difference `json:"changes"`
	Blind   []Blind      `json:"blind"`
}

// Moment is one side of a comparison.
type Moment struct {
	// Of is what is compared: snapshot, or preview.
	Of    string `json:"of"`
	Taken string `json:"taken,omitempty"`
}

// Taken is a snapshot's side of a comparison.
func Taken(at time.Time) Moment { return Moment{Of: "snapshot", Taken: at.UTC().Format(time.RFC3339)} }

// Difference is what some principals gain or lose, all of them the same, with one example.
type Difference struct {
	Gains      bool     `json:"gains"`
	Principals []string `json:"principals"`
	Entities   []string `json:"entities"`
	Scopes     []string `json:"scopes"`
	// Before and After are how they stood to the scopes, and stand then: "" (not held), approval, ownApproval, usable.
	Before    string `json:"before"`
	After     string `json:"after"`
	Certainty string `json:"certainty"`
	// Text is one example in words, and Path how its principal comes to it: afterwards for gains, before for losses.
	Text string `json:"text"`
	Path Path   `json:"path"`
}

// ChangesOf reports differences.
func ChangesOf(organization string, before, after Moment, found []graph.Difference, blind []graph.Blind) Changes {
	out := Changes{Head: head("changes", organization), Before: before, After: after, Changes: mapped(found, differenceOf), Blind: blindOf(blind)}
	for _, d := range found {
		if d.Gains {
			out.Gains++
		} else {
			out.Losses++
		}
	}
	return out
}

func differenceOf(d graph.Difference) Difference {
	return Difference{
		Gains: d.Gains, Scopes: list(d.Scopes), Before: string(d.Before), After: string(d.After), Certainty: string(d.Certainty),
		Text: d.Text(), Path: pathOf(d.Path),
		Principals: mapped(d.Holders, func(h graph.Holder) string {
			if h.Kind == graph.TokenKind && h.Team != "" {
				return PrincipalName(h.Kind, h.Team+"/"+h.Name)
			}
			return PrincipalName(h.Kind, h.Name)
		}),
		Entities: mapped(d.Entities, func(name string) string { return EntityName(d.Kind, name) }),
	}
}

func (a Changes) view() view {
	v := view{title: "What the change of " + a.Organization + " opens and closes", blind: a.Blind,
		blindIs: "The change may open more than is listed because of what could not be read:"}
	switch {
	case len(a.Changes) > 0:
		v.summary = []string{fmt.Sprintf("%s, %s.", counted(a.Gains, "gain", "gains"), counted(a.Losses, "loss", "losses"))}
	case len(a.Blind) > 0:
		v.summary = []string{"No change of access was found; not everything could be read."}
	default:
		v.summary = []string{"Nobody gains or loses access."}
	}
	gains := section{title: "Gained", columns: []string{"Who could do what, and how"}}
	losses := section{title: "Lost", columns: gains.columns}
	for _, d := range a.Changes {
		r := row{cells: []string{d.Text}}
		if len(d.Principals) > 1 || len(d.Entities) > 1 || len(d.Scopes) > 1 {
			r.details = []detail{{label: "principals", text: strings.Join(d.Principals, ", ")},
				{label: "entities", text: strings.Join(d.Entities, ", ")}, {label: "scopes", text: strings.Join(d.Scopes, ", ")}}
		}
		if d.Gains {
			gains.rows = append(gains.rows, r)
		} else {
			losses.rows = append(losses.rows, r)
		}
	}
	v.sections = []section{gains, losses}
	return v
}

// gainedAccess is the rule of gains in SARIF.
const gainedAccess = "gained-access"

func (a Changes) findings() ([]ruleText, []place) {
	rules := []ruleText{{id: gainedAccess, text: "A change lets somebody do what they could not do before.", severity: string(review.Medium)}}
	var places []place
	for _, d := range a.Changes {
		if d.Gains {
			places = append(places, place{
				rule: gainedAccess, severity: string(review.Medium), principal: d.Principals[0], entity: d.Entities[0], organization: a.Organization,
				message: d.Text, id: identity(strings.Join(d.Principals, "\x00"), strings.Join(d.Entities, "\x00"), strings.Join(d.Scopes, "\x00")),
			})
		}
	}
	return rules, places
}
