package resourcetest

// TokenInputs makes inputs of a team's token.
func TokenInputs(more ...map[string]any) map[string]any {
	inputs := map[string]any{"name": "ci", "team": "payments", "expiresIn": "30d", "rotateBefore": "7d"}
	for _, m := range more {
		for key, value := range m {
			if inputs[key] = value; value == nil {
				delete(inputs, key)
			}
		}
	}
	return inputs
}
