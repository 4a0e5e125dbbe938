package state

// Agent is the definition of a custom agent. The sandbox runs none.
type Agent struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	DisplayName  string   `json:"displayName"`
	RoleID       string   `json:"roleId,omitempty"`       // what its tasks assume; "" is what the person has who starts them
	ApprovalMode string   `json:"approvalMode,omitempty"` // manual, auto or balanced; "" approves automatically
	All          bool     `json:"allIntegrations"`        // uses every integration of the organization
	Integrations []string `json:"integrations"`           // ids, if not all
}

// ServicePrincipalKinds are the kinds of service principals that belong to the organization.
var ServicePrincipalKinds = []string{"user-defined", "custom-agent-definition"}

// People are the members that are no service principals.
func (st *State) People() int {
	n := 0
	for _, u := range st.Users {
		if u.Service == "" {
			n++
		}
	}
	return n
}
