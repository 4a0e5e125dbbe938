package wire

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Outputs says of a resource's outputs what the framework cannot know.
type Outputs struct {
	// Secret are the outputs that are secret wherever the provider answers with them: at create, update and read, in full
	// or in part. The framework marks them at create and update alone.
	Secret []string
	// Chosen are the outputs that an update may choose anew although no input changed: one that the preview of an update leaves
	// empty is unknown. The framework takes the outputs of an update without changed inputs for known.
	Chosen []string
}

// WithOutputs applies what is said of outputs to what a provider answers.
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
