package environments

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// sandboxRotators are the rotators that the sandbox has: those that need nothing but the environment itself. See
// https://www.pulumi.com/docs/esc/integrations/rotated-secrets/.
var sandboxRotators = map[string]textRotator{
	"passphrase": {
		inputs: schema.BuilderMap{"capitalize": schema.Boolean(), "length": schema.Number(), "separator": schema.String()},
		make:   makePassphrase,
	},
	"password": {
		inputs: schema.BuilderMap{
			"length": schema.Number(), "lower": schema.Boolean(), "upper": schema.Boolean(), "special": schema.Boolean(),
			"minLower": schema.Number(), "minUpper": schema.Number(), "minSpecial": schema.Number(), "overrideSpecial": schema.String(),
		},
		make: makePassword,
	},
}

// knownRotators are those of the service that the sandbox lacks. A definition may name them and is stored.
var knownRotators = []string{"aws-iam", "azure-app-secret", "external", "mysql", "postgres", "snowflake-user"}

// textRotator is a rotator that makes a secret text. Its state is the text made last and the one before; both are outputs.
type textRotator struct {
	name   string
	inputs schema.BuilderMap
	make   func(inputs map[string]esc.Value) (string, error)
}

var _ esc.Rotator = textRotator{}

// Schema implements [esc.Rotator].
func (g textRotator) Schema() (inputs, state, outputs *schema.Schema) {
	pair := func() *schema.Schema {
		return schema.Object().Properties(schema.BuilderMap{"current": schema.String(), "previous": schema.String()}).Schema()
	}
	return schema.Object().Properties(g.inputs).Schema(), pair(), pair()
}

// Open implements [esc.Rotator].
func (g textRotator) Open(_ context.Context, _, state map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	current := clouds.Text(state, "current")
	if current == "" {
		return esc.Value{}, fmt.Errorf("%s: nothing has been rotated yet: run `pulumi env rotate`", g.name)
	}
	return generated(current, clouds.Text(state, "previous")), nil
}

// Rotate implements [esc.Rotator].
func (g textRotator) Rotate(_ context.Context, inputs, state map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	for _, name := range rest.SortedKeys(inputs) {
		if _, known := g.inputs[name]; !known {
			return esc.Value{}, fmt.Errorf("%s: unknown input %q; it has %s", g.name, name, strings.Join(rest.SortedKeys(g.inputs), ", "))
		}
	}
	made, err := g.make(inputs)
	if err != nil {
		return esc.Value{}, fmt.Errorf("%s: %w", g.name, err)
	}
	return generated(made, clouds.Text(state, "current")), nil
}

func generated(current, previous string) esc.Value {
	values := map[string]esc.Value{"current": esc.NewSecret(current)}
	if previous != "" {
		values["previous"] = esc.NewSecret(previous)
	}
	return esc.NewValue(values)
}

// missingRotator is one of the service's that the sandbox lacks. What it rotated is state, and can be opened no more than
// it can be rotated.
type missingRotator string

// Schema implements [esc.Rotator].
func (missingRotator) Schema() (inputs, state, outputs *schema.Schema) {
	return schema.Always().Schema(), schema.Object().AdditionalProperties(schema.Always()).Schema(), schema.Always().Schema()
}

// Open implements [esc.Rotator].
func (r missingRotator) Open(context.Context, map[string]esc.Value, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, r.refusal()
}

// Rotate implements [esc.Rotator].
func (r missingRotator) Rotate(context.Context, map[string]esc.Value, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, r.refusal()
}

func (r missingRotator) refusal() error {
	return fmt.Errorf("the sandbox does not have rotator %q; it has %s", string(r), strings.Join(rest.SortedKeys(sandboxRotators), ", "))
}

const (
	lowerLetters = "abcdefghijklmnopqrstuvwxyz"
	upperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	specialSigns = "!@#$%&*()-_=+[]{}<>:?"
	longestText  = 1024
)

// makePassword takes the least number of each kind, fills up with any kind, and shuffles.
func makePassword(inputs map[string]esc.Value) (string, error) {
	kinds := []struct {
		letters, least string
		use            bool
	}{
		{lowerLetters, "minLower", flag(inputs, "lower", true)},
		{upperLetters, "minUpper", flag(inputs, "upper", true)},
		{cmp.Or(clouds.Text(inputs, "overrideSpecial"), specialSigns), "minSpecial", flag(inputs, "special", true)},
	}
	length, err := number(inputs, "length", 16)
	if err != nil {
		return "", err
	}
	var made []rune
	any := []rune("0123456789")
	for _, kind := range kinds {
		least, err := number(inputs, kind.least, 0)
		if err != nil {
			return "", err
		}
		letters := []rune(kind.letters)
		for range least {
			made = append(made, pick(letters))
		}
		if kind.use {
			any = append(any, letters...)
		}
	}
	if len(made) > length {
		return "", errors.New("length is less than the least numbers of characters together")
	}
	for len(made) < length {
		made = append(made, pick(any))
	}
	for i := len(made) - 1; i > 0; i-- {
		j := below(i + 1)
		made[i], made[j] = made[j], made[i]
	}
	return string(made), nil
}

// makePassphrase makes words of syllables, which is enough for a sandbox.
func makePassphrase(inputs map[string]esc.Value) (string, error) {
	words, err := number(inputs, "length", 5)
	if err != nil {
		return "", err
	}
	separator := cmp.Or(clouds.Text(inputs, "separator"), "-")
	if len([]rune(separator)) != 1 {
		return "", fmt.Errorf("separator %q is not one character", separator)
	}
	all := make([]string, words)
	for i := range all {
		for range 3 {
			all[i] += string(pick([]rune("bdfgklmnprstvz"))) + string(pick([]rune("aeiou")))
		}
		if flag(inputs, "capitalize", false) {
			all[i] = strings.ToUpper(all[i][:1]) + all[i][1:]
		}
	}
	return strings.Join(all, separator), nil
}

func flag(inputs map[string]esc.Value, name string, byDefault bool) bool {
	if value, given := inputs[name].Value.(bool); given {
		return value
	}
	return byDefault
}

func number(inputs map[string]esc.Value, name string, byDefault int) (int, error) {
	written, given := inputs[name].Value.(interface{ Int64() (int64, error) })
	if !given {
		return byDefault, nil
	}
	n, err := written.Int64()
	if err != nil || n < 0 || n > longestText || (n == 0 && byDefault > 0) {
		return 0, fmt.Errorf("%s is not a whole number of at most %d", name, longestText)
	}
	return int(n), nil
}

func pick(letters []rune) rune { return letters[below(len(letters))] }

func below(n int) int {
	chosen, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // the system has no randomness: nothing can be made
	}
	return int(chosen.Int64())
}
