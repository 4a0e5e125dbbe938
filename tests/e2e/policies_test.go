package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// What the provider writes for AWS, and what it makes of what others wrote, is held against programs that know nothing of
// it: an evaluator of policies, and a linter. Each is started once for all that it is asked.

const policyTests = "../policies"

// simulation is what the evaluator is asked; see evaluate.mjs.
type simulation struct {
	Request          simulated        `json:"request"`
	ResourcePolicy   json.RawMessage  `json:"resourcePolicy,omitempty"`
	IdentityPolicies []identityPolicy `json:"identityPolicies"`
}

type simulated struct {
	Principal string            `json:"principal"`
	Action    string            `json:"action"`
	Resource  simulatedResource `json:"resource"`
	Context   map[string]string `json:"contextVariables"`
}

type simulatedResource struct {
	Resource  string `json:"resource"`
	AccountID string `json:"accountId"`
}

type identityPolicy struct {
	Name   string          `json:"name"`
	Policy json.RawMessage `json:"policy"`
}

func ask(t *testing.T, question, answer any, program string, arguments ...string) {
	t.Helper()
	asked, err := json.Marshal(question)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Stdin = bytes.NewReader(asked)
	var failed bytes.Buffer
	command.Stderr = &failed
	printed, err := command.Output()
	require.NoError(t, err, failed.String())
	require.NoError(t, json.Unmarshal(printed, answer), string(printed))
}

// decide asks the evaluator which simulations are allowed.
func decide(t *testing.T, simulations []simulation) []bool {
	t.Helper()
	sources := []string{filepath.Join(policyTests, "package.json"), filepath.Join(policyTests, "package-lock.json")}
	installed, err := cachedDirectory("policies-node", sources, func(directory string) error {
		for _, source := range sources {
			if err := copyInto(directory, source); err != nil {
				return err
			}
		}
		return command("npm", "ci", "--prefix", directory, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	})
	require.NoError(t, err)
	var allowed []bool
	ask(t, simulations, &allowed, "node", filepath.Join(policyTests, "evaluate.mjs"), installed)
	require.Len(t, allowed, len(simulations))
	return allowed
}

// lint asks the linter what is wrong with each policy.
func lint(t *testing.T, policies []json.RawMessage) [][]string {
	t.Helper()
	requirements := filepath.Join(policyTests, "requirements.txt")
	installed, err := cachedDirectory("policies-python", []string{requirements}, func(directory string) error {
		if err := command("python3", "-m", "venv", directory); err != nil {
			return err
		}
		return command(filepath.Join(directory, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
			"--requirement", requirements)
	})
	require.NoError(t, err)
	var findings [][]string
	ask(t, policies, &findings, filepath.Join(installed, "bin", "python"), filepath.Join(policyTests, "lint.py"))
	require.Len(t, findings, len(policies))
	return findings
}

// The evaluator knows the condition keys of a few issuers only: this one stands for Pulumi Cloud.
const (
	simulatedIssuer   = "https://accounts.google.com"
	simulatedProvider = "arn:aws:iam::123456789012:oidc-provider/accounts.google.com"
	simulatedRole     = "arn:aws:iam::123456789012:role/payments-prod"
)

func assumed(policy, subject, audience, provider string) simulation {
	return simulation{
		Request: simulated{
			Principal: provider, Action: "sts:AssumeRoleWithWebIdentity",
			Resource: simulatedResource{simulatedRole, "123456789012"},
			Context:  map[string]string{"accounts.google.com:sub": subject, "accounts.google.com:aud": audience},
		},
		ResourcePolicy:   json.RawMessage(policy),
		IdentityPolicies: []identityPolicy{},
	}
}

// likeness changes a text as somebody would who wants to pass for another.
func likeness(random *rand.Rand, text string) string {
	at := random.IntN(len(text))
	switch random.IntN(8) {
	case 0:
		return text + "x"
	case 1:
		return "x" + text
	case 2:
		return text[:at] + text[at+1:]
	case 3:
		return text[:at] + "*" + text[at+1:]
	case 4:
		return text[:at] + "?" + text[at:]
	case 5:
		return strings.ToUpper(text[:at]) + text[at:]
	case 6:
		return text[:at] + "/" + text[at:]
	default:
		return text
	}
}

// pick draws one of the values.
func pick[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }

// What is written for a lock or for a stack admits its subjects and nobody who resembles them.
func TestTrustPoliciesByAnotherEvaluator(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) // the same cases every time
	var cases []simulation
	var ours []bool
	admitted := 0
	for range 60 {
		lock := oidc.Lock{}
		for range random.IntN(3) {
			lock.AllowedRoots = append(lock.AllowedRoots, oidc.EnvironmentRef{Project: pick(random, "payments", "web"), Name: pick(random, "app", "app2")})
		}
		if random.IntN(2) == 0 {
			lock.Users = []string{"ana", "bo"}
		}
		subjects, err := oidc.ESCSubjects("acme", oidc.EnvironmentRef{Project: pick(random, "payments", "default"), Name: "prod"}, lock)
		require.NoError(t, err)
		if random.IntN(3) == 0 {
			subjects, err = oidc.DeploymentSubjects("acme", "payments", "prod", nil)
			require.NoError(t, err)
		}
		policy, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
			Subjects: subjects, Audiences: []string{"aws:acme"}, AccountID: "123456789012", Issuer: simulatedIssuer,
		})
		require.NoError(t, err)
		document, err := oidc.ParseAWSTrustPolicy([]byte(policy))
		require.NoError(t, err)
		for range 40 {
			subject, audience := likeness(random, pick(random, subjects...)), pick(random, "aws:acme", "aws:acme", "aws:acme2", "acme", "AWS:acme")
			allowed, _ := document.Decide("123456789012", oidc.WebIdentity{Issuer: simulatedIssuer, Subject: subject, Audiences: []string{audience}})
			cases, ours = append(cases, assumed(policy, subject, audience, simulatedProvider)), append(ours, allowed)
			if allowed {
				admitted++
			}
		}
	}
	agree(t, cases, ours, admitted)
}

