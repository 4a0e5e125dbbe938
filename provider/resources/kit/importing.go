package kit

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// ImportCommand is the whole command that makes the object with that id the resource of the call: a child of a component needs its
// parent, and a resource whose provider is not the default one needs that.
func ImportCommand(ctx context.Context, current *session.Session, id string) string {
	of := wire.URN(ctx)
	if !of.IsValid() {
		return "pulumi import TYPE NAME " + quoted(id)
	}
	words := []string{"pulumi import", string(of.Type()), quoted(of.Name()), quoted(id)}
	parent, known := current.Family.ParentOf(of)
	switch parents := parentTypes(of); {
	case known:
		words = append(words, "--parent", quoted("parent="+string(parent.Component)))
		if parent.Provider != "" {
			words = append(words, "--provider", quoted("provider="+string(parent.Provider)))
		}
	case len(parents) > 0:
		words = append(words, "--parent", quoted("parent=URN-OF-ITS-"+tokens.Type(parents[len(parents)-1]).Name().String()))
	}
	return strings.Join(append(words, "--protect=false"), " ")
}

func parentTypes(of urn.URN) []string {
	types := strings.Split(string(of.QualifiedType()), urn.TypeDelimiter)
	return types[:len(types)-1]
}

// quoted is a word of a command line. Names of resources may hold anything.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r < 128 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-_./:=", r))
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// TakeOver is what to do about an object that exists already and that the program makes.
func TakeOver(ctx context.Context, current *session.Session, id string) string {
	advice := fmt.Sprintf("If an update was interrupted after it had made it, or if it is to be managed here, take it over with\n    %s\n  "+
		"and run `pulumi up` again; otherwise choose another name", ImportCommand(ctx, current, id))
	switch component := wire.Component(ctx); component {
	case "":
		return advice
	case "ScopedTeam", "TieredAccess":
		return advice + " in the " + component + ". Of a team that exists, `existing: true` manages the access alone"
	default:
		return advice + " in the " + component
	}
}
