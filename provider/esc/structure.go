package esc

import (
	"cmp"
	"slices"

	"gopkg.in/yaml.v3"
)

// SameStructure says whether two definitions mean the same but for the payloads of their secrets: it compares YAML trees,
// so that comments, formatting and the order of keys do not matter, and takes any two fn::secret as equal, plaintext or
// ciphertext. It is for telling what a service that encrypts secrets gives back from what was written. Texts that cannot
// be read as YAML are the same only if they are equal.
func SameStructure(a, b string) bool {
	if a == b {
		return true
	}
	left, errLeft := parse(a)
	right, errRight := parse(b)
	if errLeft != nil || errRight != nil {
		return false
	}
	return slices.EqualFunc(left, right, sameNode)
}

// Aliases are compared by name and not followed: ESC has none, and one may lie within its own anchor.
func sameNode(a, b *yaml.Node) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case yaml.MappingNode:
		return sameMapping(a, b)
	case yaml.ScalarNode:
		return sameScalar(a, b)
	case yaml.AliasNode:
		return a.Value == b.Value
	}
	return slices.EqualFunc(a.Content, b.Content, sameNode)
}

func sameMapping(a, b *yaml.Node) bool {
	if isSecret(a) && isSecret(b) {
		return true
	}
	return slices.EqualFunc(entries(a), entries(b), func(x, y entry) bool {
		return sameNode(x.key, y.key) && sameNode(x.value, y.value)
	})
}

func isSecret(node *yaml.Node) bool {
	return len(node.Content) == 2 && node.Content[0].Value == secretKey
}

type entry struct{ key, value *yaml.Node }

// entries are sorted by key; equal keys keep their order, because the last one may be the one that counts.
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

// simple excludes what a scalar with an exotic tag may decode to.
func simple(value any) bool {
	switch value.(type) {
	case nil, bool, int, int64, uint64, float64:
		return true
	}
	return false
}
