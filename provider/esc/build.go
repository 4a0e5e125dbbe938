package esc

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Definition is an environment definition in parts. Values, EnvironmentVariables and PulumiConfig hold what YAML would:
// strings with ESC's `${...}`, maps with its `fn::...` keys, lists, numbers, booleans, nil, and [Secret] anywhere.
// EnvironmentVariables and PulumiConfig may also stand in Values under their own names, but not in both places. Logins are
// at most one for each cloud; Stores need that of their cloud.
type Definition struct {
	Imports              []string
	Values               map[string]any
	EnvironmentVariables map[string]any
	PulumiConfig         map[string]any
	Logins               []Login
	Stores               []Store
}

const (
	variablesKey = "environmentVariables"
	configKey    = "pulumiConfig"
)

// Build writes the definition as YAML text. It is deterministic: imports, then values; among the values aws, azure and gcp
// first, environmentVariables and pulumiConfig last, everything else sorted. A login is put at values.<cloud>.login, and
// its credentials into environmentVariables unless a variable of that name is set. The text has passed [Check]. Errors are
// [problem.List].
func Build(d Definition) (string, error) {
	values, wrong := d.assemble()
	for _, login := range d.Logins {
		wrong = append(wrong, login.check()...)
	}
	e := &encoder{wrong: wrong}
	document := d.document(e, values)
	if err := e.wrong.Err(); err != nil {
		return "", err
	}
	text, err := marshal(document)
	if err != nil {
		return "", err
	}
	return text, checked(text)
}

func checked(text string) error {
	var wrong problem.List
	for _, diagnostic := range Check("", text) {
		if diagnostic.Severity == SeverityError {
			wrong.AddReason(diagnostic.Path, diagnostic.Summary)
		}
	}
	return wrong.Err()
}

// assemble puts the parts where ESC expects them, without changing the caller's maps.
func (d Definition) assemble() (map[string]any, problem.List) {
	var wrong problem.List
	values := maps.Clone(d.Values)
	if values == nil {
		values = map[string]any{}
	}
	for i, name := range d.Imports {
		wrong.AddReason(fmt.Sprintf("imports[%d]", i), badImport(name))
	}
	place(values, variablesKey, d.EnvironmentVariables, &wrong)
	place(values, configKey, d.PulumiConfig, &wrong)
	for _, login := range d.Logins {
		placeLogin(login, values, &wrong)
	}
	for _, store := range d.Stores {
		placeStore(store, values, &wrong)
	}
	return values, wrong
}

func place(values map[string]any, key string, part map[string]any, wrong *problem.List) {
	if len(part) == 0 {
		return
	}
	if _, taken := values[key]; taken {
		wrong.AddReason("values."+key, fmt.Sprintf("given twice: in values and as %s", key))
		return
	}
	values[key] = part
}

func placeLogin(login Login, values map[string]any, wrong *problem.List) {
	cloud := login.section()
	place := "values." + cloud
	section, ok := ordinary(values[cloud])
	switch {
	case !ok:
		wrong.AddReason(place, fmt.Sprintf("must be a map, because the %s login is put at %s.login", cloud, place))
		return
	case section["login"] != nil:
		wrong.AddReason(place+".login", fmt.Sprintf("is taken by the %s login; use another name, or leave the login out", cloud))
		return
	}
	section = maps.Clone(section)
	section["login"] = login
	values[cloud] = section

	variables, ok := ordinary(values[variablesKey])
	if !ok {
		wrong.AddReason("values."+variablesKey, fmt.Sprintf("must be a map, because the credentials of the %s login are added to it", cloud))
		return
	}
	variables = maps.Clone(variables)
	checkOverrides(login, variables, wrong)
	for name, reference := range login.variables() {
		if _, set := variables[name]; !set {
			variables[name] = reference
		}
	}
	values[variablesKey] = variables
}

// checkOverrides refuses variables that would combine credentials of two origins: a tool that finds one half of the login's
// credentials and the other half of others acts as neither, or as the wrong one.
func checkOverrides(login Login, variables map[string]any, wrong *problem.List) {
	var own, left []string
	for _, name := range login.credentials() {
		if _, set := variables[name]; set {
			own = append(own, name)
		} else {
			left = append(left, name)
		}
	}
	if len(left) == 0 {
		return
	}
	for _, name := range own {
		wrong.AddReason("values."+variablesKey+"."+name, fmt.Sprintf("is one of the variables that hold the credentials of the %s login: set all of "+
			"them, %s as well, or none", login.section(), strings.Join(left, ", ")))
	}
}

// ordinary returns a map of values, as opposed to a function call or a scalar; nil counts as an empty map.
func ordinary(value any) (map[string]any, bool) {
	if value == nil {
		return map[string]any{}, true
	}
	object, ok := value.(map[string]any)
	for key := range object {
		if strings.HasPrefix(key, "fn::") {
			return nil, false
		}
	}
	return object, ok
}

func (d Definition) document(e *encoder, values map[string]any) *yaml.Node {
	document := mapping()
	if len(d.Imports) > 0 {
		put(document, scalar("!!str", "imports"), e.node("imports", d.Imports))
	}
	section := mapping()
	for _, key := range ordered(values) {
		put(section, e.text("values", key), e.node(join("values", key), values[key]))
	}
	put(document, scalar("!!str", "values"), section)
	return document
}

func ordered(values map[string]any) []string {
	rank := map[string]int{variablesKey: 1, configKey: 2}
	for i, section := range loginSections {
		rank[section] = i - len(loginSections)
	}
	return slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		if rank[a] != rank[b] {
			return rank[a] - rank[b]
		}
		return strings.Compare(a, b)
	})
}

func marshal(node *yaml.Node) (string, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(node); err != nil {
		return "", fmt.Errorf("writing the definition: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return "", fmt.Errorf("writing the definition: %w", err)
	}
	return out.String(), nil
}
