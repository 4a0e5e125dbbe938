package logintransition_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// login is what a program asks for: whom its lock admits, by which attributes, and which secrets are read.
type login struct {
	attributes string // "root", or "user" for people by name
	people     []string
	secrets    []string
	region     string // a value that has nothing to do with the cloud
	role       string
	policies   []string // what the role may do besides
}

func (l login) subjects() []string {
	subjects := []string{}
	for _, who := range l.people {
		subjects = append(subjects, l.attributes+":"+who)
	}
	return subjects
}

func (l login) reads() string {
	read := stores.AWS{Secrets: &stores.AWSSecrets{Region: "eu-west-1", IDs: map[string]string{}}}
	for _, name := range l.secrets {
		read.Secrets.IDs[name] = "app/" + name
	}
	text, _ := json.Marshal(read)
	return string(text)
}

func (l login) parts() ([]esc.Login, []esc.Store) {
	get := map[string]any{}
	for _, name := range l.secrets {
		get[name] = map[string]any{"secretId": "app/" + name}
	}
	store := esc.Store{Cloud: "aws", Name: "secrets", Provider: "aws-secrets", Inputs: map[string]any{"region": "eu-west-1", "get": get}}
	return []esc.Login{esc.AWSLogin{
		RoleARN: "arn:aws:iam::123456789012:role/" + l.role, SessionName: "session", SubjectAttributes: []string{l.attributes},
	}}, []esc.Store{store}
}

func (l login) definition(t require.TestingT) string {
	logins, stores := l.parts()
	text, err := esc.Build(esc.Definition{Values: map[string]any{"region": l.region}, Logins: logins, Stores: stores})
	require.NoError(t, err)
	return text
}

func (l login) inputs(t require.TestingT) map[string]any {
	logins, stores := l.parts()
	needs, err := esc.CloudNeeds(logins, stores)
	require.NoError(t, err)
	parts := map[string]any{}
	for name, part := range needs {
		parts[name] = part
	}
	fingerprint, err := esc.Fingerprint(l.definition(t))
	require.NoError(t, err)
	policies := map[string]any{}
	for _, name := range l.policies {
		policies[name] = name
	}
	return resourcetest.ProdEnvironment(map[string]any{
		"definition": fingerprint, "permissions": map[string]any{"aws.managedPolicyArns": policies},
		"needs": parts, "subjects": l.subjects(), "awsReads": l.reads(),
		"identities": map[string]any{"aws.create": "true", "aws.roleName": l.role}, "audiences": map[string]any{"aws": "aws:acme"},
	})
}

// transitions are the two resources of an environment that logs in to AWS, in the order in which an update goes through them.
type transitions struct {
	w                       resourcetest.World
	transition, environment *resourcetest.Engine
	applied                 map[string]bool // requests
}

func loggingIn(t testing.TB, first login) transitions {
	t.Helper()
	w := resourcetest.New(t, resourcetest.Gated)
	w.Admin("DELETE", resourcetest.EnvironmentPath, nil)
	s := transitions{w: w, transition: w.Resource("LoginTransition"), environment: w.Resource("Environment"), applied: map[string]bool{}}
	s.up(t, first)
	w.Reviewers()
	require.NoError(t, w.Resource("ApprovalGate").Up(resourcetest.GateOnProd(nil)))
	return s
}

// up is an update. The environment's own failures, such as a request that was closed, leave the cloud side as it is.
func (s transitions) up(t require.TestingT, want login) {
	require.NoError(t, s.transition.Up(want.inputs(t)))
	_ = s.environment.Up(resourcetest.ProdEnvironment(map[string]any{"definition": want.definition(t)}))
}

func (s transitions) list(name string) []string {
	var all []string
	if listed := s.transition.State.Get(name); listed.IsArray() {
		for _, one := range listed.AsArray().All {
			all = append(all, one.AsString())
		}
	}
	return all
}

// opens asserts that the cloud side admits the live definition, and permits what it reads.
func (s transitions) opens(t require.TestingT, all map[string]login, when string) {
	live, found := all[s.w.Definition()]
	require.True(t, found, "the live definition is a program's")
	for _, subject := range live.subjects() {
		require.Contains(t, s.list("trustedSubjects"), subject, when)
	}
	policy := s.policy(t)
	for _, name := range live.secrets {
		require.Contains(t, policy, "secret:app/"+name+"-??????", when)
	}
	given := s.gives()
	require.Equal(t, slices.Compact(slices.Clone(given)), given, "nothing is given twice, %s", when)
	for _, policy := range live.policies {
		require.Contains(t, given, policy, when)
	}
}

