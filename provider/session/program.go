package session

import (
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// Program is what a process has seen of the program that it works for: the engine starts a process for each preview, update and
// destroy, and checks every resource that the program declares before it plans it. Previews ask it what an update is about to
// create. It knows only what was declared before it is asked, which dependencies (dependsOn) make certain. The zero value is empty.
type Program struct {
	mutex        sync.Mutex
	environments map[string]bool
	teams        map[string]Team
	gates        map[string][]cloud.Gate
	declared     map[string]map[urn.URN]bool
	read         map[string]bool
}

// Team is the membership that a program declares for a team.
type Team struct {
	Whole   bool     // People are the whole membership; otherwise they come to those who are in the team
	People  []string // logins, those of the future included
	Unknown bool     // some of the people are not known yet
}

func programKey(parts ...string) string { return strings.ToLower(strings.Join(parts, "/")) }

// DeclareEnvironment notes an environment, and whether the service keeps it from being deleted.
func (p *Program) DeclareEnvironment(organization, project, name string, protected bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	key := programKey(organization, project, name)
	if p.environments == nil {
		p.environments = map[string]bool{}
	}
	p.environments[key] = protected
	delete(p.gates, key)
}

// DeclaresEnvironment reports whether the program declares an environment, and whether that is protected from deletion.
func (p *Program) DeclaresEnvironment(organization, project, name string) (declared, protected bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	protected, declared = p.environments[programKey(organization, project, name)]
	return declared, protected
}

// DeclareTeam notes what a resource declares about a team's members, beside what others declare about it.
func (p *Program) DeclareTeam(organization, name string, members Team) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.teams == nil {
		p.teams = map[string]Team{}
	}
	key := programKey(organization, name)
	known := p.teams[key]
	if members.Whole && known.Whole {
		known = Team{} // the same resource again
	}
	p.teams[key] = Team{
		Whole: known.Whole || members.Whole, People: append(slices.Clone(known.People), members.People...),
		Unknown: known.Unknown || members.Unknown,
	}
}

// DeclaredTeam returns what the program declares about a team's members.
func (p *Program) DeclaredTeam(organization, name string) (members Team, declared bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	members, declared = p.teams[programKey(organization, name)]
	return members, declared
}

// TeamRead notes that a team was read, after the last write of whoever read it.
func (p *Program) TeamRead(organization, name string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.read == nil {
		p.read = map[string]bool{}
	}
	p.read[programKey(organization, name)] = true
}

// WasTeamRead reports whether a team was read, and forgets it.
func (p *Program) WasTeamRead(organization, name string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	key := programKey(organization, name)
	read := p.read[key]
	delete(p.read, key)
	return read
}

// Declare notes that a resource declares something, by the words that name it.
func (p *Program) Declare(by urn.URN, words ...string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.declare(by, programKey(words...))
}

// DeclareAlone is Declare for what only one resource may declare: of a second one it notes nothing, and returns the first.
func (p *Program) DeclareAlone(by urn.URN, words ...string) (first urn.URN) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	key := programKey(words...)
	for first := range p.declared[key] {
		if first != by {
			return first
		}
	}
	p.declare(by, key)
	return ""
}

func (p *Program) declare(by urn.URN, key string) {
	if p.declared[key] == nil {
		if p.declared == nil {
			p.declared = map[string]map[urn.URN]bool{}
		}
		p.declared[key] = map[urn.URN]bool{}
	}
	p.declared[key][by] = true
}

// DeclaredBesides reports whether another resource than this one declares something. What one resource leaves, another may have taken
// over: a delete comes after the creates and updates of its program.
func (p *Program) DeclaredBesides(this urn.URN, words ...string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for by := range p.declared[programKey(words...)] {
		if by != this {
			return true
		}
	}
	return false
}

// GateDeleted notes a gate that this process deleted.
func (p *Program) GateDeleted(organization string, gate cloud.Gate) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.gates == nil {
		p.gates = map[string][]cloud.Gate{}
	}
	key := programKey(organization, gate.Project, gate.Environment)
	p.gates[key] = append(p.gates[key], gate)
}

// DeletedGates returns the gates that this process deleted from an environment, and forgets them.
func (p *Program) DeletedGates(organization, project, environment string) []cloud.Gate {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	key := programKey(organization, project, environment)
	gates := p.gates[key]
	delete(p.gates, key)
	return gates
}
