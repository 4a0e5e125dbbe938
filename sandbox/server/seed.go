package server

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Seed is what exists when a server starts. Unknown keys are refused. Names
// refer to other entries of the seed; an owner that is not given is the first administrator.
type Seed struct {
	Organization string            `yaml:"organization"`
	Settings     SeedSettings      `yaml:"settings"`
	Users        []SeedUser        `yaml:"users"` // default: one administrator, admin
	Teams        []SeedTeam        `yaml:"teams"`
	Roles        []SeedRole        `yaml:"roles"`
	Stacks       []SeedStack       `yaml:"stacks"`
	Environments []SeedEnvironment `yaml:"environments"`
	Accounts     []SeedAccount     `yaml:"accounts"`
	Grants       []SeedGrant       `yaml:"grants"`
	Gates        []SeedGate        `yaml:"gates"`
	OIDCIssuers  []SeedIssuer      `yaml:"oidcIssuers"`
}

// SeedSettings are the organization's settings. Default permissions are none, what members may do is allowed.
type SeedSettings struct {
	DefaultStackPermission       string `yaml:"defaultStackPermission"`       // none, read, write or admin
	DefaultEnvironmentPermission string `yaml:"defaultEnvironmentPermission"` // none, read, open, write or admin
	DefaultAccountPermission     string `yaml:"defaultAccountPermission"`     // none, read, write or admin
	DefaultRole                  string `yaml:"defaultRole"`                  // name
	DefaultDeploymentRole        string `yaml:"defaultDeploymentRole"`        // name
	MaxAccessTokenExpiryDays     int    `yaml:"maxAccessTokenExpiryDays"`     // 0 is no limit
	MembersCanCreateStacks       *bool  `yaml:"membersCanCreateStacks"`
	MembersCanDeleteStacks       *bool  `yaml:"membersCanDeleteStacks"`
	MembersCanTransferStacks     *bool  `yaml:"membersCanTransferStacks"`
	MembersCanCreateTeams        *bool  `yaml:"membersCanCreateTeams"`
	MembersCanCreateAccounts     *bool  `yaml:"membersCanCreateAccounts"`
}

// SeedUser is a member of the organization.
type SeedUser struct {
	Login     string `yaml:"login"`
	Name      string `yaml:"name"`
	Email     string `yaml:"email"`
	Role      string `yaml:"role"`      // admin, member (default), billing-manager, or the name of a role of the seed
	Suspended bool   `yaml:"suspended"` // a member without access
}

// SeedTeam is a team. A login is in members or in admins.
type SeedTeam struct {
	Name        string   `yaml:"name"`
	DisplayName string   `yaml:"displayName"`
	Description string   `yaml:"description"`
	Kind        string   `yaml:"kind"` // pulumi (default), github or scim
	Members     []string `yaml:"members"`
	Admins      []string `yaml:"admins"`
	Role        string   `yaml:"role"` // name of a role of the seed
}

// SeedRole is a custom role, policy or permission set. It says what it grants by scopes, on everything, or by
// details, a permission descriptor.
type SeedRole struct {
	Name         string         `yaml:"name"`
	Description  string         `yaml:"description"`
	Purpose      string         `yaml:"purpose"`      // role (default), policy or set
	ResourceType string         `yaml:"resourceType"` // global (default), stack, environment or insights-account
	Scopes       []string       `yaml:"scopes"`
	Details      map[string]any `yaml:"details"`
}

// SeedStack is a stack. Its owner is its creator too, and so holds admin on it.
type SeedStack struct {
	Project     string            `yaml:"project"`
	Stack       string            `yaml:"stack"`
	Owner       string            `yaml:"owner"`
	Tags        map[string]string `yaml:"tags"`
	Environment string            `yaml:"environment"` // project/environment that it takes its configuration from
}

// SeedEnvironment is an ESC environment with its YAML definition.
type SeedEnvironment struct {
	Project           string            `yaml:"project"`
	Environment       string            `yaml:"environment"`
	Definition        string            `yaml:"definition"`
	Owner             string            `yaml:"owner"`
	Tags              map[string]string `yaml:"tags"`
	DeletionProtected bool              `yaml:"deletionProtected"`
}

// SeedAccount is an Insights account.
type SeedAccount struct {
	Account     string            `yaml:"account"`
	Provider    string            `yaml:"provider"`    // aws (default), azure-native, gcp, kubernetes or oci
	Environment string            `yaml:"environment"` // project/environment
	Owner       string            `yaml:"owner"`
	Tags        map[string]string `yaml:"tags"`
}

