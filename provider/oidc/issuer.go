package oidc

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// PulumiCloudIssuer is the issuer of ESC logins and Deployments on Pulumi Cloud itself.
const PulumiCloudIssuer = "https://api.pulumi.com/oidc"

// DefaultIssuer is the issuer of the service at apiURL: `<apiURL>/oidc`, without a trailing slash.
func DefaultIssuer(apiURL string) string {
	return strings.TrimRight(strings.TrimSpace(apiURL), "/") + "/oidc"
}

// issuerPath is an issuer as AWS names it, in provider ARNs and condition keys: host and path without the scheme. The
// host is lower-cased, because AWS compares it that way and condition keys are written from it.
func issuerPath(issuer string) (path, reason string) {
	path, reason = tokenIssuerPath(issuer)
	return strings.TrimRight(path, "/"), reason
}

// tokenIssuerPath is the issuer of a token as AWS compares it: a slash at the end makes another issuer.
func tokenIssuerPath(issuer string) (path, reason string) {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return "", fmt.Sprintf("%q is not a URL; an issuer looks like %s", issuer, PulumiCloudIssuer)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", fmt.Sprintf("issuer %q may have a host and a path, nothing else", u.Redacted())
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return "", fmt.Sprintf("issuer %q must start with https://", issuer)
	}
	path = strings.ToLower(u.Host) + u.EscapedPath()
	if reason := unsafeInPolicy("issuer", path); reason != "" {
		return "", reason
	}
	return path, ""
}

// BadIssuerURL returns why a text is not the URL of an issuer, or is "".
func BadIssuerURL(issuer string) string {
	_, reason := issuerPath(issuer)
	return reason
}

// loopback hosts may be plain http: they are emulators, and AWS itself refuses such an issuer anyway.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var (
	providerPattern = regexp.MustCompile(`^` + arn.Prefix + `iam::([0-9]{12}):oidc-provider/(.+)$`)
	samlPattern     = regexp.MustCompile(`^` + arn.Prefix + `iam::([0-9]{12}):saml-provider/(.+)$`)
)

// builtInProviders are the identity providers that AWS knows without one being made in the account; a trust policy names them
// by their host. See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
var builtInProviders = []string{"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}

// providerIssuer is the issuer that a federated principal names, however its account, partition or service is written.
func providerIssuer(federated string) (issuer string, found bool) {
	if slices.Contains(builtInProviders, strings.ToLower(federated)) {
		return strings.ToLower(federated), true
	}
	_, issuer, found = strings.Cut(federated, "oidc-provider/")
	return issuer, found && issuer != ""
}

// hasPlaceholder reports whether a text waits to be filled in by a template.
func hasPlaceholder(text string) bool { return strings.ContainsAny(text, "${}<>") }

// OIDCProviderARN is the ARN of the identity provider that stands for issuer in an account:
// `arn:aws:iam::<account>:oidc-provider/<issuer without scheme>`. Errors are [problem.List] naming `accountId` and
// `issuer`.
func OIDCProviderARN(accountID, issuer string) (string, error) {
	var wrong problem.List
	wrong.AddReason("accountId", arn.BadAccountID(accountID))
	path, reason := issuerPath(issuer)
	wrong.AddReason("issuer", reason)
	if err := wrong.Err(); err != nil {
		return "", err
	}
	return "arn:aws:iam::" + accountID + ":oidc-provider/" + path, nil
}

// BadProviderARN returns why a text is not the ARN of an OIDC provider; "" if it is.
func BadProviderARN(arn string) string {
	_, reason := providerPath(arn)
	return reason
}

// providerPath is the issuer's host and path that a provider's ARN names.
func providerPath(arn string) (path, reason string) {
	parts := providerPattern.FindStringSubmatch(arn)
	if parts == nil {
		return "", fmt.Sprintf("%q is not the ARN of an OIDC provider, which looks like "+
			"arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc", arn)
	}
	if reason := unsafeInPolicy("OIDC provider ARN", parts[3]); reason != "" {
		return "", reason
	}
	if strings.HasSuffix(parts[3], "/") {
		return "", fmt.Sprintf("OIDC provider ARN %q ends in a slash", arn)
	}
	return parts[3], ""
}
