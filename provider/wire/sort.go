package wire

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/contract"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/mapper"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// SortSet sorts decoded elements of a set into the order that [CanonicalSets] gives them, so that what a read returns and
// what a check returns is the same list. Elements are strings, or structs with pulumi tags.
func SortSet[T any](elements []T) {
	type keyed struct {
		key     string
		element T
	}
	all := make([]keyed, len(elements))
	for i, element := range elements {
		all[i] = keyed{SortKey(encoded(element)), element}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	for i, one := range all {
		elements[i] = one.element
	}
}

// encoded is a decoded value as property value, as far as it holds plain values.
func encoded(element any) property.Value {
	plain, err := mapper.New(&mapper.Opts{IgnoreMissing: true}).EncodeValue(element)
	contract.AssertNoErrorf(err, "encoding %T", element)
	return resource.FromResourcePropertyValue(resource.NewPropertyValue(plain))
}
