package kit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	perrors "github.com/pulumi/pulumi/sdk/v3/go/pulumi/errors"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Rules say how a component's inputs are checked and lifted.
type Rules struct {
	// Check returns what is wrong with the inputs, as far as they are known. It may run more than once.
	Check func(Checking, property.Map) problem.List
	// MustKnown are the paths of inputs that decide which children exist, so that they must be known; [*] is any element.
	MustKnown []string
	// MustKnownIf returns further such paths, of inputs that decide it only together with others.
	MustKnownIf func(property.Map) []string
	Lifting     wire.Lifting
	// MayBeAbsent are the outputs that not every component has.
	MayBeAbsent []string
	// UserPath translates a path of what was made from the inputs to the path at which the user wrote it. By default they are the
	// same.
	UserPath func(inputs property.Map, path string) string
}

// Checking is what checks work with: the session, with a catalogue that asks the service about scopes that this version does not know.
type Checking struct {
	*session.Session
	Catalogue access.Catalogue
}

// refuse returns the error of a component with invalid inputs, nil if they are valid.
func (d Definition) refuse(ctx context.Context, current *session.Session, preview bool, component urn.URN, inputs property.Map) error {
	unknowns := wire.Unknowns(inputs)
	mustKnown := d.rules.MustKnown
	if d.rules.MustKnownIf != nil {
		mustKnown = append(slices.Clone(mustKnown), d.rules.MustKnownIf(inputs)...)
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
	problems := d.problems(ctx, current, preview, inputs)
	problems = slices.DeleteFunc(problems, func(problem problem.Problem) bool { return wire.Touches(problem.Path, unknowns) })
	return refusal(fmt.Sprintf("%s %q has invalid inputs", component.Type().Name(), component.Name()), inputs, problems, details)
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

// problems are what is wrong with the inputs. Those of another type than they should have are checked no further. While the service cannot
// be asked about a scope, a preview admits it with a warning, as those of the children do, and an update refuses it before anything is made.
func (d Definition) problems(ctx context.Context, current *session.Session, preview bool, inputs property.Map) problem.List {
	if problems := checkTypes(inputs, d.args); len(problems) > 0 {
		return problems
	}
	check := func(catalogue access.Catalogue) problem.List {
		return d.rules.Check(Checking{current, catalogue}, inputs)
	}
	organization, _ := OrganizationOf(current, inputs) // checks report one that is not there
	var problems problem.List
	if preview {
		problems = current.CheckScopes(ctx, organization, check)
	} else {
		problems = check(current.CatalogueFor(ctx, organization, nil))
	}
	if given := ValueOf[[]types.OptIn](inputs, "allow"); given != nil {
		problems = append(problems, types.CheckOptIns(d.Name(), *given)...)
	}
	problems.AddElsewhere(checkEnums(inputs, d.args))
	return problems
}
