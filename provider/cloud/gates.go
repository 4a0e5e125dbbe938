package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Actions on an environment that a gate guards.
const (
	GateOpen   = "open"
	GateUpdate = "update"
)

// Gate is a change gate: an action on an environment that needs approvals. The service writes approvers in one form and
// reads them in another; both are this one here.
type Gate struct {
	ID          string // the service's; not sent
	Name        string // need not be unique
	Enabled     bool
	Project     string
	Environment string
	Action      string // open or update
	// EntityType is what kind of thing is guarded, as the service names it; not sent. "" and environment are the same.
	EntityType string
	Rule       ApprovalRule
	// Unrecognized is what was read and has no place here, one line each. It is never sent.
	Unrecognized []string
}

// ApprovalRule says who approves, and how many of them.
type ApprovalRule struct {
	RequiredApprovals        int // at least 1
	AllowSelfApproval        bool
	ReapprovalOnChange       bool
	Teams, Users, Permission []string // of eligible approvers: names, logins, scopes on the environment
}

// Same reports whether two gates guard the same in the same way. Ids make no difference, nor does the order of approvers.
func (g Gate) Same(other Gate) bool {
	a, b := g.Rule, other.Rule
	return g.OnEnvironment() && other.OnEnvironment() && g.Name == other.Name && g.Enabled == other.Enabled && g.Project == other.Project &&
		g.Environment == other.Environment && g.Action == other.Action &&
		len(g.Unrecognized) == 0 && len(other.Unrecognized) == 0 &&
		a.RequiredApprovals == b.RequiredApprovals && a.AllowSelfApproval == b.AllowSelfApproval &&
		a.ReapprovalOnChange == b.ReapprovalOnChange &&
		sameSet(a.Teams, b.Teams) && sameSet(a.Users, b.Users) && sameSet(a.Permission, b.Permission)
}

func sameSet(a, b []string) bool {
	sorted := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	return slices.Equal(sorted(a), sorted(b))
}

const (
	environmentEntity = "environment"
	approvalRule      = "approval_required"
	byTeam            = "team_member"
	byUser            = "specific_user"
	byPermission      = "has_permission_on_target"
)

type gateRequest struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	Target  struct {
		EntityType    string   `json:"entityType"`
		QualifiedName string   `json:"qualifiedName"`
		ActionTypes   []string `json:"actionTypes"`
	} `json:"target"`
	Rule struct {
		RuleType           string              `json:"ruleType"`
		RequiredApprovals  int                 `json:"numApprovalsRequired"`
		AllowSelfApproval  bool                `json:"allowSelfApproval"`
		ReapprovalOnChange bool                `json:"requireReapprovalOnChange"`
		Approvers          []map[string]string `json:"eligibleApprovers"`
	} `json:"rule"`
}

func (g Gate) request() gateRequest {
	r := gateRequest{Name: g.Name, Enabled: g.Enabled}
	r.Target.EntityType, r.Target.QualifiedName = environmentEntity, g.Project+"/"+g.Environment
	r.Target.ActionTypes = []string{g.Action}
	r.Rule.RuleType, r.Rule.RequiredApprovals = approvalRule, g.Rule.RequiredApprovals
	r.Rule.AllowSelfApproval, r.Rule.ReapprovalOnChange = g.Rule.AllowSelfApproval, g.Rule.ReapprovalOnChange
	r.Rule.Approvers = []map[string]string{}
	for _, eligible := range []struct {
		kind, property string
		values         []string
	}{
		{byTeam, "teamName", g.Rule.Teams}, {byUser, "userLogin", g.Rule.Users}, {byPermission, "permission", g.Rule.Permission},
	} {
		for _, value := range eligible.values {
			r.Rule.Approvers = append(r.Rule.Approvers, map[string]string{"eligibilityType": eligible.kind, eligible.property: value})
		}
	}
	return r
}

// OnEnvironment reports whether the gate guards an environment: others guard policy exceptions or stages of a delivery pipeline.
func (g Gate) OnEnvironment() bool { return g.EntityType == "" || g.EntityType == environmentEntity }

