// Package clouds holds what the packages of the sandbox's clouds share: [aws], [azure] and [gcp]. The server uses each of them as a
// [Cloud], and they use the server as a [Host]. They do not import the server.
//
// [aws]: https://pkg.go.dev/github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/aws
// [azure]: https://pkg.go.dev/github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/azure
// [gcp]: https://pkg.go.dev/github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp
package clouds

import (
	"encoding/json"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/pulumi/esc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Cloud is one cloud of the sandbox: its trust, and its sessions. Its methods are called with the server's lock
// held, and so are the handlers and providers that they return.
type Cloud interface {
	// Name is the cloud's name in deployment settings.
	Name() string
	// Routes set the cloud up, below /_sandbox/clouds/.
	Routes() []rest.Route
	// Provider is one of the cloud's ESC providers, false if it has none of that name.
	Provider(name string, token LoginToken) (esc.Provider, bool)
	// Deploy logs a deployment in, as the deployment settings say and with the deployment's identity token. An error is the
	// cloud's refusal.
	Deploy(login map[string]any, token string) error
}

// Host is the server around a cloud.
type Host interface {
	// Verify checks a token as a relying party that trusts the server's own issuer, which is the only one that clouds trust.
	// It returns the registered claims, and fills others with all claims.
	Verify(token string, others ...any) (jwt.Claims, error)
	// Now is the time by the server's clock.
	Now() time.Time
	// Seal encrypts a value that is kept, and Unseal decrypts it.
	Seal(value string) string
	Unseal(sealed string) (string, error)
}

// Base holds what every cloud has.
type Base[State, Session any] struct {
	Host Host
	// State returns the cloud's objects. The server keeps them; call it each time, since the state can be replaced.
	State func() *State
	// Sessions are the logins, oldest first.
	Sessions []Session
}

// ListSessions answers with the sessions, whose JSON has no credentials.
func (b *Base[State, Session]) ListSessions(r *rest.Call) error {
	return r.OK(map[string]any{"sessions": append([]Session{}, b.Sessions...)})
}

// LoginToken mints the identity token of a login that env is about to open.
type LoginToken func(cloud oidc.Cloud, attributes []string, env esc.EnvExecContext) (string, error)

// Values are those of a map, in the order of its keys; never nil.
func Values[V any](from map[string]V) []V {
	all := make([]V, 0, len(from))
	for _, key := range rest.SortedKeys(from) {
		all = append(all, from[key])
	}
	return all
}

// Fill makes a map that is missing.
func Fill[V any](m *map[string]V) {
	if *m == nil {
		*m = map[string]V{}
	}
}

// Document takes a policy as a JSON object or, as programs output it, as text that holds one.
func Document(sent json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(sent, &text) == nil {
		sent = json.RawMessage(text)
	}
	return rest.Compact(sent)
}
