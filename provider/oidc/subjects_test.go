package oidc

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

const subjectPrefix = "pulumi:environments:pulumi.organization.login:acme:"

func TestESCSubjects(t *testing.T) {
	t.Parallel()
	prod := EnvironmentRef{Project: "payments", Name: "prod"}
	for name, test := range map[string]struct {
		organization string
		env          EnvironmentRef
		lock         Lock
		want         []string
	}{
		"nobody else": {
			organization: "acme", env: prod,
			want: []string{subjectPrefix + "rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod"},
		},
		"organization is lower-cased, nothing else is": {
			organization: "Acme", env: EnvironmentRef{Project: "Payments", Name: "Prod"},
			want: []string{subjectPrefix + "rootEnvironment.name:Payments/Prod:currentEnvironment.name:Payments/Prod"},
		},
		"legacy project": {
			organization: "acme", env: EnvironmentRef{Project: "default", Name: "prod"},
			lock: Lock{AllowedRoots: []EnvironmentRef{prod}},
			want: []string{
				subjectPrefix + "rootEnvironment.name:prod:currentEnvironment.name:prod",
				subjectPrefix + "rootEnvironment.name:payments/prod:currentEnvironment.name:prod",
			},
		},
		"roots before users, as given, duplicates dropped": {
			organization: "acme", env: prod,
			lock: Lock{
				AllowedRoots: []EnvironmentRef{{Project: "web", Name: "prod"}, prod, {Project: "app", Name: "prod"}},
				Users:        []string{"bo", "ana", "bo"},
			},
			want: []string{
				subjectPrefix + "rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod:pulumi.user.login:bo",
				subjectPrefix + "rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod:pulumi.user.login:ana",
				subjectPrefix + "rootEnvironment.name:web/prod:currentEnvironment.name:payments/prod:pulumi.user.login:bo",
				subjectPrefix + "rootEnvironment.name:web/prod:currentEnvironment.name:payments/prod:pulumi.user.login:ana",
				subjectPrefix + "rootEnvironment.name:app/prod:currentEnvironment.name:payments/prod:pulumi.user.login:bo",
				subjectPrefix + "rootEnvironment.name:app/prod:currentEnvironment.name:payments/prod:pulumi.user.login:ana",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ESCSubjects(test.organization, test.env, test.lock)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, %v\nwant %q", got, err, test.want)
			}
		})
	}
}

func TestSubjectAttributes(t *testing.T) {
	t.Parallel()
	if got, want := SubjectAttributes(Lock{}), []string{"rootEnvironment.name", "currentEnvironment.name"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	want := []string{"rootEnvironment.name", "currentEnvironment.name", "pulumi.user.login"}
	if got := SubjectAttributes(Lock{Users: []string{"ana"}}); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestESCSubjectsNamesEveryBadInput(t *testing.T) {
	t.Parallel()
	_, err := ESCSubjects("ac me", EnvironmentRef{Project: "", Name: "pro*"}, Lock{
		AllowedRoots: []EnvironmentRef{{Project: "a", Name: "b"}, {Project: "a/b", Name: "c"}, {Project: "a", Name: "<yaml>"}},
		Users:        []string{"ana", "b:o", "b?", ""},
	})
	want := []string{
		"organization", "project", "environment", "lock.allowedRoots[1]", "lock.allowedRoots[2]",
		"lock.users[1]", "lock.users[2]", "lock.users[3]",
	}
	if got := properties(err); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q\n%v", got, want, err)
	}
	var one problem.Problem
	if !errors.As(err, &one) || one.Path != "organization" {
		t.Errorf("errors.As found %+v in %v", one, err)
	}
}

func properties(err error) []string {
	var all []string
	for _, one := range problem.Of(err) {
		all = append(all, one.Path)
	}
	return all
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]string{
		"prod": "", "Prod-1_a.b": "", "default": "",
		"": "is empty", "a b": "white space", "a\tb": "white space", "a\u00a0b": "white space", "a/b": "slash",
		"a:b": "colon", "a*": "wildcard", "?": "wildcard", "<yaml>": "never saved", "<yaml": "letters, digits",
		"${a}": "letters, digits", "prüd": "letters, digits", "a\x00": "letters, digits", `a"b`: "letters, digits",
	} {
		got := badName("environment", name)
		if (reason == "") != (got == "") || !strings.Contains(got, reason) {
			t.Errorf("%q: got %q, want %q", name, got, reason)
		}
	}
	for login, reason := range map[string]string{
		"ana": "", "ana@acme.example": "", "ana+1": "", "ana bo": "white space", "ana:bo": "colon", "$ana": "no login has",
	} {
		got := badLogin(login)
		if (reason == "") != (got == "") || !strings.Contains(got, reason) {
			t.Errorf("%q: got %q, want %q", login, got, reason)
		}
	}
}