// agree holds our decisions against the evaluator's.
func agree(t *testing.T, cases []simulation, ours []bool, admitted int) {
	t.Helper()
	require.Greater(t, admitted, len(cases)/50, "hardly anything was admitted")
	require.Less(t, admitted, len(cases)*49/50, "hardly anything was refused")
	for i, theirs := range decide(t, cases) {
		if theirs != ours[i] {
			asked, _ := json.MarshalIndent(cases[i], "", "  ")
			t.Fatalf("we say %t, the evaluator says %t: %s", ours[i], theirs, asked)
		}
	}
	t.Logf("%d cases, %d of them admitted", len(cases), admitted)
}

// Trust policies of any form, such as people write by hand, are read as AWS reads them.
func TestForeignTrustPoliciesByAnotherEvaluator(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4)) // the same cases every time
	subjects := []string{"a:prod", "a:prod2", "a:dev", "b:prod", "A:prod", "a", ""}
	patterns := []string{"a:prod", "a:*", "*", "a:prod?", "?:prod", "a:p*d", "A:PROD", "a:dev"}
	statement := func() map[string]any {
		values := []string{pick(random, patterns...)}
		for range random.IntN(2) {
			values = append(values, pick(random, patterns...))
		}
		conditions := map[string]any{
			pick(random, "StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase",
				"StringNotEqualsIgnoreCase", "StringEqualsIfExists", "StringLikeIfExists", "stringlike", "STRINGEQUALSIFEXISTS", "foranyvalue:stringNotLike"): map[string]any{"accounts.google.com:sub": values},
		}
		if random.IntN(2) == 0 {
			conditions["ForAllValues:StringEquals"] = map[string]any{"accounts.google.com:aud": pick(random, "aws:acme", "acme")}
		}
		return map[string]any{
			"Effect":    pick(random, "Allow", "Allow", "Allow", "Deny"),
			"Principal": map[string]any{"Federated": pick(random, simulatedProvider, simulatedProvider, simulatedProvider+"2")},
			"Action":    pick(random, "sts:AssumeRoleWithWebIdentity", "sts:*", "sts:assumerolewith*", "sts:AssumeRole"),
			"Condition": conditions,
		}
	}
	var cases []simulation
	var ours []bool
	admitted := 0
	for range 400 {
		statements := []any{statement()}
		for range random.IntN(3) {
			statements = append(statements, statement())
		}
		policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		require.NoError(t, err)
		document, err := oidc.ParseAWSTrustPolicy(policy)
		require.NoError(t, err, string(policy))
		for range 6 {
			subject, audience := pick(random, subjects[:6]...), pick(random, "aws:acme", "acme")
			allowed, _ := document.Decide("123456789012", oidc.WebIdentity{Issuer: simulatedIssuer, Subject: subject, Audiences: []string{audience}})
			cases, ours = append(cases, assumed(string(policy), subject, audience, simulatedProvider)), append(ours, allowed)
			if allowed {
				admitted++
			}
		}
	}
	agree(t, cases, ours, admitted)
}

