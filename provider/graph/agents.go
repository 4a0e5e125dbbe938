package graph

// agent adds up what the tasks of a custom agent may do. One without a role does what the person may do who starts the task, and that may
// be an administrator.
func (e *evaluation) agent(a Agent) Access {
	c := collector{evaluation: e}
	doubt := ""
	if a.Paused {
		doubt = "the agent is paused, and may be resumed"
	}
	if a.Role == "" {
		const acts = "the agent has no role: a task does what the person may do who starts it"
		c.administrator(acts, Step{RoleStep, "", "no role of its own"})
		return c.access
	}
	c.assigned(a.Role, Step{RoleStep, "", "agent's role"}, "an agent")
	return c.access.doubted(doubt)
}

// doubted is the same access where nothing of it is certain; unchanged without a doubt.
func (a Access) doubted(doubt string) Access {
	if doubt == "" {
		return a
	}
	out := Access{Possible: a.Possible}
	for scope, limit := range a.Scopes {
		out.mayHold(scope, limit)
	}
	for _, path := range a.Paths {
		if path.Certainty == Certain {
			path.Certainty, path.Doubt = Possible, doubt
		}
		out.Paths = append(out.Paths, path)
	}
	return out
}
