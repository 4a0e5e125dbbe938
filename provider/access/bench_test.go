package access_test

import (
	"fmt"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// manyTags are n rules, each on a tag of its own.
func manyTags(n int) []access.Rule {
	rules := make([]access.Rule, n)
	for i := range rules {
		rules[i] = access.Rule{Selector: tagged("service", fmt.Sprint("s", i)), Grant: reading}
	}
	return rules
}

// The 10,000 rules name 1,000 stacks ten times each, since a role holds no more than 2,000 different ones.
func BenchmarkCompile(b *testing.B) {
	for name, a := range map[string]access.Access{
		"1000 names":  stacks(manyStacks(1000)...),
		"10000 names": stacks(repeat(manyStacks(1000), 10)...),
		"1000 tags":   stacks(manyTags(1000)...),
		"10000 tags":  stacks(repeat(manyTags(1000), 10)...),
	} {
		known := identify(a)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := compiled(a, known, sets); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func repeat(rules []access.Rule, n int) []access.Rule {
	var all []access.Rule
	for range n {
		all = append(all, rules...)
	}
	return all
}

func identify(a access.Access) map[access.EntityRef]string {
	known := map[access.EntityRef]string{}
	for _, ref := range a.Entities() {
		known[ref] = "7c1e0000-0000-0000-0000-" + ref.Name
	}
	return known
}

func fullRole(b *testing.B) (access.Descriptor, access.Entity) {
	a := stacks(manyStacks(access.MaxEntries)...)
	known := identify(a)
	d, err := compiled(a, known, sets)
	if err != nil {
		b.Fatal(err)
	}
	return d, access.Entity{Kind: access.Stack, ID: known[a.Entities()[1000]]}
}

func BenchmarkEvaluateFullRole(b *testing.B) {
	d, e := fullRole(b)
	ev := access.NewEvaluator(d, lookup)
	b.Run("Evaluate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !access.Evaluate(d, e, lookup).Has("stack:write") {
				b.Fatal("not granted")
			}
		}
	})
	b.Run("Evaluator", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !ev.Evaluate(e).Has("stack:write") {
				b.Fatal("not granted")
			}
		}
	})
	b.Run("Holds", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !ev.Holds("stack:write", e) {
				b.Fatal("not held")
			}
		}
	})
	b.Run("NewEvaluator", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			access.NewEvaluator(d, lookup)
		}
	})
}

// BenchmarkHoldsMany asks about 1,000 environments for each of 1,000 roles with rules by name, by tag and on everything.
func BenchmarkHoldsMany(b *testing.B) {
	evaluators := make([]*access.Evaluator, 1000)
	for i := range evaluators {
		a := access.Access{Environments: []access.Rule{
			{Selector: everything, Grant: reading},
			{Selector: tagged("team", fmt.Sprint("t", i)), Grant: access.Grant{Permission: access.Open}},
			{Selector: access.Selector{Identity: fmt.Sprint("e", i)}, Grant: access.Grant{Permission: access.Write}},
		}}
		d, err := compiled(a, nil, sets)
		if err != nil {
			b.Fatal(err)
		}
		evaluators[i] = access.NewEvaluator(d, lookup)
	}
	environments := make([]access.Entity, 1000)
	for i := range environments {
		environments[i] = access.Entity{Kind: access.Environment, ID: fmt.Sprint("e", i), Tags: map[string]string{"team": fmt.Sprint("t", i+1)}}
	}
	b.ReportAllocs()
	for b.Loop() {
		held := 0
		for _, ev := range evaluators {
			for _, e := range environments {
				if ev.Holds("environment:open", e) {
					held++
				}
			}
		}
		if held != 1999 {
			b.Fatalf("got %d", held)
		}
	}
}

func BenchmarkParseFullRole(b *testing.B) {
	d, _ := fullRole(b)
	text, err := access.MarshalDescriptor(d)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := access.ParseDescriptor(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	a := stacks(manyStacks(access.MaxEntries)...)
	b.ReportAllocs()
	for b.Loop() {
		if problems := a.Check(access.CheckOptions{}); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
