package resources

import (
	p "github.com/pulumi/pulumi-go-provider"
)

func changeKind(before, after bool) p.DiffKind {
	switch {
	case !before && after:
		return p.Add
	case before && !after:
		return p.Delete
	}
	return p.Update
}
