package graph

// start is the principal as it is.
func (r *reached) start() *identity {
	i := &identity{only: map[*spot][]holding{}}
	add := func(s *source) { i.has = append(i.has, holding{s, chain{}}) }
	switch p := r.self; p.Kind {
	case UserKind, ServicePrincipalKind:
		r.startLogin(i, p.Name)
	case TeamKind:
		if team := r.teams[p.Name]; team != nil {
			add(r.teamTokenSource(team))
		}
	case TokenKind:
		for _, t := range r.tokensOf(p.Name) {
			add(r.tokenSource(t))
		}
	case DeploymentKind:
		add(r.deploymentSource(r.deploymentOf(p.Name)))
	case AgentKind:
		for _, a := range r.Agents {
			if a.Name == p.Name {
				add(r.agentSource(a))
			}
		}
	case OutsiderKind:
		for _, o := range r.outside {
			if o.name == p.Name {
				add(r.outsiderSource(o))
				r.startPersons(o)
			}
		}
	}
	return i
}

// startLogin adds what a person or service principal has: as a member, by teams, and on entities.
func (r *reached) startLogin(i *identity, login string) {
	user := r.users[login]
	if user != nil && user.Suspended {
		return
	}
	if user != nil {
		i.has = append(i.has, holding{r.memberSource(user), chain{}})
		i.person = true
	}
	for _, team := range r.teamsOf[login] {
		i.has = append(i.has, holding{r.teamSource(team), chain{}})
	}
	for _, where := range r.ownOn[login] {
		i.only[where] = append(i.only[where], holding{r.ownSource(login), chain{}})
	}
}

// startPersons adds the members that an identity outside can act as.
func (r *reached) startPersons(o outsider) {
	for _, user := range r.persons(o) {
		i := &identity{name: user.Login, only: map[*spot][]holding{}}
		r.startLogin(i, user.Login)
		r.identities = append(r.identities, i)
	}
}