// UnmarshalJSON reads the service's form. A gate on something else than an environment has no Project and Environment, whatever
// it is named after, and nothing in it makes reading fail.
func (g *Gate) UnmarshalJSON(text []byte) error {
	var in struct {
		ID      string     `json:"id" answer:"id"`
		Name    string     `json:"name" answer:"value"`
		Enabled bool       `json:"enabled" answer:"value"`
		Target  gateTarget `json:"target" answer:"value"`
		Rule    struct {
			RuleType string `json:"ruleType" answer:"text"`
		} `json:"rule" answer:"value"`
	}
	if err := decode(text, &in); err != nil {
		return err
	}
	*g = Gate{ID: in.ID, Name: in.Name, Enabled: in.Enabled, EntityType: in.Target.EntityType}
	if err := g.readTarget(in.Target); err != nil {
		return err
	}
	err := g.readRule(text)
	if err != nil && (!g.OnEnvironment() || in.Rule.RuleType != approvalRule) {
		g.strange("its rule of type %s cannot be read", in.Rule.RuleType)
		return nil
	}
	return err
}

type gateTarget struct {
	EntityType    string          `json:"entityType" answer:"text"`
	QualifiedName string          `json:"qualifiedName"`
	ActionTypes   []string        `json:"actionTypes" answer:"value"`
	EntityInfo    json.RawMessage `json:"entityInfo"`
}

func (g *Gate) readTarget(in gateTarget) error {
	for i, action := range in.ActionTypes {
		if i == 0 {
			g.Action = action
			continue
		}
		g.strange("it guards the action %s as well", action)
	}
	if !g.OnEnvironment() {
		g.Unrecognized = append([]string{"it guards a " + in.EntityType + describedEntity(in.EntityInfo)}, g.Unrecognized...)
		return nil
	}
	var info struct {
		Project string `json:"project"`
		Name    string `json:"name"`
	}
	if len(in.EntityInfo) > 0 {
		if err := json.Unmarshal(in.EntityInfo, &info); err != nil {
			return err
		}
	}
	g.Project, g.Environment = info.Project, info.Name
	if g.Project == "" {
		g.Project, g.Environment, _ = strings.Cut(in.QualifiedName, "/")
	}
	return nil
}

