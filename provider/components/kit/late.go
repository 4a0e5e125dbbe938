package kit

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// awaited is what the SDK puts in front of the error of a value that a child waited for.
var awaited = regexp.MustCompile(`^(?:(?:waiting for RPCs|marshaling properties|resolving options|awaiting input property "[^"]*"): )+`)

// Failure is an error that a component returns itself, in place of an output. It is about no input.
type Failure string

func (f Failure) Error() string { return string(f) }

// lateFailure is the error of a component with values that were found invalid once they were known, such as an output of another
// child. The SDK reports it as "marshaling properties: awaiting ...", with the input of the child that waited. This error names the
// component, the path at which the user wrote the value, and what to do. Other errors are returned as they are.
func (d Definition) lateFailure(component urn.URN, given property.Map, err error) error {
	var failure Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure):
		return fmt.Errorf("%s %q: %w", component.Type().Name(), component.Name(), failure)
	}
	call, ofCall := rpcerror.FromError(err)
	canceled := ofCall && call.Code().String() == "Canceled" // also where the outputs are registered, without a prefix
	if !canceled && !awaited.MatchString(err.Error()) {
		return err
	}
	if ofCall {
		return unfinished(component, canceled, awaited.ReplaceAllString(err.Error(), ""))
	}
	message := fmt.Sprintf("%s %q failed, because a value that was known only now is wrong. Correct it and run `pulumi up` again, which "+
		"goes on from what was made so far", component.Type().Name(), component.Name())
	return refusal(message, given, d.lateProblems(given, err), nil)
}

// unfinished is the error of a component of which a child could not be registered: no input is known to be invalid. When any
// resource fails, the engine cancels the others, and reports which one failed.
func unfinished(component urn.URN, canceled bool, reason string) error {
	because := "a resource that it is made of could not be registered: " + reason
	if canceled {
		because = "the update stopped at another resource, whose error says why"
	}
	return fmt.Errorf("%s %q is not finished, because %s. Once that is fixed, run `pulumi up` again, which goes on from what was made so far",
		component.Type().Name(), component.Name(), because)
}

// lateProblems are the problems of values that were known late, at the user's paths where these can be determined.
func (d Definition) lateProblems(given property.Map, err error) problem.List {
	var list problem.List
	var one problem.Problem
	if !errors.As(err, &list) && !errors.As(err, &one) {
		return problem.List{{Reason: awaited.ReplaceAllString(err.Error(), "")}}
	}
	var problems problem.List
	for _, wrong := range problem.Of(err) {
		path := wrong.Path
		if d.rules.UserPath != nil {
			path = d.rules.UserPath(given, path)
		}
		problems.AddReason(givenPath(given, path), wrong.Error())
	}
	return problems
}

var firstStep = regexp.MustCompile(`^[^.\[]+`)

// givenPath is the path if it is one of an input; else "".
func givenPath(given property.Map, path string) string {
	if !Has(given, firstStep.FindString(path)) {
		return ""
	}
	return path
}