// The forms in which two evaluators differ first: partitions, slashes at the end of an issuer, and a key that AWS does not have
// under ForAllValues.
func TestOddTrustPoliciesByAnotherEvaluator(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8)) // the same cases every time
	var cases []simulation
	var ours []bool
	admitted, unknown := 0, 0
	for range 300 {
		partition := pick(random, "aws", "aws-cn", "aws-us-gov")
		provider := func() string {
			return "arn:" + partition + ":iam::123456789012:oidc-provider/accounts.google.com" + pick(random, "", "", "/", "/v2")
		}
		statement := map[string]any{
			"Effect": pick(random, "Allow", "Allow", "Allow", "Deny"), "Action": "sts:AssumeRoleWithWebIdentity",
			"Principal": pick[any](random, map[string]any{"Federated": provider()}, map[string]any{"Federated": []any{provider(), provider()}}),
			"Condition": map[string]any{
				"StringEquals": map[string]any{"accounts.google.com:sub": pick(random, "a", "a", "b")},
				pick(random, "ForAllValues:StringEquals", "ForAllValues:StringLike", "StringEqualsIfExists", "Null"): map[string]any{
					pick(random, "accounts.google.com:iss", "accounts.google.com/:aud", "token.actions.githubusercontent.com:sub"): pick(random, "true", "false"),
				},
			},
		}
		if conditions, _ := statement["Condition"].(map[string]any); conditions["Null"] == nil {
			for operator, keys := range conditions {
				if values, _ := keys.(map[string]any); operator != "StringEquals" && values["accounts.google.com:iss"] != nil {
					values["accounts.google.com:iss"] = simulatedIssuer
				}
			}
		}
		statements := []any{statement, map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": map[string]any{"Federated": provider()},
			"Condition": map[string]any{"StringEquals": map[string]any{"accounts.google.com:sub": "b"}},
		}}
		policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		require.NoError(t, err)
		document, err := oidc.ParseAWSTrustPolicy(policy)
		require.NoError(t, err, string(policy))
		subject, slash := pick(random, "a", "b"), pick(random, "", "", "/")
		outcome, _ := document.Evaluate("123456789012", oidc.WebIdentity{Issuer: simulatedIssuer + slash, Subject: subject, Audiences: []string{"x"}})
		if slash != "" && outcome == oidc.Allowed {
			t.Fatalf("the keys of another issuer decide: %s", policy)
		}
		if slash != "" || outcome == oidc.Unknown { // the evaluator knows no keys of an issuer with a slash
			unknown++
			continue
		}
		one := assumed(string(policy), subject, "x", "arn:"+partition+":iam::123456789012:oidc-provider/accounts.google.com")
		one.Request.Resource.Resource = "arn:" + partition + ":iam::123456789012:role/payments-prod"
		cases, ours = append(cases, one), append(ours, outcome == oidc.Allowed)
		if outcome == oidc.Allowed {
			admitted++
		}
	}
	require.Less(t, unknown, 200)
	agree(t, cases, ours, admitted)
}

// contextKeys are names for condition keys that the evaluator does not know: those of KMS that end in a name of their own.
var contextKeys = strings.NewReplacer("kms:EncryptionContext:SecretARN", "kms:RequestAlias", "kms:EncryptionContext:PARAMETER_ARN", "kms:RequestAlias")

