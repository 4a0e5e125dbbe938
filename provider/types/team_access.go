package types

import "github.com/pulumi/pulumi-go-provider/infer"

// TeamStackGrant is a team's access to one stack.
type TeamStackGrant struct {
	Project    string          `pulumi:"project"`
	Stack      string          `pulumi:"stack"`
	Permission StackPermission `pulumi:"permission"`
}

// Annotate describes the grant.
func (g *TeamStackGrant) Annotate(a infer.Annotator) {
	a.Describe(g, "A team's access to one stack.")
	a.Describe(&g.Project, "The stack's project.")
	a.Describe(&g.Stack, "The stack's name, without organization and project.")
	a.Describe(&g.Permission, "The built-in permission set to grant: `read`, which decrypts the stack's secrets, `write` or "+
		"`admin`. A team is people, so `admin` needs `allow: [stackAdminForPeople]`. `view` is made of scopes, which only a role can hold.")
}

// TeamEnvironmentGrant is a team's access to one ESC environment.
type TeamEnvironmentGrant struct {
	Project         string                `pulumi:"project"`
	Environment     string                `pulumi:"environment"`
	Permission      EnvironmentPermission `pulumi:"permission"`
	MaxOpenDuration *string               `pulumi:"maxOpenDuration,optional"`
}

// Annotate describes the grant.
func (g *TeamEnvironmentGrant) Annotate(a infer.Annotator) {
	a.Describe(g, "A team's access to one ESC environment.")
	a.Describe(&g.Project, "The environment's project.")
	a.Describe(&g.Environment, "The environment's name, without organization and project.")
	a.Describe(&g.Permission, "The built-in permission set to grant. `open` and more expose secrets and credentials.")
	a.Describe(&g.MaxOpenDuration, "The longest that one opening may last, such as `30m` or `1h`. Goes with `open` and more. "+
		"Default: no limit.")
}

// TeamAccountGrant is a team's access to one Insights account.
type TeamAccountGrant struct {
	Account    string            `pulumi:"account"`
	Permission AccountPermission `pulumi:"permission"`
}

// Annotate describes the grant.
func (g *TeamAccountGrant) Annotate(a infer.Annotator) {
	a.Describe(g, "A team's access to one Insights account.")
	a.Describe(&g.Account, "The account's name.")
	a.Describe(&g.Permission, "The built-in permission set to grant.")
}
