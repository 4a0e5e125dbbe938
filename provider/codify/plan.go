package codify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// Object is something in an organization that a resource of this package can manage.
type Object struct {
	// Key is what it is about, as findings write it: `team:payments`, `environment:payments/prod`. Several can be about one thing.
	Key  string
	Type string // of the resource, such as TeamAccess
	ID   string // the id of its import
	Name string // logical; the project makes it unique
	// Inputs are those of the program, and Outputs what the resource has beside them. They are empty until they are read.
	Inputs, Outputs property.Map
	// Notes are comments in front of it.
	Notes []string
}

// Left is something that the program does not have, and why.
type Left struct{ Key, Why string }

// Plan is what a program is to hold.
type Plan struct {
	Organization string
	Objects      []Object
	Left         []Left
	// Unselected counts the objects that the patterns leave out.
	Unselected int
}

// leave names what is left out, once.
func (p *Plan) leave(key, format string, arguments ...any) {
	one := Left{key, fmt.Sprintf(format, arguments...)}
	if !slices.Contains(p.Left, one) {
		p.Left = append(p.Left, one)
	}
}

// Select keeps what one of the patterns in only matches, if there are any, and none in exclude. A pattern is a name such as `payments/*`, or a
// key such as `team:payments-*`; `*` stands for any text. A pattern that matches nothing is an error.
func (p Plan) Select(only, exclude []string) (Plan, error) {
	out := p
	out.Objects, out.Left = nil, nil
	wanted, err := patterns(only, "only")
	if err != nil {
		return p, err
	}
	unwanted, err := patterns(exclude, "exclude")
	if err != nil {
		return p, err
	}
	keeps := func(key string) bool { // every pattern is tried, so that each is known to match
		take, drop := wanted.match(key), unwanted.match(key)
		return (len(wanted) == 0 || take) && !drop
	}
	for _, o := range p.Objects {
		if keeps(o.Key) {
			out.Objects = append(out.Objects, o)
		} else {
			out.Unselected++
		}
	}
	for _, left := range p.Left {
		if keeps(left.Key) {
			out.Left = append(out.Left, left)
		}
	}
	for _, one := range slices.Concat(wanted, unwanted) {
		if !*one.matched {
			return p, fmt.Errorf("--%s %q matches nothing in organization %q: a pattern is a name such as payments/*, or team:payments",
				one.flag, one.text, p.Organization)
		}
	}
	return out, nil
}

type pattern struct {
	flag, text string
	whole      *regexp.Regexp
	matched    *bool
}

type patternList []pattern

func patterns(texts []string, flag string) (patternList, error) {
	var all patternList
	for _, text := range texts {
		if text == "" {
			return nil, fmt.Errorf("--%s: the pattern is empty", flag)
		}
		quoted := strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*")
		whole, err := regexp.Compile("(?s)^(?:[a-zA-Z]+:)?" + quoted + "$")
		if err != nil {
			return nil, fmt.Errorf("--%s %q: %w", flag, text, err)
		}
		all = append(all, pattern{flag, text, whole, new(bool)})
	}
	return all, nil
}

func (l patternList) match(key string) bool {
	any := false
	for _, one := range l {
		if one.whole.MatchString(key) {
			any, *one.matched = true, true
		}
	}
	return any
}

// WithFindings puts what a review finds as comments to what it is about. What it finds of something that the program does not have is
// in the README alone.
func (p Plan) WithFindings(findings []review.Finding) Plan {
	p.Objects = slices.Clone(p.Objects)
	for i := range p.Objects {
		o := &p.Objects[i]
		o.Notes = slices.Clone(o.Notes)
		for _, f := range findings {
			if first := p.first(f); first == i {
				o.Notes = append(o.Notes, fmt.Sprintf("Review: %s (%s): %s Fix: %s", f.Rule, f.Severity, f.Risk, f.Fix))
			}
		}
	}
	return p
}

// first is the object to which a finding belongs: the entity's, else the principal's; -1 where there is none.
func (p Plan) first(f review.Finding) int {
	for _, key := range []string{f.Entity, f.Principal} {
		if at := slices.IndexFunc(p.Objects, func(o Object) bool { return o.Key == key || strings.HasPrefix(key, o.Key+" ") }); at >= 0 {
			return at
		}
	}
	return -1
}
