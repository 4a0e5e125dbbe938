package preview

import (
	"net/http"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// applier applies steps to an organization.
type applier struct {
	graph.Organization
	session *session.Session
	created map[urn.URN]string // the ids that stand for roles that the update creates
	blind   []graph.Blind
}

func (a *applier) unknown(what, hides string) {
	a.blind = append(a.blind, graph.Blind{What: what, Hides: hides})
}

// change makes changes, and notes what they do not know.
func (a *applier) change(changes graph.Changes) {
	a.Organization = changes.ApplyWhole(a.Organization)
	a.blind = append(a.blind, changes.Unknown()...)
}

// subject is a step about a resource that access may depend on.
type subject struct {
	*applier
	step   step
	name   string
	effect effect
}

func (s subject) unknown(what, hides string) { s.applier.unknown(what+" of "+s.name, hides) }

// elsewhere reports whether the resource belongs to another organization than the one that is known, and says so.
func (s subject) elsewhere(organization string) bool {
	if strings.EqualFold(organization, s.Login) {
		return false
	}
	of := organization
	if of == "" {
		of = "one that is not known"
	}
	s.applier.unknown("the organization of "+s.name+": "+of, "any change of access there; the snapshot is of "+s.Login)
	return true
}

// offline is a session whose client reaches nothing: whoever asks the service finds nothing.
func offline(now time.Time) *session.Session {
	client, err := cloud.New(cloud.Config{URL: "https://offline.invalid", HTTP: &http.Client{Transport: nowhere{}}})
	if err != nil {
		panic(err) // the address is a constant
	}
	return &session.Session{Client: client, Catalogue: access.NewCatalogue(nil), Now: func() time.Time { return now }}
}

type nowhere struct{}

// RoundTrip answers without a call: whoever asks is refused.
func (nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusForbidden, Status: "403 Forbidden", Proto: "HTTP/1.1", Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}
