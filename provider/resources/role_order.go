package resources

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// inCheckedOrder sorts rules as Check does, so that what a read returns and what a check returns is the same text.
func inCheckedOrder(in types.Access) types.Access {
	slices.SortFunc(in.Stacks, byKey(func(r types.StackRule) property.Value {
		return ruleValue{r.Project, "stack", r.Stack, r.Tags, r.All, r.Identity, plainText(r.Permission), r.Scopes,
			r.PermissionSet, nil}.property()
	}))
	slices.SortFunc(in.Environments, byKey(func(r types.EnvironmentRule) property.Value {
		return ruleValue{r.Project, "environment", r.Environment, r.Tags, r.All, r.Identity, plainText(r.Permission), r.Scopes,
			r.PermissionSet, r.MaxOpenDuration}.property()
	}))
	slices.SortFunc(in.Accounts, byKey(func(r types.AccountRule) property.Value {
		return ruleValue{nil, "account", r.Account, r.Tags, r.All, r.Identity, plainText(r.Permission), r.Scopes,
			r.PermissionSet, nil}.property()
	}))
	slices.SortFunc(in.Scopes, byKey(stringValue))
	return in
}

func plainText[S ~string](s *S) *string {
	if s == nil {
		return nil
	}
	plain := string(*s)
	return &plain
}

// ruleValue is a rule of any kind on its way to a property value.
type ruleValue struct {
	project         *string
	nameProperty    string
	name            *string
	tags            map[string]string
	all             *bool
	identity        *string
	permission      *string
	scopes          []string
	permissionSet   *string
	maxOpenDuration *string
}

func (r ruleValue) property() property.Value {
	out := map[string]property.Value{}
	for name, value := range map[string]*string{
		"project": r.project, r.nameProperty: r.name, "identity": r.identity, "permission": r.permission,
		"permissionSet": r.permissionSet, "maxOpenDuration": r.maxOpenDuration,
	} {
		if value != nil {
			out[name] = property.New(*value)
		}
	}
	if r.all != nil {
		out["all"] = property.New(*r.all)
	}
	if r.tags != nil {
		tags := map[string]property.Value{}
		for key, value := range r.tags {
			tags[key] = property.New(value)
		}
		out["tags"] = property.New(tags)
	}
	if r.scopes != nil {
		scopes := make([]property.Value, len(r.scopes))
		for i, scope := range r.scopes {
			scopes[i] = property.New(scope)
		}
		out["scopes"] = property.New(scopes)
	}
	return property.New(out)
}
