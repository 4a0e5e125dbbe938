package wire

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
)

// WithAliases rewrites the aliases of a component as URNs. The framework drops aliases that name only what changed, as in
// `aliases: [{name: old}]`; the engine would then create the component and its children again beside the old ones.
func WithAliases(server pulumirpc.ResourceProviderServer) pulumirpc.ResourceProviderServer {
	return aliased{server}
}

type aliased struct {
	pulumirpc.ResourceProviderServer
}

// Construct passes aliases on as URNs.
func (a aliased) Construct(ctx context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	written := proto.Clone(req).(*pulumirpc.ConstructRequest)
	for _, alias := range written.GetAliases() {
		if spec := alias.GetSpec(); spec != nil {
			alias.Alias = &pulumirpc.Alias_Urn{Urn: string(aliasURN(written, spec))}
		}
	}
	return a.ResourceProviderServer.Construct(ctx, written)
}

// aliasURN is the URN that an alias stands for. What the alias leaves out is taken from the component itself.
func aliasURN(req *pulumirpc.ConstructRequest, alias *pulumirpc.Alias_Spec) urn.URN {
	parent := urn.URN(req.GetParent())
	switch {
	case alias.GetNoParent():
		parent = ""
	case alias.GetParentUrn() != "":
		parent = urn.URN(alias.GetParentUrn())
	}
	var under tokens.Type
	if parent != "" && parent.QualifiedType() != "pulumi:pulumi:Stack" {
		under = parent.QualifiedType()
	}
	return urn.New(
		tokens.QName(orElse(alias.GetStack(), req.GetStack())), tokens.PackageName(orElse(alias.GetProject(), req.GetProject())),
		under, tokens.Type(orElse(alias.GetType(), req.GetType())), orElse(alias.GetName(), req.GetName()))
}

func orElse(text, absent string) string {
	if text == "" {
		return absent
	}
	return text
}
