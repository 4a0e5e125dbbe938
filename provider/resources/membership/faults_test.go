package membership_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const people = 24

func crowd() string {
	var seed strings.Builder
	seed.WriteString("organization: acme\nusers:\n  - {login: ana, role: admin}\n")
	for i := range people {
		fmt.Fprintf(&seed, "  - {login: u%02d, role: member}\n", i)
	}
	return seed.String()
}

// drawTeam draws who shall be in the team, and with which role.
func drawTeam(t *rapid.T, label string) (want map[string]string, inputs map[string]any) {
	want, members, admins := map[string]string{}, []string{}, []string{}
	for i, role := range rapid.SliceOfN(rapid.SampledFrom([]string{"", "member", "member", "admin"}), people, people).Draw(t, label) {
		login := fmt.Sprintf("u%02d", i)
		switch role {
		case "member":
			members = append(members, login)
		case "admin":
			admins = append(admins, login)
		default:
			continue
		}
		want[login] = role
	}
	return want, map[string]any{"name": "payments", "members": members, "admins": admins}
}

// Changes of members are made at the same time. Whatever fails among them, the state knows who is in the team, the next update reaches
// what is declared, and a refusal adds nobody after somebody could not be removed.
func TestMembersUnderFaultsProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := resourcetest.New(t, crowd())
		e := w.Resource("Team")
		before, first := drawTeam(r, "before")
		require.NoError(t, e.Up(first))
		require.Equal(t, before, w.Members("payments"))

		want, inputs := drawTeam(r, "wanted")
		for range rapid.IntRange(0, 4).Draw(r, "faults") {
			fault := servertest.Fault{Match: resourcetest.PatchTeamRoute, Times: rapid.IntRange(1, 6).Draw(r, "times")}
			switch kind := rapid.SampledFrom([]string{"before", "after", "refused", "down"}).Draw(r, "kind"); kind {
			case "refused":
				fault.Status = 403
			case "down":
				fault.Status = 503
			default:
				fault.Reset = kind
			}
			w.Fault(fault)
		}
		failed := e.Up(inputs)
		between := w.Members("payments")
		for login, role := range between {
			if want[login] == "" && before[login] == "" || role == "admin" && want[login] != "admin" && before[login] != "admin" {
				r.Fatalf("%s is %s, was %q and shall be %q", login, role, before[login], want[login])
			}
		}
		for login := range want {
			if before[login] != "" && between[login] == "" {
				r.Fatalf("%s stays, and is out", login)
			}
		}
		if failed == nil {
			assert.Equal(t, want, between)
		}
		w.Control("DELETE", "faults", nil, nil)
		require.NoError(t, e.Up(inputs), "after %v", failed)
		assert.Equal(t, want, w.Members("payments"))
		e.Settled(inputs)
	})
}

// together holds the changes of members back until as many as are expected have been sent.
type together struct {
	expected int
	waiting  atomic.Int32
	all      chan struct{}
}

func (t *together) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch {
		if int(t.waiting.Add(1)) == t.expected {
			close(t.all)
		}
		select {
		case <-t.all:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(30 * time.Second):
			return nil, fmt.Errorf("%d of %d changes are sent at the same time", t.waiting.Load(), t.expected)
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// A team of many members costs a call each, eight of them at a time.
func TestMembersAreAddedAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, crowd())
	e := w.Through(t.Context(), &http.Client{Transport: &together{expected: 8, all: make(chan struct{})}}, w.Token, "Team")
	members := make([]string, people)
	for i := range members {
		members[i] = fmt.Sprintf("u%02d", i)
	}
	inputs := map[string]any{"name": "payments", "members": members}
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Len(t, w.Members("payments"), people)
	assert.Len(t, w.Writes(), people+2, "the team, one each, and its creator who leaves")
	e.Settled(inputs)
}
