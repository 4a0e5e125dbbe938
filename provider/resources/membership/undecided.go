package membership

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// SayUndecided names those who may be removed from a team, because part of the lists is not known yet: the people among these whom no
// known element names.
func (v Lists) SayUndecided(ctx context.Context, op kit.Op, team string, people []string) {
	known := Lists{
		Members: new(kit.KnownElements(op, "members", ptr.Value(v.Members))), Admins: new(kit.KnownElements(op, "admins", ptr.Value(v.Admins))),
		TemporaryMembers: new(kit.KnownElements(op, "temporaryMembers", ptr.Value(v.TemporaryMembers))),
	}
	named := append(known.plainMembers(op.Session.Now()), ptr.Value(known.Admins)...)
	var mayGo []string
	for _, login := range people {
		if logins.Index(named, login) < 0 && logins.Index(mayGo, login) < 0 {
			mayGo = append(mayGo, login)
		}
	}
	kit.WarnUndecided(ctx, op, fmt.Sprintf("team %q: its members", team), Properties, mayGo)
}
