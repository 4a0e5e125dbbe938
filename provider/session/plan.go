package session

import (
	"slices"
	"sync"
)

// Lock is whom the logins of an environment of this program admit.
type Lock struct {
	Subjects []string
	Users    []string // nil for anybody
}

// Borrowed is a login that an environment of this program imports, directly or through others.
type Borrowed struct {
	Importer, Imported string
	Lock               Lock
}

// Plan has the environments that this program declares, by organization/project/environment. Which of two is declared first
// is nobody's choice, so whatever comes last finds what both say together, once.
type Plan struct {
	mutex   sync.Mutex
	locks   map[string]Lock
	imports map[string][]string
	said    map[[2]string]bool
}

// Once reports whether two environments are met for the first time.
func (p *Plan) Once(importer, imported string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.once(importer, imported)
}

func (p *Plan) once(importer, imported string) bool {
	pair := [2]string{importer, imported}
	if p.said[pair] {
		return false
	}
	if p.said == nil {
		p.said = map[[2]string]bool{}
	}
	p.said[pair] = true
	return true
}

// Locks returns whom an environment's logins admit, and returns what is found of borrowed logins by now.
func (p *Plan) Locks(environment string, lock Lock) []Borrowed {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.locks == nil {
		p.locks = map[string]Lock{}
	}
	p.locks[environment] = lock
	return p.found()
}

// Imports returns what an environment imports, and returns what is found of borrowed logins by now.
func (p *Plan) Imports(environment string, imports []string) []Borrowed {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.imports == nil {
		p.imports = map[string][]string{}
	}
	p.imports[environment] = imports
	return p.found()
}

// Declares reports whether the program has said whom an environment's logins admit.
func (p *Plan) Declares(environment string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	_, found := p.locks[environment]
	return found
}

func (p *Plan) found() []Borrowed {
	var found []Borrowed
	for importer := range p.imports {
		for _, imported := range p.reached(importer) {
			lock, locked := p.locks[imported]
			if locked && p.once(importer, imported) {
				found = append(found, Borrowed{Importer: importer, Imported: imported, Lock: lock})
			}
		}
	}
	return found
}

// reached are the environments that one imports, directly or through others of the program.
func (p *Plan) reached(importer string) []string {
	all := []string{importer}
	for i := 0; i < len(all); i++ {
		for _, next := range p.imports[all[i]] {
			if !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all[1:]
}
