package types

import "github.com/pulumi/pulumi-go-provider/infer"

// DefaultStackPermission is what members hold on every stack.
type DefaultStackPermission string

// Values lists the defaults that the package sets.
func (DefaultStackPermission) Values() []infer.EnumValue[DefaultStackPermission] {
	return []infer.EnumValue[DefaultStackPermission]{
		{Name: "None", Value: "none", Description: "Nothing: access to stacks comes from roles and teams alone."},
		{Name: "Read", Value: "read", Description: "Stack Read on every stack, decrypting configuration secrets included."},
		{Name: "Write", Value: "write", Description: "Stack Write on every stack: run updates, and code with the role and cloud logins of every stack's deployments."},
	}
}

// DefaultEnvironmentPermission is what members hold on every ESC environment.
type DefaultEnvironmentPermission string

// Values lists the defaults that the package sets.
func (DefaultEnvironmentPermission) Values() []infer.EnumValue[DefaultEnvironmentPermission] {
	return []infer.EnumValue[DefaultEnvironmentPermission]{
		{Name: "None", Value: "none", Description: "Nothing: access to environments comes from roles and teams alone."},
		{Name: "Read", Value: "read", Description: "Environment Read on every environment: definitions, with secrets as ciphertext."},
		{Name: "Open", Value: "open", Description: "Environment Open on every environment: every secret and cloud credential, and copies of environments."},
		{Name: "Write", Value: "write", Description: "Environment Write on every environment: open, and change what everybody else opens."},
	}
}

// DefaultAccountPermission is what members hold on every Insights account.
type DefaultAccountPermission string

// Values lists the defaults that the package sets.
func (DefaultAccountPermission) Values() []infer.EnumValue[DefaultAccountPermission] {
	return []infer.EnumValue[DefaultAccountPermission]{
		{Name: "None", Value: "none", Description: "Nothing: access to accounts comes from roles and teams alone."},
		{Name: "Read", Value: "read", Description: "Account Read on every account: its scans, and the resources that they found."},
		{Name: "Write", Value: "write", Description: "Account Write on every account: run scans, and change the credentials that they use."},
	}
}

// PermissionMode is how strictly an organization limits what it runs on its behalf.
type PermissionMode string

// Values lists the modes.
func (PermissionMode) Values() []infer.EnumValue[PermissionMode] {
	return []infer.EnumValue[PermissionMode]{
		{Name: "Permissive", Value: "permissive", Description: "Deployments run without a role as whoever started them, or as their stack, and team tokens " +
			"have the organization's defaults."},
		{Name: "Restricted", Value: "restricted", Description: "Deployments without a role, or with a PULUMI_ACCESS_TOKEN in their settings, are refused, " +
			"team tokens have none of the organization's defaults, and the default role cannot be a broad one."},
	}
}
