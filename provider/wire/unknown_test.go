package wire_test

import (
	"context"
	"slices"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func TestUnknowns(t *testing.T) {
	t.Parallel()
	in := props(
		"name", text("x"), "project", unknown(),
		"access", object("stacks", list(object("stack", unknown()), object("stack", text("x")), unknown().WithSecret(true)),
			"tags", object("pulumi:project", unknown())))
	assert.Equal(t,
		[]string{"access.stacks[0].stack", "access.stacks[2]", "access.tags.pulumi:project", "project"}, wire.Unknowns(in))
	assert.Empty(t, wire.Unknowns(props("a", text("x"))))
	assert.Empty(t, wire.Unknowns(property.Map{}))
}

func TestUnknownsFindsEveryOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := maps(allMarks).Draw(t, "inputs")
		var want []string
		visit("", property.New(in), func(path string, v property.Value) {
			if v.IsComputed() {
				want = append(want, path)
			}
		})
		got := wire.Unknowns(in)
		if !slices.Equal(got, wire.Unknowns(in)) {
			t.Fatal("the order is not stable")
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("want %q, got %q", want, got)
		}
		for _, path := range got {
			if !wire.Touches(path, got) {
				t.Fatalf("%q does not touch itself", path)
			}
		}
	})
}

func TestTouches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path    string
		unknown string
		want    bool
	}{
		{"access", "access", true},
		{"access", "access.stacks[0].stack", true},
		{"access.stacks[0].stack", "access", true},
		{"access.stacks[0].stack", "access.stacks[0]", true},
		{"access.stacks[0]", "access.stacks[1]", false},
		{"access.stacks[1]", "access.stacks[10]", false},
		{"access.stacks[10]", "access.stacks[1]", false},
		{"access.stacks", "access.stacksOfOthers", false},
		{"name", "names[0]", false},
		{"name", "displayName", false},
		{"", "access.stacks[0]", true}, // what is said about the whole
		{"name", "", true},             // nothing is known
	}
	for _, test := range tests {
		assert.Equal(t, test.want, wire.Touches(test.path, []string{"zzz", test.unknown}), "%q %q", test.path, test.unknown)
	}
	assert.False(t, wire.Touches("", nil))
	assert.False(t, wire.Touches("access", nil))
}

func TestWithUnknownInputs(t *testing.T) {
	t.Parallel()
	var seen []string
	record := func(ctx context.Context) { seen = wire.UnknownInputs(ctx) }
	provider := wire.WithUnknownInputs(p.Provider{
		Diff: func(ctx context.Context, _ p.DiffRequest) (p.DiffResponse, error) {
			record(ctx)
			return p.DiffResponse{HasChanges: true}, nil
		},
		Create: func(ctx context.Context, _ p.CreateRequest) (p.CreateResponse, error) {
			record(ctx)
			return p.CreateResponse{ID: "id"}, nil
		},
		Update: func(ctx context.Context, _ p.UpdateRequest) (p.UpdateResponse, error) {
			record(ctx)
			return p.UpdateResponse{}, nil
		},
	})
	inputs, known := props("a", object("b", unknown())), props("a", text("x"))

	diff, err := provider.Diff(t.Context(), p.DiffRequest{Inputs: inputs})
	require.NoError(t, err)
	assert.True(t, diff.HasChanges)
	assert.Equal(t, []string{"a.b"}, seen)

	created, err := provider.Create(t.Context(), p.CreateRequest{Properties: known})
	require.NoError(t, err)
	assert.Equal(t, "id", created.ID)
	assert.Empty(t, seen)

	_, err = provider.Update(t.Context(), p.UpdateRequest{Inputs: inputs, OldInputs: known})
	require.NoError(t, err)
	assert.Equal(t, []string{"a.b"}, seen)
	assert.Empty(t, wire.UnknownInputs(t.Context()), "a call that is not wrapped knows of none")
}

// Keys of maps are written in two ways; an unknown touches what is said about it in either.
func TestTouchesQuotedKeys(t *testing.T) {
	t.Parallel()
	unknowns := []string{"access.stacks[0].tags.tier"}
	assert.True(t, wire.Touches(`access.stacks[0].tags["tier"]`, unknowns))
	assert.True(t, wire.Touches(`access.stacks[0].tags`, unknowns))
	assert.False(t, wire.Touches(`access.stacks[0].tags["other"]`, unknowns))
	assert.True(t, wire.Touches(`tags["a.b\"c"]`, []string{`tags.a.b"c`}))
}
