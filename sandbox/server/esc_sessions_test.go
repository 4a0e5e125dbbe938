package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	pulumiesc "github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	oli := b.user("oli")
	id := decoded[esc.OpenAnswer](b.send(oli, http.MethodPost, escPath("payments/prod/open?duration=1h"), nil).want(http.StatusOK)).ID
	session := escPath("payments/prod/open/" + id)
	value := decoded[pulumiesc.Environment](b.send(oli, http.MethodGet, session, nil).want(http.StatusOK)).Properties["plain"]
	if value.Value != "one" || value.Trace.Def.Environment != "payments/prod" || value.Trace.Def.Begin.Line != 3 {
		t.Errorf("got %+v", value)
	}
	for property, want := range map[string]string{"plain": `"value":"one"`, "deep.list[1]": `"value":"b"`, `deep["list"][0]`: `"value":"a"`} {
		b.send(oli, http.MethodGet, session+"?property="+strings.NewReplacer("[", "%5B", "]", "%5D", `"`, "%22").Replace(property), nil).
			want(http.StatusOK).says(want)
	}
	for _, property := range []string{"nope", "plain.more", "deep.list%5B2%5D", "deep.list%5B-1%5D"} {
		b.send(oli, http.MethodGet, session+"?property="+property, nil).want(http.StatusNotFound)
	}
	b.send(b.user("rae"), http.MethodGet, session, nil).want(http.StatusForbidden)
	b.send(b.user("wim"), http.MethodGet, session, nil).want(http.StatusOK)
	b.admin(http.MethodGet, escPath("payments/hidden/open/"+id), nil).want(http.StatusNotFound)
	b.admin(http.MethodGet, escPath("yaml/open/"+id), nil).want(http.StatusNotFound)
	b.advance(time.Hour - time.Second)
	b.send(oli, http.MethodGet, session, nil).want(http.StatusOK)
	b.advance(time.Second)
	b.send(oli, http.MethodGet, session, nil).want(http.StatusNotFound)
}

func TestMaxOpenDuration(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	max := b.user("max")
	open := func(d string) reply {
		return b.send(max, http.MethodPost, escPath("payments/prod/open?duration="+d), nil)
	}
	open("30m").want(http.StatusOK)
	open("30m1s").want(http.StatusBadRequest).says("at most 30m0s")
	b.yamlOpened(max, "imports: [payments/prod]").want(http.StatusBadRequest).says("at most 30m0s")
	for _, bad := range []string{"soon", "-1h", "0s"} {
		open(bad).want(http.StatusBadRequest).says("invalid query parameter")
	}
}

func TestImportsNeedRights(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	const text = "imports: [payments/hidden]\n"
	wim := b.user("wim")
	b.send(wim, http.MethodPatch, escPath("payments/prod"), text).want(http.StatusBadRequest).says("not found")
	b.yamlOpened(wim, text).want(http.StatusBadRequest).says("not found").hides("hidden-value")
	b.admin(http.MethodPatch, escPath("payments/prod"), text).want(http.StatusOK)
	b.opened(wim, "payments/prod").want(http.StatusBadRequest).says("not found").hides("hidden-value")
	b.opened(b.s.AdminToken(), "payments/prod").want(http.StatusOK).says("hidden-value")
	b.yamlOpened(b.user("rae"), "imports: [payments/prod]").want(http.StatusBadRequest).says("environment:open")
	b.send(b.user("rae"), http.MethodPost, escPath("yaml/check"), "imports: [payments/prod]").want(http.StatusBadRequest)
}

func TestAnonymousSessionsBelongToTheirOpener(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	id := decoded[esc.OpenAnswer](b.send(b.user("oli"), http.MethodPost, escPath("yaml/open?duration=1h"), "values: {a: mine}").want(http.StatusOK)).ID
	b.send(b.user("oli"), http.MethodGet, escPath("yaml/open/"+id+"?property=a"), nil).want(http.StatusOK).says("mine")
	b.send(b.user("wim"), http.MethodGet, escPath("yaml/open/"+id), nil).want(http.StatusNotFound)
	b.admin(http.MethodGet, escPath("payments/prod/open/"+id), nil).want(http.StatusNotFound)
}

func TestContextVariables(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	b.admin(http.MethodPatch, escPath("payments/prod"),
		"values: {who: '${context.pulumi.user.login} of ${context.pulumi.organization.login} in ${context.rootEnvironment.name}'}").want(http.StatusOK)
	b.opened(b.user("oli"), "payments/prod").want(http.StatusOK).says("oli of acme in payments/prod")
}

func TestAuditOfEnvironments(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	b.opened(b.user("oli"), "payments/prod").want(http.StatusOK)
	b.opened(b.user("rae"), "payments/prod").want(http.StatusForbidden)
	b.admin(http.MethodGet, escPath("payments/prod/decrypt"), nil).want(http.StatusOK)
	b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusOK)
	want := []string{"environment-open", "environment-read-open", "environment-unauthorized-open", "environment-decrypted", "environment-deleted"}
	if got := b.events(); !slices.Equal(got, want) {
		t.Errorf("got events %v, want %v", got, want)
	}
}
