package oidc

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var token = WebIdentity{Issuer: PulumiCloudIssuer, Subject: "pulumi:deploy:org:acme:x", Audiences: []string{"acme"}}

// policyOf is a policy of one statement with the given condition.
func policyOf(condition string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + provARN + `"},` +
		`"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + condition + `}}`
}

func on(operator, key, values string) string {
	return fmt.Sprintf(`{%q:{%q:%s}}`, operator, "api.pulumi.com/oidc:"+key, values)
}

func decide(t *testing.T, policy string, id WebIdentity) (bool, string) {
	t.Helper()
	document, err := ParseAWSTrustPolicy([]byte(policy))
	if err != nil {
		t.Fatalf("%s: %v", policy, err)
	}
	return document.Decide(account, id)
}

func TestDecideConditions(t *testing.T) {
	t.Parallel()
	several := token
	several.Audiences = []string{"acme", "aws:acme"}
	anonymous := token
	anonymous.Subject, anonymous.Audiences = "", nil
	for _, test := range []struct {
		name      string
		condition string
		id        WebIdentity
		want      bool
	}{
		{"equal", on("StringEquals", "sub", `"pulumi:deploy:org:acme:x"`), token, true},
		{"one of several", on("StringEquals", "sub", `["a","pulumi:deploy:org:acme:x"]`), token, true},
		{"none of several", on("StringEquals", "sub", `["a","b"]`), token, false},
		{"prefix", on("StringEquals", "sub", `"pulumi:deploy:org:acme"`), token, false},
		{"case", on("StringEquals", "sub", `"pulumi:deploy:org:ACME:x"`), token, false},
		{"literal star", on("StringEquals", "sub", `"pulumi:deploy:org:acme:*"`), token, false},
		{"absent", on("StringEquals", "sub", `""`), anonymous, false},
		{"ignore case", on("StringEqualsIgnoreCase", "sub", `"PULUMI:deploy:org:ACME:x"`), token, true},
		{"ignore case, other", on("StringEqualsIgnoreCase", "sub", `"PULUMI"`), token, false},
		{"not equal", on("StringNotEquals", "sub", `["a","b"]`), token, true},
		{"not equal to one that it is", on("StringNotEquals", "sub", `["a","pulumi:deploy:org:acme:x"]`), token, false},
		{"not equal, absent", on("StringNotEquals", "sub", `"a"`), anonymous, true},
		{"not equal ignoring case", on("StringNotEqualsIgnoreCase", "sub", `"PULUMI:deploy:org:ACME:x"`), token, false},
		{"like", on("StringLike", "sub", `"pulumi:*:org:acme:?"`), token, true},
		{"like, case", on("StringLike", "sub", `"PULUMI:*"`), token, false},
		{"not like", on("StringNotLike", "sub", `"pulumi:*"`), token, false},
		{"not like, other", on("StringNotLike", "sub", `"github:*"`), token, true},
		{"if exists, absent", on("StringEqualsIfExists", "sub", `"a"`), anonymous, true},
		{"if exists, other", on("StringEqualsIfExists", "sub", `"a"`), token, false},
		{"if exists, equal", on("StringLikeIfExists", "sub", `"pulumi:*"`), token, true},
		{"not equal if exists, absent", on("StringNotEqualsIfExists", "sub", `"a"`), anonymous, true},
		{"null, absent", on("Null", "sub", `"true"`), anonymous, true},
		{"null, there", on("Null", "sub", `true`), token, false},
		{"not null, there", on("Null", "sub", `"false"`), token, true},
		{"not null, absent", on("Null", "sub", `false`), anonymous, false},
		{"audience", on("StringEquals", "aud", `"aws:acme"`), several, true},
		{"audience, none", on("StringEquals", "aud", `"gcp:acme"`), several, false},
		{"audience, not", on("StringNotEquals", "aud", `"aws:acme"`), several, false},
		{"any", on("ForAnyValue:StringEquals", "aud", `"aws:acme"`), several, true},
		{"any, none", on("ForAnyValue:StringEquals", "aud", `"gcp:acme"`), several, false},
		{"any, absent", on("ForAnyValue:StringEquals", "aud", `"acme"`), anonymous, false},
		{"any, not", on("ForAnyValue:StringNotEquals", "aud", `"acme"`), several, true},
		{"any, not, all listed", on("ForAnyValue:StringNotEquals", "aud", `["acme","aws:acme"]`), several, false},
		{"any, not, absent", on("ForAnyValue:StringNotEquals", "aud", `"acme"`), anonymous, false},
		{"all", on("ForAllValues:StringLike", "aud", `["ac*","aws:*"]`), several, true},
		{"all, but one", on("ForAllValues:StringEquals", "aud", `"acme"`), several, false},
		{"all, absent", on("ForAllValues:StringEquals", "aud", `"acme"`), anonymous, true},
		{"all, not", on("ForAllValues:StringNotEquals", "aud", `"acme"`), several, false},
		{"key's case", `{"StringEquals":{"API.pulumi.com/OIDC:Sub":"pulumi:deploy:org:acme:x"}}`, token, true},
		{"another issuer's key", `{"StringEquals":{"token.actions.githubusercontent.com:sub":"pulumi:deploy:org:acme:x"}}`, token, false},
		{"another issuer's key, not", `{"StringNotEquals":{"token.actions.githubusercontent.com:sub":"a"}}`, token, true},
		{"keys are and-ed", `{"StringEquals":{"api.pulumi.com/oidc:sub":"pulumi:deploy:org:acme:x","api.pulumi.com/oidc:aud":"a"}}`, token, false},
		{"operators are and-ed", `{"StringEquals":{"api.pulumi.com/oidc:sub":"pulumi:deploy:org:acme:x"},"StringLike":{"api.pulumi.com/oidc:aud":"a"}}`, token, false},
		{"unsupported key", `{"StringEquals":{"aws:SourceIp":"10.0.0.1"}}`, token, false},
		{"unsupported key that does not matter to others", `{"StringEqualsIfExists":{"sts:RoleSessionName":"a"}}`, token, false},
		{"unsupported claim", on("StringEquals", "email", `"a"`), token, false},
		{"unsupported operator", on("ArnLike", "sub", `"*"`), token, false},
		{"variable", on("StringLike", "sub", `"${aws:username}*"`), token, false},
		{"no condition", `{}`, token, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, reason := decide(t, policyOf(test.condition), test.id)
			if got != test.want || reason == "" {
				t.Errorf("%s: got %v (%s), want %v", test.condition, got, reason, test.want)
			}
		})
	}
}

func TestDecideStatements(t *testing.T) {
	t.Parallel()
	allow := `{"Effect":"Allow","Principal":{"Federated":"` + provARN + `"},"Action":"sts:AssumeRoleWithWebIdentity"}`
	with := func(from, to string) string { return strings.Replace(allow, from, to, 1) }
	principal := `{"Federated":"` + provARN + `"}`
	action := `"Action":"sts:AssumeRoleWithWebIdentity"`
	deny := func(condition string) string {
		return `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"*","Condition":` + condition + `}`
	}
	for _, test := range []struct {
		name       string
		statements string
		want       bool
		reason     string
	}{
		{"one", allow, true, "its only statement"},
		{"list", "[" + allow + "]", true, "its only statement"},
		{"anyone", with(principal, `"*"`), true, ""},
		{"anyone under AWS", with(principal, `{"AWS":["*"]}`), true, ""},
		{"anyone federated", with(principal, `{"Federated":"*"}`), true, ""},
		{"several providers", with(principal, `{"Federated":["arn:aws:iam::123456789012:oidc-provider/a.b","`+provARN+`"]}`), true, ""},
		{"other account's provider", with(provARN, "arn:aws:iam::000000000000:oidc-provider/api.pulumi.com/oidc"), false, "it trusts"},
		{"other provider", with(provARN, provARN+"/v2"), false, "it trusts"},
		{"service", with(principal, `{"Service":"ec2.amazonaws.com"}`), false, "no identity provider"},
		{"account", with(principal, `{"AWS":"arn:aws:iam::123456789012:root"}`), false, "no identity provider"},
		{"not principal", with(`"Principal"`, `"NotPrincipal"`), false, "NotPrincipal"},
		{"action list", with(action, `"Action":["sts:TagSession","sts:assumerolewithwebidentity"]`), true, ""},
		{"action wildcard", with(action, `"Action":"sts:AssumeRole*"`), true, ""},
		{"other action", with(action, `"Action":"sts:AssumeRole"`), false, "its actions are"},
		{"not action", with(action, `"NotAction":"sts:AssumeRole"`), true, ""},
		{"not this action", with(action, `"NotAction":"sts:*"`), false, "its actions are"},
		{"second allows", "[" + with(action, `"Action":"sts:AssumeRole"`) + "," + allow + "]", true, "statement 2 of 2"},
		{"deny wins after", "[" + allow + "," + deny(`{}`) + "]", false, `denies it by statement "No"`},
		{"deny wins before", "[" + deny(`{}`) + "," + allow + "]", false, "denies it"},
		{"deny that does not apply", "[" + deny(on("StringEquals", "aud", `"other"`)) + "," + allow + "]", true, ""},
		{"deny that cannot be told", "[" + deny(`{"Bool":{"aws:SecureTransport":"false"}}`) + "," + allow + "]", false, "cannot tell"},
		{"deny that cannot be told but fails anyway", "[" + deny(`{"Bool":{"aws:SecureTransport":"false"},"StringEquals":{"api.pulumi.com/oidc:aud":"other"}}`) + "," + allow + "]", true, ""},
		{"only deny", deny(on("StringEquals", "aud", `"other"`)), false, "allows nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, reason := decide(t, `{"Version":"2012-10-17","Statement":`+test.statements+`}`, token)
			if got != test.want || !strings.Contains(reason, test.reason) {
				t.Errorf("got %v (%s), want %v (%s)", got, reason, test.want, test.reason)
			}
		})
	}
}

func TestDecideReason(t *testing.T) {
	t.Parallel()
	_, reason := decide(t, policyOf(`{"StringEquals":{"api.pulumi.com/oidc:sub":["a","b"],"api.pulumi.com/oidc:aud":"aws:acme"}}`), token)
	want := `the trust policy refuses it: its only statement does not allow it: api.pulumi.com/oidc:sub is "pulumi:deploy:org:acme:x", ` +
		`and StringEquals asks for "a", "b", and api.pulumi.com/oidc:aud is "acme", and StringEquals asks for "aws:acme"`
	if reason != want {
		t.Errorf("got  %s\nwant %s", reason, want)
	}
	many := `["` + strings.Repeat(`a","`, 400) + `b"]`
	if _, reason := decide(t, policyOf(on("StringEquals", "sub", many)), token); len(reason) > 400 || !strings.Contains(reason, "396 more") {
		t.Errorf("a long list gives %s", reason)
	}
}

func TestDecideTheCall(t *testing.T) {
	t.Parallel()
	document, err := ParseAWSTrustPolicy([]byte(policyOf(`{}`)))
	if err != nil {
		t.Fatal(err)
	}
	if ok, reason := document.Decide("1234", token); ok || !strings.Contains(reason, "12 digits") {
		t.Errorf("bad account: %v, %s", ok, reason)
	}
	bad := token
	bad.Issuer = "nonsense"
	if ok, reason := document.Decide(account, bad); ok || !strings.Contains(reason, "token's") {
		t.Errorf("bad issuer: %v, %s", ok, reason)
	}
	if ok, reason := (TrustDocument{}).Decide(account, token); ok || reason == "" {
		t.Errorf("the zero document: %v, %q", ok, reason)
	}
	// Before 2012 `${` was plain text.
	old := strings.Replace(policyOf(on("StringLike", "sub", `"${x}"`)), "2012-10-17", "2008-10-17", 1)
	literal := token
	literal.Subject = "${x}"
	if ok, reason := decide(t, old, literal); !ok {
		t.Errorf("old version: %s", reason)
	}
}

func TestParseAWSTrustPolicyRefuses(t *testing.T) {
	t.Parallel()
	good := policyOf(`{"StringEquals":{"a.b:sub":"x"}}`)
	for name, test := range map[string]struct{ policy, reason string }{
		"no JSON":             {`{"Version":`, "not JSON"},
		"two documents":       {good + good, "not JSON"},
		"list":                {`[]`, "expected an object, found a list"},
		"null":                {`null`, "found null"},
		"no statement":        {`{"Version":"2012-10-17"}`, "no Statement"},
		"empty statements":    {`{"Statement":[]}`, "empty"},
		"unknown element":     {`{"Statements":[]}`, "Statements: unknown element"},
		"element's case":      {strings.Replace(good, `"Effect"`, `"effect"`, 1), "Statement[0].effect: unknown element"},
		"twice":               {strings.Replace(good, `"Effect"`, `"Effect":"Deny","Effect"`, 1), "comes twice"},
		"version":             {strings.Replace(good, "2012-10-17", "2012-10-18", 1), "Version"},
		"effect":              {strings.Replace(good, "Allow", "allow", 1), "Statement[0].Effect: expected Allow or Deny"},
		"effect's kind":       {strings.Replace(good, `"Allow"`, `true`, 1), "expected a string, found true"},
		"no effect":           {strings.Replace(good, `"Effect":"Allow",`, "", 1), "no Effect"},
		"no action":           {strings.Replace(good, `"Action":"sts:AssumeRoleWithWebIdentity",`, "", 1), "Action and NotAction"},
		"no principal":        {`{"Statement":{"Effect":"Allow","Action":"*"}}`, "Principal and NotPrincipal"},
		"both actions":        {strings.Replace(good, `"Action"`, `"NotAction":"a","Action"`, 1), "Action and NotAction"},
		"resource":            {strings.Replace(good, `"Action"`, `"Resource":"*","Action"`, 1), "no resource"},
		"principal's text":    {strings.Replace(good, `{"Federated":"`+provARN+`"}`, `"anyone"`, 1), "Principal"},
		"principal's kind":    {strings.Replace(good, "Federated", "Federation", 1), "unknown kind of principal"},
		"principal's value":   {strings.Replace(good, `"`+provARN+`"`, `{}`, 1), "found an object"},
		"unknown operator":    {strings.Replace(good, "StringEquals", "StringEqual", 1), "Condition.StringEqual: unknown condition operator"},
		"unknown set":         {strings.Replace(good, "StringEquals", "ForEach:StringEquals", 1), "set operator"},
		"null with if exists": {strings.Replace(good, "StringEquals", "NullIfExists", 1), "neither"},
		"null's value":        {strings.Replace(good, "StringEquals", "Null", 1), `expected "true" or "false"`},
		"no values":           {strings.Replace(good, `"x"`, `[]`, 1), "Condition.StringEquals.a.b:sub: the list is empty"},
		"an object":           {strings.Replace(good, `"x"`, `["x",{}]`, 1), "expected a string at [1]"},
		"condition's kind":    {policyOf(`[]`), "Condition: expected an object, found a list"},
		"keys' kind":          {policyOf(`{"StringEquals":"x"}`), "Condition.StringEquals: expected an object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.policy == good {
				t.Fatal("the case changes nothing")
			}
			_, err := ParseAWSTrustPolicy([]byte(test.policy))
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("%s: got %v, want %q", test.policy, err, test.reason)
			}
		})
	}
}

func TestLike(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a:b", true}, {"?", "", false}, {"?", "a", true},
		{"?", "é", true}, {"a*c", "abbc", true}, {"a*c", "abb", false}, {"a*b*c", "a1b2b3c", true}, {"a.c", "abc", false},
		{"[a]", "a", false}, {"a**", "a", true}, {"*a?", "baab", true}, {"*?a", "a", false}, {`\*`, "*", false},
	} {
		if got := like(test.pattern, test.value); got != test.want {
			t.Errorf("like(%q, %q) = %v", test.pattern, test.value, got)
		}
	}
	// A matcher that backtracks over every star would not end.
	started := time.Now()
	like(strings.Repeat("*a", 200)+"b", strings.Repeat("a", 5000))
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzParseAWSTrustPolicy(f *testing.F) {
	f.Add([]byte(policyOf(`{"StringEquals":{"api.pulumi.com/oidc:sub":["a","b"]},"Null":{"aws:a":"true"}}`)))
	f.Add([]byte(`{"Version":"2008-10-17","Statement":[{"Sid":"a","Effect":"Deny","NotPrincipal":"*","NotAction":["*"]}]}`))
	f.Add([]byte(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"a":"*"}}}}`))
	f.Fuzz(func(t *testing.T, policy []byte) {
		document, err := ParseAWSTrustPolicy(policy)
		if err != nil {
			return
		}
		if _, reason := document.Decide(account, token); reason == "" {
			t.Error("a decision without a reason")
		}
		if len(document.statements) == 0 {
			t.Error("a document without a statement")
		}
	})
}
