package components

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	perrors "github.com/pulumi/pulumi/sdk/v3/go/pulumi/errors"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Factory makes components.
type Factory struct {
	Sessions session.Source
	Package  Package
}

const organizationHelp = "The organization. Default: that of the provider configuration, or `PULUMI_ORGANIZATION`."

// rules say how a component's inputs are judged and lifted.
type rules struct {
	args      reflect.Type // what the inputs are decoded into
	check     func(*session.Session, property.Map) problem.List
	mustKnown []string // paths of what decides which children exist; [*] is any element
	// mustKnownIf are further such paths, of inputs that decide it only together with others.
	mustKnownIf func(property.Map) []string
	lifting     wire.Lifting
	// mayBeAbsent are the outputs that not every component has.
	mayBeAbsent []string
}

var rulesByToken = map[tokens.Type]rules{
	"leastprivilege:index:OrganizationBaseline": takes[OrganizationBaselineArgs](rules{check: checkOrganizationBaseline}),
	"leastprivilege:index:ScopedTeam": takes[ScopedTeamArgs](rules{
		check:       checkScopedTeam,
		mustKnown:   []string{"existing", "unmanagedMembers", "grantThrough"},
		mayBeAbsent: []string{"roleId", "token"},
	}),
	"leastprivilege:index:TieredAccess": takes[TieredAccessArgs](rules{
		check:     checkTieredAccess,
		mustKnown: tieredMustKnown(),
		lifting:   tieredLifting(),
	}),
	"leastprivilege:index:BreakGlass":             takes[BreakGlassArgs](breakGlassRules()),
	"leastprivilege:index:ProductionEnvironment":  takes[ProductionEnvironmentArgs](environmentRules(checkEnvironment)),
	"leastprivilege:index:SecretStoreEnvironment": takes[SecretStoreEnvironmentArgs](secretStoreEnvironmentRules()),
	"leastprivilege:index:ReadOnlyCloudAccess":    takes[ReadOnlyCloudAccessArgs](readOnlyRules()),
	"leastprivilege:index:DeploymentRoleAssignment": takes[DeploymentRoleAssignmentArgs](rules{
		check:       checkDeploymentRoleAssignment,
		mustKnown:   append(loginsMustKnown("oidc"), "oidc"),
		mustKnownIf: deploymentMustKnown,
		mayBeAbsent: append([]string{"roleId"}, identityOutputs...),
		lifting:     wire.Lifting{Blocks: append(loginBlocks("oidc"), "oidc")},
	}),
	"leastprivilege:index:CiTrust": takes[CiTrustArgs](rules{check: checkCiTrust, mustKnown: []string{"provider"}}),
}

// takes are the rules of a component with such arguments.
func takes[Args any](r rules) rules {
	r.args = reflect.TypeFor[Args]()
	return r
}

// component is one of the package's, constructed as [constructor] says.
type component struct {
	infer.InferredComponent
	construct func(context.Context, p.ConstructRequest) (p.ConstructResponse, error)
}

// Construct makes the component.
func (c component) Construct(ctx context.Context, req p.ConstructRequest) (p.ConstructResponse, error) {
	return c.construct(ctx, req)
}

func componentOf[A any, R pulumi.ComponentResource](construct infer.ComponentFn[A, R]) component {
	return component{InferredComponent: infer.ComponentF(construct), construct: constructor(construct)}
}

// Components lists the components for the provider.
func (f Factory) Components() []infer.InferredComponent {
	return []infer.InferredComponent{
		componentOf(f.NewOrganizationBaseline),
		componentOf(f.NewScopedTeam),
		componentOf(f.NewBreakGlass),
		componentOf(f.NewProductionEnvironment),
		componentOf(f.NewReadOnlyCloudAccess),
		componentOf(f.NewSecretStoreEnvironment),
		componentOf(f.NewDeploymentRoleAssignment),
		componentOf(f.NewCiTrust),
		componentOf(f.NewTieredAccess),
	}
}

// Wrap puts three steps in front of the construction of every component. Inputs are judged while it is still visible what is
// unknown in them: an error names the property as the user wrote it. Then sets are put into one order, without duplicates, so
// that nothing which is made from them, names of children, their inputs and outputs, depends on how they were written. Then
// they are lifted (see package wire).
func (f Factory) Wrap(provider p.Provider) p.Provider {
	construct := provider.Construct
	provider.Construct = func(ctx context.Context, req p.ConstructRequest) (p.ConstructResponse, error) {
		rules, ok := rulesByToken[req.Urn.Type()]
		if !ok {
			return p.ConstructResponse{}, fmt.Errorf("%s has no rules: a bug in the provider", req.Urn.Type())
		}
		sets, err := wire.Sets(rules.args)
		if err != nil {
			return p.ConstructResponse{}, err
		}
		current, err := f.Sessions(ctx)
		if err != nil {
			return p.ConstructResponse{}, err
		}
		if err := judge(current, req, rules); err != nil {
			return p.ConstructResponse{}, err
		}
		given := req.Inputs
		inputs := wire.CanonicalSets(given, sets...)
		ctx = context.WithValue(ctx, givenInputsKey{}, inputs)
		req.Inputs = wire.Lift(inputs, rules.lifting, stackOf(req.Urn))
		made, err := construct(ctx, req)
		return made, lateFailure(req.Urn, given, err)
	}
	return provider
}

type givenInputsKey struct{}

