package server

// sortedNames are the names of what lists go through, in order. They are made when a list needs them, and again after something
// was added or removed.
type sortedNames struct {
	stacks, environments, accounts []string
}

// renamed forgets the order of names: what is listed has changed.
func (st *state) renamed() { st.sorted = sortedNames{} }

func (st *state) stackNames() []string { return orderedNames(&st.sorted.stacks, st.Stacks) }
func (st *state) environmentNames() []string {
	return orderedNames(&st.sorted.environments, st.Environments)
}
func (st *state) accountNames() []string { return orderedNames(&st.sorted.accounts, st.Accounts) }

func orderedNames[V any](kept *[]string, objects map[string]V) []string {
	if *kept == nil || len(*kept) != len(objects) {
		*kept = sortedKeys(objects)
	}
	return *kept
}
