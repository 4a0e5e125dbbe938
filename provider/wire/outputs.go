package wire

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Outputs are properties of a resource's outputs that the framework cannot know.
type Outputs struct {
	// Secret are outputs that are secret in every answer: of create, update and read, whole or in part. The framework marks them
	// only at create and update.
	Secret []string
	// Chosen are outputs that an update may change although no input changed. One that the preview of an update leaves empty is
	// unknown; the framework would take it for known.
	Chosen []string
}

// WithOutputs applies [Outputs] to the answers of a provider.
func WithOutputs(provider p.Provider, outputs map[tokens.Type]Outputs) p.Provider {
	create, update, read := provider.Create, provider.Update, provider.Read
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		resp, err := create(ctx, req)
		resp.Properties = outputs[req.Urn.Type()].secret(resp.Properties)
		return resp, err
	}
	provider.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		resp, err := update(ctx, req)
		of := outputs[req.Urn.Type()]
		if req.DryRun {
			resp.Properties = of.chosen(resp.Properties)
		}
		resp.Properties = of.secret(resp.Properties)
		return resp, err
	}
	provider.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		resp, err := read(ctx, req)
		resp.Properties = outputs[req.Urn.Type()].secret(resp.Properties)
		return resp, err
	}
	return provider
}

func (o Outputs) secret(m property.Map) property.Map {
	for _, name := range o.Secret {
		if v, ok := m.GetOk(name); ok {
			m = m.Set(name, v.WithSecret(true))
		}
	}
	return m
}

func (o Outputs) chosen(m property.Map) property.Map {
	for _, name := range o.Chosen {
		v := m.Get(name)
		if (v.IsString() && v.AsString() == "") || (v.IsNumber() && v.AsNumber() == 0) || (v.IsArray() && v.AsArray().Len() == 0) {
			m = m.Set(name, property.New(property.Computed))
		}
	}
	return m
}
