package problem_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

func TestListIsAnErrorUnlessItIsEmpty(t *testing.T) {
	t.Parallel()
	var l problem.List
	assert.NoError(t, l.Err())
	l.AddReason("name", "")
	assert.Empty(t, l)
	l.AddReason("name", "must not be empty")
	l.Add("", "%d of them", 2)
	assert.EqualError(t, l.Err(), "name: must not be empty\n2 of them")
}

func TestUnder(t *testing.T) {
	t.Parallel()
	var l problem.List
	l.AddUnder("rules", problem.List{{Path: "[1].tags", Reason: "a"}, {Path: "", Reason: "b"}, {Path: "allow", Reason: "c"}})
	assert.Equal(t, problem.List{
		{Path: "rules[1].tags", Reason: "a"}, {Path: "rules", Reason: "b"}, {Path: "rules.allow", Reason: "c"},
	}, l)
	assert.Equal(t, l, l.Under(""))
}

func TestOf(t *testing.T) {
	t.Parallel()
	l := problem.List{{Path: "a", Reason: "b"}}
	assert.Equal(t, l, problem.Of(fmt.Errorf("wrapped: %w", l)))
	assert.Equal(t, l, problem.Of(l[0]))
	assert.Equal(t, problem.List{{Reason: "another"}}, problem.Of(errors.New("another")))
	assert.Empty(t, problem.Of(nil))
}

func TestJoin(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a.b", problem.Join("a", "b"))
	assert.Equal(t, "a[0]", problem.Join("a", "[0]"))
	assert.Equal(t, "a", problem.Join("a", ""))
	assert.Equal(t, "b", problem.Join("", "b"))
	assert.Equal(t, "a.stacks[0].project", problem.Join("a", "stacks[0].project"))
}

func TestAddElsewhereKeepsOneReasonForAPlace(t *testing.T) {
	t.Parallel()
	list := problem.List{{Path: "name", Reason: "is empty"}}
	list.AddElsewhere(problem.List{{Path: "name", Reason: "is short"}, {Path: "users", Reason: "are none"}, {Path: "users", Reason: "are missing"}})
	want := problem.List{{Path: "name", Reason: "is empty"}, {Path: "users", Reason: "are none"}, {Path: "users", Reason: "are missing"}}
	if !slices.Equal(list, want) {
		t.Errorf("got %v, want %v", list, want)
	}
}
