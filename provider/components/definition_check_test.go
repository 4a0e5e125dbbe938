package components_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// definitionInputs are an environment that reads a secret, with what becomes its definition.
func definitionInputs(entry, sessionName, values property.Value) inputs {
	in := prodEnvironment(inputs{
		"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/r"), "sessionName": sessionName,
	})
	in["values"] = values
	in["secrets"] = object(inputs{"awsSecretsManager": object(inputs{"region": text("eu-west-1"), "get": entry})})
	return in
}

func secretEntry(fields inputs) property.Value {
	fields["secretId"] = text("payments/db")
	return object(inputs{"password": object(fields)})
}

// What cannot become a definition is refused at the user's path, before a child is registered, whichever input it comes from and
// whatever else is unknown.
func TestWhatCannotBecomeADefinitionIsRefusedAtTheUsersPath(t *testing.T) {
	t.Parallel()
	entry, session := func() property.Value { return secretEntry(inputs{}) }, text("session")
	tests := []struct {
		name, path string
		inputs     func(values property.Value) inputs
	}{
		{"odd key of a store", `secrets.awsSecretsManager.get["a b/${c}*"]`, func(values property.Value) inputs {
			return definitionInputs(object(inputs{"a b/${c}*": object(inputs{"secretId": text("payments/db")})}), session, values)
		}},
		{"interpolation in a version", "secrets.awsSecretsManager.get.password.versionId", func(values property.Value) inputs {
			return definitionInputs(secretEntry(inputs{"versionId": text("${x")}), session, values)
		}},
		{"interpolation in a stage", "secrets.awsSecretsManager.get.password.versionStage", func(values property.Value) inputs {
			return definitionInputs(secretEntry(inputs{"versionStage": text("${x")}), session, values)
		}},
		{"session name that is not a reference", "aws.sessionName", func(values property.Value) inputs {
			return definitionInputs(entry(), text("${a b}"), values)
		}},
		{"variable that is not a reference", "environmentVariables.HOST", func(values property.Value) inputs {
			in := definitionInputs(entry(), session, values)
			in["environmentVariables"] = object(inputs{"HOST": text("${x")})
			return in
		}},
	}
	for _, test := range tests {
		for how, values := range map[string]property.Value{
			"all known": object(inputs{"host": text("db")}), "a value unknown": object(inputs{"host": unknown()}), "values unknown": unknown(),
		} {
			t.Run(test.name+", "+how, func(t *testing.T) {
				t.Parallel()
				e := newEngine(t)
				_, err := e.construct("SecretStoreEnvironment", test.inputs(values), true)
				require.Error(t, err)
				assert.Equal(t, []string{test.path}, slices.Compact(failedPaths(t, err)), "%v", err)
				assert.Empty(t, e.childNames(), "a child was registered")
			})
		}
	}
}

// Nothing is said of what is unknown, or of what refers to it.
func TestDefinitionTakesWhatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	call := func(function string, argument property.Value) property.Value {
		return object(inputs{function: argument})
	}
	for name, in := range map[string]inputs{
		"value that others refer to": {"values": object(inputs{"db": unknown(), "host": text("${db.host}"), "first": text("${db[0].name}")})},
		"argument of a function": {"values": object(inputs{
			"a": call("fn::join", list(text(","), unknown())), "b": call("fn::fromJSON", unknown()), "c": call("fn::secret", unknown()),
			"d": call("fn::open::aws-secrets", unknown()), "e": call("fn::open", object(inputs{"provider": unknown(), "inputs": object(inputs{})})),
			"f": call("fn::toBase64", unknown()), "g": list(unknown(), text("${a}")),
		})},
		"one half of a login's credentials": {"environmentVariables": object(inputs{
			"AWS_ACCESS_KEY_ID": unknown(), "AWS_SECRET_ACCESS_KEY": text("b"), "AWS_SESSION_TOKEN": text("c"),
		})},
		"configuration": {"pulumiConfig": object(inputs{"app:size": unknown(), "app:name": text("${size.name}")})},
		"import":        {"imports": list(unknown()), "values": object(inputs{"host": text("${imported.host}")})},
		"everything":    {"imports": unknown(), "values": unknown(), "environmentVariables": unknown(), "pulumiConfig": unknown()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := definitionInputs(secretEntry(inputs{"versionId": unknown()}), text("${db.name}-session"), object(inputs{"db": unknown()}))
			for part, value := range in {
				all[part] = value
			}
			if in["values"].IsNull() {
				all["aws"] = property.New(all["aws"].AsMap().Set("sessionName", unknown()))
			}
			_, err := newEngine(t).construct("SecretStoreEnvironment", all, true)
			require.NoError(t, err)
		})
	}
}
