package esc

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// aws is the login of a definition whose only login is to AWS.
func aws(d *Definition) *AWSLogin { return d.Logins[0].(*AWSLogin) }

func login() *AWSLogin {
	return &AWSLogin{
		RoleARN: "arn:aws:iam::123456789012:role/payments-prod", SessionName: "payments",
		SubjectAttributes: []string{"rootEnvironment.name", "currentEnvironment.name"},
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	full := login()
	full.Duration, full.PolicyARNs = 90*time.Minute, []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}
	for name, test := range map[string]struct {
		definition Definition
		want       string
	}{
		"nothing": {Definition{}, "values: {}\n"},
		"order": {
			Definition{
				Imports: []string{"web/base", "app/base"},
				Values: map[string]any{
					"zone": "b", "app": map[string]any{"b": 1, "a": []string{"x", "5"}}, "aws": map[string]any{"region": "eu-west-1"},
				},
				EnvironmentVariables: map[string]any{"ZONE": "${zone}", "AWS_SESSION_TOKEN": "mine", "AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "mine"},
				PulumiConfig:         map[string]any{"aws:region": "${aws.region}"},
				Logins:               []Login{full},
			},
			`imports:
  - web/base
  - app/base
values:
  aws:
    login:
      fn::open::aws-login:
        oidc:
          duration: 1h30m
          roleArn: arn:aws:iam::123456789012:role/payments-prod
          sessionName: payments
          policyArns:
            - arn:aws:iam::aws:policy/ReadOnlyAccess
          subjectAttributes:
            - rootEnvironment.name
            - currentEnvironment.name
    region: eu-west-1
  app:
    a:
      - x
      - "5"
    b: 1
  zone: b
  environmentVariables:
    AWS_ACCESS_KEY_ID: mine
    AWS_SECRET_ACCESS_KEY: mine
    AWS_SESSION_TOKEN: mine
    ZONE: ${zone}
  pulumiConfig:
    aws:region: ${aws.region}
`,
		},
		"ESC's own syntax": {
			Definition{Values: map[string]any{
				"stored": map[string]any{"fn::secret": map[string]any{"ciphertext": "ZXNjeAAAAAFhYmNkLOkMhg=="}},
				"joined": map[string]any{"fn::join": []any{",", []any{"a", "${b}"}}}, "b": "$${c}",
				"new": Secret{Value: "s"}, "port": Secret{Value: 5432},
			}},
			`values:
  b: $${c}
  joined:
    fn::join:
      - ','
      - - a
        - ${b}
  new:
    fn::secret: s
  port:
    fn::fromJSON:
      fn::secret: "5432"
  stored:
    fn::secret:
      ciphertext: ZXNjeAAAAAFhYmNkLOkMhg==
`,
		},
		"variables given among the values": {
			Definition{Values: map[string]any{"environmentVariables": map[string]any{"A": "b"}}, Logins: []Login{login()}},
			`values:
  aws:
    login:
      fn::open::aws-login:
        oidc:
          duration: 1h
          roleArn: arn:aws:iam::123456789012:role/payments-prod
          sessionName: payments
          subjectAttributes:
            - rootEnvironment.name
            - currentEnvironment.name
  environmentVariables:
    A: b
    AWS_ACCESS_KEY_ID: ${aws.login.accessKeyId}
    AWS_SECRET_ACCESS_KEY: ${aws.login.secretAccessKey}
    AWS_SESSION_TOKEN: ${aws.login.sessionToken}
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Build(test.definition)
			if err != nil || got != test.want {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, test.want)
			}
		})
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Definition)
		want   []string
	}{
		"taken login":      {func(d *Definition) { d.Values = map[string]any{"aws": map[string]any{"login": "x"}} }, []string{"values.aws.login: is taken"}},
		"two logins":       {func(d *Definition) { d.Logins = append(d.Logins, login()) }, []string{"values.aws.login: is taken"}},
		"aws is not a map": {func(d *Definition) { d.Values = map[string]any{"aws": "x"} }, []string{"values.aws: must be a map"}},
		"a token of another origin": {func(d *Definition) {
			d.EnvironmentVariables = map[string]any{"AWS_SESSION_TOKEN": "mine"}
		}, []string{"values.environmentVariables.AWS_SESSION_TOKEN: is one of the variables that hold the credentials of the aws login"}},
		"aws is a call":       {func(d *Definition) { d.Values = map[string]any{"aws": map[string]any{"fn::secret": "x"}} }, []string{"values.aws: must be a map"}},
		"variables are a ref": {func(d *Definition) { d.Values = map[string]any{"environmentVariables": "${x}"} }, []string{"values.environmentVariables: must be a map"}},
		"variables twice": {func(d *Definition) {
			d.Values = map[string]any{"environmentVariables": map[string]any{}}
			d.EnvironmentVariables = map[string]any{"A": "b"}
		}, []string{"values.environmentVariables: given twice"}},
		"import":        {func(d *Definition) { d.Imports = []string{"a/b", " "} }, []string{"imports[1]:"}},
		"role":          {func(d *Definition) { aws(d).RoleARN = "arn:aws:iam::123456789012:user/x" }, []string{"aws.roleArn:"}},
		"role account":  {func(d *Definition) { aws(d).RoleARN = "arn:aws:iam::1234:role/x" }, []string{"aws.roleArn:"}},
		"no role":       {func(d *Definition) { aws(d).RoleARN = "" }, []string{"aws.roleArn:"}},
		"no session":    {func(d *Definition) { aws(d).SessionName = "" }, []string{"aws.sessionName:"}},
		"session":       {func(d *Definition) { aws(d).SessionName = "a b" }, []string{"aws.sessionName:"}},
		"long session":  {func(d *Definition) { aws(d).SessionName = strings.Repeat("a", 65) }, []string{"aws.sessionName:"}},
		"long template": {func(d *Definition) { aws(d).SessionName = "${x}" + strings.Repeat("a", 65) }, []string{"aws.sessionName:"}},
		"template":      {func(d *Definition) { aws(d).SessionName = "a/${context.pulumi.user.login}" }, []string{"aws.sessionName:"}},
		"short":         {func(d *Definition) { aws(d).Duration = time.Minute }, []string{"aws.duration:"}},
		"long":          {func(d *Definition) { aws(d).Duration = 13 * time.Hour }, []string{"aws.duration:"}},
		"negative":      {func(d *Definition) { aws(d).Duration = -time.Hour }, []string{"aws.duration:"}},
		"fraction":      {func(d *Definition) { aws(d).Duration = time.Hour + time.Millisecond }, []string{"aws.duration:"}},
		"policy":        {func(d *Definition) { aws(d).PolicyARNs = []string{"ReadOnlyAccess"} }, []string{"aws.policyArns[0]:"}},
		"policies": {func(d *Definition) {
			aws(d).PolicyARNs = slices.Repeat([]string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, 11)
		}, []string{"aws.policyArns: AWS takes at most 10"}},
		"no attributes": {func(d *Definition) { aws(d).SubjectAttributes = nil }, []string{"aws.subjectAttributes:"}},
		"all at once": {func(d *Definition) {
			aws(d).RoleARN, aws(d).SessionName, d.Imports = "x", "", []string{""}
		}, []string{"imports[0]:", "aws.roleArn:", "aws.sessionName:"}},
		"not finite":   {func(d *Definition) { d.Values = map[string]any{"a": []any{math.NaN()}} }, []string{"values.a[0]: a number must be finite"}},
		"not UTF-8":    {func(d *Definition) { d.Values = map[string]any{"a": "\xff"} }, []string{"values.a: the text is not UTF-8"}},
		"a function":   {func(d *Definition) { d.Values = map[string]any{"a.b": func() {}} }, []string{`values["a.b"]: a value of type func()`}},
		"a channel":    {func(d *Definition) { d.Values = map[string]any{"a": Secret{Value: make(chan int)}} }, []string{"values.a: a secret of type chan int"}},
		"reserved":     {func(d *Definition) { d.Values = map[string]any{"context": 1} }, []string{"reserved key"}},
		"broken ref":   {func(d *Definition) { d.Values = map[string]any{"a": "${b.c}"} }, []string{`values.a: unknown property "b"`}},
		"open ref":     {func(d *Definition) { d.Values = map[string]any{"a": "${b"} }, []string{"values.a: missing closing brace", `values.a: unknown property "b"`}},
		"bad call":     {func(d *Definition) { d.Values = map[string]any{"a": map[string]any{"fn::join": "x"}} }, []string{"values.a"}},
		"unknown call": {func(d *Definition) { d.Values = map[string]any{"a": map[string]any{"fn::jion": "x"}} }, []string{"reserved prefix"}},
		"shared call":  {func(d *Definition) { d.Values = map[string]any{"a": map[string]any{"fn::toJSON": "x", "b": 1}} }, []string{"only key"}},
		"bad encrypted": {func(d *Definition) {
			d.Values = map[string]any{"a": map[string]any{"fn::secret": map[string]any{"ciphertext": "x"}}}
		}, []string{"invalid ciphertext"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			definition := Definition{Logins: []Login{login()}}
			test.change(&definition)
			text, err := Build(definition)
			var errs problem.List
			if !errors.As(err, &errs) || len(errs) != len(test.want) {
				t.Fatalf("got %v\n%s", err, text)
			}
			for i, want := range test.want {
				if !strings.Contains(errs[i].Error(), want) {
					t.Errorf("got %q, want %q", errs[i], want)
				}
			}
		})
	}
}

func TestBuildLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	values := map[string]any{"aws": map[string]any{"region": "x"}, "environmentVariables": map[string]any{"A": "b"}}
	before := asJSON(t, values)
	if _, err := Build(Definition{Values: values, PulumiConfig: map[string]any{"a": "b"}, Logins: []Login{login()}}); err != nil {
		t.Fatal(err)
	}
	if after := asJSON(t, values); after != before {
		t.Errorf("changed to %s", after)
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "1h", time.Hour: "1h", 90 * time.Minute: "1h30m", 15 * time.Minute: "15m", 10 * time.Hour: "10h",
		time.Hour + time.Second: "1h0m1s", 20*time.Minute + 5*time.Second: "20m5s", 12 * time.Hour: "12h",
	} {
		got := formatDuration(d)
		if got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
		if back, err := time.ParseDuration(got); err != nil || (d != 0 && back != d) {
			t.Errorf("%q reads back as %v, %v", got, back, err)
		}
	}
}

// awkward are texts that careless YAML changes.
var awkward = rapid.SampledFrom([]string{
	"", " ", "\n", "a\n", "a\n\n", "\na", " a", "a ", "a \nb", "  a\n b\n", "\t", "a\tb", "a\r\nb", "null", "~", "true", "no", "on",
	"5", "05", "0x10", "1e3", ".5", "1_000", "2020-01-01", "12:30:45", "<<", "=", "*a", "&a", "!a", "- a", "a: b", "a #b", "#a",
	"\"", "'", "\\", "|", ">", "%a", "@a", "`a", "{a", "[a", "---", "...", "? a", "é", "\u0085", "\u2028", "\ufeff", "\x00", "\x7f", "😀",
	"a\n  b\n    c\nd", "# a\nb", "a\n#b", "---\na", strings.Repeat("word ", 40) + "end",
})

// values draws what JSON holds, without what ESC would take for syntax.
func values(depth int) *rapid.Generator[any] {
	texts := rapid.OneOf(awkward, rapid.StringMatching(`[a-zA-Z0-9:/. \n-]{0,12}`), rapid.StringOfN(rapid.Rune(), 0, 6, -1).
		Filter(func(s string) bool { return !strings.ContainsAny(s, "$") && json.Valid([]byte(asJSONText(s))) }))
	leaves := rapid.OneOf(
		rapid.Map(texts, func(s string) any { return s }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.IntRange(-1<<53, 1<<53), func(i int) any { return float64(i) }),
		rapid.Map(rapid.Float64Range(-1e300, 1e300), func(f float64) any {
			if f == 0 { // YAML's integers have no negative zero
				return 0.0
			}
			return f
		}),
		rapid.Just[any](nil),
	)
	if depth == 0 {
		return leaves
	}
	keys := texts.Filter(func(s string) bool {
		return !strings.HasPrefix(strings.ToLower(s), "fn::") && !slices.Contains([]string{"imports", "context", "environments"}, s)
	})
	inner := values(depth - 1)
	return rapid.OneOf(
		leaves,
		rapid.Map(rapid.SliceOfN(inner, 0, 4), func(l []any) any { return append([]any{}, l...) }),
		rapid.Map(rapid.MapOfN(keys, inner, 0, 4), func(m map[string]any) any { return m }),
	)
}

func asJSONText(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// What is built passes the check and opens to the values it was built from, secrets included.
func TestBuildRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plainValue, secretValue := values(3).Draw(t, "plain"), values(2).Draw(t, "secret")
		definition := Definition{Values: map[string]any{"plain": plainValue, "secret": map[string]any{"x": Secret{Value: secretValue}}}}
		text, err := Build(definition)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if found := Check("payments/prod", text); len(found) > 0 {
			t.Fatalf("%s\n%v", text, found)
		}
		again, err := Build(definition)
		if err != nil || again != text {
			t.Fatalf("a second build differs: %v\n%s\n%s", err, text, again)
		}
		want := asJSON(t, map[string]any{"plain": plainValue, "secret": map[string]any{"x": secretValue}})
		if got := asJSON(t, normal(t, open(t, text).ToJSON(false))); got != want {
			t.Fatalf("%s\ngot  %s\nwant %s", text, got, want)
		}
		if !HasPlaintextSecret(text) {
			t.Fatalf("no plaintext secret in\n%s", text)
		}
	})
}

// normal takes numbers through float64, as JSON does on both sides.
func normal(t interface{ Fatalf(string, ...any) }, value any) any {
	var decoded any
	if err := json.Unmarshal([]byte(asJSON(t, value)), &decoded); err != nil {
		t.Fatalf("%v", err)
	}
	return decoded
}
