package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"
)

// outputs are the stack's outputs as people see them; secret ones show as "[secret]".
func (p *project) outputs() map[string]any {
	p.t.Helper()
	var outputs map[string]any
	require.NoError(p.t, json.Unmarshal([]byte(p.run("stack", "output", "--json")), &outputs))
	return outputs
}

var serviceID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// described is what the program said of each resource, by its URN. Ids that the service gave are left out.
func (p *project) described() map[string]string {
	p.t.Helper()
	all := map[string]string{}
	for _, r := range p.state() {
		if !strings.HasPrefix(r.Type, "leastprivilege:") {
			continue
		}
		delete(r.Inputs, "__internal")
		inputs, err := json.Marshal(r.Inputs)
		require.NoError(p.t, err)
		_, name, _ := strings.Cut(r.URN, "::")
		all[name] = serviceID.ReplaceAllString(string(inputs), "<id>")
	}
	return all
}

// named returns the resource of a type whose URN ends with the name.
func (p *project) named(token, name string) resource {
	p.t.Helper()
	for _, r := range p.state() {
		if r.Type == "leastprivilege:index:"+token && strings.HasSuffix(r.URN, "::"+name) {
			return r
		}
	}
	require.Fail(p.t, "no such resource", "%s %s", token, name)
	return resource{}
}

// opened is what an administrator sees of an environment's values.
func (p *project) opened(environment string) escValue {
	p.t.Helper()
	path := "/api/esc/environments/acme/" + environment + "/open"
	var session struct {
		ID string `json:"id"`
	}
	require.NoError(p.t, json.Unmarshal(p.call(http.MethodPost, path+"?duration=1h", nil), &session))
	var answer struct {
		Properties map[string]escValue `json:"properties"`
	}
	require.NoError(p.t, json.Unmarshal(p.call(http.MethodGet, path+"/"+session.ID, nil), &answer))
	return escValue{properties: answer.Properties}
}

// escValue is one value of an opened environment.
type escValue struct {
	Value      any  `json:"value"`
	Secret     bool `json:"secret"`
	properties map[string]escValue
}

// plain is the value as a user wrote it.
func (v escValue) plain() any {
	if v.properties != nil {
		all := map[string]any{}
		for name, property := range v.properties {
			all[name] = plainValue(property.Value)
		}
		return all
	}
	return plainValue(v.Value)
}

// plainValue takes the values out of what the service says about them: where they stand, and whether they are secret.
func plainValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, property := range value {
			all[name] = plainValue(property.(map[string]any)["value"])
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, element := range value {
			all[i] = plainValue(element.(map[string]any)["value"])
		}
		return all
	default:
		return value
	}
}
