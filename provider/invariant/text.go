package invariant

import (
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

const mostShown = 20

// Text says who can do something without being listed in an input, and what could not be read, one line each.
func (r Result) Text(what, input string) string {
	var lines []string
	if len(r.Violations) > 0 {
		lines = append(lines, fmt.Sprintf("%s can %s and %s not in %s:", principals(r.Violations), what, are(r.Violations), input))
		var shown []string
		for _, one := range r.Violations {
			shown = append(shown, "  "+r.entity(one)+one.String())
		}
		lines = append(lines, shortlist.Joined(shown, mostShown, "\n", "\n  and "),
			"Take the access away, or add them to "+input+" if they are expected to have it")
	}
	if len(r.Blind) > 0 {
		lines = append(lines, fmt.Sprintf("whether anybody else can %s is not known, because this could not be read:", what))
		var shown []string
		for _, one := range r.Blind {
			shown = append(shown, fmt.Sprintf("  %s (could hide: %s)", one.What, one.Hides))
		}
		lines = append(lines, shortlist.Joined(shown, mostShown, "\n", "\n  and "))
	}
	return strings.Join(lines, "\n")
}

// PossibleText says who possibly comes to something without being listed in an input, one line each; "" for nobody.
func (r Result) PossibleText(what, input string) string {
	if len(r.Possible) == 0 {
		return ""
	}
	var shown []string
	for _, one := range r.Possible {
		shown = append(shown, "  "+r.entity(one)+one.String())
	}
	return fmt.Sprintf("%s who %s not in %s can possibly come to %s. This does not count as a violation:\n%s",
		principals(r.Possible), are(r.Possible), input, what, shortlist.Joined(shown, mostShown, "\n", "\n  and "))
}

func principals(found []Violation) string {
	if len(found) == 1 {
		return "1 principal"
	}
	return fmt.Sprintf("%d principals", len(found))
}

func are(found []Violation) string {
	if len(found) == 1 {
		return "is"
	}
	return "are"
}

// entity names the entity of a violation where there are several.
func (r Result) entity(one Violation) string {
	if r.Entities == 0 {
		return ""
	}
	return one.Entity + ": "
}
