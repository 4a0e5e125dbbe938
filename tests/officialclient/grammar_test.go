package officialclient

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-cloud-sdk/go/apitype"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Every expression and descriptor that the official client has is read, and written back as the official client reads it.
func TestEveryOfficialDescriptorIsRead(t *testing.T) {
	t.Parallel()
	for name, expression := range officialExpressions(t) {
		allow := apitype.PermissionDescriptorAllowBuilder{Permissions: []apitype.RbacPermission{apitype.RbacPermissionStackRead}}.Build()
		condition, isBoolean := expression.(apitype.PermissionBooleanExpression)
		descriptors := []apitype.PermissionDescriptor{
			apitype.PermissionDescriptorSelectBuilder{
				Selector: expression, Options: []apitype.PermissionSelectvalue{{Value: expression, Node: allow}},
			}.Build(),
		}
		if isBoolean {
			descriptors = append(descriptors,
				apitype.PermissionDescriptorConditionBuilder{Condition: condition, SubNode: allow}.Build(),
				apitype.PermissionDescriptorIfThenElseBuilder{Condition: condition, SubNodeForTrue: allow, SubNodeForFalse: allow}.Build())
		}
		for _, descriptor := range descriptors {
			readsBack(t, name, descriptor)
		}
	}
	readsBack(t, "group", apitype.PermissionDescriptorGroupBuilder{Entries: []apitype.PermissionDescriptor{
		apitype.PermissionDescriptorComposeBuilder{PermissionDescriptors: []string{"5b1e"}}.Build(),
	}}.Build())
}

func readsBack(t *testing.T, name string, official apitype.PermissionDescriptor) {
	t.Helper()
	text, err := json.Marshal(official)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	read, err := access.ParseDescriptor(text)
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, text)
		return
	}
	written, err := access.MarshalDescriptor(read)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	var again apitype.PermissionDescriptor
	if err := apitype.UnmarshalJSONPermissionDescriptor(written, &again); err != nil {
		t.Errorf("%s: %v\n%s", name, err, written)
		return
	}
	if lost := changed(t, text, again); len(lost) > 0 {
		t.Errorf("%s: %v\n%s\n%s", name, lost, text, written)
	}
	// It is decided, and read as rules or said to be none, without a failure.
	access.Evaluate(read, access.Entity{Kind: access.Stack, ID: "s1", Tags: map[string]string{"x": "x"}}, nil)
	access.Decompile(read, nil, nil)
}

// officialExpressions are all expressions of the official client that are no mere base of others, with every part filled in.
func officialExpressions(t *testing.T) map[string]apitype.PermissionExpression {
	t.Helper()
	all := map[string]apitype.PermissionExpression{}
	for _, one := range (apitype.PermissionExpressionBuilder{}).Build().GetInstancesFromTypeHierarchy() {
		name, err := one.GetDiscriminatorValue()
		if err != nil {
			continue // a base
		}
		var filled apitype.PermissionExpression
		if err := apitype.UnmarshalJSONPermissionExpression([]byte(expressionText(t, name, one)), &filled); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = filled
	}
	if len(all) < 20 {
		t.Fatalf("only %d expressions", len(all))
	}
	return all
}

const stackContext = `{"__type": "PermissionExpressionStack"}`

// expressionText is the JSON of an expression, by the parts that its type can be given.
func expressionText(t *testing.T, name string, one apitype.PermissionExpression) string {
	t.Helper()
	parts := map[string]string{
		"Left": stackContext, "Right": stackContext, "Target": stackContext, "Context": stackContext, "Key": `"x"`, "Identity": `"s1"`,
		"Identities": `["s1", "s2"]`, "Node": `{"__type": "PermissionExpressionHasTag", "context": ` + stackContext + `, "key": "x"}`,
		"Value":  map[bool]string{true: `"x"`}[strings.HasSuffix(name, "String")],
		"Values": map[bool]string{true: `["x", "y"]`, false: `{"__type": "PermissionSetExpressionStack", "identities": ["s1"]}`}[strings.HasSuffix(name, "String")],
	}
	switch {
	case strings.HasSuffix(name, "Number"):
		parts["Value"] = "4.5"
	case strings.HasSuffix(name, "Bool"):
		parts["Value"] = "true"
	case name == "PermissionExpressionAnd", name == "PermissionExpressionOr":
		parts["Left"], parts["Right"] = parts["Node"], parts["Node"]
	case name == "PermissionExpressionHasTag":
		delete(parts, "Node") // of the type that it is derived from
	}
	text := `{"__type": "` + name + `"`
	kind := reflect.TypeOf(one)
	for i := range kind.NumMethod() {
		part, is := strings.CutPrefix(kind.Method(i).Name, "Set")
		if value := parts[part]; is && value != "" {
			text += `, "` + strings.ToLower(part[:1]) + part[1:] + `": ` + value
		} else if is && !strings.HasSuffix(part, "Var") && part != "Node" {
			t.Errorf("%s has a part %s that this test does not fill in", name, part)
		}
	}
	return text + "}"
}