// describedEntity is what an answer says of an entity that is none of those known here.
func describedEntity(info json.RawMessage) string {
	var properties map[string]json.RawMessage
	if json.Unmarshal(info, &properties) != nil {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if name != "entityType" {
			parts = append(parts, fmt.Sprintf("%s %s", name, properties[name]))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	const most = 200
	described := strings.Join(parts, ", ")
	if len(described) > most {
		described = strings.ToValidUTF8(described[:most], "") + "..."
	}
	return " (" + described + ")"
}

func (g *Gate) readRule(text []byte) error {
	var in struct {
		Rule struct {
			RuleType           string        `json:"ruleType"`
			RequiredApprovals  int           `json:"numApprovalsRequired" answer:"value"`
			AllowSelfApproval  bool          `json:"allowSelfApproval" answer:"value"`
			ReapprovalOnChange bool          `json:"requireReapprovalOnChange" answer:"value"`
			Approvers          []eligibility `json:"eligibleApprovers" answer:"key"`
		} `json:"rule"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	if in.Rule.RuleType != approvalRule {
		g.strange("its rule is of type %s", in.Rule.RuleType)
	} else if err := require(text, reflect.TypeOf(in), ""); err != nil {
		return err
	}
	g.Rule = ApprovalRule{
		RequiredApprovals: in.Rule.RequiredApprovals, AllowSelfApproval: in.Rule.AllowSelfApproval,
		ReapprovalOnChange: in.Rule.ReapprovalOnChange,
	}
	for _, approver := range in.Rule.Approvers {
		if err := approver.join(g); err != nil {
			return err
		}
	}
	return nil
}

// eligibility is how the service reads an approver.
type eligibility struct {
	Kind       string   `json:"eligibilityType"`
	Name       string   `json:"name"` // of a team
	User       UserInfo `json:"user"`
	Permission string   `json:"permission"`
}

func (e eligibility) join(g *Gate) error {
	var value, field string
	switch e.Kind {
	case byTeam:
		value, field = e.Name, "name"
		g.Rule.Teams = append(g.Rule.Teams, value)
	case byUser:
		value, field = e.User.Login, "user.githubLogin"
		g.Rule.Users = append(g.Rule.Users, value)
	case byPermission:
		value, field = e.Permission, "permission"
		g.Rule.Permission = append(g.Rule.Permission, value)
	default:
		g.strange("it has approvers of type %s", e.Kind)
		return nil
	}
	if value == "" {
		return fmt.Errorf("an approver of type %s has no %s", e.Kind, field)
	}
	return nil
}

func (g *Gate) strange(format string, args ...any) {
	g.Unrecognized = append(g.Unrecognized, fmt.Sprintf(format, args...))
}

// Gates lists the gates of one environment, and leaves out what an answer holds besides them. There is no way to list those of an
// organization. Names are compared exactly: no source says that the service does otherwise, and a gate of Prod that is taken for one of
// prod would have an environment appear guarded that is not.
func (c *Client) Gates(ctx context.Context, organization, project, environment string) iter.Seq2[Gate, error] {
	guards := func(g Gate) bool {
		return g.OnEnvironment() && (g.Project == "" || g.Project == project && g.Environment == environment)
	}
	return pages(ctx, c, call{
		method: http.MethodGet, path: []string{"change-gates", organization},
		query:  url.Values{"entityType": {environmentEntity}, "qualifiedName": {project + "/" + environment}},
		object: "gates of " + quoted("environment", project+"/"+environment),
	}, func(p struct {
		Gates             []Gate `json:"gates" answer:"key"`
		ContinuationToken string `json:"continuationToken"`
	},
	) ([]Gate, string) {
		return slices.DeleteFunc(p.Gates, func(g Gate) bool { return !guards(g) }), p.ContinuationToken
	})
}

// Gate returns one gate, or ErrNotFound.
func (c *Client) Gate(ctx context.Context, organization, id string) (Gate, error) {
	return write(ctx, c, gateCall(http.MethodGet, organization, id), isGate(id))
}

// CreateGate makes a gate. Names are not known to be unique, so the service would make it twice: when the answer is lost,
// the gates are searched for one that is the same and not among those that were there before.
func (c *Client) CreateGate(ctx context.Context, organization string, gate Gate, before []Gate) (Gate, error) {
	in := call{
		method: http.MethodPost, path: []string{"change-gates", organization}, body: gate.request(),
		object: quoted("gate", gate.Name), once: true,
	}
	return createOnce(ctx, c,
		func() (Gate, error) {
			return write(ctx, c, in, func(g Gate) error { return other("gate", gate.Name, g.Name) })
		},
		func(ctx context.Context) (Gate, bool, error) {
			for found, err := range c.Gates(ctx, organization, gate.Project, gate.Environment) {
				known := func(b Gate) bool { return b.ID == found.ID }
				if err != nil || (found.Same(gate) && !slices.ContainsFunc(before, known)) {
					return found, err == nil, err
				}
			}
			return Gate{}, false, nil
		})
}

// UpdateGate puts a whole gate in place of the one with that id.
func (c *Client) UpdateGate(ctx context.Context, organization, id string, gate Gate) (Gate, error) {
	in := gateCall(http.MethodPut, organization, id)
	in.body, in.object = gate.request(), quoted("gate", gate.Name)
	return write(ctx, c, in, isGate(id))
}

func isGate(id string) func(Gate) error {
	return func(g Gate) error { return other("gate", id, g.ID) }
}

// DeleteGate deletes a gate. One that does not exist counts as deleted.
func (c *Client) DeleteGate(ctx context.Context, organization, id string) error {
	return doneIfNotFound(c.send(ctx, gateCall(http.MethodDelete, organization, id)))
}

func gateCall(method, organization, id string) call {
	return call{method: method, path: []string{"change-gates", organization, id}, object: quoted("gate", id)}
}
