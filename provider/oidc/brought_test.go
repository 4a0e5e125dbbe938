package oidc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
)

const (
	broughtARN = "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"
	prodLogin  = "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod"
	exactTrust = `{"Effect":"Allow","Principal":{"Federated":"` + broughtARN + `"},"Action":"sts:AssumeRoleWithWebIdentity",
		"Condition":{"StringEquals":{"api.pulumi.com/oidc:sub":"` + prodLogin + `","api.pulumi.com/oidc:aud":"aws:acme"}}}`
)

func prodOpenings(t interface{ Fatal(...any) }) (own, untrusted []Opening) {
	own, untrusted, err := ESCOpenings(AWS, "acme", EnvironmentRef{Project: "payments", Name: "prod"}, Lock{})
	if err != nil {
		t.Fatal(err)
	}
	return own, untrusted
}

func bring(t interface{ Fatal(...any) }, statements string) error {
	document, err := ParseAWSTrustPolicy([]byte(`{"Version":"2012-10-17","Statement":[` + statements + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	own, untrusted := prodOpenings(t)
	return CheckAWSTrust(document, "123456789012", PulumiCloudIssuer, own, untrusted)
}

// A statement beside the exact one is evaluated by itself, whatever it is about: what is said of each.
func TestBroughtStatements(t *testing.T) {
	t.Parallel()
	federated := `"Principal":{"Federated":"` + broughtARN + `"}`
	web := `"Action":"sts:AssumeRoleWithWebIdentity"`
	aud := `"api.pulumi.com/oidc:aud":"aws:acme"`
	allow := func(parts ...string) string { return `{"Effect":"Allow",` + strings.Join(parts, ",") + `}` }
	equals := func(subject string) string {
		return allow(federated, web, `"Condition":{"StringEquals":{`+aud+`,"api.pulumi.com/oidc:sub":"`+subject+`"}}`)
	}
	for name, test := range map[string]struct{ statement, want string }{
		"a pattern from any address":   {allow(federated, web, `"Condition":{"StringEquals":{`+aud+`},"StringLike":{"api.pulumi.com/oidc:sub":"pulumi:environments:*"},"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`), "does not compare api.pulumi.com/oidc:sub with exact values"},
		"any session name":             {allow(federated, web, `"Condition":{"StringEquals":{`+aud+`},"StringLike":{"sts:RoleSessionName":"*"}}`), "api.pulumi.com/oidc:sub"},
		"NotPrincipal":                 {allow(`"NotPrincipal":{"AWS":"arn:aws:iam::123456789012:root"}`, web), "NotPrincipal"},
		"NotPrincipal, the provider":   {allow(`"NotPrincipal":{"Federated":"`+broughtARN+`"}`, web), "NotPrincipal"},
		"everybody in AWS":             {allow(`"Principal":{"AWS":"*"}`, `"Action":"sts:AssumeRole"`), "trusts everybody"},
		"everybody":                    {allow(`"Principal":"*"`, `"Action":"sts:TagSession"`), "trusts everybody"},
		"everybody of an organization": {allow(`"Principal":"*"`, `"Action":"sts:AssumeRole"`, `"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`), "trusts everybody"},
		"an account":                   {allow(`"Principal":{"AWS":"arn:aws:iam::123456789012:root"}`, `"Action":"sts:AssumeRole"`), "also trusts the AWS principals"},
		"a role":                       {allow(`"Principal":{"AWS":"arn:aws:iam::123456789012:role/admin"}`, `"Action":"sts:AssumeRole"`), "also trusts the AWS principals"},
		"an account beside it":         {strings.Replace(exactTrust, `{"Federated"`, `{"AWS":"123456789012","Federated"`, 1), "also trusts the AWS principals"},
		"a service":                    {allow(`"Principal":{"Service":"ec2.amazonaws.com"}`, `"Action":"sts:AssumeRole"`), "also trusts the services"},
		"SAML":                         {allow(`"Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/okta"}`, `"Action":"sts:AssumeRoleWithSAML"`), "saml-provider"},
		"another issuer":               {allow(`"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}`, web, `"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`), "also trusts the identity provider"},
		"version 2 of the issuer":      {allow(`"Principal":{"Federated":"`+broughtARN+`/v2"}`, web, `"Condition":{"StringEquals":{"api.pulumi.com/oidc/v2:sub":"pulumi:org:o:env:e"}}`), "also trusts the identity provider"},
		"Cognito":                      {allow(`"Principal":{"Federated":"cognito-identity.amazonaws.com"}`, web), "cognito-identity"},
		"a placeholder":                {allow(`"Principal":{"Federated":"arn:aws:iam::<account>:oidc-provider/api.pulumi.com/oidc"}`, web), "is not the ARN of an OIDC provider"},
		"another account's":            {strings.Replace(exactTrust, "::1", "::2", 1), "the role is in the account 123456789012"},
		"a slash at the end":           {strings.Replace(exactTrust, `pulumi.com/oidc"}`, `pulumi.com/oidc/"}`, 1), "also trusts the identity provider"},
		"no condition":                 {allow(federated, web), "api.pulumi.com/oidc:sub"},
		"every action":                 {allow(federated, `"NotAction":"sts:TagSession"`), "api.pulumi.com/oidc:sub"},
		"without the audience":         {allow(federated, web, `"Condition":{"StringEquals":{"api.pulumi.com/oidc:sub":"`+prodLogin+`"}}`), "api.pulumi.com/oidc:aud"},
		"another audience too":         {strings.Replace(exactTrust, `"aws:acme"`, `["aws:acme","sts.amazonaws.com"]`, 1), "sts.amazonaws.com"},
		"an audience like":             {strings.Replace(exactTrust, `,"api.pulumi.com/oidc:aud":"aws:acme"}}`, `},"StringLike":{"api.pulumi.com/oidc:aud":"aws:*"}}`, 1), "api.pulumi.com/oidc:aud"},
		"for all values":               {strings.Replace(exactTrust, "StringEquals", "ForAllValues:StringEquals", 1), "api.pulumi.com/oidc:sub"},
		"if it exists":                 {strings.Replace(exactTrust, "StringEquals", "StringEqualsIfExists", 1), "api.pulumi.com/oidc:sub"},
		"in either case":               {strings.Replace(exactTrust, "StringEquals", "StringEqualsIgnoreCase", 1), "api.pulumi.com/oidc:sub"},
		"a policy variable":            {strings.Replace(exactTrust, prodLogin, "${aws:username}", 1), "api.pulumi.com/oidc:sub"},
		"another's key":                {strings.Replace(exactTrust, "api.pulumi.com/oidc:sub", "api.pulumi.com:sub", 1), "api.pulumi.com/oidc:sub"},
		"negated":                      {strings.Replace(exactTrust, "StringEquals", "StringNotEquals", 1), "api.pulumi.com/oidc:sub"},
		"another root":                 {equals("pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:play/mine:currentEnvironment.name:payments/prod"), "its lock does not admit it"},
		"its login copied":             {equals("pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:play/mine"), "its lock does not admit it"},
		"without attributes":           {equals("pulumi:environments:org:acme:env:payments/prod"), "its lock does not admit it"},
		"with a user":                  {equals(prodLogin + ":pulumi.user.login:bo"), "its lock does not admit it"},
		"a user alone":                 {equals("pulumi:environments:pulumi.organization.login:acme:pulumi.user.login:bo"), "names no environment"},
		"the organization alone":       {equals("pulumi:environments:pulumi.organization.login:acme"), "names no environment"},
		"anonymous":                    {equals("pulumi:environments:org:acme:env:<yaml>"), "is not the exact subject"},
		"another organization's":       {equals(strings.ReplaceAll(prodLogin, "acme", "other")), "of another organization"},
		"a literal wildcard":           {equals("pulumi:deploy:org:acme:*"), "is not the exact subject"},
		"no subject of Pulumi's":       {equals("repo:acme/app:ref:refs/heads/main"), "is not the exact subject"},
		"an unknown attribute":         {equals("pulumi:environments:pulumi.organization.login:acme:x:y"), "is not the exact subject"},
		"an unknown operation":         {equals("pulumi:deploy:org:acme:project:web:stack:prod:operation:x:scope:write"), "is not the exact subject"},

		"another environment, in full": {equals(strings.ReplaceAll(prodLogin, "prod", "dev")), ""},
		"a stack's deployment":         {equals("pulumi:deploy:org:acme:project:web:stack:prod:operation:update:scope:write"), ""},
		"tags of the session":          {allow(federated, `"Action":["sts:TagSession","sts:SetSourceIdentity"]`), ""},
		"a further condition":          {strings.Replace(exactTrust, `"Condition":{`, `"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},`, 1), ""},
		"StringLike, exact":            {strings.Replace(exactTrust, "StringEquals", "StringLike", 1), ""},
		"ForAnyValue, exact":           {strings.Replace(exactTrust, "StringEquals", "ForAnyValue:StringEquals", 1), ""},
		"a pattern beside an exact":    {strings.Replace(exactTrust, `"Condition":{`, `"Condition":{"StringLike":{"api.pulumi.com/oidc:sub":"pulumi:*"},`, 1), ""},
		"a key in another case":        {strings.Replace(exactTrust, "oidc:sub", "OIDC:Sub", 1), ""},
		"a denial":                     {`{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}`, ""},
		"an action that it lacks":      {strings.Replace(exactTrust, `"Action":"sts:AssumeRoleWithWebIdentity"`, `"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, 1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := bring(t, exactTrust+","+test.statement)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && !strings.Contains(err.Error(), "statement 2 of 2") {
				t.Errorf("the statement is not named: %v", err)
			}
		})
	}
}

// Whether we get in is asked the other way round: what cannot be told is not an admission.
func TestBroughtMustAdmitForCertain(t *testing.T) {
	t.Parallel()
	for _, statements := range []string{
		strings.Replace(exactTrust, `"Condition":{`, `"Condition":{"StringLike":{"sts:RoleSessionName":"*"},`, 1),
		exactTrust + `,{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`,
	} {
		if err := bring(t, statements); err == nil || !strings.Contains(err.Error(), "does not admit the login") {
			t.Errorf("%s: %v", statements, err)
		}
	}
}

// Statements are evaluated before the account is known, and the login's own openings after.
func TestBroughtWithoutAccount(t *testing.T) {
	t.Parallel()
	own, untrusted := prodOpenings(t)
	for statements, fine := range map[string]bool{
		exactTrust: true,
		strings.Replace(exactTrust, `"aws:acme"`, `"acme"`, 1):                                                      true,
		exactTrust + `,{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`:                        false,
		strings.Replace(exactTrust, prodLogin, strings.Replace(prodLogin, "payments/prod", "payments/other", 1), 1): false,
	} {
		document, err := ParseAWSTrustPolicy([]byte(`{"Version":"2012-10-17","Statement":[` + statements + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckAWSTrust(document, "", PulumiCloudIssuer, own, untrusted); (err == nil) != fine {
			t.Errorf("%s: %v", statements, err)
		}
	}
}

// drawStatement draws a statement of any form, with what tells the exact from the wide close together.
func drawStatement(t *rapid.T) map[string]any {
	subjects := []string{
		prodLogin, prodLogin, strings.ReplaceAll(prodLogin, "prod", "dev"), strings.ReplaceAll(prodLogin, "acme", "other"), "*",
		"pulumi:environments:org:acme:env:<yaml>", "pulumi:environments:*", "${aws:username}", "pulumi:deploy:org:acme:project:p:stack:s:operation:update:scope:write",
	}
	audiences := []string{"aws:acme", "aws:acme", "acme", "aws:*", "sts.amazonaws.com", "*"}
	operators := []string{
		"StringEquals", "StringEquals", "StringEquals", "StringLike", "ForAnyValue:StringEquals", "ForAllValues:StringEquals", "StringEqualsIfExists",
		"StringNotEquals", "StringEqualsIgnoreCase", "ForAllValues:StringLike", "StringNotLike",
	}
	conditions := map[string]any{}
	add := func(operator, key string, value any) {
		keys, _ := conditions[operator].(map[string]any)
		if keys == nil {
			keys = map[string]any{}
			conditions[operator] = keys
		}
		keys[key] = value
	}
	several := func(values []string, label string) any {
		drawn := rapid.SliceOfN(rapid.SampledFrom(values), 1, 2).Draw(t, label)
		if len(drawn) == 1 {
			return drawn[0]
		}
		return []any{drawn[0], drawn[1]}
	}
	for _, key := range rapid.SliceOfN(rapid.SampledFrom([]string{
		"api.pulumi.com/oidc:sub", "api.pulumi.com/oidc:aud", "api.pulumi.com/oidc:sub", "api.pulumi.com/oidc:aud", "API.pulumi.com/oidc:SUB",
		"api.pulumi.com:sub", "sts:RoleSessionName", "aws:SourceIp", "api.pulumi.com/oidc:iss", "token.actions.githubusercontent.com:aud",
	}), 0, 4).Draw(t, "keys") {
		operator := rapid.SampledFrom(operators).Draw(t, "operator")
		switch {
		case key == "aws:SourceIp":
			add("IpAddress", key, "0.0.0.0/0")
		case strings.HasSuffix(key, ":iss"):
			add(operator, key, PulumiCloudIssuer)
		case strings.HasSuffix(key, ":aud"):
			add(operator, key, several(audiences, "audiences"))
		case key == "sts:RoleSessionName":
			add("StringLike", key, "*")
		default:
			add(operator, key, several(subjects, "subjects"))
		}
	}
	statement := map[string]any{"Effect": rapid.SampledFrom([]string{"Allow", "Allow", "Allow", "Deny"}).Draw(t, "effect")}
	principal := rapid.SampledFrom([]any{
		map[string]any{"Federated": broughtARN}, map[string]any{"Federated": broughtARN}, map[string]any{"Federated": broughtARN},
		map[string]any{"Federated": []any{broughtARN, broughtARN + "/v2"}}, "*", map[string]any{"AWS": "*"}, map[string]any{"AWS": "123456789012"},
		map[string]any{"Service": "ec2.amazonaws.com"}, map[string]any{"Federated": broughtARN + "/"}, map[string]any{"Federated": "accounts.google.com"},
	}).Draw(t, "principal")
	statement[rapid.SampledFrom([]string{"Principal", "Principal", "Principal", "NotPrincipal"}).Draw(t, "element")] = principal
	action := rapid.SampledFrom([]any{
		webIdentityAction, webIdentityAction, webIdentityAction, "sts:AssumeRole", "sts:*", []any{"sts:TagSession", "sts:assumerolewithwebidentity"}, "sts:TagSession",
	}).Draw(t, "action")
	statement[rapid.SampledFrom([]string{"Action", "Action", "Action", "Action", "NotAction"}).Draw(t, "action element")] = action
	if len(conditions) > 0 {
		statement["Condition"] = conditions
	}
	return statement
}

func drawPolicy(t *rapid.T) string {
	var statements []any
	for range rapid.IntRange(1, 3).Draw(t, "statements") {
		if rapid.IntRange(0, 2).Draw(t, "exact") == 0 {
			var exact map[string]any
			_ = json.Unmarshal([]byte(exactTrust), &exact)
			statements = append(statements, exact)
			continue
		}
		statements = append(statements, drawStatement(t))
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// callers are who may ask for the role, as an evaluator of AWS sees them: tokens of issuers, principals of AWS, services.
func callers(subjects, audiences []string) (all []naiveRequest) {
	for _, issuer := range []string{
		"api.pulumi.com/oidc", "api.pulumi.com/oidc/", "api.pulumi.com/oidc/v2", "token.actions.githubusercontent.com", "accounts.google.com",
	} {
		name := "arn:aws:iam::123456789012:oidc-provider/" + issuer
		if issuer == "accounts.google.com" {
			name = issuer
		}
		for _, subject := range subjects {
			for _, audience := range audiences {
				all = append(all, naiveRequest{"Federated", name, webIdentityAction, map[string][]string{
					issuer + ":sub": {subject}, issuer + ":aud": {audience}, "sts:rolesessionname": {"x"}, "aws:sourceip": {"203.0.113.7"},
				}})
			}
		}
	}
	for _, name := range []string{"arn:aws:iam::123456789012:role/x", "arn:aws:iam::210987654321:user/x"} {
		all = append(all, naiveRequest{"AWS", name, "sts:AssumeRole", map[string][]string{"aws:sourceip": {"203.0.113.7"}}})
	}
	return append(all, naiveRequest{"Service", "ec2.amazonaws.com", "sts:AssumeRole", nil},
		naiveRequest{"Federated", "arn:aws:iam::123456789012:saml-provider/x", "sts:AssumeRoleWithSAML", nil})
}

// Whoever gets in by a document that is accepted is the login, or somebody whom the document names in full, says an
// evaluator that shares no code; and what is found to be high is never accepted.
func TestBroughtIsRestrictedProperty(t *testing.T) {
	t.Parallel()
	own, untrusted := prodOpenings(t)
	subjects, audiences := []string{"pulumi:environments:org:acme:env:<yaml>", "x", strings.ReplaceAll(prodLogin, "prod", "other")}, []string{"x", "aws:other"}
	for _, o := range slices.Concat(own, untrusted) {
		subjects, audiences = append(subjects, o.Subject), append(audiences, o.Audience)
	}
	for _, values := range []*[]string{&subjects, &audiences} {
		slices.Sort(*values)
		*values = slices.Compact(*values)
	}
	others := callers(subjects, audiences)
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		text := drawPolicy(t)
		document, err := ParseAWSTrustPolicy([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if CheckAWSTrust(document, "123456789012", PulumiCloudIssuer, own, untrusted) != nil {
			return
		}
		accepted++
		allows := naivePolicy(text)
		for _, caller := range others {
			subject := strings.Join(caller.context["api.pulumi.com/oidc:sub"], "")
			if allows(caller) && (subject != prodLogin || !slices.Contains([]string{"aws:acme", "acme"}, caller.context["api.pulumi.com/oidc:aud"][0])) {
				t.Fatalf("%s admits %+v", text, caller)
			}
		}
		findings, err := Lint(AWSDocument, text, Intent{Organization: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Severity == High {
				t.Fatalf("%s is accepted, and has %s", text, f.Rule)
			}
		}
	})
	if accepted == 0 {
		t.Error("nothing was accepted")
	}
}

// Decisions equal those of an evaluator that shares no code, both ways, wherever they are certain.
func TestEvaluateProperty(t *testing.T) {
	t.Parallel()
	subjects := []string{prodLogin, strings.ReplaceAll(prodLogin, "prod", "dev"), "PULUMI:x"}
	certain := map[Outcome]int{}
	rapid.Check(t, func(t *rapid.T) {
		// An account is in one partition, and every ARN of its policies is.
		partition := rapid.SampledFrom(arn.Partitions()).Draw(t, "partition")
		text := strings.ReplaceAll(drawPolicy(t), "arn:aws:", "arn:"+partition+":")
		document, err := ParseAWSTrustPolicy([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		issuer := rapid.SampledFrom([]string{PulumiCloudIssuer, PulumiCloudIssuer, PulumiCloudIssuer + "/", PulumiCloudIssuer + "/v2", "https://accounts.google.com"}).Draw(t, "issuer")
		path := strings.TrimPrefix(issuer, "https://")
		id := WebIdentity{Issuer: issuer, Subject: rapid.SampledFrom(subjects).Draw(t, "subject"), Audiences: []string{rapid.SampledFrom([]string{"aws:acme", "acme"}).Draw(t, "audience")}}
		outcome, reason := document.Evaluate("123456789012", id)
		certain[outcome]++
		if outcome == Unknown {
			return
		}
		name := fmt.Sprintf("arn:%s:iam::123456789012:oidc-provider/%s", partition, path)
		if path == "accounts.google.com" {
			name = path
		}
		for _, present := range []bool{true, false} {
			asked := naiveRequest{"Federated", name, webIdentityAction, map[string][]string{
				path + ":sub": {id.Subject}, path + ":aud": id.Audiences, "sts:rolesessionname": {"x"}, "aws:sourceip": {"203.0.113.7"},
			}}
			if present {
				asked.context[path+":iss"] = []string{issuer}
			}
			if naiveAllows(text, asked) != (outcome == Allowed) {
				t.Fatalf("%s (%s) for %+v by %s", outcome, reason, asked, text)
			}
		}
	})
	if certain[Allowed] == 0 || certain[Denied] == 0 {
		t.Errorf("not every outcome was seen: %v", certain)
	}
}
