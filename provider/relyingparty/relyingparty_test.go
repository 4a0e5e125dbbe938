package relyingparty

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

const (
	subjectOne = "pulumi:org:0a1b:env:77c2"
	subjectTwo = "pulumi:org:0a1b:env:77c3"
)

// naiveVault decides by a role as Vault's documentation says, without any code of this package.
func naiveVault(t *rapid.T, document string, token map[string]string) bool {
	var role map[string]any
	if err := json.Unmarshal([]byte(document), &role); err != nil {
		t.Fatal(err)
	}
	audience := false
	for _, one := range role["bound_audiences"].([]any) {
		audience = audience || one == token["aud"]
	}
	if !audience || role["role_type"] != "jwt" || role["bound_claims_type"] != "string" {
		return false
	}
	if subject, bound := role["bound_subject"]; bound && subject != "" && subject != token["sub"] {
		return false
	}
	claims, _ := role["bound_claims"].(map[string]any)
	for claim, values := range claims {
		listed := false
		for _, value := range values.([]any) {
			listed = listed || token[claim] != "" && value == token[claim]
		}
		if !listed {
			return false
		}
	}
	return true
}

var mutations = []func(string) string{
	func(s string) string { return s + "x" },
	func(s string) string { return s[:len(s)-1] },
	func(s string) string { return "*" },
	strings.ToUpper,
	func(s string) string { return s + "," + s },
	func(s string) string { return "" },
	func(s string) string { return s + " " },
}

// near is a text, or one that a careless comparison would take for it.
func near(t *rapid.T, label, text string) string {
	if rapid.IntRange(0, 2).Draw(t, label+" is kept") > 0 {
		return text
	}
	return rapid.SampledFrom(mutations).Draw(t, label)(text)
}

var ids = rapid.StringMatching(`[ab0][ab0-]{0,3}`)

func drawSubject(t *rapid.T) string {
	subject, err := oidc.ESCSubjectV2(oidc.EnvironmentID{Organization: ids.Draw(t, "organization"), Environment: ids.Draw(t, "environment")})
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

// A role admits exactly the tokens that it was written for, whatever resembles them.
func TestVaultRoleAdmitsExactlyProperty(t *testing.T) {
	admitted, denied := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var subjects []string
		for range rapid.IntRange(1, 3).Draw(t, "subjects") {
			subjects = append(subjects, drawSubject(t))
		}
		trust := VaultTrust{Subjects: subjects, Audience: "https://vault.example.com", Policies: []string{"deploy"}}
		identity, _ := oidc.ParseESCSubjectV2(subjects[0])
		pinned := rapid.Bool().Draw(t, "the root is pinned")
		if pinned {
			trust.Claims = map[string]string{oidc.ClaimRootEnvironmentID: identity.Environment}
		}
		role, _, err := NewVaultRole(trust)
		if err != nil {
			t.Fatal(err)
		}
		document, err := Document(role)
		if err != nil {
			t.Fatal(err)
		}
		token := map[string]string{
			"sub": near(t, "sub", rapid.SampledFrom(append(subjects, drawSubject(t))).Draw(t, "subject")),
			"aud": near(t, "aud", trust.Audience), oidc.ClaimRootEnvironmentID: near(t, "root", identity.Environment),
		}
		want := slices.Contains(subjects, token["sub"]) && token["aud"] == trust.Audience &&
			(!pinned || token[oidc.ClaimRootEnvironmentID] == identity.Environment)
		if got := naiveVault(t, document, token); got != want {
			t.Fatalf("%s for %v: %v, want %v", document, token, got, want)
		}
		if want {
			admitted++
		} else {
			denied++
		}
	})
	if admitted == 0 || denied == 0 {
		t.Errorf("%d admitted, %d denied", admitted, denied)
	}
}

func TestVaultRole(t *testing.T) {
	t.Parallel()
	role, warnings, err := NewVaultRole(VaultTrust{Subjects: []string{subjectOne, subjectOne}, Audience: "vault", Policies: []string{"deploy"}})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, %q", err, warnings)
	}
	document, err := Document(role)
	if want := `{"role_type":"jwt","bound_audiences":["vault"],"bound_subject":"` + subjectOne +
		`","bound_claims_type":"string","user_claim":"sub","token_policies":["deploy"]}`; err != nil || document != want {
		t.Errorf("got %s, %v", document, err)
	}
	config, err := Document(ConfigFor("https://api.pulumi.com/oidc/v2/"))
	if want := `{"oidc_discovery_url":"https://api.pulumi.com/oidc/v2","bound_issuer":"https://api.pulumi.com/oidc/v2"}`; err != nil || config != want {
		t.Errorf("got %s, %v", config, err)
	}
	_, warnings, err = NewVaultRole(VaultTrust{Subjects: []string{subjectOne}, Audience: "vault", UserClaim: "name"})
	if err != nil || len(warnings) != 2 || !strings.Contains(warnings[0], "the environment chooses the user") || !strings.Contains(warnings[1], "no policies") {
		t.Errorf("got %q, %v", warnings, err)
	}
}

func TestVaultRoleRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*VaultTrust)
		path   string
	}{
		"no subject":      {func(v *VaultTrust) { v.Subjects = nil }, "subjects"},
		"a pattern":       {func(v *VaultTrust) { v.Subjects = []string{"pulumi:org:*"} }, "subjects[0]"},
		"anonymous":       {func(v *VaultTrust) { v.Subjects = []string{"pulumi:environments:org:acme:env:<yaml>"} }, "subjects[0]"},
		"a comma":         {func(v *VaultTrust) { v.Subjects = []string{"a,b"} }, "subjects[0]"},
		"no audience":     {func(v *VaultTrust) { v.Audience = "" }, "audience"},
		"a claim pattern": {func(v *VaultTrust) { v.Claims = map[string]string{"org": "a*"} }, `boundClaims["org"]`},
		"a claim's path":  {func(v *VaultTrust) { v.Claims = map[string]string{"/org": "a"} }, `boundClaims["/org"]`},
		"the subject":     {func(v *VaultTrust) { v.Claims = map[string]string{"sub": "a"} }, `boundClaims["sub"]`},
		"two audiences":   {func(v *VaultTrust) { v.Audience = "vault,other" }, "audience"},
		"two policies":    {func(v *VaultTrust) { v.Policies = []string{"deploy,admin"} }, "policies[0]"},
		"a root":          {func(v *VaultTrust) { v.Policies = []string{" Root"} }, "policies[0]"},
		"Vault's root":    {func(v *VaultTrust) { v.Policies = []string{"root"} }, "policies[0]"},
	} {
		trust := VaultTrust{Subjects: []string{subjectOne}, Audience: "vault", Policies: []string{"deploy"}}
		test.change(&trust)
		_, _, err := NewVaultRole(trust)
		if problems := problem.Of(err); len(problems) != 1 || problems[0].Path != test.path {
			t.Errorf("%s: got %v, want a problem of %s", name, err, test.path)
		}
	}
}

// naiveStatements takes SQL apart into statements of words and literals, without any code of this package.
func naiveStatements(t *rapid.T, sql string) (statements [][]string) {
	token := regexp.MustCompile(`^(?:'((?:[^'\\]|''|\\.)*)'|([A-Za-z0-9_$]+)|([=(),;]))`)
	var current []string
	for sql = strings.TrimSpace(sql); sql != ""; sql = strings.TrimSpace(sql) {
		found := token.FindStringSubmatch(sql)
		if found == nil {
			t.Fatalf("cannot be read: %q", sql)
		}
		sql = sql[len(found[0]):]
		switch {
		case found[3] == ";":
			statements, current = append(statements, current), nil
		case found[2] != "" || found[3] != "":
			current = append(current, found[0])
		default:
			current = append(current, "'"+strings.NewReplacer("''", "'", `\\`, `\`).Replace(found[1]))
		}
	}
	if len(current) > 0 {
		t.Fatalf("the last statement does not end: %q", current)
	}
	return statements
}

// naiveSnowflake is the user as whom a token logs in, or "".
func naiveSnowflake(statements [][]string, token map[string]string) string {
	integration := strings.Join(statements[0], " ")
	has := func(text string) bool { return strings.Contains(integration, text) }
	if !has("EXTERNAL_OAUTH_ISSUER = '"+token["iss"]+" ") || !has("EXTERNAL_OAUTH_AUDIENCE_LIST = ( '"+token["aud"]+" )") ||
		!has("EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM = 'sub ") || !has("MAPPING_ATTRIBUTE = 'LOGIN_NAME ") {
		return ""
	}
	for _, s := range statements[1:] {
		if len(s) == 7 && strings.Join(s[:2], " ") == "ALTER USER" && strings.Join(s[3:6], " ") == "SET LOGIN_NAME =" && strings.EqualFold(s[6], "'"+token["sub"]) {
			return s[2]
		}
	}
	return ""
}

// A token logs in as the one user whose subject it has, however near others are.
func TestSnowflakeMapsExactlyProperty(t *testing.T) {
	mapped, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		trust := SnowflakeTrust{Name: "pulumi", Issuer: "https://api.pulumi.com/oidc/v2", Audience: rapid.SampledFrom([]string{"https://x.example", "it's"}).Draw(t, "audience"), Roles: []string{"DEPLOY"}}
		byName := map[string]string{}
		for _, name := range []string{"A", "B", "C"}[:rapid.IntRange(1, 3).Draw(t, "users")] {
			subject := drawSubject(t)
			if slices.ContainsFunc(trust.Users, func(u SnowflakeUser) bool { return u.Subject == subject }) {
				continue
			}
			trust.Users = append(trust.Users, SnowflakeUser{name, subject})
			byName[subject] = name
		}
		sql, warnings, err := Snowflake(trust)
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%v, %q", err, warnings)
		}
		statements := naiveStatements(t, sql)
		if len(statements) != len(trust.Users)+1 {
			t.Fatalf("%d statements in %s", len(statements), sql)
		}
		token := map[string]string{
			"sub": near(t, "sub", rapid.SampledFrom(trust.Users).Draw(t, "user").Subject), "iss": near(t, "iss", trust.Issuer), "aud": near(t, "aud", trust.Audience),
		}
		want := ""
		if token["iss"] == trust.Issuer && token["aud"] == trust.Audience {
			for subject, name := range byName {
				if strings.EqualFold(subject, token["sub"]) {
					want = name
				}
			}
		}
		if got := naiveSnowflake(statements, token); got != want {
			t.Fatalf("%v logs in as %q, want %q, by %s", token, got, want, sql)
		}
		if want == "" {
			refused++
		} else {
			mapped++
		}
	})
	if mapped == 0 || refused == 0 {
		t.Errorf("%d mapped, %d refused", mapped, refused)
	}
}

// Whatever a text holds, it stays one literal.
func TestSQLTextProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a'\\;() -]{0,12}`).Draw(t, "text")
		if got := naiveStatements(t, sqlText(text)+";"); len(got) != 1 || len(got[0]) != 1 || got[0][0] != "'"+text {
			t.Fatalf("%q is written as %s, which is %q", text, sqlText(text), got)
		}
	})
}

func TestSnowflake(t *testing.T) {
	t.Parallel()
	trust := SnowflakeTrust{
		Name: "pulumi", Issuer: "https://api.pulumi.com/oidc/v2", Audience: "x", Roles: []string{"DEPLOY"},
		Users: []SnowflakeUser{{"DEPLOYER", subjectOne}},
	}
	sql, warnings, err := Snowflake(trust)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, %q", err, warnings)
	}
	for _, line := range []string{
		"EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM = 'sub'", "EXTERNAL_OAUTH_JWS_KEYS_URL = 'https://api.pulumi.com/oidc/v2/.well-known/jwks'",
		"EXTERNAL_OAUTH_ALLOWED_ROLES_LIST = ('DEPLOY')", "EXTERNAL_OAUTH_ANY_ROLE_MODE = 'DISABLE';", "ALTER USER DEPLOYER SET LOGIN_NAME = '" + subjectOne + "';",
	} {
		if !strings.Contains(sql, line) {
			t.Errorf("%s is missing in %s", line, sql)
		}
	}
	// Pulumi's own guide maps users by a claim that is an input of the login.
	_, warnings, err = Snowflake(SnowflakeTrust{Name: "pulumi", Issuer: trust.Issuer, Audience: "x", UserClaim: "snowflake_user"})
	if err != nil || len(warnings) != 2 || !strings.Contains(warnings[0], "whoever may write any environment") || !strings.Contains(warnings[1], "no roles") {
		t.Errorf("got %q, %v", warnings, err)
	}
	trust.Users[0].Subject = "pulumi:environments:pulumi.organization.login:acme:currentEnvironment.name:payments/prod"
	if _, warnings, err = Snowflake(trust); err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "without regard to case") {
		t.Errorf("got %q, %v", warnings, err)
	}
}

func TestSnowflakeRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*SnowflakeTrust)
		path   string
	}{
		"no name":           {func(s *SnowflakeTrust) { s.Name = "" }, "name"},
		"SQL in the name":   {func(s *SnowflakeTrust) { s.Name = "x; DROP" }, "name"},
		"an issuer":         {func(s *SnowflakeTrust) { s.Issuer = "pulumi" }, "issuer"},
		"no audience":       {func(s *SnowflakeTrust) { s.Audience = "" }, "audience"},
		"a claim's name":    {func(s *SnowflakeTrust) { s.UserClaim, s.Users = "a'b", nil }, "userClaim"},
		"users of a claim":  {func(s *SnowflakeTrust) { s.UserClaim = "name" }, "users"},
		"no users":          {func(s *SnowflakeTrust) { s.Users = nil }, "users"},
		"a user's name":     {func(s *SnowflakeTrust) { s.Users[0].Name = `"A"` }, "users[0].name"},
		"a pattern":         {func(s *SnowflakeTrust) { s.Users[0].Subject = "pulumi:*" }, "users[0].subject"},
		"a role's name":     {func(s *SnowflakeTrust) { s.Roles = []string{"a b"} }, "roles[0]"},
		"one user twice":    {func(s *SnowflakeTrust) { s.Users = append(s.Users, SnowflakeUser{"a", subjectTwo}) }, "users[1].name"},
		"one subject twice": {func(s *SnowflakeTrust) { s.Users = append(s.Users, SnowflakeUser{"B", strings.ToUpper(subjectOne)}) }, "users[1].subject"},
	} {
		trust := SnowflakeTrust{Name: "pulumi", Issuer: "https://api.pulumi.com/oidc", Audience: "x", Users: []SnowflakeUser{{"A", subjectOne}}}
		test.change(&trust)
		_, _, err := Snowflake(trust)
		if problems := problem.Of(err); len(problems) != 1 || problems[0].Path != test.path {
			t.Errorf("%s: got %v, want a problem of %s", name, err, test.path)
		}
	}
}
