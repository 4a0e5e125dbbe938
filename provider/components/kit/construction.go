package kit

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Construction is a component that is being constructed.
type Construction struct {
	Context *pulumi.Context
	Session *session.Session
	// Name is that of the component. The names of its children begin with it.
	Name string
	// Given are the inputs before outputs were made of them, with sorted sets. How many children there are, and their names, are
	// computed from these.
	Given  property.Map
	Parent pulumi.Resource // the component

	plugin Plugin
	parent session.Parent
}

// Named is the same construction, with another name for children to begin with.
func (c *Construction) Named(name string) *Construction {
	renamed := *c
	renamed.Name = name
	return &renamed
}

// Organization is the one that the inputs name, else the configured one.
func (c *Construction) Organization(given *Out[string]) Out[string] {
	if given != nil {
		return *given
	}
	return Known(c.Session.Organization) // checked to be there before anything is constructed
}

// Warn shows a warning of the component.
func (c *Construction) Warn(text string) error {
	return c.Context.Log.Warn(text, &pulumi.LogArgs{Resource: c.Parent})
}

// registerSelf registers the component with the inputs that the program gave it, so that the state holds them.
func (c *Construction) registerSelf(token string, component pulumi.ComponentResource, options pulumi.ResourceOption) error {
	c.Parent = component
	return withShortTrace(func() error {
		return c.Context.RegisterComponentResourceV2(token, c.Name, wire.Given(c.Given), component, options)
	})
}

// Register registers a child of the package and fills its outputs. It inherits the component's provider, and has this plugin's
// version. It gets the opt-ins that it knows.
func Register[R pulumi.CustomResource](
	c *Construction, token, name string, props Properties, child R, extra ...pulumi.ResourceOption,
) (R, error) {
	if allow, given := props["allow"].(Out[[]types.OptIn]); given {
		known := types.OptIns(string(tokens.Type(token).Name()))
		props["allow"] = pulumix.Apply(allow, func(all []types.OptIn) []types.OptIn {
			return slices.DeleteFunc(slices.Clone(all), func(one types.OptIn) bool { return !slices.Contains(known, one) })
		})
	}
	c.Session.Family.Add(c.parent, token, name)
	options := []pulumi.ResourceOption{pulumi.Parent(c.Parent)}
	if c.plugin.Version != "" {
		options = append(options, pulumi.Version(c.plugin.Version))
	}
	if c.plugin.DownloadURL != "" {
		options = append(options, pulumi.PluginDownloadURL(c.plugin.DownloadURL))
	}
	return child, withShortTrace(func() error {
		return c.Context.RegisterResource(token, name, pulumi.Map(props), child, append(options, extra...)...)
	})
}

// RegisterForeign registers a child of another package, by its token and the package's version.
func (c *Construction) RegisterForeign(
	token, version, name string, props Properties, child pulumi.CustomResource, after ...pulumi.Resource,
) error {
	return withShortTrace(func() error {
		return c.Context.RegisterResource(token, name, pulumi.Map(props), child,
			pulumi.Parent(c.Parent), pulumi.Version(version), pulumi.DependsOn(after))
	})
}

// Child is a child that a component takes no output of.
type Child struct{ pulumi.CustomResourceState }

// Role is a role that a component makes.
type Role struct {
	Organization      *Out[string]
	Name, Description Out[string]
	Access            Out[types.Access]
	Allow             *Out[[]types.OptIn]
}

// Register registers the role, and returns its id.
func (r Role) Register(c *Construction, name string, extra ...pulumi.ResourceOption) (Out[string], error) {
	props := Properties{"name": r.Name, "description": r.Description, "access": r.Access}
	SetIf(props, "organization", r.Organization)
	SetIf(props, "allow", r.Allow)
	var made struct {
		pulumi.CustomResourceState
		RoleID pulumi.StringOutput `pulumi:"roleId"`
	}
	_, err := Register(c, "leastprivilege:index:Role", name, props, &made, extra...)
	if err != nil {
		return Out[string]{}, err
	}
	return pulumix.MustConvertTyped[string](made.RoleID), nil
}
