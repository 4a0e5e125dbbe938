package report

import (
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// EntityName is the name of an entity as answers write it: environment:payments/prod.
func EntityName(kind access.EntityKind, name string) string { return kind.Noun() + ":" + name }

// PrincipalName is the name of a principal as answers write it: team:payments.
func PrincipalName(kind graph.Kind, name string) string { return string(kind) + ":" + name }

// Blind is something that could not be read, and what the answer may lack because of it.
type Blind struct {
	What  string `json:"what"`
	Hides string `json:"hides"`
}

func blindOf(in []graph.Blind) []Blind {
	return mapped(in, func(b graph.Blind) Blind { return Blind(b) })
}

// Step is one step of a path: what it is, which one, and both in words.
type Step struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Text string `json:"text"`
}

// Path is one way to access, with the scopes that it gives.
type Path struct {
	Via       []string `json:"via"`
	Steps     []Step   `json:"steps"`
	Grants    []string `json:"grants"`
	Certainty string   `json:"certainty"`
}

func pathOf(p graph.Path) Path {
	return Path{
		Via: list(p.StepTexts()), Grants: list(p.Scopes), Certainty: string(p.Certainty),
		Steps: mapped(p.Steps, func(s graph.Step) Step { return Step{string(s.Kind), s.Name, s.Text} }),
	}
}

func pathsOf(in []graph.Path) []Path { return mapped(in, pathOf) }

// text is the path in one line.
func (p Path) text() string {
	if len(p.Via) == 0 {
		return "itself"
	}
	return strings.Join(p.Via, " > ")
}

// mostPaths is how many paths of one row are shown.
const mostPaths = 5

// pathDetails are the paths of a row, each scope set once.
func pathDetails(paths []Path) []detail {
	var all []detail
	for i, p := range paths {
		if i == mostPaths {
			return append(all, detail{text: fmt.Sprintf("and %s more; JSON has all of them", counted(len(paths)-i, "way", "ways"))})
		}
		all = append(all, detail{text: p.text()})
	}
	return all
}

// blindText says what blind spots mean for an answer that names those who have access.
const blindText = "The answer may lack something because of what could not be read:"
