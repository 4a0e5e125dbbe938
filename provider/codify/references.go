package codify

import "strings"

// reference is an output of an object of the program.
type reference struct{ name, variable, output string }

// references are the outputs by their values, so that the program says whose id something is.
type references struct{ byID, byTeam map[string]reference }

func referencesIn(objects []Object) references {
	r := references{map[string]reference{}, map[string]reference{}}
	for _, o := range objects {
		_, id, _ := strings.Cut(o.ID, "/")
		switch o.Type {
		case "Role":
			r.byID[id] = reference{o.Name, identifier(o), "roleId"}
		case "PermissionSet":
			r.byID[id] = reference{o.Name, identifier(o), "permissionSetId"}
		case "Team":
			r.byTeam[id] = reference{o.Name, identifier(o), "name"}
		}
	}
	return r
}

// to finds what a text in a property stands for. An object does not refer to itself, and none to one that comes after it: settings come
// first, and a preview of them would wait for the roles.
func (r references) to(o Object, at, text string) (reference, bool) {
	last := at[strings.LastIndex(at, ".")+1:]
	var found reference
	var known bool
	switch {
	case last == "roleId" || last == "roleIds" || last == "defaultRoleId" || last == "defaultDeploymentRoleId" || last == "permissionSet":
		found, known = r.byID[text]
	case o.Type == "TeamAccess" && at == "team":
		found, known = r.byTeam[text]
	}
	return found, known && found.variable != identifier(o)
}
