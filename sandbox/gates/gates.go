// Package gates serves change gates (see [Routes]) and evaluates them: [PassGate] decides whether a caller may open an
// environment, [Evaluate] whether a request has its approvals.
package gates

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// gateRequest is CreateChangeGateRequest and UpdateChangeGateRequest in the service's document, which are the same:
// an update replaces the whole gate. A nil pointer is a property that was left out.
type gateRequest struct {
	Name    *string `json:"name"`
	Enabled *bool   `json:"enabled"`
	Target  *struct {
		EntityType    string   `json:"entityType"`
		QualifiedName string   `json:"qualifiedName"`
		Actions       []string `json:"actionTypes"`
	} `json:"target"`
	Rule *struct {
		RuleType          string               `json:"ruleType"`
		RequiredApprovals *int                 `json:"numApprovalsRequired"`
		AllowSelfApproval *bool                `json:"allowSelfApproval"`
		Reapproval        *bool                `json:"requireReapprovalOnChange"`
		Approvers         []eligibilityRequest `json:"eligibleApprovers"`
	} `json:"rule"`
}

// eligibilityRequest is an approver in a request. Answers have another form, [wireEligibility].
type eligibilityRequest struct {
	Kind       string `json:"eligibilityType"`
	TeamName   string `json:"teamName"`
	UserLogin  string `json:"userLogin"`
	Permission string `json:"permission"`
}

type wireGate struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Enabled bool           `json:"enabled"`
	Target  wireGateTarget `json:"target"`
	Rule    wireGateRule   `json:"rule"`
}

type wireGateTarget struct {
	EntityType    string   `json:"entityType"`
	QualifiedName string   `json:"qualifiedName"`
	Actions       []string `json:"actionTypes"`
	EntityInfo    any      `json:"entityInfo"` // WireEntity or wireExceptions
}

type wireExceptions struct {
	EntityType   string `json:"entityType"`
	Organization string `json:"organization"`
}

type WireEntity struct {
	EntityType string `json:"entityType"`
	Project    string `json:"project"`
	Name       string `json:"name"`
}

type wireGateRule struct {
	RuleType          string            `json:"ruleType"`
	RequiredApprovals int               `json:"numApprovalsRequired"`
	AllowSelfApproval bool              `json:"allowSelfApproval"`
	Reapproval        bool              `json:"requireReapprovalOnChange"`
	Approvers         []wireEligibility `json:"eligibleApprovers"`
}

// wireEligibility is an approver in an answer.
type wireEligibility struct {
	Kind        string         `json:"eligibilityType"`
	Name        *string        `json:"name,omitempty"` // of a team, with DisplayName
	DisplayName *string        `json:"displayName,omitempty"`
	User        *core.UserInfo `json:"user,omitempty"`
	Permission  string         `json:"permission,omitempty"`
}

func Routes() []core.Route {
	const gates = "/api/change-gates/{orgName}"
	return []core.Route{
		{Pattern: "GET " + gates, Handle: rest.Plain(listGates)},
		{Pattern: "POST " + gates, Handle: rest.Do(createGate)},
		{Pattern: "GET " + gates + "/{gateID}", Handle: rest.AnswerOn(visibleGate, readGate)},
		{Pattern: "PUT " + gates + "/{gateID}", Handle: rest.JSONOn(visibleGate, updateGate)},
		{Pattern: "DELETE " + gates + "/{gateID}", Handle: rest.ActOn(visibleGate, deleteGate)},
	}
}

// listGates answers with the gates of one environment, or of the policy exceptions. Whether the service lists those of all is not
// documented, so the sandbox refuses it: a client must not rely on that.
func listGates(c *core.Call) error {
	kind, name := c.Query("entityType"), c.Query("qualifiedName")
	exceptions := kind == state.EntityTypeExceptions
	if exceptions {
		name = ""
	}
	if !exceptions && (kind != state.EntityTypeESC || name == "") {
		return rest.BadRequest("entityType=environment and qualifiedName=<project>/<environment> select the gates to list")
	}
	if about := (&state.Gate{Environment: name, Exceptions: exceptions}); !maySee(c, about) {
		return rest.NotFound("%s not found", guarded(about))
	}
	gates := []wireGate{}
	for _, id := range rest.SortedKeys(c.Org.State.Gates) {
		if g := c.Org.State.Gates[id]; g.Environment == name && g.Exceptions == exceptions {
			gates = append(gates, showGate(c.Org, g))
		}
	}
	return c.OK(map[string]any{"gates": gates, "continuationToken": ""})
}

