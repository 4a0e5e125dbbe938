package esc

import (
	"fmt"
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Store is a store of secrets that the environment reads from when it is opened, with the credentials of its login to the
// same cloud; see https://www.pulumi.com/docs/esc/providers/. Its secrets are put at values.<Cloud>.<Name>.
type Store struct {
	Cloud    string         // the section of the login: aws, azure or gcp
	Name     string         // where among the cloud's values
	Provider string         // ESC's provider, such as aws-secrets
	Inputs   map[string]any // the provider's inputs but the login
}

func (s Store) call() map[string]any {
	inputs := maps.Clone(s.Inputs)
	inputs["login"] = fmt.Sprintf("${%s.login}", s.Cloud)
	return map[string]any{"fn::open::" + s.Provider: inputs}
}

func placeStore(store Store, values map[string]any, wrong *problem.List) {
	place := "values." + store.Cloud
	section, ok := ordinary(values[store.Cloud])
	switch {
	case !ok:
		wrong.AddReason(place, fmt.Sprintf("must be a map, because what is read from a store is put at %s.%s", place, store.Name))
		return
	case section[store.Name] != nil:
		wrong.AddReason(place+"."+store.Name, "is taken by what is read from a store; use another name")
		return
	}
	section = maps.Clone(section)
	section[store.Name] = store.call()
	values[store.Cloud] = section
}
