package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// EntityType is what the scopes of a permission set are granted on.
type EntityType string

// The types of entities.
const (
	StackEntity       EntityType = "stack"
	EnvironmentEntity EntityType = "environment"
	AccountEntity     EntityType = "account"
)

// Values lists the types of entities.
func (EntityType) Values() []infer.EnumValue[EntityType] {
	return []infer.EnumValue[EntityType]{
		{Name: "Stack", Value: StackEntity, Description: "Stacks: for rules in `access.stacks`."},
		{Name: "Environment", Value: EnvironmentEntity, Description: "ESC environments: for rules in `access.environments`."},
		{Name: "Account", Value: AccountEntity, Description: "Insights accounts: for rules in `access.accounts`."},
	}
}

// Kind is the entity type in the service's words.
func (t EntityType) Kind() access.EntityKind {
	if t == AccountEntity {
		return access.Account
	}
	return access.EntityKind(t)
}

// EntityTypeOf is the inverse of Kind.
func EntityTypeOf(kind access.EntityKind) EntityType {
	if kind == access.Account {
		return AccountEntity
	}
	return EntityType(kind)
}