func createGate(c *core.Call, request gateRequest) error {
	g, err := gateFrom(c.Org, request)
	if err != nil {
		return err
	}
	if err := mayChangeGate(c, "change_gate:create", g); err != nil {
		return err
	}
	g.ID = c.Org.State.NewID("gate", g.Environment)
	c.Org.State.Gates[g.ID] = g
	c.Audit("change-gate-created", "Created %s gate %s on %s", g.Action, g.Name, guarded(g))
	return c.JSON(http.StatusCreated, showGate(c.Org, g))
}

func readGate(c *core.Call, g *state.Gate) (wireGate, error) {
	return showGate(c.Org, g), nil
}

// updateGate replaces a whole gate.
func updateGate(c *core.Call, g *state.Gate, request gateRequest) (wireGate, error) {
	next, err := gateFrom(c.Org, request)
	if err != nil {
		return wireGate{}, err
	}
	for _, one := range []*state.Gate{g, next} {
		if err := mayChangeGate(c, "change_gate:update", one); err != nil {
			return wireGate{}, err
		}
	}
	next.ID = g.ID
	c.Org.State.Gates[g.ID] = next
	c.Audit("change-gate-updated", "Updated %s gate %s on %s", next.Action, next.Name, guarded(next))
	return showGate(c.Org, next), nil
}

func deleteGate(c *core.Call, g *state.Gate) error {
	if err := mayChangeGate(c, "change_gate:delete", g); err != nil {
		return err
	}
	delete(c.Org.State.Gates, g.ID)
	c.Audit("change-gate-deleted", "Deleted %s gate %s on %s", g.Action, g.Name, guarded(g))
	return c.NoContent()
}

// visibleGate finds the gate that the path names, if the caller may see what it guards.
func visibleGate(c *core.Call) (*state.Gate, error) {
	g, found := c.Org.State.Gates[c.Param("gateID")]
	if !found || !maySee(c, g) {
		return nil, rest.NotFound("Change gate '%s' not found", c.Param("gateID"))
	}
	return g, nil
}

func maySee(c *core.Call, g *state.Gate) bool {
	if g.Exceptions {
		return c.CanOrg("policy_exceptions:read")
	}
	e, found := c.Org.State.Environments[g.Environment]
	return found && c.Can("environment:read", authz.Environment(e))
}

// mayChangeGate refuses callers who hold the scope neither on the environment nor in the organization.
func mayChangeGate(c *core.Call, scope string, g *state.Gate) error {
	if !maySee(c, g) {
		return rest.NotFound("%s not found", guarded(g))
	}
	if c.CanOrg(scope) || !g.Exceptions && c.Can(scope, authz.Environment(c.Org.State.Environments[g.Environment])) {
		return nil
	}
	AuditApproval(c, "it needs %s on %s", scope, guarded(g))
	return rest.Forbidden("you need the permission '%s' on %s of %s", scope, guarded(g), c.Org.State.Organization.Login)
}

func guarded(g *state.Gate) string {
	if g.Exceptions {
		return "Policy exceptions"
	}
	return "Environment '" + g.Environment + "'"
}

// gateFrom checks what was sent and makes a gate of it, without an id.
func gateFrom(s *core.Org, r gateRequest) (*state.Gate, error) {
	if r.Name == nil || r.Enabled == nil || r.Target == nil || r.Rule == nil {
		return nil, rest.BadRequest("Invalid input: name, enabled, rule and target are required")
	}
	if strings.TrimSpace(*r.Name) == "" {
		return nil, rest.BadRequest("Invalid input: name is empty")
	}
	g := &state.Gate{Name: *r.Name, Enabled: *r.Enabled}
	actions := []string{state.ActionOpen, state.ActionUpdate}
	switch r.Target.EntityType {
	case state.EntityTypeESC:
		g.Environment = r.Target.QualifiedName
	case state.EntityTypeExceptions:
		g.Exceptions, actions = true, []string{state.ActionCreate, state.ActionApprove}
	default:
		return nil, rest.BadRequest("Invalid input: target.entityType '%s' is neither environment nor policy_exceptions", r.Target.EntityType)
	}
	if len(r.Target.Actions) != 1 || !slices.Contains(actions, r.Target.Actions[0]) {
		return nil, rest.BadRequest("Invalid input: target.actionTypes holds exactly one of %s", strings.Join(actions, " and "))
	}
	g.Action = r.Target.Actions[0]
	return g, fillRule(s, g, r)
}

