package types

import "github.com/pulumi/pulumi-go-provider/infer"

// DirectGrant is what somebody holds on a stack or an environment by themselves.
type DirectGrant struct {
	Login      string `pulumi:"login"`
	Permission string `pulumi:"permission"`
}

// Annotate describes the grant.
func (v *DirectGrant) Annotate(a infer.Annotator) {
	a.Describe(v, "A grant that a person or a machine identity holds on a stack or an environment directly, not through a team or a role.")
	a.Describe(&v.Login, "Whose grant it is. For a machine identity, the login that the service gave it.")
	a.Describe(&v.Permission, "`read`, `write`, `admin`, or `creator`, which is admin and was left to whoever created the stack; on "+
		"environments `open` as well, and `permissionSet` with the id of one that is not built in. Several stand beside each other.")
}

// OwnedStack is one stack whose ownership is managed.
type OwnedStack struct {
	Project       string        `pulumi:"project"`
	Stack         string        `pulumi:"stack"`
	StackID       string        `pulumi:"stackId"`
	Owner         string        `pulumi:"owner"`
	PreviousOwner *string       `pulumi:"previousOwner,optional"`
	Grants        []DirectGrant `pulumi:"grants"`
	Removed       []DirectGrant `pulumi:"removed"`
	Owed          []DirectGrant `pulumi:"owed,optional"`
}

// Annotate describes the stack.
func (v *OwnedStack) Annotate(a infer.Annotator) {
	a.Describe(v, "A stack whose ownership is managed: what it is like, what it had before, and what was taken away.")
	a.Describe(&v.Project, "The stack's project.")
	a.Describe(&v.Stack, "The stack's name.")
	a.Describe(&v.StackID, "The service's id of the stack: a stack that is deleted and recreated under its name is another one.")
	a.Describe(&v.Owner, "Who owns it, as it was last read.")
	a.Describe(&v.PreviousOwner, "Who owned it before. A delete gives the stack back. Absent where the owner never had to change.")
	a.Describe(&v.Grants, "The direct grants on it that are there, as they were last read.")
	a.Describe(&v.Removed, "The direct grants that were removed. A delete does not give them back.")
	a.Describe(&v.Owed, "The direct grants of people in `keep` that a change of the owner took, or may have taken, and that the next update gives back.")
}