// gives are the policies of the program, and those that are kept beside them.
func (s transitions) gives() []string {
	var all []string
	for _, output := range []string{"permissions", "keptPermissions"} {
		if found := s.transition.State.Get(output); found.IsMap() && found.AsMap().Get("aws.managedPolicyArns").IsMap() {
			for _, policy := range found.AsMap().Get("aws.managedPolicyArns").AsMap().AllStable {
				all = append(all, policy.AsString())
			}
		}
	}
	slices.Sort(all)
	return all
}

func (s transitions) policy(t require.TestingT) string {
	var all []stores.AWS
	for _, text := range s.list("permittedAwsReads") {
		read := stores.AWS{}
		require.NoError(t, json.Unmarshal([]byte(text), &read))
		read.Account = "123456789012"
		all = append(all, read)
	}
	policy, err := stores.AWSPolicyFor(all)
	require.NoError(t, err)
	return policy
}

func (s transitions) request() string {
	if id := s.environment.State.Get("changeRequestId"); id.IsString() && !s.applied[id.AsString()] {
		return id.AsString()
	}
	return ""
}

// decided approves the request that waits and applies it.
func (s transitions) decided() {
	var request struct {
		LatestRevisionNumber int `json:"latestRevisionNumber"`
	}
	id := s.request()
	_ = json.Unmarshal(s.w.Admin("GET", resourcetest.RequestsPath+id, nil), &request)
	s.w.Decide(id, request.LatestRevisionNumber)
	s.applied[id] = true
}

var someLogin = rapid.Custom(func(t *rapid.T) login {
	some := func(what string, least int, of ...string) []string {
		return slices.Sorted(slices.Values(rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, len(of), rapid.ID).Draw(t, what)))
	}
	return login{
		attributes: rapid.SampledFrom([]string{"root", "user"}).Draw(t, "attributes"), people: some("people", 1, "bo", "cy", "di"),
		secrets: some("secrets", 1, "password", "token"), region: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "region"), role: "prod",
		policies: some("policies", 0, "look", "change"),
	}
})

// TestLiveDefinitionOpens is the law: whatever programs follow each other, and whenever people apply what waits, the live
// definition opens at every moment; and once the program's is live, one more update leaves nothing wider than declared.
func TestLiveDefinitionOpens(t *testing.T) {
	t.Parallel()
	first := login{attributes: "root", people: []string{"bo", "cy"}, secrets: []string{"password", "token"}, region: "a", role: "prod", policies: []string{"look", "change"}}
	s := loggingIn(t, first)
	start, transition, environment := s.w.History(), *s.transition, *s.environment
	rapid.Check(t, func(rt *rapid.T) {
		s.w.Restore(start)
		*s.transition, *s.environment, s.applied = transition, environment, map[string]bool{}
		all, want := map[string]login{}, first
		known := func(l login) {
			all[l.definition(rt)] = l
		}
		known(first)
		for i := range rapid.IntRange(1, 7).Draw(rt, "steps") {
			when := fmt.Sprint("after step ", i)
			if s.request() != "" && rapid.Bool().Draw(rt, "applied") {
				// What is live may be of an older program with the same needs: its own people are those of the newest such.
				s.decided()
				s.opens(rt, all, when+", applied")
				continue
			}
			want = someLogin.Draw(rt, "want")
			for definition, older := range all {
				if older.attributes == want.attributes && slices.Equal(older.secrets, want.secrets) {
					older.people = want.people // who is taken out of the lock of the same login is out at once
					all[definition] = older
				}
			}
			known(want)
			require.NoError(rt, s.transition.Up(want.inputs(rt)))
			s.opens(rt, all, when+", before the environment")
			if rapid.Bool().Draw(rt, "applied in between") && s.request() != "" {
				s.decided()
				s.opens(rt, all, when+", applied in between")
			}
			_ = s.environment.Up(resourcetest.ProdEnvironment(map[string]any{"definition": want.definition(rt)}))
			s.opens(rt, all, when+", updated")
		}
		for range 4 { // until the program's definition is live
			s.up(rt, want)
			s.opens(rt, all, "at the end")
			if s.request() != "" {
				s.decided()
			}
		}
		require.NoError(rt, s.transition.Up(want.inputs(rt)))
		require.Equal(rt, want.definition(rt), s.w.Definition())
		require.Equal(rt, want.subjects(), s.list("trustedSubjects"), "nothing is left wider than declared")
		require.Equal(rt, []string{want.reads()}, s.list("permittedAwsReads"))
		require.Equal(rt, len(want.policies), len(s.gives()))
	})
}

