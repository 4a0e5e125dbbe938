package main

import lp "github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"

// product is something that acme builds. Its stacks and environments are in the project of its name, one for each tier.
type product struct {
	name       string
	developers []string // logins
	operators  []string // logins
	awsAccount string   // where its locked tiers run
}

// tier is a step on the way to customers, and what a product's developers may do there.
type tier struct {
	name        string
	tag         string // what rules select it by
	stack       lp.StackPermission
	environment lp.EnvironmentPermission

	// A locked tier has AWS credentials that only its environment can assume, and only its deployments may open that.
	locked bool
}

// What changes from week to week is here, and reviewed here. How it becomes access is in main.go.
var (
	products = []product{
		{name: "payments", developers: []string{"bo", "cy"}, operators: []string{"di"}, awsAccount: "123456789012"},
		{name: "orders", developers: []string{"cy"}, operators: []string{"bo", "di"}, awsAccount: "210987654321"},
	}
	tiers = []tier{
		{name: "dev", tag: "development", stack: lp.StackPermissionWrite, environment: lp.EnvironmentPermissionOpen},
		{name: "staging", tag: "staging", stack: lp.StackPermissionWrite, environment: lp.EnvironmentPermissionRead, locked: true},
		{name: "prod", tag: "production", stack: lp.StackPermissionView, environment: lp.EnvironmentPermissionRead, locked: true},
	}
)
