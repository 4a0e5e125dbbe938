package access_test

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// A team may write to one stack and open every environment that is tagged for it.
func Example() {
	rules := access.Access{
		Stacks: []access.Rule{{
			Selector: access.Selector{Project: "payments", Name: "dev"},
			Grant:    access.Grant{Permission: access.Write},
		}},
		Environments: []access.Rule{{
			Selector: access.Selector{Tags: map[string]string{"team": "payments"}},
			Grant:    access.Grant{Scopes: []string{"environment:open"}},
		}},
	}
	for _, one := range rules.Check(access.CheckOptions{ForPeople: true}) {
		fmt.Println(one.Path, one.Reason)
	}
	valid, problems := access.Parse(rules)
	if len(problems) > 0 {
		fmt.Println(problems)
		return
	}
	role, err := access.Compile(valid,
		map[access.EntityRef]string{{Kind: access.Stack, Project: "payments", Name: "dev"}: "7c1e"},
		map[access.SetRef]string{{Kind: access.Stack, Level: access.Write}: "2f6b"})
	if err != nil {
		fmt.Println(err)
		return
	}
	granted := access.Evaluate(role, access.Entity{
		Kind: access.Environment, ID: "91ac", Tags: map[string]string{"team": "payments"},
	}, nil)
	fmt.Println(granted.List(), granted.Reasons[0].Path)
	// Output: [environment:open] entries[1].subNode
}

func ExampleAccess_Check() {
	rules := access.Access{
		Stacks: []access.Rule{{
			Selector: access.Selector{Project: "payments"},
			Grant:    access.Grant{Permission: access.Open},
		}},
		Scopes: []string{"environment:open"},
	}
	for _, one := range rules.Check(access.CheckOptions{}) {
		fmt.Printf("access.%s: %s\n", one.Path, one.Reason)
	}
	// Output:
	// access.stacks[0].stack: is missing; a rule about one stack needs project and stack
	// access.stacks[0].permission: "open" is not a valid stack permission; valid are view, read, write, admin
	// access.scopes[0]: "environment:open" is a scope of the environment: here it would open every environment. If that is meant, write it as a rule in environments: {all: true, scopes: [environment:open]}
}