func TestESCAudience(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cloud         Cloud
		project, want string
	}{
		{AWS, "payments", "aws:acme"}, {Azure, "payments", "azure:acme"}, {GCP, "payments", "gcp:acme"},
		{AWS, "default", "acme"}, {AWS, "Default", "aws:acme"},
	} {
		if got := ESCAudience(test.cloud, "Acme", test.project); got != test.want {
			t.Errorf("%s in %s: got %q, want %q", test.cloud, test.project, got, test.want)
		}
	}
}

func TestESCSubject(t *testing.T) {
	t.Parallel()
	prod := EnvironmentRef{Project: "payments", Name: "prod"}
	opened := OpenContext{Organization: "Acme", Root: prod, Current: EnvironmentRef{Project: "aws", Name: "login"}, User: "ana"}
	up := opened
	up.AnonymousRoot = true
	text := OpenContext{Organization: "acme", AnonymousRoot: true}
	for name, test := range map[string]struct {
		context    OpenContext
		attributes []string
		want       string
	}{
		"default":                  {opened, nil, "pulumi:environments:org:acme:env:payments/prod"},
		"default in a stack":       {up, nil, "pulumi:environments:org:acme:env:<yaml>"},
		"all":                      {opened, []string{UserLogin, CurrentEnvironment, RootEnvironment, OrganizationLogin}, subjectPrefix + "pulumi.user.login:ana:currentEnvironment.name:aws/login:rootEnvironment.name:payments/prod:pulumi.organization.login:acme"},
		"an import in a stack":     {up, []string{RootEnvironment}, subjectPrefix + "rootEnvironment.name:payments/prod"},
		"the text itself":          {text, []string{RootEnvironment, CurrentEnvironment}, subjectPrefix + "rootEnvironment.name:<yaml>:currentEnvironment.name:<yaml>"},
		"repeated as it is listed": {opened, []string{RootEnvironment, RootEnvironment}, subjectPrefix + "rootEnvironment.name:payments/prod:rootEnvironment.name:payments/prod"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ESCSubject(test.context, test.attributes)
			if err != nil || got != test.want {
				t.Errorf("got %q, %v\nwant %q", got, err, test.want)
			}
		})
	}
	_, err := ESCSubject(text, []string{RootEnvironment, "rootEnvironment", UserLogin})
	if got, want := properties(err), []string{"subjectAttributes[1]", "subjectAttributes[2]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q: %v", got, want, err)
	}
}

func TestDeploymentSubjects(t *testing.T) {
	t.Parallel()
	subject := func(op string) string {
		return "pulumi:deploy:org:acme:project:payments:stack:dev:operation:" + op + ":scope:write"
	}
	for name, test := range map[string]struct{ ops, want []string }{
		"defaults": {nil, []string{"preview", "update", "refresh", "destroy"}},
		"ordered":  {[]string{"remediate-drift", "destroy", "preview", "destroy"}, []string{"preview", "destroy", "remediate-drift"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ops []Operation
			for _, op := range test.ops {
				ops = append(ops, Operation(op))
			}
			var want []string
			for _, op := range test.want {
				want = append(want, subject(op))
			}
			got, err := DeploymentSubjects("ACME", "payments", "dev", ops)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("got %q, %v\nwant %q", got, err, want)
			}
		})
	}
	_, err := DeploymentSubjects("", "a:b", "*", []Operation{"update", "apply"})
	if got, want := properties(err), []string{"organization", "project", "stack", "operations[1]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q: %v", got, want, err)
	}
	if got := DeploymentAudience("Acme"); got != "acme" {
		t.Errorf("audience %q", got)
	}
}

func TestParseEnvironmentRef(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]EnvironmentRef{
		"payments/prod": {"payments", "prod"}, "prod": {"default", "prod"}, "default/prod": {"default", "prod"},
	} {
		if got, err := ParseEnvironmentRef(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "/", "a/", "/a", "a/b/c", "a/b@3", "a/b:c", "a/*", "<yaml>", " a/b", "a/b "} {
		if got, err := ParseEnvironmentRef(text); err == nil {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func TestParseLock(t *testing.T) {
	t.Parallel()
	got, err := ParseLock([]string{"web/prod", "prod"}, []string{"ana"})
	want := Lock{AllowedRoots: []EnvironmentRef{{"web", "prod"}, {"default", "prod"}}, Users: []string{"ana"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = ParseLock([]string{"web/prod", "a/b/c"}, []string{"a b"})
	moved := problem.Of(err).Under("lock")
	if got, want := properties(moved), []string{"lock.allowedRoots[1]", "lock.users[0]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzParseEnvironmentRef(f *testing.F) {
	for _, seed := range []string{"payments/prod", "prod", "default/prod", "a/b/c", "<yaml>", "a/*", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := ParseEnvironmentRef(text)
		if err != nil {
			return
		}
		again, err := ParseEnvironmentRef(ref.String())
		if err != nil || again != ref {
			t.Errorf("%q reads as %+v, which prints as %q and reads as %+v, %v", text, ref, ref, again, err)
		}
	})
}
