package environments

import (
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
)

// The providers that make a token of the second version, and that show its claims.
const (
	tokenProvider  = "oidc"
	claimsProvider = "debug-oidc-claims"
)

// Lifetimes of these tokens.
const (
	minTokenLifetime = time.Minute
	maxTokenLifetime = time.Hour
)

// SecondVersion is what tokens of the second version are made of: their issuer, and ids in place of names.
type SecondVersion struct {
	Issuer         string
	OrganizationID string
	ActorID        string
	EnvironmentID  func(oidc.EnvironmentRef) (string, bool)
	// Sign makes the token; current is the environment that declares it.
	Sign func(current oidc.EnvironmentRef, id idtokens.Identity) (string, error)
}

// idToken is the ESC provider oidc, or with preview debug-oidc-claims, which returns the claims and signs nothing. See
// https://www.pulumi.com/docs/esc/providers/login/oidc/.
type idToken struct {
	opening Opening
	preview bool
}

func tokenInputs() schema.BuilderMap {
	return schema.BuilderMap{"audience": schema.String(), "duration": schema.String(), "identityToken": schema.Object().Properties(versionInputs())}
}

func versionInputs() schema.BuilderMap { return schema.BuilderMap{"version": schema.String()} }

// Schema implements [clouds.Opener].
func (p idToken) Schema() (inputs, outputs *schema.Schema) {
	inputs = schema.Object().Properties(tokenInputs()).Required("audience", "identityToken").Schema()
	if p.preview {
		return inputs, schema.Always().Schema()
	}
	return inputs, schema.String().Schema()
}

// Open implements [clouds.Opener].
func (p idToken) Open(inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	id, current, err := p.identity(inputs, env)
	if err != nil {
		return esc.Value{}, err
	}
	if p.preview {
		shown := map[string]esc.Value{
			"iss": esc.NewValue(p.opening.Second.Issuer), "sub": esc.NewValue(id.Subject), "aud": esc.NewValue(id.Audience[0]),
		}
		for claim, value := range id.Claims {
			shown[claim] = esc.NewValue(fmt.Sprint(value))
		}
		return esc.NewValue(shown), nil
	}
	token, err := p.opening.Second.Sign(current, id)
	return esc.NewSecret(token), err
}

// identity is what the token says. The subject names the environment that declares the block, whichever was opened.
func (p idToken) identity(inputs map[string]esc.Value, env esc.EnvExecContext) (id idtokens.Identity, current oidc.EnvironmentRef, err error) {
	if err := clouds.CheckInputs(tokenInputs(), inputs); err != nil {
		return id, current, err
	}
	version, _ := clouds.Object(inputs, "identityToken")
	if err := clouds.CheckInputs(versionInputs(), version); err != nil {
		return id, current, fmt.Errorf("identityToken: %w", err)
	}
	if written := clouds.Text(version, "version"); written != "v2" {
		return id, current, fmt.Errorf("identityToken.version %q is not v2", written)
	}
	audience := clouds.Text(inputs, "audience")
	if reason := oidc.BadAudienceV2(audience); reason != "" {
		return id, current, fmt.Errorf("%s", reason)
	}
	lifetime, err := clouds.LoginDuration(inputs, "duration")
	if err != nil {
		return id, current, err
	}
	if lifetime == 0 {
		lifetime = maxTokenLifetime
	}
	if lifetime < minTokenLifetime || lifetime > maxTokenLifetime {
		return id, current, fmt.Errorf("duration %s is not between %s and %s", lifetime, minTokenLifetime, maxTokenLifetime)
	}
	opened, err := p.opening.oidcContext(env)
	if err != nil {
		return id, current, err
	}
	claims, subject, err := p.opening.Second.claims(opened)
	return idtokens.Identity{Subject: subject, Audience: []string{audience}, Lifetime: lifetime, Claims: claims}, opened.Current, err
}

// claims are those of a token that is made in an opening, and its subject.
func (s SecondVersion) claims(opened oidc.OpenContext) (claims map[string]any, subject string, err error) {
	current, found := s.EnvironmentID(opened.Current)
	if !found {
		return nil, "", fmt.Errorf("an environment makes such tokens once it is saved; this text is not")
	}
	root, found := s.EnvironmentID(opened.Root)
	if !found {
		return nil, "", fmt.Errorf("the environment that was opened has no id")
	}
	if subject, err = oidc.ESCSubjectV2(oidc.EnvironmentID{Organization: s.OrganizationID, Environment: current}); err != nil {
		return nil, "", err
	}
	return map[string]any{
		oidc.ClaimOrganization: strings.ToLower(opened.Organization), oidc.ClaimOrganizationID: s.OrganizationID,
		oidc.ClaimCurrentEnvironment: opened.Current.String(), oidc.ClaimCurrentEnvironmentID: current,
		oidc.ClaimRootEnvironment: opened.Root.String(), oidc.ClaimRootEnvironmentID: root,
		oidc.ClaimActor: opened.User, oidc.ClaimActorID: s.ActorID,
	}, subject, nil
}
