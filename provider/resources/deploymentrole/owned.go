package deploymentrole

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// rolePart is the role among the parts of deployment settings that a resource writes; the others are the clouds.
const rolePart = "role"

// digest is a text of one configuration that is another for every other one.
func digest(config any) string {
	data, err := json.Marshal(config)
	if err != nil {
		panic(err) // strings and raw JSON always marshal
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// written are the parts that the state asks for: the role by its id, each login by a digest.
func (v State) written() map[string]string {
	parts := map[string]string{}
	if v.RoleID != nil {
		parts[rolePart] = *v.RoleID
	}
	for name, login := range v.logins(v.OIDC) {
		parts[name] = digest(login)
	}
	return parts
}

// partsOf are the parts of the settings that are there, in the same form: whatever means the same is the same.
func (v State) partsOf(live cloud.DeploymentSettings) map[string]string {
	parts := map[string]string{}
	if live.RoleID != "" {
		parts[rolePart] = live.RoleID
	}
	for name, config := range live.OIDC {
		oidc, unrecognized := recognize(map[string]json.RawMessage{name: config})
		if login, ok := v.logins(oidc)[name]; ok && len(unrecognized) == 0 {
			parts[name] = digest(login)
		} else {
			parts[name] = digest(compactText(config))
		}
	}
	return parts
}

// setByOthers are the lines on what was read last, is not what this resource wrote, and would not be there any more.
func setByOthers(state, next State) []string {
	lines := slices.Clone(state.Unrecognized)
	there, wanted := state.written(), next.written()
	for _, part := range slices.Sorted(maps.Keys(there)) {
		if there[part] == state.Written[part] || there[part] == wanted[part] {
			continue
		}
		if part == rolePart {
			lines = append(lines, "the role with the id "+there[part])
		} else {
			lines = append(lines, loginCloudOf(part).describe(*state.OIDC))
		}
	}
	return lines
}

// replaced are the lines on what is there, is not what this resource wrote, and would not be there any more. The role comes with
// its name, where it can be read.
func (w *writer) replaced(ctx context.Context, live cloud.DeploymentSettings) []string {
	theirs, parts := live, w.state.partsOf(live)
	if parts[rolePart] == w.before[rolePart] {
		theirs.RoleID = ""
	}
	theirs.OIDC = maps.Clone(live.OIDC)
	maps.DeleteFunc(theirs.OIDC, func(name string, _ json.RawMessage) bool { return parts[name] == w.before[name] })
	lines := replacedBy(theirs, w.state)
	for i, line := range lines {
		if line != "the role with the id "+theirs.RoleID {
			continue
		}
		if role, err := w.session.Client.Role(ctx, w.state.Organization, theirs.RoleID); err == nil {
			lines[i] = fmt.Sprintf("the role %q (%s)", role.Name, theirs.RoleID)
		}
	}
	return lines
}

func refuseForeign(state State, lines []string) error {
	return errors.New(kit.Bulleted(fmt.Sprintf("deployment settings of stack %s/%s: refused by onForeign, because these were not written by this "+
		"resource, but in the console or by another program. Remove them there, or allow their replacement with onForeign: warn:",
		state.Project, state.Stack), lines))
}

// putBack is what is to be there after a delete: of each part what was there before, where it still is what this resource wrote,
// and else what somebody else has made of it since, which a warning names.
func (w *writer) putBack(
	ctx context.Context, live cloud.DeploymentSettings, previous types.DeploymentPrevious,
) (roleID *string, oidc map[string]json.RawMessage) {
	var left []string
	parts := w.state.partsOf(live)
	roleID = previous.RoleID
	if parts[rolePart] != w.state.Written[rolePart] && live.RoleID != ptr.Value(previous.RoleID) {
		roleID = nil
		if live.RoleID != "" {
			roleID = &live.RoleID
		}
		left = append(left, "the role: "+kit.SettingText(live.RoleID))
	}
	oidc = map[string]json.RawMessage{}
	clouds := slices.Sorted(maps.Keys(live.OIDC))
	for name := range previous.OIDC {
		if !slices.Contains(clouds, name) {
			clouds = append(clouds, name)
		}
	}
	for _, name := range clouds {
		before, recorded := previous.OIDC[name]
		switch now, there := live.OIDC[name]; {
		case parts[name] == w.state.Written[name] && recorded:
			oidc[name] = json.RawMessage(before)
		case parts[name] == w.state.Written[name]:
		case there:
			oidc[name] = now
			left = append(left, fmt.Sprintf("oidc.%s: %s", name, compactText(now)))
		default:
			left = append(left, fmt.Sprintf("oidc.%s: not set", name))
		}
	}
	if len(left) > 0 {
		wire.Log(ctx).Warning(kit.Bulleted(fmt.Sprintf("deployment settings of stack %s: left as it is, because somebody else has changed it "+
			"since this resource wrote it:", w.stack()), left))
	}
	return roleID, oidc
}
