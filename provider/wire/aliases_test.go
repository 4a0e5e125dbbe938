package wire

import (
	"context"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// constructed keeps the request of a construction.
type constructed struct {
	pulumirpc.UnimplementedResourceProviderServer
	req *pulumirpc.ConstructRequest
}

func (c *constructed) Construct(_ context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	c.req = req
	return &pulumirpc.ConstructResponse{}, nil
}

func TestAliasesArePassedOnAsURNs(t *testing.T) {
	t.Parallel()
	const stack, outer = "urn:pulumi:dev::app::pulumi:pulumi:Stack::app-dev", "urn:pulumi:dev::app::my:index:Outer::o"
	spec := func(s *pulumirpc.Alias_Spec) *pulumirpc.Alias {
		return &pulumirpc.Alias{Alias: &pulumirpc.Alias_Spec_{Spec: s}}
	}
	for name, test := range map[string]struct {
		parent string
		alias  *pulumirpc.Alias
		want   string
	}{
		"a URN":          {stack, &pulumirpc.Alias{Alias: &pulumirpc.Alias_Urn{Urn: outer}}, outer},
		"a name":         {stack, spec(&pulumirpc.Alias_Spec{Name: "old"}), "urn:pulumi:dev::app::p:index:C::old"},
		"under a parent": {outer, spec(&pulumirpc.Alias_Spec{Name: "old"}), "urn:pulumi:dev::app::my:index:Outer$p:index:C::old"},
		"once at the top": {
			outer, spec(&pulumirpc.Alias_Spec{Parent: &pulumirpc.Alias_Spec_NoParent{NoParent: true}}), "urn:pulumi:dev::app::p:index:C::new",
		},
		"once elsewhere": {
			"", spec(&pulumirpc.Alias_Spec{Type: "q:index:D", Stack: "s", Project: "r", Parent: &pulumirpc.Alias_Spec_ParentUrn{ParentUrn: outer}}),
			"urn:pulumi:s::r::my:index:Outer$q:index:D::new",
		},
	} {
		var seen constructed
		req := &pulumirpc.ConstructRequest{
			Project: "app", Stack: "dev", Type: "p:index:C", Name: "new", Parent: test.parent, Aliases: []*pulumirpc.Alias{test.alias},
		}
		_, err := WithAliases(&seen).Construct(t.Context(), req)
		require.NoError(t, err, name)
		assert.Equal(t, test.want, seen.req.GetAliases()[0].GetUrn(), name)
	}
}
