package oidc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// spelled parses an object by the names of its members in any spelling: `attributeCondition` as the cloud's API has it, and
// `attribute_condition` as Terraform does. The names are in lower case and without separators.
func spelled(raw []byte) (map[string]member, error) {
	all, err := members(raw)
	if err != nil {
		return nil, err
	}
	named := map[string]member{}
	for _, one := range all {
		name := plainName(one.key)
		if other, twice := named[name]; twice {
			return nil, sameMember(other.key, one.key)
		}
		named[name] = one
	}
	return named, nil
}

func sameMember(one, other string) error {
	return fmt.Errorf("%s and %s are the same member", one, other)
}

func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// spelling is how a document writes the names of members.
type spelling struct {
	prefix string
	names  map[string]string
}

func (s *spelling) add(name, written string) {
	if s.names == nil {
		s.names = map[string]string{}
	}
	s.names[name] = written
}

// of is the first of the names that the document has, as it writes it, else the first as the cloud's API does.
func (s spelling) of(names ...string) string {
	for _, name := range names {
		if written, found := s.names[plainName(name)]; found {
			return written
		}
	}
	return s.prefix + names[0]
}

func optionalText(raw json.RawMessage) (string, error) {
	if text := strings.TrimSpace(string(raw)); text == "" || text == "null" {
		return "", nil
	}
	return oneText(raw)
}

// empty reports whether nothing is given: no value, or an empty list, which is how Terraform writes an absent block.
func empty(raw json.RawMessage) bool {
	text := strings.Join(strings.Fields(string(raw)), "")
	return text == "" || text == "null" || text == "[]"
}

// optionalTexts reads one text or a list of any length.
func optionalTexts(raw json.RawMessage) ([]string, error) {
	if empty(raw) {
		return nil, nil
	}
	return texts(raw)
}

// rawObjects splits a document that is one object or a list of them, each with its path. An object that holds a list under
// wrapper is that list.
func rawObjects(document []byte, wrapper string) (all []json.RawMessage, paths []string, err error) {
	prefix := ""
	if isKind(document, '{') {
		wrapped, err := spelled(document)
		if err != nil {
			return nil, nil, err
		}
		list, found := wrapped[wrapper]
		if !found {
			return []json.RawMessage{document}, []string{""}, nil
		}
		document, prefix = list.value, list.key
	}
	if !isKind(document, '[') {
		return nil, nil, fmt.Errorf("expected an object or a list of objects, found %s", kindOf(document))
	}
	if err := json.Unmarshal(document, &all); err != nil {
		return nil, nil, err
	}
	for i, one := range all {
		if !isKind(one, '{') {
			return nil, nil, fmt.Errorf("%s[%d]: expected an object, found %s", prefix, i, kindOf(one))
		}
		paths = append(paths, fmt.Sprintf("%s[%d].", prefix, i))
	}
	return all, paths, nil
}

// listIgnored are members of the clouds' lists that hold none of it.
var listIgnored = []string{"@odata.context", "@odata.count", "$schema", "id", "version", "created", "modified"}

// besides adds findings for what stands beside the list in an object that wraps one: it is not read, and may be the rest of the
// list.
func (l *linter) besides(document []byte, wrapper string, listed bool) {
	all, err := spelled(document)
	if _, wrapped := all[wrapper]; err != nil || !wrapped {
		return
	}
	delete(all, wrapper)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(listIgnored, name) && !empty(all[name].value) && string(all[name].value) != `""` {
			names = append(names, all[name].key)
		}
	}
	l.unknownMembers("", names, listed)
}

// unknownMembers adds findings for members that were not read. A document of which nothing was read protects nothing.
func (l *linter) unknownMembers(path string, names []string, recognized bool) {
	severity, message := Medium, "%q is not a member that is known here: what it does is not checked."
	if !recognized {
		severity, message = High, "%q is not a member that is known here, and nothing else stands here that says who is admitted."
	}
	for _, name := range names {
		l.add(RuleUnknownMember, severity, path+name, fmt.Sprintf(message, name),
			"Give the object as the cloud's API or Terraform's resource has it, without what encloses it.")
	}
}
