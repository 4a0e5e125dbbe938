package kit

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// WarnUndecided tells at preview what cannot be told of a set that is owned whole, because part of the inputs that declare it is not
// known yet: mayGo is what is there now and no known element keeps, a line each. Every resource that owns a set whole calls it: left
// out of the preview, a removal would come as a surprise.
func WarnUndecided(ctx context.Context, op Op, about string, inputs, mayGo []string) {
	unknown := op.unknownIn(inputs)
	if len(unknown) == 0 {
		return
	}
	missing := notKnownYet(unknown)
	if len(mayGo) == 0 {
		wire.Log(ctx).Infof("%s: %s. It cannot take anything away: all that is there now is declared by what is known", about, missing)
		return
	}
	WarnRemovals(ctx, fmt.Sprintf("%s: %s, so this preview cannot tell all that an update takes away. It takes away or changes each of these "+
		"unless what is not known yet declares it as it is:", about, missing), mayGo)
}

// WarnUnreadable is [WarnUndecided] where what is there now cannot be read either.
func WarnUnreadable(ctx context.Context, op Op, about string, inputs []string, err error) {
	if unknown := op.unknownIn(inputs); len(unknown) > 0 {
		wire.Log(ctx).Warningf("%s: what an update takes away cannot be told: %s, and what is there now could not be read: %v",
			about, notKnownYet(unknown), err)
	}
}

func notKnownYet(paths []string) string {
	if len(paths) == 1 {
		return paths[0] + " is not known yet"
	}
	return shortlist.Of(paths, 5) + " are not known yet"
}

// KnownElements are the elements of a list of the inputs of which every part is known.
func KnownElements[T any](op Op, path string, list []T) []T {
	known := []T{}
	for i, one := range list {
		if !op.Unknown(fmt.Sprintf("%s[%d]", path, i)) {
			known = append(known, one)
		}
	}
	return known
}

// unknownIn are the paths of what is not known in some inputs.
func (o Op) unknownIn(inputs []string) []string {
	return slices.DeleteFunc(slices.Clone(o.Unknowns), func(path string) bool { return !wire.Touches(path, inputs) })
}
