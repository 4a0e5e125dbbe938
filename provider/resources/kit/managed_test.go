package kit_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

type args struct{ Name string }

type state struct {
	args
	Organization string
}

type thing struct {
	kit.Managed[args, state, string]
}

// errAnything is a failure that says nothing about what exists.
var errAnything = errors.New("it rains")

// asking returns the session of somebody, and the service's 404 about an object.
func asking(t *testing.T, login string) (session.Source, error) {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Seed: []byte("organization: acme\nusers: [{login: ana, role: admin}, {login: bo}]\n")})
	token := sandbox.Token
	if login != "ana" {
		token = sandbox.TokenFor(servertest.Identity{User: login})
	}
	client, err := cloud.New(cloud.Config{URL: sandbox.URL, Token: token})
	require.NoError(t, err)
	_, missing := client.Team(t.Context(), "acme", "nothing")
	require.ErrorIs(t, missing, cloud.ErrNotFound)
	return func(context.Context) (*session.Session, error) {
		return &session.Session{Client: client, Organization: "acme"}, nil
	}, missing
}

func about(spec kit.Spec[args, state, string]) kit.Spec[args, state, string] {
	spec.Noun, spec.IDForm = "thing", "organization/name"
	spec.Name = func(v state) string { return v.Name }
	spec.ID = func(v state) string { return kit.JoinID(v.Organization, v.Name) }
	return spec
}

// said is what the engine shows of an error.
func said(err error) string {
	var partial infer.ResourceInitFailedError
	if errors.As(err, &partial) {
		return strings.Join(partial.Reasons, "\n")
	}
	return err.Error()
}

// An object that exists is in the state, whatever fails afterwards, and one that does not exist is not.
func TestWhatExistsIsInTheState(t *testing.T) {
	t.Parallel()
	sessions, _ := asking(t, "ana")
	reached := state{args{"x"}, "acme"}
	for _, test := range []struct {
		name    string
		reached *state
		err     error
		partial bool
	}{
		{"created", &reached, nil, false},
		{"created, then failed", &reached, errAnything, true},
		{"created, then failed, as the hook says", &reached, kit.Partial(errAnything), true},
		{"not created", nil, errAnything, false},
	} {
		r := &thing{kit.New(sessions, about(kit.Spec[args, state, string]{
			Create: func(context.Context, kit.Op, args) (*state, error) { return test.reached, test.err },
			Update: func(context.Context, kit.Op, state, args) (*state, error) { return test.reached, test.err },
		}))}
		created, createErr := r.Create(t.Context(), infer.CreateRequest[args]{})
		updated, updateErr := r.Update(t.Context(), infer.UpdateRequest[args, state]{State: reached})
		for _, err := range []error{createErr, updateErr} {
			var partial infer.ResourceInitFailedError
			assert.Equal(t, test.partial, errors.As(err, &partial), test.name)
			assert.Equal(t, test.err != nil, err != nil, test.name)
		}
		if test.reached != nil {
			assert.Equal(t, "acme/x", created.ID, test.name)
			assert.Equal(t, reached, created.Output, test.name)
			assert.Equal(t, reached, updated.Output, test.name)
		} else {
			assert.Empty(t, created, test.name)
		}
	}
}

// A 404 means that the object was deleted only to somebody who would see it, and only where it is about the object.
func TestA404IsNoProof(t *testing.T) {
	t.Parallel()
	for _, login := range []string{"ana", "bo"} {
		sessions, missing := asking(t, login)
		for _, marked := range []bool{true, false} {
			fails := missing
			if marked {
				fails = kit.Missing(missing)
			}
			before, reached := state{args{"x"}, "acme"}, (*state)(nil) // an update may have changed something before it failed
			r := &thing{kit.New(sessions, about(kit.Spec[args, state, string]{
				Read: func(context.Context, kit.Op, []string, string, kit.Before[args, state]) (*kit.Found[args, state], error) {
					return nil, fails
				},
				Update: func(context.Context, kit.Op, state, args) (*state, error) { return reached, fails },
			}))}
			read, err := r.Read(t.Context(), infer.ReadRequest[args, state]{ID: "acme/x"})
			assert.Empty(t, read.ID)
			assert.Equal(t, !marked || login != "ana", err != nil, "%s, marked %v: %v", login, marked, err)
			for _, reached = range []*state{nil, &before} {
				_, err = r.Update(t.Context(), infer.UpdateRequest[args, state]{State: before})
				require.ErrorIs(t, err, cloud.ErrNotFound)
				if marked && login == "ana" {
					assert.Contains(t, said(err), `thing "x" was deleted outside Pulumi`)
				} else {
					assert.NotContains(t, said(err), "deleted outside Pulumi")
				}
			}
		}
	}
}

// A deletion is sent also for what was not found, is confirmed, and is not sent by somebody who may just not see the object.
func TestADeletionIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, login string
		looks       []int // what the looks answer: the status
		sent        bool
		says        string
	}{
		{"deleted", "ana", []int{http.StatusOK, http.StatusNotFound}, true, ""},
		{"deleted before", "ana", []int{http.StatusNotFound, http.StatusNotFound}, true, ""},
		{"not visible", "bo", []int{http.StatusNotFound}, false, "not visible to this token"},
		{"still there", "ana", []int{http.StatusOK, http.StatusOK}, true, `thing "x" is still there after it was deleted: run again`},
		{"cannot tell", "ana", []int{http.StatusOK, http.StatusBadGateway}, true, "reading back whether it still exists failed"},
		{"cannot look", "ana", []int{http.StatusBadGateway}, false, errAnything.Error()},
	} {
		sessions, missing := asking(t, test.login)
		sent, removed, looks := false, false, test.looks
		r := &thing{kit.New(sessions, about(kit.Spec[args, state, string]{
			Look: func(context.Context, kit.Op, []string) (string, error) {
				status := looks[0]
				looks = looks[1:]
				return "live", map[int]error{http.StatusNotFound: missing, http.StatusBadGateway: errAnything}[status]
			},
			Remove:  func(context.Context, kit.Op, state, string) error { sent = true; return nil },
			Removed: func(kit.Op, state, string) { removed = true },
			Stays:   ": run again",
		}))}
		_, err := r.Delete(t.Context(), infer.DeleteRequest[state]{State: state{args{"x"}, "acme"}})
		assert.Equal(t, test.sent, sent, test.name)
		assert.Equal(t, test.says == "", removed, test.name)
		assert.Empty(t, looks, test.name)
		if test.says == "" {
			require.NoError(t, err, test.name)
		} else {
			require.ErrorContains(t, err, test.says, test.name)
		}
	}
}