// A narrower lock and a secret less wait with the definition. The preview shows exactly what the update does, an update with
// nothing to do makes no call, and the first one after the approval narrows.
func TestTransitionHoldsWhatTheLiveDefinitionNeeds(t *testing.T) {
	t.Parallel()
	wide := login{attributes: "root", people: []string{"bo", "cy"}, secrets: []string{"password", "token"}, region: "a", role: "prod"}
	narrow := login{attributes: "user", people: []string{"bo"}, secrets: []string{"password"}, region: "a", role: "prod"}
	s := loggingIn(t, wide)
	s.w.Reset()
	s.transition.Settled(wide.inputs(t))
	assert.Empty(t, s.w.Calls(), "nothing changed, so nothing is asked")

	shown, err := s.transition.Preview(narrow.inputs(t))
	require.NoError(t, err)
	s.up(t, narrow)
	assert.Equal(t, s.transition.State, shown, "the preview is exact")
	assert.Equal(t, []string{"user:bo", "root:bo", "root:cy"}, s.list("trustedSubjects"))
	assert.Contains(t, s.policy(t), "app/token")
	assert.Contains(t, s.transition.Said(), "keeps 2 subjects")
	s.transition.Settled(narrow.inputs(t))
	require.NoError(t, s.transition.Refresh())
	s.transition.Settled(narrow.inputs(t))

	s.decided()
	assert.Equal(t, []string{"held"}, resourcetest.Changed(s.transition.Diff(narrow.inputs(t))), "the first preview after the approval shows it")
	s.up(t, narrow)
	assert.Equal(t, []string{"user:bo"}, s.list("trustedSubjects"))
	assert.NotContains(t, s.policy(t), "app/token")
	s.w.Reset()
	s.transition.Settled(narrow.inputs(t))
	assert.Empty(t, s.w.Calls())
}

// What a program takes from the permissions together with a change of the definition stays until the new definition is live. What
// it takes without one is removed at once, and so is everything where updates need no approval.
func TestTransitionKeepsPermissionsOfTheLiveDefinition(t *testing.T) {
	t.Parallel()
	before := login{attributes: "root", people: []string{"bo"}, secrets: []string{"password"}, region: "a", role: "prod", policies: []string{"change", "look"}}
	after := before
	after.region, after.policies = "b", []string{"look"}
	s := loggingIn(t, before)
	shown, err := s.transition.Preview(after.inputs(t))
	require.NoError(t, err)
	s.up(t, after)
	assert.Equal(t, s.transition.State, shown, "the preview is exact")
	assert.Contains(t, s.transition.Said(), "what this program takes from aws.managedPolicyArns")
	assert.Equal(t, []string{"change", "look"}, s.gives())
	s.transition.Settled(after.inputs(t))

	// While it waits, another change of the permissions alone takes nothing from the live definition.
	none := after
	none.policies = nil
	s.up(t, none)
	assert.Equal(t, []string{"change", "look"}, s.gives())
	s.decided()
	assert.Equal(t, []string{"keptPermissions"}, resourcetest.Changed(s.transition.Diff(none.inputs(t))), "the first preview after the approval shows it")
	s.up(t, none)
	assert.Empty(t, s.gives())
	s.w.Reset()
	s.transition.Settled(none.inputs(t))
	assert.Empty(t, s.w.Calls())

	// The same name with other content is something else.
	named := func(l login, policy string) map[string]any {
		inputs := l.inputs(t)
		inputs["permissions"] = map[string]any{"aws.inlinePolicies": map[string]any{"own": policy}}
		return inputs
	}
	require.NoError(t, s.transition.Up(named(none, "wide")))
	next := none
	next.region = "a"
	require.NoError(t, s.transition.Up(named(next, "narrow")))
	kept := s.transition.State.Get("keptPermissions").AsMap().Get("aws.inlinePolicies").AsMap()
	assert.Equal(t, "wide", kept.Get("own+kept").AsString())
	require.NoError(t, s.transition.Up(named(none, "narrow")), "put back, without the wide one")
	assert.True(t, s.transition.State.Get("keptPermissions").IsNull())
}

