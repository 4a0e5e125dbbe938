package ownership

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"

	p "github.com/pulumi/pulumi-go-provider"
)

// Form are the inputs and the state as a resource declares them, and how they become the common form and back.
type Form[Args, Declared any] struct {
	Wanted func(Args) State
	Inputs func(State) Args
	Read   func(Declared) State
	Write  func(State) Declared
}

// Spec is the whole of a resource that owns entities of a kind.
func Spec[Args, Declared any](k Kind, form Form[Args, Declared]) kit.Spec[Args, Declared, kit.None] {
	id := func(v Declared) string { return form.Read(v).id() }
	return kit.Spec[Args, Declared, kit.None]{
		Noun:   "ownership of " + k.plural(),
		Name:   id,
		ID:     id,
		IDForm: k.idForm(),
		Split:  k.splitID,

		Sets:  []string{"keep", "allow"},
		Rules: func(_ context.Context, _ kit.Op, want Args) problem.List { return k.check(form.Wanted(want)) },
		Diff: kit.Compare(func(state Declared, want Args, unknowns []string) p.DiffResponse {
			return k.diff(form.Read(state), form.Wanted(want), unknowns)
		}),

		PreviewCreate: func(ctx context.Context, op kit.Op, want Args) (Declared, error) {
			r := k.reconciler(op, form.Wanted(want))
			return form.Write(r.state), r.plan(ctx, op)
		},
		Create: func(ctx context.Context, op kit.Op, want Args) (*Declared, error) {
			return apply(ctx, k.reconciler(op, form.Wanted(want)), form)
		},
		Read: func(
			ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[Args, Declared],
		) (*kit.Found[Args, Declared], error) {
			found, err := k.read(ctx, op, id[1], form.Read(before.State))
			if err != nil {
				return nil, err
			}
			return &kit.Found[Args, Declared]{Inputs: form.Inputs(found), State: form.Write(found)}, nil
		},
		PreviewUpdate: func(ctx context.Context, op kit.Op, before Declared, want Args) (Declared, error) {
			r := k.reconciler(op, planned(form.Read(before), form.Wanted(want)))
			return form.Write(r.state), r.plan(ctx, op)
		},
		Update: func(ctx context.Context, op kit.Op, before Declared, want Args) (*Declared, error) {
			return apply(ctx, k.reconciler(op, planned(form.Read(before), form.Wanted(want))), form)
		},
		Planned: func(_ context.Context, op kit.Op, before *Declared, want Args) (string, graph.Changes) {
			var entities []Owned
			if before != nil {
				entities = form.Read(*before).Entities
			}
			return k.plannedAccess(op, entities, form.Wanted(want))
		},
		Delete: func(ctx context.Context, op kit.Op, state Declared) error {
			return k.reconciler(op, form.Read(state)).remove(ctx)
		},
	}
}

func apply[Args, Declared any](ctx context.Context, r *reconciler, form Form[Args, Declared]) (*Declared, error) {
	err := r.run(ctx)
	return kit.Reached(form.Write(r.state), err)
}
