package deploymentrole

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func read(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	state := State{Organization: id[0], Previous: before.State.Previous}
	state.Project, state.Stack = id[1], id[2]
	imported, w := before.State.Stack == "", writerOf(op, state)
	live, err := w.read(ctx, before.State)
	switch {
	case cloud.IsNotFound(err) && imported:
		return nil, w.nothingToImport(ctx)
	case err != nil:
		return nil, kit.Missing(err)
	}
	now := fromSettings(state, live, before.Inputs)
	now.OnForeign, now.Written = before.State.OnForeign, kit.Recorded(before.State.Written)
	if imported { // what exists counts as this resource's
		now.Written = now.written()
	}
	return &kit.Found[Args, State]{Inputs: now.inputs(), State: now}, nil
}

// fromSettings is the state that the settings amount to: as the inputs write it, wherever that means the same.
func fromSettings(state State, live cloud.DeploymentSettings, before Args) State {
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
		known, properties := loginCloudOf(name), object(live[name])
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

// read returns the settings. A stack without settings is as wanted when nothing is wanted.
func (w *writer) read(ctx context.Context, before State) (cloud.DeploymentSettings, error) {
	live, err := w.settings(ctx)
	managesNothing := before.Stack != "" && before.RoleID == nil && before.OIDC == nil
	if cloud.IsNotFound(err) && managesNothing {
		_, err = w.session.Client.Stack(ctx, w.state.Organization, w.state.Project, w.state.Stack)
	}
	return live, err
}

// nothingToImport is the error of an import where there are no settings: it says whether the stack is missing, or they are.
func (w *writer) nothingToImport(ctx context.Context) error {
	if err := w.stackExists(ctx); err != nil {
		return err
	}
	return fmt.Errorf("stack %s has no deployment settings, so there is nothing to import: declare the resource without importing it, and "+
		"`pulumi up` makes the settings. If the stack is deployed already, its settings are not visible to this token, which needs stack:read "+
		"on the stack", w.stack())
}

func (v State) inputs() Args {
	inputs := v.Args
	inputs.Organization = &v.Organization
	return inputs
}
