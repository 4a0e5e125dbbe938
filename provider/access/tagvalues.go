package access

import "slices"

// TagValues returns what a descriptor compares the tags of entities of a kind with: the values by key, sorted. A key that is only
// asked for has none. Tags that are compared with each other have each other's values.
func TagValues(d Descriptor, kind EntityKind) map[string][]string {
	values := map[string][]string{}
	note := func(tag Expression, with ...string) {
		if tag, is := tag.(Tag); is && mayBe(tag.Context, kind) {
			values[tag.Key] = append(values[tag.Key], with...)
		}
	}
	var tied [][2]string
	compare := func(a, b Expression) {
		for _, member := range append(members(b), b) {
			if text, is := member.(LiteralString); is {
				note(a, text.Value)
			}
		}
		left, isLeft := a.(Tag)
		right, isRight := b.(Tag)
		if isLeft && isRight {
			tied = append(tied, [2]string{left.Key, right.Key})
		}
	}
	for part := range Walk(d) {
		if choice, is := part.(Select); is {
			for _, option := range choice.Options {
				compare(choice.Selector, option.Value)
				compare(option.Value, choice.Selector)
			}
		}
		for _, expression := range expressionsIn(part) {
			for e := range walkExpression(expression) {
				switch e := e.(type) {
				case Equal:
					compare(e.Left, e.Right)
					compare(e.Right, e.Left)
				case In:
					compare(e.Target, e.Values)
				case HasTag:
					note(Tag(e))
				case Tag:
					note(e)
				}
			}
		}
	}
	for range tied { // until what is tied by others is tied as well
		for _, pair := range tied {
			both := slices.Concat(values[pair[0]], values[pair[1]])
			for _, key := range pair {
				if _, asked := values[key]; asked {
					values[key] = sortedTexts(both)
				}
			}
		}
	}
	for key, all := range values {
		values[key] = sortedTexts(all)
	}
	return values
}

// sortedTexts are the distinct values in order; an empty one counts.
func sortedTexts(values []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}
