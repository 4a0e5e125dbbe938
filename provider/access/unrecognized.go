package access

import (
	"fmt"
	"strings"
)

// The bounds of a line about something that is not a rule: it ends in state and in warnings.
const (
	maxGrantsBytes = 160
	maxJSONBytes   = 240
)

// unknown reports a part of the tree that no rule can state.
func (r *reader) unknown(path []step, why string, d Descriptor) {
	where := render(path)
	if where == "" {
		where = "the top"
	}
	line := fmt.Sprintf("%s: %s; it grants %s: %s", bounded(where, maxGrantsBytes), bounded(why, maxGrantsBytes),
		r.grants(d), compactJSON(d))
	r.unrecognized = append(r.unrecognized, printable(line))
}

// grants names the scopes and sets in a part of a tree.
func (r *reader) grants(d Descriptor) string {
	var names []string
	for part := range Walk(d) {
		switch part := part.(type) {
		case Allowed:
			names = append(names, part.Permissions...)
		case Compose:
			for _, id := range part.IDs {
				names = append(names, r.setName(id))
			}
		}
	}
	if names = sortedSet(names); len(names) == 0 {
		return "nothing"
	}
	return bounded(strings.Join(names, ", "), maxGrantsBytes)
}

func (r *reader) setName(id string) string {
	if set, known := r.sets[id]; known && set.Level != "" {
		return "the set " + SetIdentifier(set.Kind, set.Level)
	}
	return "the set " + id
}

// describe names what a condition is about.
func (r *reader) describe(p placement) string {
	switch s := p.selector; {
	case s.Identity != "":
		return fmt.Sprintf("the %s with the id %s", p.kind.Noun(), s.Identity)
	case s.Tags != nil:
		tags := make([]string, 0, len(s.Tags))
		for _, key := range sortedKeys(s.Tags) {
			tags = append(tags, key+"="+s.Tags[key])
		}
		return fmt.Sprintf("%ss with %s", p.kind.Noun(), strings.Join(tags, ", "))
	default:
		return s.ref(p.kind).String()
	}
}

func compactJSON(d Descriptor) string {
	text, err := MarshalDescriptor(d)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return bounded(string(text), maxJSONBytes)
}
