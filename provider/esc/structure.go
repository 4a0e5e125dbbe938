package esc

import (
	"cmp"
	"slices"

	"gopkg.in/yaml.v3"
)

// SameStructure reports whether two definitions mean the same but for the payloads of their secrets: it compares YAML trees,
// so that comments, formatting and the order of keys do not matter, and takes any two fn::secret as equal, plaintext or
// ciphertext, and leaves the state of rotators out. It is for telling what a service that encrypts secrets gives back from what was written. Texts that cannot
// be read as YAML are the same only if they are equal.
func SameStructure(a, b string) bool {
	if a == b {
		return true
	}
	return comparison{anySecret: true}.texts(a, b)
}

// OnlyRotated reports whether two texts of the service are the same but for what rotation writes into a definition: the state
// of fn::rotate.
func OnlyRotated(before, after string) bool {
	return before != after && comparison{}.texts(before, after)
}

// comparison compares YAML trees. The state of a rotator is the service's, as ciphertext is, and makes no difference.
type comparison struct {
	anySecret bool // any two fn::secret are equal
}

func (c comparison) texts(a, b string) bool {
	left, errLeft := parse(a)
	right, errRight := parse(b)
	if errLeft != nil || errRight != nil {
		return false
	}
	return slices.EqualFunc(left, right, c.sameNode)
}

// Aliases are compared by name and not followed: ESC has none, and one may lie within its own anchor.
func (c comparison) sameNode(a, b *yaml.Node) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case yaml.MappingNode:
		return c.sameMapping(a, b)
	case yaml.ScalarNode:
		return sameScalar(a, b)
	case yaml.AliasNode:
		return a.Value == b.Value
	}
	return slices.EqualFunc(a.Content, b.Content, c.sameNode)
}

func (c comparison) sameMapping(a, b *yaml.Node) bool {
	if c.anySecret && isSecret(a) && isSecret(b) {
		return true
	}
	if left, right := rotation(a), rotation(b); left != nil && right != nil {
		return a.Content[0].Value == b.Content[0].Value && c.sameEntries(withoutState(left), withoutState(right))
	}
	return c.sameEntries(a, b)
}

func (c comparison) sameEntries(a, b *yaml.Node) bool {
	return slices.EqualFunc(entries(a), entries(b), func(x, y entry) bool {
		return c.sameNode(x.key, y.key) && c.sameNode(x.value, y.value)
	})
}

func isSecret(node *yaml.Node) bool {
	return len(node.Content) == 2 && node.Content[0].Value == secretKey
}

type entry struct{ key, value *yaml.Node }

// entries returns the entries sorted by key; equal keys keep their order, because the last one may be the one that counts.
func entries(node *yaml.Node) []entry {
	var all []entry
	for i := 0; i+1 < len(node.Content); i += 2 {
		all = append(all, entry{key: node.Content[i], value: node.Content[i+1]})
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key.Value, b.key.Value), cmp.Compare(a.key.ShortTag(), b.key.ShortTag()))
	})
	return all
}

// sameScalar compares values, so that 0x10 is 16, and kinds, so that "16" is not.
func sameScalar(a, b *yaml.Node) bool {
	if a.ShortTag() != b.ShortTag() {
		return false
	}
	if a.Value == b.Value {
		return true
	}
	if a.ShortTag() == "!!str" {
		return false
	}
	var left, right any
	return a.Decode(&left) == nil && b.Decode(&right) == nil && simple(left) && left == right
}

// simple reports whether a scalar decodes to a plain value; with an unusual tag it may decode to something else.
func simple(value any) bool {
	switch value.(type) {
	case nil, bool, int, int64, uint64, float64:
		return true
	}
	return false
}
