package server

import (
	"fmt"
	"time"

	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// loginTokenLifetime bounds the use of the identity token itself; the cloud's session has a duration of its own.
const loginTokenLifetime = 10 * time.Minute

// loginToken mints the identity token of a login that env is about to open.
func (o opening) loginToken(
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
	return o.issuer.sign(identity{
		Subject:  subject,
		Audience: []string{oidc.ESCAudience(cloud, opened.Organization, opened.Current.Project)},
		Lifetime: loginTokenLifetime,
		Claims:   o.claims(opened),
	})
}
