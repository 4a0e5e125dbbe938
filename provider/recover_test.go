package provider

import (
	"context"
	"reflect"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every method that the engine calls turns a panic into its own error, without what the panic said.
func TestPanicsAreErrors(t *testing.T) {
	t.Parallel()
	names := []string{
		"GetSchema", "CheckConfig", "DiffConfig", "Configure", "Invoke", "Check", "Diff", "Create", "Read", "Update", "Delete",
		"Construct", "Call",
	}
	var panicking p.Provider
	fields := reflect.ValueOf(&panicking).Elem()
	covered := map[string]bool{}
	for _, name := range names {
		covered[name] = true
		field := fields.FieldByName(name)
		field.Set(reflect.MakeFunc(field.Type(), func([]reflect.Value) []reflect.Value { panic("s3cret") }))
	}
	wrapped := reflect.ValueOf(withRecovery(panicking))
	for i := range wrapped.NumField() {
		field := wrapped.Type().Field(i)
		if field.Type.Kind() != reflect.Func || field.Type.NumIn() != 2 {
			continue // Cancel takes no request
		}
		if !covered[field.Name] {
			assert.True(t, wrapped.Field(i).IsNil() || field.Name == "Parameterize" || field.Name == "GetMapping" || field.Name == "GetMappings",
				"%s is not recovered", field.Name)
			continue
		}
		results := wrapped.Field(i).Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.Zero(field.Type.In(1))})
		err, _ := results[len(results)-1].Interface().(error)
		require.Error(t, err, field.Name)
		assert.Contains(t, err.Error(), "pulumi refresh")
		assert.NotContains(t, err.Error(), "s3cret")
	}
	nothing := withRecovery(p.Provider{Check: func(context.Context, p.CheckRequest) (p.CheckResponse, error) {
		var missing *p.CheckResponse
		return *missing, nil
	}})
	_, err := nothing.Check(t.Context(), p.CheckRequest{})
	require.ErrorContains(t, err, "nil pointer")
	assert.Nil(t, nothing.Create, "what there is not stays so")
}
