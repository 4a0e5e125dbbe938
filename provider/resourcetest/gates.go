package resourcetest

// GateBySec makes inputs of a gate on payments/prod that sec approves.
func GateBySec(action string, more map[string]any) map[string]any {
	inputs := map[string]any{
		"project": "payments", "environment": "prod", "action": action, "approvers": map[string]any{"users": []string{"sec"}},
	}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}
