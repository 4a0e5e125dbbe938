package kit

import (
	"fmt"
	"slices"
	"strings"
)

// JoinID makes an id of its parts; "" while one of them is not known yet.
func JoinID(parts ...string) string {
	if slices.Contains(parts, "") {
		return ""
	}
	return strings.Join(parts, "/")
}

// SplitID takes a resource id apart; form shows what it looks like.
func SplitID(id string, parts int, form string) ([]string, error) {
	split := strings.Split(id, "/")
	if len(split) != parts {
		return nil, fmt.Errorf("%q is not an id of this resource: write it as %s", id, form)
	}
	if slices.Contains(split, "") {
		return nil, fmt.Errorf("%q is not an id of this resource: a part is empty; write it as %s", id, form)
	}
	return split, nil
}

// split takes an id of this resource apart.
func (m *Managed[Args, State, Live]) split(id string) ([]string, error) {
	if m.spec.Split != nil {
		return m.spec.Split(id)
	}
	return SplitID(id, strings.Count(m.spec.IDForm, "/")+1, m.spec.IDForm)
}
