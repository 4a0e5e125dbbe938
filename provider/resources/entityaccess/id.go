package entityaccess

import (
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const idForm = "organization/stack/project/name, organization/environment/project/name or organization/account/name"

// entity is the entity that the inputs name.
func (v Args) entity() access.EntityRef {
	switch {
	case v.Stack != nil:
		return access.EntityRef{Kind: access.Stack, Project: v.Stack.Project, Name: v.Stack.Stack}
	case v.Environment != nil:
		return access.EntityRef{Kind: access.Environment, Project: v.Environment.Project, Name: v.Environment.Environment}
	case v.Account != nil:
		return access.EntityRef{Kind: access.Account, Name: *v.Account}
	}
	return access.EntityRef{}
}

// kindWords are how ids name the kinds.
var kindWords = map[access.EntityKind]string{access.Stack: "stack", access.Environment: "environment", access.Account: "account"}

func idOf(v State) string {
	on := v.entity()
	if on.Kind == access.Account {
		return kit.JoinID(v.Organization, kindWords[on.Kind], on.Name)
	}
	return kit.JoinID(v.Organization, kindWords[on.Kind], on.Project, on.Name)
}

func splitID(id string) ([]string, error) {
	parts := strings.Split(id, "/")
	if len(parts) < 2 {
		return nil, fmt.Errorf("%q is not an id of this resource: write it as %s", id, idForm)
	}
	number := map[string]int{kindWords[access.Stack]: 4, kindWords[access.Environment]: 4, kindWords[access.Account]: 3}[parts[1]]
	return kit.SplitID(id, number, idForm)
}

// on are the inputs for the entity that the parts of an id name.
func (v Args) on(id []string) Args {
	v.Organization, v.Stack, v.Environment, v.Account = &id[0], nil, nil, nil
	switch id[1] {
	case kindWords[access.Stack]:
		v.Stack = &types.StackRef{Project: id[2], Stack: id[3]}
	case kindWords[access.Environment]:
		v.Environment = &types.EnvironmentRef{Project: id[2], Environment: id[3]}
	default:
		v.Account = &id[2]
	}
	return v
}
