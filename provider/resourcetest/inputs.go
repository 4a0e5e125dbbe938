package resourcetest

// DeployARN is the role that AWSLogin logs in to.
const DeployARN = "arn:aws:iam::123456789012:role/deploy"

// GateOnProd makes inputs of an update gate on payments/prod.
func GateOnProd(more map[string]any) map[string]any {
	inputs := map[string]any{
		"project": "payments", "environment": "prod", "action": "update", "approvers": map[string]any{"teams": []string{"security"}},
	}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}

// DevDeployment makes inputs of a DeploymentRole on payments/dev.
func DevDeployment(more map[string]any) map[string]any {
	inputs := map[string]any{"project": "payments", "stack": "dev"}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}

// AWSLogin makes the `oidc` of a DeploymentRole.
func AWSLogin(more map[string]any) map[string]any {
	login := map[string]any{"roleArn": DeployARN}
	for key, value := range more {
		login[key] = value
	}
	return map[string]any{"aws": login}
}

// ProdEnvironment makes inputs of the environment payments/prod.
func ProdEnvironment(more map[string]any) map[string]any {
	inputs := map[string]any{"project": "payments", "name": "prod"}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}

// Password is a secret that nothing may show, and SecretDefinition the definition of an environment that holds it in the clear.
const (
	Password         = "hunter2-in-the-clear"
	SecretDefinition = "values:\n  password:\n    fn::secret: " + Password + "\n"
)

// OnStack is a rule or a grant on a stack.
func OnStack(project, stack, permission string) map[string]any {
	return map[string]any{"project": project, "stack": stack, "permission": permission}
}

// RoleInputs makes inputs of the role payments.
func RoleInputs(access map[string]any, more ...map[string]any) map[string]any {
	inputs := map[string]any{"name": "payments", "access": access}
	for _, m := range more {
		for key, value := range m {
			inputs[key] = value
		}
	}
	return inputs
}

// StackRules is the access of a role that has rules for stacks alone.
func StackRules(rules ...any) map[string]any { return map[string]any{"stacks": rules} }