// Where updates need no approval, and where people leave the lock of the same login, what is taken away is removed at once.
func TestTransitionHoldsNothingWithoutNeed(t *testing.T) {
	t.Parallel()
	wide := login{attributes: "root", people: []string{"bo", "cy"}, secrets: []string{"password"}, region: "a", role: "prod"}
	narrow := login{attributes: "user", people: []string{"bo"}, secrets: []string{"password"}, region: "a", role: "prod"}
	s := loggingIn(t, wide)
	fewer := wide
	fewer.people = []string{"bo"}
	s.w.Reset()
	require.NoError(t, s.transition.Up(fewer.inputs(t)))
	assert.Equal(t, []string{"root:bo"}, s.list("trustedSubjects"))
	assert.Empty(t, s.w.Calls())

	free := resourcetest.New(t, resourcetest.Gated).Resource("LoginTransition")
	require.NoError(t, free.Up(wide.inputs(t)))
	require.NoError(t, free.Up(narrow.inputs(t)))
	assert.Equal(t, 1, free.State.Get("trustedSubjects").AsArray().Len())
}

// A definition that the state does not know, or that cannot be read, is not a reason to take anything away.
func TestTransitionKeepsAllWhenItCannotTell(t *testing.T) {
	t.Parallel()
	wide := login{attributes: "root", people: []string{"bo"}, secrets: []string{"password", "token"}, region: "a", role: "prod"}
	narrow := login{attributes: "user", people: []string{"bo"}, secrets: []string{"password"}, region: "a", role: "prod"}
	s := loggingIn(t, wide)
	s.up(t, narrow)
	id := s.request()
	draft := resourcetest.EnvironmentPath + "/drafts/" + id
	status, answer := s.w.Call(s.w.Token, "PATCH", draft, json.RawMessage(`{"values":{"a":1}}`))
	require.Less(t, status, 300, "%s", answer)
	s.decided()
	assert.NotContains(t, s.w.Definition(), "aws")
	require.NoError(t, s.transition.Up(narrow.inputs(t)))
	assert.Equal(t, []string{"user:bo", "root:bo"}, s.list("trustedSubjects"))
}

// What the live definition logs in to is not replaced, renamed or deleted while the new one has to wait.
func TestTransitionRefusesOtherIdentities(t *testing.T) {
	t.Parallel()
	first := login{attributes: "root", people: []string{"bo"}, secrets: []string{"password"}, region: "a", role: "prod"}
	s := loggingIn(t, first)
	identities := func(of map[string]any) map[string]any {
		inputs := first.inputs(t)
		inputs["identities"] = of
		return inputs
	}
	for property, of := range map[string]map[string]any{
		"aws.roleName": {"aws.create": "true", "aws.roleName": "other"},
		"aws.create":   {},
		"aws.path":     {"aws.create": "true", "aws.roleName": "prod", "aws.path": "/new/"},
	} {
		refusal := s.transition.Refuses(identities(of))
		assert.Contains(t, refusal, property)
		assert.Contains(t, refusal, "open for nobody")
		assert.Contains(t, refusal, "set `enabled: false` in updateApproval")
	}
	more := map[string]any{"aws.create": "true", "aws.roleName": "prod", "gcp.create": "true", "gcp.project": "acme"}
	require.NoError(t, s.transition.Up(identities(more)), "a further cloud takes nothing away")
	require.NoError(t, s.transition.Up(identities(map[string]any{"aws.create": "true", "aws.roleName": "prod"})), "the live one does not log in there")
	unsure := identities(map[string]any{"aws.create": "true", "aws.roleName": resourcetest.Unknown})
	_, err := s.transition.Preview(unsure)
	require.NoError(t, err, "what is not known yet is checked by the update")

	var listed struct {
		Gates []struct {
			ID string `json:"id"`
		} `json:"gates"`
	}
	require.NoError(t, json.Unmarshal(s.w.Admin("GET", resourcetest.GatesPath+"?entityType=environment&qualifiedName=payments/prod", nil), &listed))
	require.NotEmpty(t, listed.Gates)
	s.w.Admin("DELETE", resourcetest.GatesPath+"/"+listed.Gates[0].ID, nil)
	require.NoError(t, s.transition.Up(identities(map[string]any{"aws.create": "true", "aws.roleName": "other"})), "without a gate it is written at once")
}

