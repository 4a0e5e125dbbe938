package wire

import (
	"context"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Secrets are those of an operation's properties, for messages of other operations that may quote them.
type Secrets struct{ properties []property.Map }

// SecretsOf returns the secrets of the operation that ctx belongs to.
func SecretsOf(ctx context.Context) Secrets {
	properties, _ := ctx.Value(quietKey{}).([]property.Map)
	return Secrets{properties}
}

// Hiding returns a logger that redacts the secrets of other operations as well.
func (l Logger) Hiding(others ...Secrets) Logger {
	l.properties = slices.Clone(l.properties)
	for _, other := range others {
		l.properties = append(l.properties, other.properties...)
	}
	return l
}