// SeedGrant is a team's permission on one entity, or a user's on one stack.
type SeedGrant struct {
	Team            string `yaml:"team"`
	User            string `yaml:"user"`
	Project         string `yaml:"project"`
	Stack           string `yaml:"stack"`
	Environment     string `yaml:"environment"`
	Account         string `yaml:"account"`
	Permission      string `yaml:"permission"`
	MaxOpenDuration string `yaml:"maxOpenDuration"` // environments; a Go duration
}

// SeedGate is an approval gate on an environment.
type SeedGate struct {
	Project           string        `yaml:"project"`
	Environment       string        `yaml:"environment"`
	Action            string        `yaml:"action"` // open (default) or update
	Name              string        `yaml:"name"`   // default: the action and the environment
	Approvers         SeedApprovers `yaml:"approvers"`
	RequiredApprovals *int          `yaml:"requiredApprovals"`         // default: 1
	AllowSelfApproval bool          `yaml:"allowSelfApproval"`         // default: false
	Reapproval        *bool         `yaml:"requireReapprovalOnChange"` // default: true
	Enabled           *bool         `yaml:"enabled"`                   // default: true
}

// SeedApprovers are who may approve: anyone of these.
type SeedApprovers struct {
	Teams      []string `yaml:"teams"`
	Users      []string `yaml:"users"`
	Permission string   `yaml:"permission"` // a scope on the environment, such as environment:write
}

// ParseSeed reads a seed. Every error names the path of what is wrong, such as users[0].role.
func ParseSeed(data []byte) (Seed, error) {
	var seed Seed
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return seed, nil
	case err != nil:
		return seed, fmt.Errorf("the seed is not valid YAML: %w", err)
	}
	if err := dec.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return seed, errors.New("the seed has more than one YAML document: give one")
	}
	if len(doc.Content) == 0 {
		return seed, nil
	}
	return seed, decodeStrictly(doc.Content[0], reflect.ValueOf(&seed).Elem(), "")
}

// decodeStrictly fills a value from a YAML node. Not yaml's own strict mode, which names Go types and lines where
// the reader of the error needs the key.
func decodeStrictly(n *yaml.Node, into reflect.Value, path string) error {
	if n.Kind == yaml.AliasNode {
		return fmt.Errorf("the seed's %s is an alias: write it out", orRoot(path))
	}
	if n.Tag == "!!null" {
		return nil
	}
	switch into.Kind() {
	case reflect.Struct:
		return decodeStruct(n, into, path)
	case reflect.Slice:
		return decodeSlice(n, into, path)
	case reflect.Map, reflect.Pointer, reflect.String, reflect.Bool, reflect.Int:
		if err := n.Decode(into.Addr().Interface()); err != nil {
			return fmt.Errorf("the seed's %s (line %d) is not %s", orRoot(path), n.Line, article(into.Type()))
		}
		return nil
	}
	return fmt.Errorf("the seed's %s cannot be read", orRoot(path))
}

func decodeStruct(n *yaml.Node, into reflect.Value, path string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("the seed's %s (line %d) is not a mapping", orRoot(path), n.Line)
	}
	fields := map[string]int{}
	for i := range into.NumField() {
		fields[into.Type().Field(i).Tag.Get("yaml")] = i
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		at := strings.TrimPrefix(path+"."+key, ".")
		index, known := fields[key]
		if !known {
			return fmt.Errorf("the seed has an unknown key %s (line %d): known are %s", at, n.Content[i].Line,
				strings.Join(sortedKeys(fields), ", "))
		}
		if seen[key] {
			return fmt.Errorf("the seed has the key %s twice (line %d)", at, n.Content[i].Line)
		}
		seen[key] = true
		if err := decodeStrictly(n.Content[i+1], into.Field(index), at); err != nil {
			return err
		}
	}
	return nil
}

func decodeSlice(n *yaml.Node, into reflect.Value, path string) error {
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("the seed's %s (line %d) is not a list", orRoot(path), n.Line)
	}
	list := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	for i, entry := range n.Content {
		if err := decodeStrictly(entry, list.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	into.Set(list)
	return nil
}

func orRoot(path string) string {
	if path == "" {
		return "top level"
	}
	return path
}

func article(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	names := map[reflect.Kind]string{reflect.String: "a text", reflect.Bool: "true or false", reflect.Int: "a whole number",
		reflect.Map: "a mapping"}
	return names[t.Kind()]
}

// problem is an error about one place of the seed.
func problem(path, format string, args ...any) error {
	return fmt.Errorf("the seed's %s: %s", path, fmt.Sprintf(format, args...))
}

// oneOf checks a word against those that are allowed; "" stands for the first.
func oneOf(path, value string, allowed ...string) (string, error) {
	if value == "" {
		return allowed[0], nil
	}
	if !slices.Contains(allowed, value) {
		return "", problem(path, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
	return value, nil
}