// givenInputs are the inputs of the component that ctx constructs as they were before outputs were made of them, sets in one
// order: for what must be known to say how many children there are, and what they are called.
func givenInputs(ctx context.Context) property.Map {
	inputs, _ := ctx.Value(givenInputsKey{}).(property.Map)
	return inputs
}

// stackOf is the URN of the root stack resource, under which everything is registered.
func stackOf(component urn.URN) urn.URN {
	name := string(component.Project()) + "-" + component.Stack().String()
	return urn.New(component.Stack(), component.Project(), "", resource.RootStackType, name)
}

func judge(current *session.Session, req p.ConstructRequest, rules rules) error {
	unknowns := wire.Unknowns(req.Inputs)
	mustKnown := rules.mustKnown
	if rules.mustKnownIf != nil {
		mustKnown = append(slices.Clone(mustKnown), rules.mustKnownIf(req.Inputs)...)
	}
	var details []perrors.InputPropertyErrorDetails
	for _, path := range unknowns {
		if slices.Contains(mustKnown, path) || slices.Contains(mustKnown, wire.Pattern(path)) {
			details = append(details, perrors.InputPropertyErrorDetails{
				PropertyPath: path,
				Reason: "decides which resources exist, so it must be known at preview: " +
					"give a plain value, and outputs only inside it where it is a block",
			})
		}
	}
	problems := rules.problems(current, string(req.Urn.Type().Name()), req.Inputs)
	problems = slices.DeleteFunc(problems, func(problem problem.Problem) bool { return wire.Touches(problem.Path, unknowns) })
	return refusal(fmt.Sprintf("%s %q has invalid inputs", req.Urn.Type().Name(), req.Urn.Name()), req.Inputs, problems, details)
}

// refusal is the error of a component with such problems, nil if there are none.
func refusal(
	message string, inputs property.Map, problems problem.List, details []perrors.InputPropertyErrorDetails,
) error {
	unnamed := ""
	for _, one := range problems {
		reason, secret := wire.QuietReason(inputs, one.Path, one.Reason)
		if secret || one.Path == "" {
			// The engine prints the value of what a detail names, and all inputs for one without a name.
			unnamed += "\n\t\t- " + strings.TrimPrefix(one.Path+": ", ": ") + reason
			continue
		}
		details = append(details, perrors.InputPropertyErrorDetails{PropertyPath: one.Path, Reason: reason})
	}
	if len(details) == 0 && unnamed == "" {
		return nil
	}
	return rpcerror.WrapDetailedError(perrors.NewInputPropertiesError(message+unnamed, details...))
}

// problems are what is wrong with the inputs. Those of another type than they should have are judged no further.
func (r rules) problems(current *session.Session, component string, inputs property.Map) problem.List {
	if problems := checkTypes(inputs, r.args); len(problems) > 0 {
		return problems
	}
	problems := r.check(current, inputs)
	if given := valueOf[[]types.OptIn](inputs, "allow"); given != nil {
		problems = append(problems, types.CheckOptIns(component, *given)...)
	}
	return withoutRepeats(problems, checkEnums(inputs, r.args))
}

// has reports whether an input was given, known or not.
func has(inputs property.Map, name string) bool {
	value, ok := inputs.GetOk(name)
	return ok && !value.IsNull()
}

// valueOf decodes an input; what is unknown in it is zero. It is nil when the input is absent or does not fit its type, which
// checkTypes reports.
func valueOf[T any](inputs property.Map, name string) *T {
	if !has(inputs, name) || inputs.Get(name).IsComputed() {
		return nil
	}
	type holder struct {
		Value T `pulumi:"value"`
	}
	decoded, problems := wire.Decode[holder](property.NewMap(map[string]property.Value{"value": inputs.Get(name)}))
	if len(problems) > 0 {
		return nil
	}
	return &decoded.Value
}

// textOf is a string input, "" when it is absent or unknown.
func textOf(inputs property.Map, name string) string {
	if text := valueOf[string](inputs, name); text != nil {
		return *text
	}
	return ""
}

func isTrue(inputs property.Map, name string) bool {
	value := valueOf[bool](inputs, name)
	return value != nil && *value
}

// organization is the one that the inputs name, else the configured one.
func (f Factory) organization(current *session.Session, given *out[string]) out[string] {
	if given != nil {
		return *given
	}
	return known(current.Organization) // checked to be there before anything is constructed
}

// organizationOf is the organization that the inputs name, else the configured one.
func organizationOf(current *session.Session, inputs property.Map) (string, problem.List) {
	if given := inputs.Get("organization"); given.IsString() {
		return given.AsString(), types.CheckName("organization", given.AsString())
	} else if given.IsComputed() {
		return "", nil
	}
	organization, err := current.OrganizationOr(nil)
	if err != nil {
		return "", problem.List{{Path: "organization", Reason: err.Error()}}
	}
	return organization, nil
}

// checkAccess judges access rules, with the user's paths.
func checkAccess(in types.Access, options access.CheckOptions) problem.List {
	compiled, problems := in.Rules()
	return append(problems, compiled.Check(options)...).Under("access")
}

func checkOptions(current *session.Session, inputs property.Map) access.CheckOptions {
	options := access.CheckOptions{Catalogue: current.Catalogue}
	if given := valueOf[[]string](inputs, "allow"); given != nil {
		for _, opt := range *given {
			options.Allow = append(options.Allow, access.Allow(opt))
		}
	}
	return options
}

func index(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
