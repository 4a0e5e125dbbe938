package wire

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Logger writes messages to the user during an operation on a resource. It redacts the secrets of the resource's properties,
// since a message may quote one, or an answer of the service that repeats one.
type Logger struct {
	inner      p.Logger
	properties []property.Map
}

type quietKey struct{}

// withProperties keeps the properties whose secrets no message may contain.
func withProperties(ctx context.Context, properties ...property.Map) context.Context {
	return context.WithValue(ctx, quietKey{}, properties)
}

// Log returns the logger of the operation that ctx belongs to. Resources use no other.
func Log(ctx context.Context) Logger {
	properties, _ := ctx.Value(quietKey{}).([]property.Map)
	return Logger{inner: p.GetLogger(ctx), properties: properties}
}

func (l Logger) quiet(text string) string { return quietText(text, l.properties) }

// Warning warns the user.
func (l Logger) Warning(text string) { l.inner.Warning(l.quiet(text)) }

// Warningf formats a warning.
func (l Logger) Warningf(format string, args ...any) { l.Warning(fmt.Sprintf(format, args...)) }

// Info informs the user.
func (l Logger) Info(text string) { l.inner.Info(l.quiet(text)) }

// Infof formats a message of information.
func (l Logger) Infof(format string, args ...any) { l.Info(fmt.Sprintf(format, args...)) }

// InfoStatusf shows the progress of the operation; the next status replaces it.
func (l Logger) InfoStatusf(format string, args ...any) {
	l.inner.InfoStatus(l.quiet(fmt.Sprintf(format, args...)))
}
