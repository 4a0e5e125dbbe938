package types

import "github.com/pulumi/pulumi-go-provider/infer"

// OwnedEnvironment is one environment whose ownership is managed.
type OwnedEnvironment struct {
	Project       string        `pulumi:"project"`
	Environment   string        `pulumi:"environment"`
	EnvironmentID string        `pulumi:"environmentId"`
	Owner         string        `pulumi:"owner"`
	PreviousOwner *string       `pulumi:"previousOwner,optional"`
	Grants        []DirectGrant `pulumi:"grants"`
	Removed       []DirectGrant `pulumi:"removed"`
	Owed          []DirectGrant `pulumi:"owed,optional"`
}

// Annotate describes the environment.
func (v *OwnedEnvironment) Annotate(a infer.Annotator) {
	a.Describe(v, "An environment whose ownership is managed: what it is like, what it had before, and what was taken away.")
	a.Describe(&v.Project, "The environment's project.")
	a.Describe(&v.Environment, "The environment's name.")
	a.Describe(&v.EnvironmentID, "The service's id of the environment: one that is deleted and recreated under its name is another one.")
	a.Describe(&v.Owner, "Who owns it, as it was last read.")
	a.Describe(&v.PreviousOwner, "Who owned it before. A delete gives the environment back. Absent where the owner never had to change.")
	a.Describe(&v.Grants, "The direct grants on it that people hold, as they were last read.")
	a.Describe(&v.Removed, "The direct grants that were removed. A delete does not give them back.")
	a.Describe(&v.Owed, "The direct grants of people in `keep` that a change of the owner took, or may have taken, and that the next update gives back.")
}
