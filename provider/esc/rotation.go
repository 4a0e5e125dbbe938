package esc

import (
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	rotateKey = "fn::rotate"
	stateKey  = "state"
)

// CarryRotation puts into a definition the state that the service wrote into the stored text of the same environment: what
// rotation made of each fn::rotate that is still there, at the same place and with the same rotator. The service takes a
// definition as a whole, so a text without the state would lose the credentials that rotation made last. A state that the
// definition has itself stays. A text that there is nothing to carry into comes back as it is.
func CarryRotation(definition, stored string) (string, error) {
	wanted, err := parse(definition)
	if err != nil || len(wanted) != 1 {
		return definition, nil //nolint:nilerr // the check has reported it
	}
	there, err := parse(stored)
	if err != nil || len(there) != 1 || !carryState(wanted[0], there[0]) {
		return definition, nil //nolint:nilerr // nothing in it can be carried over
	}
	return marshal(wanted[0])
}

// carryState reports whether something was carried.
func carryState(to, from *yaml.Node) bool {
	if to.Kind != from.Kind {
		return false
	}
	if wanted, stored := rotation(to), rotation(from); wanted != nil && stored != nil {
		return sameRotator(to, from) && setState(wanted, stored)
	}
	carried := false
	switch to.Kind {
	case yaml.DocumentNode, yaml.SequenceNode:
		for i := range min(len(to.Content), len(from.Content)) {
			carried = carryState(to.Content[i], from.Content[i]) || carried
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(to.Content); i += 2 {
			if there := valueAt(from, to.Content[i].Value); there != nil {
				carried = carryState(to.Content[i+1], there) || carried
			}
		}
	}
	return carried
}

// rotation are the arguments of a call of a rotator; nil for anything else.
func rotation(node *yaml.Node) *yaml.Node {
	if node.Kind != yaml.MappingNode || len(node.Content) != 2 {
		return nil
	}
	name, arguments := node.Content[0].Value, node.Content[1]
	if (name != rotateKey && !strings.HasPrefix(name, rotateKey+"::")) || arguments.Kind != yaml.MappingNode {
		return nil
	}
	return arguments
}

func sameRotator(a, b *yaml.Node) bool { return rotatorName(a) == rotatorName(b) }

// rotatorName is the rotator of a call, in its long or in its short form.
func rotatorName(call *yaml.Node) string {
	if short, ok := strings.CutPrefix(call.Content[0].Value, rotateKey+"::"); ok {
		return short
	}
	if provider := valueAt(call.Content[1], "provider"); provider != nil {
		return provider.Value
	}
	return ""
}

func setState(wanted, stored *yaml.Node) bool {
	state, own := valueAt(stored, stateKey), valueAt(wanted, stateKey)
	switch {
	case state == nil || state.ShortTag() == "!!null":
		return false
	case own == nil:
		put(wanted, scalar("!!str", stateKey), state)
		return true
	case own.ShortTag() == "!!null":
		*own = *state
		return true
	}
	return false
}

// withoutState returns the arguments of a rotator without its state.
func withoutState(arguments *yaml.Node) *yaml.Node {
	rest := mapping()
	for i := 0; i+1 < len(arguments.Content); i += 2 {
		if arguments.Content[i].Value != stateKey {
			put(rest, arguments.Content[i], arguments.Content[i+1])
		}
	}
	return rest
}

func valueAt(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}
