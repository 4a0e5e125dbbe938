package resourcetest

// OwnerInputs makes inputs of a StackOwner for payments/dev.
func OwnerInputs(more map[string]any) map[string]any {
	return OwnerInputsOf(map[string]any{"project": "payments", "stack": "dev"}, more)
}

// OwnerInputsOf makes inputs of a StackOwner for the stacks of a selection.
func OwnerInputsOf(selection, more map[string]any) map[string]any {
	inputs := map[string]any{"owner": "ana"}
	for _, part := range []map[string]any{selection, more} {
		for key, value := range part {
			inputs[key] = value
		}
	}
	return inputs
}