// What is granted one by one cannot be kept when it leaves the program, so the preview refuses that.
func TestTransitionRefusesLostChildren(t *testing.T) {
	t.Parallel()
	wide := login{attributes: "root", people: []string{"bo"}, secrets: []string{"password"}, region: "a", role: "prod"}
	narrow := login{attributes: "user", people: []string{"bo"}, secrets: []string{"password"}, region: "a", role: "prod"}
	with := func(l login, names ...string) map[string]any {
		inputs := l.inputs(t)
		inputs["children"] = map[string]any{"lock": names}
		return inputs
	}
	s := loggingIn(t, wide)
	require.NoError(t, s.transition.Up(with(wide, "a", "b")))
	assert.Contains(t, s.transition.Refuses(with(narrow, "b", "c")), "lock: the change takes away")
	require.NoError(t, s.transition.Up(with(narrow, "a", "b", "c")), "more is not a loss")
}

// Two logins that together are over AWS's limit are refused at preview.
func TestTransitionRefusesTooLongAUnion(t *testing.T) {
	t.Parallel()
	many := func(prefix string) []string {
		var all []string
		for i := range 14 {
			all = append(all, fmt.Sprintf("%s-%s-%02d", prefix, strings.Repeat("x", 60), i))
		}
		return all
	}
	wide := login{attributes: "root", people: many("a"), secrets: []string{"password"}, region: "a", role: "prod"}
	s := loggingIn(t, wide)
	other := login{attributes: "user", people: many("b"), secrets: []string{"password"}, region: "a", role: "prod"}
	assert.Contains(t, s.transition.Refuses(other.inputs(t)), "too much together")
}

// What is kept of a role's policies counts against AWS's limits, together with what the program gives.
func TestTransitionHoldsTheUnionOfPoliciesAgainstAWSLimits(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, permissions map[string]any) (transitions, map[string]any) {
		t.Helper()
		before := login{attributes: "root", people: []string{"bo"}, secrets: []string{"password"}, region: "a", role: "prod"}
		s := loggingIn(t, before)
		inputs := before.inputs(t)
		inputs["permissions"] = permissions
		require.NoError(t, s.transition.Up(inputs))
		after := before
		after.region = "b"
		return s, after.inputs(t)
	}
	numbered := func(prefix string, n int) map[string]any {
		all := map[string]any{}
		for i := range n {
			arn := fmt.Sprintf("arn:aws:iam::aws:policy/%s%d", prefix, i)
			all[arn] = arn
		}
		return map[string]any{"aws.managedPolicyArns": all}
	}
	inline := func(policy string) map[string]any {
		return map[string]any{"aws.inlinePolicies": map[string]any{"own": policy}}
	}
	for name, test := range map[string]struct {
		before, after map[string]any
		refused, said string
	}{
		"managed policies over the limit":      {numbered("a", 11), numbered("b", 10), "aws.managedPolicyArns: the role would have 21 managed policies", ""},
		"managed policies over the default":    {numbered("a", 6), numbered("b", 5), "", "has 11 managed policies; AWS allows a role 10 by default"},
		"the same managed policies":            {numbered("a", 11), numbered("a", 11), "", ""},
		"inline policies over the limit":       {inline(strings.Repeat("x", 5200)), inline(strings.Repeat("y", 5100)), "aws.inlinePolicies: all inline policies", ""},
		"white space of inline policies":       {inline(strings.Repeat("x ", 5200)), inline(strings.Repeat("y ", 1000)), "", ""},
		"a secret role assignment of Azure":    {map[string]any{"azure.roleAssignments": map[string]any{"1": "a"}}, map[string]any{}, "azure.roleAssignments: what is secret there", ""},
		"a role assignment that is not secret": {map[string]any{"azure.roleAssignments": map[string]any{"0a1b2c3d": "a"}}, map[string]any{}, "", "keeps"},
		"a secret role of Google": {
			map[string]any{"gcp.roles": map[string]any{"1": "roles/a"}}, map[string]any{"gcp.roles": map[string]any{"1": "roles/b"}},
			"gcp.roles: what is secret there", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, after := start(t, test.before)
			after["permissions"] = test.after
			if test.refused != "" {
				refused := s.transition.Refuses(after)
				assert.Contains(t, refused, test.refused)
				return
			}
			s.transition.Said()
			_, err := s.transition.Preview(after)
			require.NoError(t, err)
			if test.said != "keeps" {
				said := s.transition.Said()
				assert.Contains(t, said, test.said)
				assert.Equal(t, test.said != "", strings.Contains(said, "by default"), said)
			}
		})
	}
}

func TestTransitionIsNotImported(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, resourcetest.New(t, resourcetest.Gated).Resource("LoginTransition").Adopt("acme/payments/prod"), "cannot be imported")
}
