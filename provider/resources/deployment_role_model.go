package resources

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func wantedDeployment(want DeploymentRoleArgs) DeploymentRoleState {
	return DeploymentRoleState{
		Organization: ptr.Value(want.Organization), DeploymentRoleArgs: want, Unrecognized: []string{}, Written: map[string]string{},
	}
}

func (v DeploymentRoleState) inputs() DeploymentRoleArgs {
	inputs := v.DeploymentRoleArgs
	inputs.Organization = &v.Organization
	return inputs
}

// defaultSession is the name of the sessions where none is given: the service requires one.
func (v DeploymentRoleState) defaultSession() string { return arn.SessionName(v.Project, v.Stack) }

// logins is the one form of all logins of the stack that mean the same, by cloud.
func (v DeploymentRoleState) logins(oidc *types.DeploymentOIDC) map[string]any {
	out := map[string]any{}
	if oidc == nil {
		return out
	}
	for _, known := range deploymentClouds {
		if login := known.settings(v, *oidc); login != nil {
			out[known.name] = login
		}
	}
	return out
}

func (v DeploymentRoleState) sameLogins(a, b *types.DeploymentOIDC) bool {
	return reflect.DeepEqual(v.logins(a), v.logins(b))
}

// wantedOIDC is the configuration that is wanted, by cloud.
func (v DeploymentRoleState) wantedOIDC() map[string]json.RawMessage {
	wanted := map[string]json.RawMessage{}
	for name, login := range v.logins(v.OIDC) {
		data, err := json.Marshal(login)
		if err != nil {
			panic(err) // strings always marshal
		}
		wanted[name] = data
	}
	return wanted
}

// oidcPatch leads from what is there to what is wanted: the merge keeps what it is not told to remove, so that every
// other cloud, and every other property of a cloud, is null.
func oidcPatch(live, wanted map[string]json.RawMessage) map[string]any {
	patch := map[string]any{}
	for name := range live {
		patch[name] = nil
	}
	for _, known := range deploymentClouds {
		patch[known.name] = nil
	}
	for name, config := range wanted {
		properties := map[string]any{}
		if known := deploymentCloudOf(name); known != nil {
			for _, key := range known.keys {
				properties[key] = nil
			}
		}
		for key := range object(live[name]) {
			properties[key] = nil
		}
		for key, value := range object(config) {
			properties[key] = value
		}
		patch[name] = properties
	}
	return patch
}

func object(data json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if json.Unmarshal(data, &out) != nil {
		return nil
	}
	return out
}

// recordDeployment is what a delete puts back. What is the same as this resource writes may be its own from an earlier time (the
// answer was lost, or the state): put back, it would stay for ever, and the role could never be deleted.
func recordDeployment(live cloud.DeploymentSettings, existed bool, want DeploymentRoleState) *types.DeploymentPrevious {
	record := types.DeploymentPrevious{}
	if live.RoleID != "" && live.RoleID != ptr.Value(want.RoleID) {
		record.RoleID = &live.RoleID
	}
	there, wanted := want.partsOf(live), want.written()
	for name, config := range live.OIDC {
		if there[name] == wanted[name] {
			continue
		}
		if record.OIDC == nil {
			record.OIDC = map[string]string{}
		}
		record.OIDC[name] = compactText(config)
	}
	onlyOurs := !live.Other && record.RoleID == nil && len(record.OIDC) == 0 && (live.RoleID != "" || len(live.OIDC) > 0)
	record.Existed = existed && !onlyOurs
	return &record
}

func compactText(data json.RawMessage) string {
	var out bytes.Buffer
	if json.Compact(&out, data) != nil {
		return string(data)
	}
	return out.String()
}

func sameOIDC(a, b map[string]json.RawMessage) bool {
	return maps.EqualFunc(a, b, func(x, y json.RawMessage) bool {
		var left, right any
		return json.Unmarshal(x, &left) == nil && json.Unmarshal(y, &right) == nil && reflect.DeepEqual(left, right)
	})
}

// readDeployment is the state that the settings amount to: as the inputs write it, wherever that means the same.
func readDeployment(
	state DeploymentRoleState, live cloud.DeploymentSettings, before DeploymentRoleArgs,
) DeploymentRoleState {
	if live.RoleID != "" {
		state.RoleID = &live.RoleID
	}
	state.OIDC, state.Unrecognized = recognize(live.OIDC)
	if state.sameLogins(state.OIDC, before.OIDC) {
		state.OIDC = before.OIDC
	} else if state.OIDC != nil && state.OIDC.AWS != nil && ptr.Value(state.OIDC.AWS.SessionName) == state.defaultSession() {
		state.OIDC.AWS.SessionName = nil
	}
	return state
}

// recognize reads OIDC configuration; what cannot be said in inputs comes back as a line each.
func recognize(live map[string]json.RawMessage) (*types.DeploymentOIDC, []string) {
	unrecognized := []string{}
	var oidc *types.DeploymentOIDC
	for _, name := range slices.Sorted(maps.Keys(live)) {
		known, properties := deploymentCloudOf(name), object(live[name])
		logins := types.DeploymentOIDC{}
		if oidc != nil {
			logins = *oidc
		}
		if known == nil || properties == nil || known.read(live[name], &logins) != nil {
			unrecognized = append(unrecognized, fmt.Sprintf("oidc.%s: %s", name, compactText(live[name])))
			continue
		}
		oidc = &logins
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			if !slices.Contains(known.keys, key) {
				unrecognized = append(unrecognized, fmt.Sprintf("oidc.%s.%s: %s", name, key, compactText(properties[key])))
			}
		}
	}
	return oidc, unrecognized
}

// replacedBy says what of the settings would not be there any more, one line each.
func replacedBy(live cloud.DeploymentSettings, want DeploymentRoleState) []string {
	var lines []string
	if live.RoleID != "" && live.RoleID != ptr.Value(want.RoleID) {
		lines = append(lines, "the role with the id "+live.RoleID)
	}
	oidc, unrecognized := recognize(live.OIDC)
	there, wanted := want.logins(oidc), want.logins(want.OIDC)
	for _, known := range deploymentClouds {
		if login, ok := there[known.name]; ok && !reflect.DeepEqual(login, wanted[known.name]) {
			lines = append(lines, known.describe(*oidc))
		}
	}
	return append(lines, unrecognized...)
}

// diffDeployment says what differs between the settings and what is wanted of them. An unknown input counts as a
// difference.
func diffDeployment(state DeploymentRoleState, want DeploymentRoleArgs, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("project", want.Project != state.Project, p.UpdateReplace)
	d.Add("stack", want.Stack != state.Stack, p.UpdateReplace)
	d.Add("roleId", ptr.Value(want.RoleID) != ptr.Value(state.RoleID), changeKind(state.RoleID != nil, want.RoleID != nil))
	d.Add("onForeign", want.OnForeign.Refuses() != state.OnForeign.Refuses(), p.Update)
	d.Add("oidc", !state.sameLogins(state.OIDC, want.OIDC), changeKind(state.OIDC != nil, want.OIDC != nil))
	d.AddOutput("unrecognized", len(state.Unrecognized) > 0, p.Delete)
	return d.Response()
}
