package second_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// sandbox is one that holds a drawn organization.
type sandbox struct {
	t     *rapid.T
	url   string
	admin string
}

// start starts a sandbox of its own for an organization, which ends with the draw.
func start(t *rapid.T, o drawn) sandbox {
	s, err := server.New(server.Options{Organization: orgLogin, DeploymentRole: o.reading, Seed: []byte("users: [{login: root, role: admin}]")})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	s.SetURL(web.URL)
	b := sandbox{t, web.URL, s.AdminToken()}
	b.put(o)
	b.admin = b.token(obj{"user": "root"})
	return b
}

// send makes a call and returns the status of the answer and its body.
func (b sandbox) send(token, method, path string, body any) (int, []byte) {
	b.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	if body == nil {
		data = nil
	}
	if raw, is := body.(string); is {
		data = []byte(raw)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, bytes.NewReader(data))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "token "+token)
	}
	resp, err := servertest.Client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// must makes a call that has to succeed, as an administrator, and decodes the answer.
func (b sandbox) must(method, path string, body, into any) {
	b.t.Helper()
	status, answer := b.send(b.admin, method, path, body)
	if status >= http.StatusBadRequest {
		b.t.Fatalf("%s %s: status %d: %s", method, path, status, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
}

func (b sandbox) token(of obj) string {
	b.t.Helper()
	var made struct{ Token string }
	b.must("POST", "/_sandbox/tokens", of, &made)
	return made.Token
}

// put makes the records by the service's own calls, and restores everything else with them.
func (b sandbox) put(o drawn) {
	ids := map[string]string{}
	for _, r := range b.listed("role") {
		ids["role "+r.Name] = r.ID
	}
	for _, r := range o.records {
		r["description"] = ""
		sent, _ := json.Marshal(r)
		var copied obj
		_ = json.Unmarshal(sent, &copied)
		resolve(copied["details"], ids)
		var made record
		b.must("POST", "/api/orgs/"+orgLogin+"/roles", copied, &made)
		ids[text(r["uxPurpose"])+" "+text(r["name"])] = made.ID
	}
	var state obj
	b.must("GET", "/_sandbox/state", nil, &state)
	for _, name := range o.deleted {
		delete(state["roles"].(obj), ids[name])
	}
	o.addTo(state, ids)
	b.must("PUT", "/_sandbox/state", state, nil)
}

// resolve puts the ids of records in place of their names.
func resolve(v any, ids map[string]string) {
	switch v := v.(type) {
	case []any:
		for _, entry := range v {
			resolve(entry, ids)
		}
	case obj:
		if refs, is := v["permissionDescriptors"].([]any); is {
			for i, name := range refs {
				refs[i] = ids[text(name)]
			}
		}
		for _, field := range v {
			resolve(field, ids)
		}
	}
}

func (o drawn) addTo(state obj, ids map[string]string) {
	settings := state["organization"].(obj)["settings"].(obj)
	for name, is := range o.settings {
		settings[name] = is
	}
	settings["defaultRoleId"], settings["defaultDeploymentRoleId"] = ids["role "+o.defaultRole], ids["role "+o.deploymentRole]
	users := state["users"].(obj)
	for login, u := range o.users {
		user := obj{"id": idOf("user", login), "login": login, "name": login, "roleId": ids["role "+text(u["role"])], "suspended": u["suspended"] == true}
		users[login] = user
	}
	teams := state["teams"].(obj)
	for name, t := range o.teams {
		members, roles := obj{}, []string{}
		for _, login := range t["members"].([]string) {
			members[login] = "member"
		}
		if role := text(t["role"]); role != "" {
			roles = []string{ids["role "+role]}
		}
		teams[name] = obj{"id": idOf(team, name), "name": name, "displayName": name, "kind": "pulumi", "members": members, "roleIds": roles,
			"stacks": t["stacks"], "environments": t["environments"], "accounts": t["accounts"]}
	}
	o.addEntities(state, ids)
	for name, t := range o.tokens {
		id := idOf("token", name)
		state["tokens"].(obj)[id] = obj{"id": id, "kind": t["kind"], "name": name, "team": text(t["team"]),
			"admin": t["admin"] == true, "roleId": ids["role "+text(t["role"])], "createdBy": "root"}
	}
}

// assignedIn is what people hold on a drawn entity, by the ids of sets.
func assignedIn(e obj, ids map[string]string) obj {
	all := obj{}
	for login, name := range e["assigned"].(map[string]string) {
		all[login] = ids["set "+name]
	}
	return all
}

func (o drawn) addEntities(state obj, ids map[string]string) {
	for key, s := range o.stacks {
		project, name := projectAndName(key)
		operation := obj{}
		if role := text(s["role"]); role != "" {
			operation["role"] = obj{"id": ids["role "+role]}
		}
		state["stacks"].(obj)[key] = obj{"id": idOf(stack, key), "project": project, "name": name, "tags": s["tags"], "owner": s["creator"],
			"creator": s["creator"], "collaborators": s["collaborators"], "deployment": obj{"operationContext": operation}, "assigned": assignedIn(s, ids)}
	}
	for key, e := range o.environments {
		project, name := projectAndName(key)
		state["environments"].(obj)[key] = obj{"id": idOf(environment, key), "project": project, "name": name, "tags": e["tags"],
			"ownedBy": e["owner"], "deletionProtected": true, "definition": definitionOf(e["imports"].([]string)), "assigned": assignedIn(e, ids)}
	}
	for name, a := range o.accounts {
		state["accounts"].(obj)[name] = obj{"id": idOf(account, name), "name": name, "provider": "aws", "environment": "p/none",
			"tags": a["tags"], "owner": a["owner"], "assigned": assignedIn(a, ids)}
	}
}

// world reads the organization back, as an administrator.
func (b sandbox) world(o drawn) world {
	w := world{login: orgLogin, records: map[string]record{}, members: map[string]member{}, teams: map[string]teamOf{}, replaces: o.reading != "added"}
	for _, purpose := range []string{"role", "policy", "set"} {
		for _, r := range b.listed(purpose) {
			w.records[r.ID] = r
		}
	}
	b.readSettings(&w)
	b.readMembers(&w)
	for _, name := range sortedKeys(o.teams) {
		w.teams[name] = b.readTeam(name)
	}
	for _, name := range sortedKeys(o.stacks) {
		w.entities = append(w.entities, b.readStack(name))
	}
	b.readEnvironments(&w)
	b.readAccounts(&w)
	for i, e := range w.entities {
		w.entities[i].direct = b.readAssigned(e)
	}
	w.entities = append(w.entities, entity{kind: organization, name: orgLogin})
	return w
}

func (b sandbox) listed(purpose string) []record {
	var answer struct{ Roles []record }
	b.must("GET", "/api/orgs/"+orgLogin+"/roles?uxPurpose="+purpose, nil, &answer)
	return answer.Roles
}

var (
	stackLevels   = map[int]string{101: "read", 102: "write", 103: "admin", 104: "admin"}
	accountLevels = map[int]string{1: "read", 2: "write", 3: "admin"}
)

func (b sandbox) readSettings(w *world) {
	var m struct {
		DefaultStackPermission       int
		DefaultEnvironmentPermission string
		DefaultAccountPermission     int
		DefaultRoleID                string
		DefaultDeploymentRoleID      string
		PermissionMode               string
		MembersCanCreateStacks       bool
		MembersCanCreateTeams        bool
		MembersCanCreateAccounts     bool
	}
	b.must("GET", "/api/orgs/"+orgLogin+"/metadata", nil, &m)
	w.defaults = map[string]string{stack: stackLevels[m.DefaultStackPermission], environment: m.DefaultEnvironmentPermission,
		account: accountLevels[m.DefaultAccountPermission]}
	w.membersCan = map[string]bool{"stack:create": m.MembersCanCreateStacks, "team:create": m.MembersCanCreateTeams,
		"insights_account:create": m.MembersCanCreateAccounts}
	w.restricted = m.PermissionMode == "restricted"
	w.defaultRole, w.deploymentRole = m.DefaultRoleID, m.DefaultDeploymentRoleID
	if w.records[w.defaultRole].Identifier == "member" {
		w.defaultRole = ""
	}
}

func (b sandbox) readMembers(w *world) {
	var answer struct {
		Members []struct {
			User      struct{ GithubLogin string }
			FgaRole   struct{ Name string }
			Suspended bool
		}
	}
	b.must("GET", "/api/orgs/"+orgLogin+"/members?type=backend&includeSuspended=true", nil, &answer)
	for _, m := range answer.Members {
		w.members[m.User.GithubLogin] = member{m.FgaRole.Name, m.Suspended}
	}
}

func (b sandbox) readTeam(name string) teamOf {
	var answer struct {
		Members []struct{ GithubLogin string }
		RoleIDs []string
		Stacks  []struct {
			ProjectName, StackName string
			Permission             int
		}
		Environments []struct{ ProjectName, EnvName, Permission string }
		Accounts     []struct {
			AccountName string
			Permission  int
		}
	}
	b.must("GET", "/api/orgs/"+orgLogin+"/teams/"+name, nil, &answer)
	t := teamOf{roles: answer.RoleIDs, grants: map[string]map[string]string{stack: {}, environment: {}, account: {}}}
	for _, m := range answer.Members {
		t.members = append(t.members, m.GithubLogin)
	}
	for _, g := range answer.Stacks {
		t.grants[stack][g.ProjectName+"/"+g.StackName] = stackLevels[g.Permission]
	}
	for _, g := range answer.Environments {
		t.grants[environment][g.ProjectName+"/"+g.EnvName] = g.Permission
	}
	for _, g := range answer.Accounts {
		t.grants[account][g.AccountName] = accountLevels[g.Permission]
	}
	return t
}

func (b sandbox) readStack(name string) entity {
	var answer struct {
		ID   string
		Tags map[string]string
	}
	path := "/api/stacks/" + orgLogin + "/" + name
	b.must("GET", path, nil, &answer)
	var settings struct {
		OperationContext struct{ Role struct{ ID string } }
	}
	b.must("GET", path+"/deployments/settings", nil, &settings)
	e := entity{kind: stack, id: answer.ID, name: name, tags: answer.Tags,
		deploymentRole: settings.OperationContext.Role.ID}
	return e
}

// readAssigned reads the permission sets that single people hold on an entity.
func (b sandbox) readAssigned(e entity) map[string]string {
	var answer struct {
		Assignments []struct {
			Principal     struct{ User struct{ GithubLogin string } }
			PermissionSet struct{ ID string }
		}
	}
	of := map[string]string{stack: "PermissionExpressionStack", environment: "PermissionExpressionEnvironment", account: "PermissionExpressionInsightsAccount"}
	b.must("POST", "/api/orgs/"+orgLogin+"/assignments/list", obj{"context": obj{"__type": of[e.kind]}, "id": e.id}, &answer)
	held := map[string]string{}
	for _, a := range answer.Assignments {
		if login := a.Principal.User.GithubLogin; login != "" {
			held[login] = a.PermissionSet.ID
		}
	}
	return held
}

func (b sandbox) readEnvironments(w *world) {
	var answer struct {
		Environments []struct {
			ID, Project, Name string
			OwnedBy           struct{ GithubLogin string }
			Tags              map[string]string
		}
	}
	b.must("GET", "/api/esc/environments/"+orgLogin, nil, &answer)
	for _, e := range answer.Environments {
		name := e.Project + "/" + e.Name
		_, definition := b.send(b.admin, "GET", "/api/esc/environments/"+orgLogin+"/"+name, nil)
		w.entities = append(w.entities, entity{kind: environment, id: e.ID, name: name, tags: e.Tags, owner: e.OwnedBy.GithubLogin,
			imports: importsOf(string(definition))})
	}
}

func (b sandbox) readAccounts(w *world) {
	var answer struct {
		Accounts []struct {
			ID, Name string
			OwnedBy  struct{ GithubLogin string }
		}
	}
	base := "/api/preview/insights/" + orgLogin + "/accounts"
	b.must("GET", base, nil, &answer)
	for _, a := range answer.Accounts {
		var tags struct{ Tags map[string]any }
		b.must("GET", base+"/"+a.Name+"/tags", nil, &tags)
		e := entity{kind: account, id: a.ID, name: a.Name, tags: map[string]string{}, owner: a.OwnedBy.GithubLogin}
		for key, is := range tags.Tags {
			if e.tags[key] = text(is); is != nil && text(is) == "" {
				e.tags[key] = text(object(is)["value"])
			}
		}
		w.entities = append(w.entities, e)
	}
}

// definitionOf is the definition of an environment that imports others, in a form that importsOf reads.
func definitionOf(imports []string) string {
	text := "values: {}\n"
	if len(imports) > 0 {
		text += "imports:\n- " + strings.Join(imports, "\n- ") + "\n"
	}
	return text
}

func importsOf(definition string) []string {
	var names []string
	for _, line := range strings.Split(definition, "\n") {
		if name, is := strings.CutPrefix(line, "- "); is {
			names = append(names, name)
		}
	}
	return names
}