func fillRule(s *core.Org, g *state.Gate, r gateRequest) error {
	rule := r.Rule
	if rule.RuleType != state.ApprovalRequired {
		return rest.BadRequest("Invalid input: rule.ruleType '%s' is not %s", rule.RuleType, state.ApprovalRequired)
	}
	if rule.RequiredApprovals == nil || rule.AllowSelfApproval == nil || rule.Reapproval == nil || rule.Approvers == nil {
		return rest.BadRequest("Invalid input: rule needs numApprovalsRequired, allowSelfApproval, requireReapprovalOnChange and eligibleApprovers")
	}
	if *rule.RequiredApprovals < 1 {
		return rest.BadRequest("Invalid input: rule.numApprovalsRequired is at least 1")
	}
	g.RequiredApprovals, g.AllowSelfApproval, g.Reapproval = *rule.RequiredApprovals, *rule.AllowSelfApproval, *rule.Reapproval
	g.Approvers = []state.Approver{}
	for i, sent := range rule.Approvers {
		a := state.Approver{Kind: sent.Kind, Team: sent.TeamName, User: sent.UserLogin, Permission: sent.Permission}
		if problem := ApproverProblem(s, a); problem != "" {
			return rest.BadRequest("Invalid input: rule.eligibleApprovers[%d]: %s", i, problem)
		}
		g.Approvers = append(g.Approvers, s.State.Bound(a))
	}
	return g.CheckSatisfiable()
}

// ApproverProblem returns why an approver is invalid, "" if it is valid.
func ApproverProblem(s *core.Org, a state.Approver) string {
	switch a.Kind {
	case state.EligibleTeam:
		if _, ok := s.State.Teams[a.Team]; !ok {
			return "there is no team '" + a.Team + "'"
		}
	case state.EligibleUser:
		if _, ok := s.State.Users[a.User]; !ok {
			return "there is no user '" + a.User + "'"
		}
	case state.EligiblePermission:
		if !slices.Contains(state.EveryScope(), a.Permission) && !slices.Contains(s.Options.Scopes, a.Permission) {
			return "there is no permission '" + a.Permission + "'"
		}
	default:
		return "eligibilityType '" + a.Kind + "' is none of " + strings.Join([]string{state.EligibleTeam, state.EligibleUser, state.EligiblePermission}, ", ")
	}
	return ""
}

func showGate(s *core.Org, g *state.Gate) wireGate {
	w := wireGate{
		ID: g.ID, Name: g.Name, Enabled: g.Enabled,
		Target: targetOf(s, g),
		Rule: wireGateRule{
			RuleType: state.ApprovalRequired, RequiredApprovals: g.RequiredApprovals, AllowSelfApproval: g.AllowSelfApproval,
			Reapproval: g.Reapproval, Approvers: []wireEligibility{},
		},
	}
	for _, a := range g.Approvers {
		w.Rule.Approvers = append(w.Rule.Approvers, showEligibility(s, a))
	}
	return w
}

func targetOf(s *core.Org, g *state.Gate) wireGateTarget {
	if g.Exceptions {
		organization := s.State.Organization.Login
		return wireGateTarget{
			EntityType: state.EntityTypeExceptions, QualifiedName: organization, Actions: []string{g.Action},
			EntityInfo: wireExceptions{EntityType: state.EntityTypeExceptions, Organization: organization},
		}
	}
	return wireGateTarget{
		EntityType: state.EntityTypeESC, QualifiedName: g.Environment, Actions: []string{g.Action}, EntityInfo: EntityOf(g.Environment),
	}
}

func showEligibility(s *core.Org, a state.Approver) wireEligibility {
	w := wireEligibility{Kind: a.Kind, Permission: a.Permission}
	switch a.Kind {
	case state.EligibleTeam:
		display := a.Team
		if t, ok := s.State.Teams[a.Team]; ok {
			display = t.DisplayName
		}
		w.Name, w.DisplayName = &a.Team, &display
	case state.EligibleUser:
		info := s.UserInfo(a.User)
		w.User = &info
	}
	return w
}

func EntityOf(environment string) WireEntity {
	project, name, _ := strings.Cut(environment, "/")
	return WireEntity{EntityType: state.EntityTypeESC, Project: project, Name: name}
}

// GatesOn lists the enabled gates for an action on an environment, by id.
func GatesOn(s *core.Org, environment, action string) []*state.Gate {
	var all []*state.Gate
	for _, id := range rest.SortedKeys(s.State.Gates) {
		if g := s.State.Gates[id]; g.Enabled && g.Environment == environment && g.Action == action {
			all = append(all, g)
		}
	}
	return all
}

// GatedActions lists what of an environment is gated, sorted.
func GatedActions(s *core.Org, environment string) []string {
	actions := []string{}
	for _, action := range []string{state.ActionOpen, state.ActionUpdate} {
		if len(GatesOn(s, environment, action)) > 0 {
			actions = append(actions, action)
		}
	}
	return actions
}

func AuditApproval(c *core.Call, format string, args ...any) {
	c.Audit("auth-failure-change-request", "%s was refused: "+format, append([]any{c.Caller.Login}, args...)...)
}
