package wire_test

import (
	"testing"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

type part struct {
	Name   string            `pulumi:"name"`
	Count  *int              `pulumi:"count,optional"`
	Tags   map[string]string `pulumi:"tags,optional"`
	Scopes []string          `pulumi:"scopes,optional"`
}

type shared struct {
	Organization *string `pulumi:"organization,optional"`
}

type whole struct {
	shared
	On     *bool              `pulumi:"on,optional"`
	Share  *float64           `pulumi:"share,optional"`
	Parts  []part             `pulumi:"parts,optional"`
	Given  *[]string          `pulumi:"given,optional"`
	One    *part              `pulumi:"one,optional"`
	ByName map[string]part    `pulumi:"byName,optional"`
	Lists  map[string][]*part `pulumi:"lists,optional"`
}

// drawPart draws a part, with secrets and unknowns in it.
func drawPart(t *rapid.T, label string) property.Value {
	fields := map[string]property.Value{"name": property.New(rapid.String().Draw(t, label+" name"))}
	if rapid.Bool().Draw(t, label+" count") {
		fields["count"] = property.New(float64(rapid.IntRange(-9, 9).Draw(t, label+" n")))
	}
	if rapid.Bool().Draw(t, label+" tags") {
		tags := map[string]property.Value{}
		for _, key := range rapid.SliceOfN(rapid.StringMatching(`[a-c]`), 0, 2).Draw(t, label+" keys") {
			tags[key] = property.New(key)
		}
		fields["tags"] = property.New(property.NewMap(tags))
	}
	if rapid.Bool().Draw(t, label+" scopes") {
		fields["scopes"] = drawTexts(t, label)
	}
	return mark(t, label, property.New(property.NewMap(fields)))
}

func drawTexts(t *rapid.T, label string) property.Value {
	var elements []property.Value
	for _, text := range rapid.SliceOfN(rapid.StringMatching(`[a-c]{1,2}`), 0, 3).Draw(t, label+" texts") {
		elements = append(elements, mark(t, label+" text", property.New(text)))
	}
	return property.New(property.NewArray(elements))
}

// mark makes a value secret, or unknown, now and then.
func mark(t *rapid.T, label string, v property.Value) property.Value {
	switch rapid.IntRange(0, 9).Draw(t, label+" mark") {
	case 0:
		return v.WithSecret(true)
	case 1:
		return property.New(property.Computed)
	}
	return v
}

func drawWhole(t *rapid.T) property.Map {
	fields := map[string]property.Value{}
	draws := map[string]func() property.Value{
		"organization": func() property.Value { return property.New("acme") },
		"on":           func() property.Value { return property.New(true) },
		"share":        func() property.Value { return property.New(0.5) },
		"parts": func() property.Value {
			return property.New([]property.Value{drawPart(t, "first"), drawPart(t, "second")})
		},
		"given": func() property.Value { return drawTexts(t, "given") },
		"one":   func() property.Value { return drawPart(t, "one") },
		"byName": func() property.Value {
			return property.New(map[string]property.Value{"x": drawPart(t, "by name")})
		},
		"lists": func() property.Value {
			return property.New(map[string]property.Value{"y": property.New([]property.Value{drawPart(t, "in list")})})
		},
	}
	for _, name := range []string{"organization", "on", "share", "parts", "given", "one", "byName", "lists"} {
		if rapid.Bool().Draw(t, name) {
			fields[name] = mark(t, name, draws[name]())
		}
	}
	return property.NewMap(fields)
}

// What fits is decoded as the framework decodes it.
func TestDecodesAsTheFrameworkDoesProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		inputs := drawWhole(t)
		want, failures, err := infer.DefaultCheck[whole](t.Context(), inputs)
		require.NoError(t, err)
		require.Empty(t, failures)
		got, problems := wire.Decode[whole](inputs)
		assert.Empty(t, problems)
		assert.Equal(t, want, got)
	})
}

func TestDecodeNamesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	object := func(fields map[string]property.Value) property.Value { return property.New(property.NewMap(fields)) }
	_, problems := wire.Decode[whole](property.NewMap(map[string]property.Value{
		"on":    property.New("yes"),
		"share": property.New(true),
		"parts": property.New([]property.Value{
			object(map[string]property.Value{"name": property.New(1.0), "count": property.New(1.5)}),
			object(map[string]property.Value{"scopes": property.New("read"), "tag": property.New("x")}),
			property.New(property.Null),
		}),
		"given":  property.New([]property.Value{property.New("a"), property.New(property.Null)}),
		"byName": object(map[string]property.Value{"x": property.New("y")}),
		"lists":  object(map[string]property.Value{"y": object(nil)}),
		"wrong":  property.New("z"),
		"__own":  property.New("the engine's"),
		"absent": property.New(property.Null),
	}))
	assert.Equal(t, problem.List{
		{Path: "on", Reason: "must be true or false"},
		{Path: "share", Reason: "must be a number"},
		{Path: "parts[0].name", Reason: "must be a string"},
		{Path: "parts[0].count", Reason: "must be a whole number"},
		{Path: "parts[1].name", Reason: "is required"},
		{Path: "parts[1].scopes", Reason: "must be a list"},
		{Path: "parts[1].tag", Reason: "unknown property; valid are count, name, scopes, tags"},
		{Path: "parts[2]", Reason: "is required"},
		{Path: "given[1]", Reason: "is required"},
		{Path: "byName.x", Reason: "must be an object with properties"},
		{Path: "lists.y", Reason: "must be a list"},
		{Path: "wrong", Reason: "unknown property; valid are byName, given, lists, on, one, organization, parts, share"},
	}, problems)
}