const policyKey = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

func mayRead(policy string, request oidc.AWSRequest) simulation {
	asked := simulation{
		Request: simulated{
			Principal: simulatedRole, Action: request.Action,
			Resource: simulatedResource{request.Resource, "123456789012"}, Context: map[string]string{},
		},
		IdentityPolicies: []identityPolicy{{"written", json.RawMessage(contextKeys.Replace(policy))}},
	}
	for key, values := range request.Context {
		asked.Request.Context[contextKeys.Replace(key)] = values[0]
	}
	if strings.HasPrefix(request.Action, "kms:") { // a key's own policy leaves the decision to the account's policies
		asked.ResourcePolicy = json.RawMessage(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}}`)
	}
	return asked
}

// What is written for secrets lets read exactly what is named, and passes the linter.
func TestSecretPoliciesByAnotherEvaluator(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6)) // the same cases every time
	names := []string{"db", "db-old", "db-abcdef", "payments/db", "payments/d", "web/db", "d", "db-AbCdEf-x"}
	var cases []simulation
	var ours []bool
	var written []json.RawMessage
	admitted := 0
	for range 40 {
		wanted := map[string]string{"one": pick(random, names...), "two": pick(random, names...)}
		parameters := map[string]string{"one": "/" + pick(random, names...)}
		policy, err := stores.AWSPolicy(stores.AWS{
			Account:    "123456789012",
			Secrets:    &stores.AWSSecrets{Region: "eu-west-1", IDs: wanted, KMSKeys: []string{policyKey}},
			Parameters: &stores.AWSParameters{Region: "eu-west-1", Names: parameters, KMSKeys: []string{policyKey}},
		})
		require.NoError(t, err)
		written = append(written, json.RawMessage(policy))
		document, err := oidc.ParseAWSPermissionPolicy([]byte(policy))
		require.NoError(t, err)
		for range 30 {
			name := pick(random, names...)
			secret := fmt.Sprintf("arn:aws:secretsmanager:eu-west-1:123456789012:secret:%s-%s", name, pick(random, "AbCdEf", "abcdef", "Abc-ef"))
			parameter := "arn:aws:ssm:eu-west-1:123456789012:parameter/" + name
			request := pick(random,
				oidc.AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: secret},
				oidc.AWSRequest{Action: pick(random, "secretsmanager:PutSecretValue", "secretsmanager:DescribeSecret", "secretsmanager:DeleteSecret"), Resource: secret},
				oidc.AWSRequest{Action: pick(random, "ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter", "ssm:GetParametersByPath"), Resource: parameter},
				decryption(pick(random, "secretsmanager", "ssm", "s3"), pick(random, secret, parameter)))
			allowed, _ := oidc.Decide([]oidc.PermissionDocument{document}, request)
			isNamed := name == wanted["one"] || name == wanted["two"] || "/"+name == parameters["one"]
			assert.False(t, allowed && !isNamed, "%s allows %v", policy, request)
			cases, ours = append(cases, mayRead(policy, request)), append(ours, allowed)
			if allowed {
				admitted++
			}
		}
	}
	agree(t, cases, ours, admitted)
	for i, findings := range lint(t, written) {
		assert.Empty(t, findings, string(written[i]))
	}
	flawed := []json.RawMessage{json.RawMessage(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"secretsmanager:GetSecretValues","Resource":"*"}}`)}
	assert.Contains(t, strings.Join(lint(t, flawed)[0], "\n"), "UNKNOWN_ACTION", "the linter finds what is wrong")
}

// decryption is what KMS is asked when a service reads a value for somebody. Each service sends what it reads under a name of
// its own; the evaluator has one name for both.
func decryption(service, resource string) oidc.AWSRequest {
	sent := map[string]string{"secretsmanager": "SecretARN", "ssm": "PARAMETER_ARN", "s3": "SecretARN"}[service]
	return oidc.AWSRequest{Action: "kms:Decrypt", Resource: policyKey, Context: map[string][]string{
		"kms:ViaService":                {service + ".eu-west-1.amazonaws.com"},
		"kms:EncryptionContext:" + sent: {resource},
	}}
}
