package wire

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Logger tells the user something during an operation on a resource, without the secrets of the resource's properties: what
// it quotes may be one, or an answer of the service that repeats one.
type Logger struct {
	inner      p.Logger
	properties []property.Map
}

type quietKey struct{}

// withProperties keeps the properties of the operation whose secrets no line may hold.
func withProperties(ctx context.Context, properties ...property.Map) context.Context {
	return context.WithValue(ctx, quietKey{}, properties)
}

// Log is the logger of the operation that ctx belongs to. Resources use no other.
func Log(ctx context.Context) Logger {
	properties, _ := ctx.Value(quietKey{}).([]property.Map)
	return Logger{inner: p.GetLogger(ctx), properties: properties}
}

func (l Logger) quiet(text string) string { return quietText(text, l.properties) }

// Warning tells of what may be wrong.
func (l Logger) Warning(text string) { l.inner.Warning(l.quiet(text)) }

// Warningf tells of what may be wrong.
func (l Logger) Warningf(format string, args ...any) { l.Warning(fmt.Sprintf(format, args...)) }

// Info returns what is good to know.
func (l Logger) Info(text string) { l.inner.Info(l.quiet(text)) }

// Infof returns what is good to know.
func (l Logger) Infof(format string, args ...any) { l.Info(fmt.Sprintf(format, args...)) }

// InfoStatusf returns how far an operation is; the next status replaces it.
func (l Logger) InfoStatusf(format string, args ...any) {
	l.inner.InfoStatus(l.quiet(fmt.Sprintf(format, args...)))
}
