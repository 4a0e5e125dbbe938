package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/relyingparty"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed docs/snowflakesecurityintegration.md
var snowflakeSecurityIntegrationDoc string

// SnowflakeSecurityIntegration writes an external OAuth integration of Snowflake.
type SnowflakeSecurityIntegration struct{ Sessions session.Source }

// Annotate describes the function.
func (f *SnowflakeSecurityIntegration) Annotate(a infer.Annotator) {
	a.SetToken("index", "snowflakeSecurityIntegration")
	a.Describe(f, snowflakeSecurityIntegrationDoc)
}

// SnowflakeSecurityIntegrationInput is who logs in.
type SnowflakeSecurityIntegrationInput struct {
	Name         string                `pulumi:"name"`
	Organization *string               `pulumi:"organization,optional"`
	Audience     *string               `pulumi:"audience,optional"`
	Users        []types.SnowflakeUser `pulumi:"users,optional"`
	UserClaim    *string               `pulumi:"userClaim,optional"`
	Roles        []string              `pulumi:"roles,optional"`
	Issuer       *string               `pulumi:"issuer,optional"`
}

// Annotate describes the inputs.
func (in *SnowflakeSecurityIntegrationInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Name, "The integration's name in Snowflake.")
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Audience, "The audience to require. Default: that of `snowflake-login`, `snowflake:<organization>`.")
	a.Describe(&in.Users, "The users that tokens log in as, each with its one subject. Required unless `userClaim` is given.")
	a.Describe(&in.UserClaim, "The claim by which Snowflake finds the user. Default: `sub`. Pulumi's guide uses `snowflake_user`, which the "+
		"environment chooses, so that whoever may write any environment can log in as every user that is mapped: there is a warning.")
	a.Describe(&in.Roles, "The only roles that sessions can have.")
	a.Describe(&in.Issuer, issuerHelp)
}

// SnowflakeSecurityIntegrationOutput is the SQL.
type SnowflakeSecurityIntegrationOutput struct {
	SQL      string   `pulumi:"sql"`
	Warnings []string `pulumi:"warnings"`
}

// Annotate describes the outputs.
func (out *SnowflakeSecurityIntegrationOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.SQL, "The statements, to be run by an administrator of the Snowflake account.")
	a.Describe(&out.Warnings, warningsHelp)
}

// Invoke writes the statements.
func (f *SnowflakeSecurityIntegration) Invoke(
	ctx context.Context, req infer.FunctionRequest[SnowflakeSecurityIntegrationInput],
) (infer.FunctionResponse[SnowflakeSecurityIntegrationOutput], error) {
	var out infer.FunctionResponse[SnowflakeSecurityIntegrationOutput]
	current, err := f.Sessions(ctx)
	if err != nil {
		return out, err
	}
	audience := ptr.Value(req.Input.Audience)
	if req.Input.Audience == nil {
		organization, err := current.OrganizationOr(req.Input.Organization)
		if err != nil {
			return out, err
		}
		audience = relyingparty.SnowflakeAudience(organization)
	}
	users, subjects := types.SnowflakeUsers(req.Input.Users)
	sql, warnings, err := relyingparty.Snowflake(relyingparty.SnowflakeTrust{
		Name: req.Input.Name, Issuer: issuerOf(current, req.Input.Issuer, subjects), Audience: audience, UserClaim: ptr.Value(req.Input.UserClaim),
		Users: users, Roles: req.Input.Roles,
	})
	out.Output = SnowflakeSecurityIntegrationOutput{SQL: sql, Warnings: append([]string{}, warnings...)}
	return out, err
}
