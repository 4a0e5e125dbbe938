package roles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// CheckDetails parses what a record grants and refuses what the service refuses: unknown scopes, records that do not
// exist or have the wrong purpose, and trees over the limits.
func CheckDetails(s *core.Org, r *state.Record) error {
	if len(bytes.TrimSpace(r.Details)) == 0 {
		return fmt.Errorf("details are required")
	}
	if len(r.Details) > access.MaxDescriptorBytes {
		return fmt.Errorf("the definition is over %d bytes", access.MaxDescriptorBytes)
	}
	d, err := access.ParseDescriptor(r.Details)
	if err != nil {
		return err
	}
	if n := access.Entries(d); n > access.MaxEntries {
		return fmt.Errorf("the definition has %d entries, at most %d are allowed", n, access.MaxEntries)
	}
	if err := checkParts(s, r, d); err != nil {
		return err
	}
	r.Describe(rest.Compact(json.RawMessage(bytes.Clone(r.Details))), d)
	return nil
}

// checkParts refuses what a record of its purpose cannot hold.
func checkParts(s *core.Org, r *state.Record, d access.Descriptor) error {
	for part := range access.Walk(d) {
		var err error
		switch part := part.(type) {
		case access.Allowed:
			err = checkScopes(s, r, part)
		case access.Compose:
			err = checkCompose(s, r, part)
		default:
			if r.UXPurpose == state.PurposeSet {
				err = fmt.Errorf("a permission set holds an allow of scopes and nothing else")
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkScopes refuses scopes that do not exist, and in a set those of another resource type than its own.
func checkScopes(s *core.Org, r *state.Record, d access.Allowed) error {
	catalogue := access.NewCatalogue(s.Options.Scopes)
	for _, scope := range d.Permissions {
		known := false
		for _, kind := range access.Kinds() {
			inReach := r.UXPurpose != state.PurposeSet || r.ResourceType == string(kind)
			known = known || (inReach && catalogue.Has(kind, scope))
		}
		if !known {
			return fmt.Errorf("invalid permission '%s' for resource type '%s'", scope, r.ResourceType)
		}
	}
	return nil
}

// composable says records of which purpose a record may name.
var composable = map[string]string{state.PurposeRole: state.PurposePolicy, state.PurposePolicy: state.PurposeSet}

func checkCompose(s *core.Org, r *state.Record, d access.Compose) error {
	for _, id := range d.IDs {
		named, ok := s.State.Record(id)
		if !ok {
			return fmt.Errorf("the permission descriptor '%s' does not exist", id)
		}
		if named.UXPurpose != composable[r.UXPurpose] {
			return fmt.Errorf("a %s cannot compose '%s', which is a %s", r.UXPurpose, id, named.UXPurpose)
		}
	}
	return nil
}

// composes reports whether a record names another one.
func composes(r *state.Record, id string) bool {
	return slices.Contains(access.Composed(r.Descriptor()), id)
}
