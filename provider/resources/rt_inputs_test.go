package resources_test

// guarding makes inputs of an update gate on payments/prod.
func guarding(more map[string]any) map[string]any {
	inputs := map[string]any{
		"project": "payments", "environment": "prod", "action": "update", "approvers": map[string]any{"teams": []string{"security"}},
	}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}

// assigned makes inputs of a DeploymentRole on payments/dev.
func assigned(more map[string]any) map[string]any {
	inputs := map[string]any{"project": "payments", "stack": "dev"}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}

func awsLogin(more map[string]any) map[string]any {
	login := map[string]any{"roleArn": deployARN}
	for key, value := range more {
		login[key] = value
	}
	return map[string]any{"aws": login}
}

const (
	deployARN = "arn:aws:iam::123456789012:role/deploy"
)

func prod(more map[string]any) map[string]any {
	inputs := map[string]any{"project": "payments", "name": "prod"}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}

func onStack(project, stack, permission string) map[string]any {
	return map[string]any{"project": project, "stack": stack, "permission": permission}
}

// role makes inputs of a role.
func role(access map[string]any, more ...map[string]any) map[string]any {
	inputs := map[string]any{"name": "payments", "access": access}
	for _, m := range more {
		for key, value := range m {
			inputs[key] = value
		}
	}
	return inputs
}

func stacks(rules ...any) map[string]any { return map[string]any{"stacks": rules} }
