package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// Rule is the leaf as its user wrote it, `environments: {project: payments, environment: prod, permission: open}`: what
// selects the entity, and what is granted. name is the entity's, `project/name` or an account's; set names the record of a
// permission set as a rule does, `permission: open` or `permissionSet: auditors`, "" for a record that is none. What no
// rule can state is written out.
func (l Leaf) Rule(kind EntityKind, name string, set func(id string) string) string {
	parts := append(l.selector(kind, name), l.grant(kind, set))
	if l.Limit > 0 {
		parts = append(parts, "maxOpenDuration: "+shortDuration(l.Limit))
	}
	return printable(fmt.Sprintf("%ss: {%s}", kind.Noun(), strings.Join(parts, ", ")))
}

func (l Leaf) selector(kind EntityKind, name string) []string {
	var where, parts []string
	tags, named := map[string]string{}, false
	r := &reader{}
	for _, condition := range l.Conditions {
		places, _ := r.places(condition)
		if len(places) != 1 { // of an In with several values, which one it is depends on the entity
			where = append(where, describeExpression(condition))
			continue
		}
		place := places[0]
		switch {
		case place.kind != kind:
			where = append(where, describeExpression(condition))
		case place.selector.Tags != nil:
			for key, value := range place.selector.Tags {
				tags[key] = value
			}
		default:
			named = true
		}
	}
	if named {
		parts = append(parts, nameParts(kind, name)...)
	}
	if len(tags) > 0 {
		var pairs []string
		for _, key := range sortedKeys(tags) {
			pairs = append(pairs, key+": "+tags[key])
		}
		parts = append(parts, "tags: {"+strings.Join(pairs, ", ")+"}")
	}
	if len(where) > 0 {
		parts = append(parts, "where: "+bounded(strings.Join(where, " and "), maxGrantsBytes))
	}
	if len(parts) == 0 {
		return []string{"all: true"}
	}
	return parts
}

func nameParts(kind EntityKind, name string) []string {
	project, rest, qualified := strings.Cut(name, "/")
	if kind == Account || !qualified {
		return []string{kind.Noun() + ": " + name}
	}
	return []string{"project: " + project, kind.Noun() + ": " + rest}
}

func (l Leaf) grant(kind EntityKind, set func(id string) string) string {
	if l.Record != "" {
		if text := set(l.Record); text != "" {
			return text
		}
	}
	if l.Any {
		return "scopes: unknown"
	}
	if level := levelOf(kind, l.Scopes); level != "" {
		return "permission: " + string(level)
	}
	return "scopes: [" + shortlist.Of(l.Scopes, maxShownScopes) + "]"
}

// maxShownScopes bounds how many scopes of a rule are written out.
const maxShownScopes = 6

// describeExpression writes a condition that no rule can state.
func describeExpression(expression Expression) string {
	switch x := expression.(type) {
	case And:
		return "(" + describeExpression(x.Left) + " and " + describeExpression(x.Right) + ")"
	case Or:
		return "(" + describeExpression(x.Left) + " or " + describeExpression(x.Right) + ")"
	case Not:
		return "not " + describeExpression(x.Node)
	case Equal:
		return describeExpression(x.Left) + " = " + describeExpression(x.Right)
	case In:
		return describeExpression(x.Target) + " in " + describeExpression(x.Values)
	case EntitySet:
		return "the " + x.Kind.Noun() + "s with the ids " + shortlist.Of(x.Identities, maxShownScopes)
	case StringSet:
		texts := make([]string, len(x.Values))
		for i, text := range x.Values {
			texts[i] = fmt.Sprintf("%q", text)
		}
		return "[" + shortlist.Of(texts, maxShownScopes) + "]"
	case HasTag:
		return describeContext(x.Context) + " has the tag " + x.Key
	case Tag:
		return "tag " + x.Key + " of the " + describeContext(x.Context)
	case Context:
		return "the " + x.Kind.Noun()
	case LiteralEntity:
		return "the " + x.Kind.Noun() + " with the id " + x.Identity
	case LiteralString:
		return fmt.Sprintf("%q", x.Value)
	case LiteralNumber:
		return fmt.Sprint(x.Value)
	case LiteralBool:
		return fmt.Sprint(x.Value)
	default:
		return "?"
	}
}

func describeContext(context Expression) string {
	if c, ok := context.(Context); ok {
		return c.Kind.Noun()
	}
	return "entity"
}

func shortDuration(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"0s", "0m"} {
		if short, ok := strings.CutSuffix(text, zero); ok && slices.Contains([]byte("hm"), short[max(len(short)-1, 0)]) {
			text = short
		}
	}
	return text
}
