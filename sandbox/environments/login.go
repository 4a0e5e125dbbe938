package environments

import (
	"fmt"

	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// LoginToken mints the identity token of a login that env is about to open.
func (o Opening) LoginToken(
	cloud oidc.Cloud, attributes []string, env esc.EnvExecContext,
) (string, error) {
	opened, err := o.oidcContext(env)
	if err != nil {
		return "", err
	}
	subject, err := oidc.ESCSubject(opened, attributes)
	if err != nil {
		return "", fmt.Errorf("oidc: %w", err)
	}
	return o.Sign(subject, oidc.ESCAudience(cloud, opened.Organization, opened.Current.Project), o.claims(opened))
}
