package deploymentrole

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// defaultSession is the name of the sessions where none is given: the service requires one.
func (v State) defaultSession() string { return arn.SessionName(v.Project, v.Stack) }

// logins is the one form of all logins of the stack that mean the same, by cloud.
func (v State) logins(oidc *types.DeploymentOIDC) map[string]any {
	out := map[string]any{}
	if oidc == nil {
		return out
	}
	for _, known := range loginClouds {
		if login := known.settings(v, *oidc); login != nil {
			out[known.name] = login
		}
	}
	return out
}

func (v State) sameLogins(a, b *types.DeploymentOIDC) bool {
	return reflect.DeepEqual(v.logins(a), v.logins(b))
}

// wantedOIDC is the configuration that is wanted, by cloud.
func (v State) wantedOIDC() map[string]json.RawMessage {
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

// oidcPatch turns the actual configuration into the desired one: the merge keeps what it is not told to remove, so that every
// other cloud, and every other property of a cloud, is null.
func oidcPatch(live, wanted map[string]json.RawMessage) map[string]any {
	patch := map[string]any{}
	for name := range live {
		patch[name] = nil
	}
	for _, known := range loginClouds {
		patch[known.name] = nil
	}
	for name, config := range wanted {
		properties := map[string]any{}
		if known := loginCloudOf(name); known != nil {
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

// record is what a delete puts back. What is the same as this resource writes may be its own from an earlier time (the
// answer was lost, or the state): put back, it would stay for ever, and the role could never be deleted.
func record(live cloud.DeploymentSettings, existed bool, want State) *types.DeploymentPrevious {
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
