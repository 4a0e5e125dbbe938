package survey

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// records are roles, policies and permission sets.
type records struct {
	byID  map[string]graph.Record
	roles map[string]string // ids by name; of roles alone, since members have nothing else
	sets  map[setName]string
	// built are the ids of built-in records by what the service calls them.
	built map[string]string
	gaps
}

type setName struct{ kind, name string }

// purposes is the order in which records are read: a private role never takes the name of a plain one.
var purposes = []cloud.Purpose{
	cloud.PurposeRole, cloud.PurposePolicy, cloud.PurposeSet, cloud.PurposePrivate, cloud.PurposeTemporary,
}

func (s *Survey) readRecords(ctx context.Context) (records, error) {
	return s.records.get(func() (records, error) {
		r := newRecords()
		for _, purpose := range purposes {
			list, err := s.client.Roles(ctx, s.organization, purpose)
			if _, err = r.missed(ctx, err, graph.Blind{
				What: "records of purpose " + string(purpose), Hides: "what members, teams and tokens hold by them",
			}); err != nil {
				return r, err
			}
			for _, record := range list {
				r.add(record)
			}
		}
		if err := s.readComposed(ctx, &r); err != nil {
			return r, err
		}
		r.missingSets()
		return r, nil
	})
}

func newRecords() records {
	return records{
		byID: map[string]graph.Record{}, roles: map[string]string{}, sets: map[setName]string{}, built: map[string]string{},
	}
}

func (r *records) add(record cloud.Role) {
	known := graph.Record{
		Name: record.Name, Identifier: record.DefaultIdentifier, Assignable: record.Purpose == cloud.PurposeRole, Purpose: string(record.Purpose),
	}
	parsed, err := access.ParseDescriptor(record.Details)
	if err != nil {
		known.Unreadable = fmt.Sprintf("%s %q grants what this version cannot read", record.Purpose, record.Name)
		r.blind = append(r.blind, graph.Blind{What: fmt.Sprintf("%s: %v", known.Unreadable, err), Hides: "what its holders may do"})
	}
	known.Descriptor = parsed
	r.byID[record.ID] = known
	if record.DefaultIdentifier != "" {
		r.built[record.DefaultIdentifier] = record.ID
	}
	switch record.Purpose {
	case cloud.PurposeRole, cloud.PurposePrivate, cloud.PurposeTemporary:
		if _, taken := r.roles[record.Name]; !taken {
			r.roles[record.Name] = record.ID
		}
	case cloud.PurposeSet:
		r.sets[setName{record.ResourceType, record.Name}] = record.ID
	case cloud.PurposePolicy:
	}
}

// readComposed reads the records that other records compose and that lists leave out, as they do with some built-in sets.
func (s *Survey) readComposed(ctx context.Context, r *records) error {
	tried := map[string]bool{}
	for {
		var missing []string
		for _, record := range r.byID {
			for _, id := range access.Composed(record.Descriptor) {
				if _, known := r.byID[id]; !known && !tried[id] {
					missing = append(missing, id)
					tried[id] = true
				}
			}
		}
		if len(missing) == 0 {
			return nil
		}
		slices.Sort(missing)
		for _, id := range missing {
			if err := s.readRecord(ctx, r, id); err != nil {
				return err
			}
		}
	}
}

// readRecord reads one record by its id. A record that does not exist grants nothing; only an administrator can tell that it does
// not exist.
func (s *Survey) readRecord(ctx context.Context, r *records, id string) error {
	record, err := s.client.Role(ctx, s.organization, id)
	if err == nil {
		r.add(record)
		return nil
	}
	settings, settingsErr := s.readSettings(ctx)
	if settingsErr != nil {
		return settingsErr
	}
	if errors.Is(err, cloud.ErrNotFound) && settings.IsAdmin() {
		return nil
	}
	_, err = r.missed(ctx, err, graph.Blind{What: fmt.Sprintf("role or permission set %q", id), Hides: "what its holders may do"})
	r.byID[id] = graph.Record{Name: id, Unreadable: fmt.Sprintf("role or permission set %q could not be read", id)}
	return err
}

// addReferred reads the roles that teams, tokens, deployments, agents and policies name and that no list has.
func (s *Survey) addReferred(ctx context.Context, _ Options, out *graph.Organization) ([]graph.Blind, error) {
	ids := []string{out.DefaultRole, out.DefaultDeploymentRole}
	for _, team := range out.Teams {
		ids = append(ids, team.Roles...)
	}
	for _, token := range out.Tokens {
		ids = append(ids, token.Role)
	}
	for _, deployment := range out.Deployments {
		ids = append(ids, deployment.Role)
	}
	for _, agent := range out.Agents {
		ids = append(ids, agent.Role)
	}
	for _, issuer := range out.Issuers {
		for _, policy := range issuer.Policies {
			ids = append(ids, policy.RoleID)
		}
	}
	slices.Sort(ids)
	own := false
	var blind []graph.Blind
	for _, id := range slices.Compact(ids) {
		if _, listed := out.Records[id]; listed || id == "" || graph.IsPlannedID(id) {
			continue
		}
		read, err := s.referred.get(id, func() (seen[*graph.Record], error) {
			r := newRecords()
			err := s.readRecord(ctx, &r, id)
			out := seen[*graph.Record]{gaps: r.gaps}
			if record, found := r.byID[id]; found {
				out.value = &record
			}
			return out, err
		})
		if err != nil {
			return nil, err
		}
		if blind = append(blind, read.blind...); read.value == nil {
			continue
		}
		if !own { // the map is shared with other questions
			out.Records, own = maps.Clone(out.Records), true
		}
		out.Records[id] = *read.value
	}
	return blind, nil
}

// missingSets records which built-in permission sets were not listed; their documented scopes are then used.
func (r *records) missingSets() {
	for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account} {
		for _, level := range access.Levels(kind) {
			identifier := access.SetIdentifier(kind, level)
			if _, listed := r.built[identifier]; !listed {
				r.blind = append(r.blind, graph.Blind{
					What: "built-in permission set " + identifier, Hides: "scopes that it holds beyond those that are documented",
				})
			}
		}
	}
}

func (s *Survey) addRecords(ctx context.Context, _ Options, out *graph.Organization) ([]graph.Blind, error) {
	r, err := s.readRecords(ctx)
	out.Records, out.MemberRole, out.AdminRole = r.byID, r.built["member"], r.built["admin"]
	return r.blind, err
}
