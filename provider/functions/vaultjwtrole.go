package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/relyingparty"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

//go:embed docs/vaultjwtrole.md
var vaultJWTRoleDoc string

const warningsHelp = "What of this is wider than it seems; empty when nothing is."

// VaultJWTRole writes a role of Vault's JWT auth method.
type VaultJWTRole struct{ Sessions session.Source }

// Annotate describes the function.
func (f *VaultJWTRole) Annotate(a infer.Annotator) {
	a.SetToken("index", "vaultJwtRole")
	a.Describe(f, vaultJWTRoleDoc)
}

// VaultJWTRoleInput is who is trusted.
type VaultJWTRoleInput struct {
	Subjects    []string          `pulumi:"subjects"`
	Audience    string            `pulumi:"audience"`
	BoundClaims map[string]string `pulumi:"boundClaims,optional"`
	UserClaim   *string           `pulumi:"userClaim,optional"`
	Policies    []string          `pulumi:"policies,optional"`
	Issuer      *string           `pulumi:"issuer,optional"`
}

// Annotate describes the inputs.
func (in *VaultJWTRoleInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Subjects, "The exact subjects to admit, from `escSubjectsV2`, `escSubjects` or `deploymentSubjects`.")
	a.Describe(&in.Audience, "The audience to require: what `fn::open::oidc` asks for, or for `vault-login` the organization's name.")
	a.Describe(&in.BoundClaims, "Further claims with their exact values, such as the output `claims` of `escSubjectsV2`.")
	a.Describe(&in.UserClaim, "The claim that names Vault's entity. Default: `sub`. Choose none that the environment chooses.")
	a.Describe(&in.Policies, "The policies of Vault that the role's tokens have.")
	a.Describe(&in.Issuer, issuerHelp)
}

// VaultJWTRoleOutput is the role.
type VaultJWTRoleOutput struct {
	Role     string   `pulumi:"role"`
	Config   string   `pulumi:"config"`
	Warnings []string `pulumi:"warnings"`
}

// Annotate describes the outputs.
func (out *VaultJWTRoleOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Role, "The role as JSON text, to write to `auth/jwt/role/NAME`.")
	a.Describe(&out.Config, "The configuration of the auth method as JSON text, to write to `auth/jwt/config`. A method trusts one issuer.")
	a.Describe(&out.Warnings, warningsHelp)
}

// Invoke writes the role.
func (f *VaultJWTRole) Invoke(
	ctx context.Context, req infer.FunctionRequest[VaultJWTRoleInput],
) (infer.FunctionResponse[VaultJWTRoleOutput], error) {
	var out infer.FunctionResponse[VaultJWTRoleOutput]
	current, err := f.Sessions(ctx)
	if err != nil {
		return out, err
	}
	issuer := issuerOf(current, req.Input.Issuer, req.Input.Subjects)
	role, warnings, err := relyingparty.NewVaultRole(relyingparty.VaultTrust{
		Subjects: req.Input.Subjects, Audience: req.Input.Audience, Claims: req.Input.BoundClaims, UserClaim: ptr.Value(req.Input.UserClaim),
		Policies: req.Input.Policies,
	})
	wrong := problem.Of(err)
	wrong.AddReason("issuer", oidc.BadIssuerURL(issuer))
	if err := wrong.Err(); err != nil {
		return out, err
	}
	out.Output.Warnings = append([]string{}, warnings...)
	if out.Output.Role, err = relyingparty.Document(role); err != nil {
		return out, err
	}
	out.Output.Config, err = relyingparty.Document(relyingparty.ConfigFor(issuer))
	return out, err
}

// issuerOf is the issuer that is given, else that of the subjects' version: subjects of the second version have an issuer of their
// own.
func issuerOf(current *session.Session, given *string, subjects []string) string {
	issuer := current.IssuerOr(given)
	if given != nil || len(subjects) == 0 {
		return issuer
	}
	if _, err := oidc.ParseESCSubjectV2(subjects[0]); err == nil {
		return oidc.IssuerV2(issuer)
	}
	return issuer
}
