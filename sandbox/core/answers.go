package core

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// UserInfo is how answers speak of a person or a machine identity.
type UserInfo struct {
	Login     string `json:"githubLogin"`
	Name      string `json:"name"`
	AvatarURL string `json:"avatarUrl"`
	Email     string `json:"email,omitempty"`
	Service   string `json:"servicePrincipalKind,omitempty"`
}

// UserInfo describes a login, which may be that of a machine identity or of a former member.
func (s *Org) UserInfo(login string) UserInfo {
	if u, ok := s.State.Users[login]; ok {
		return UserInfo{Login: u.Login, Name: u.Name, AvatarURL: Avatar(login), Email: u.Email}
	}
	return UserInfo{Login: login, Name: login, AvatarURL: Avatar(login)}
}

// Principal is UserInfo with the kind of a service principal, which the service tells where those are listed next to people.
func (s *Org) Principal(login string) UserInfo {
	info := s.UserInfo(login)
	if u, ok := s.State.Users[login]; ok {
		info.Service = u.Service
	}
	return info
}

func Avatar(login string) string { return "https://avatars.invalid/" + url.PathEscape(login) }

// LegacyRole is the role for answers that have only the oldest ones: `member` in place of a custom or stored role.
func (s *Org) LegacyRole(id string) string {
	for _, identifier := range []string{state.RoleAdmin, state.RoleBilling} {
		if id == s.State.BuiltinID(identifier) {
			return identifier
		}
	}
	return state.RoleMember
}

// Links are where the console shows an object.
type Links struct {
	Self string `json:"self"`
}

// ConsoleLink is where the console would show an object of the organization; the sandbox has no console.
func (s *Org) ConsoleLink(path ...string) Links {
	escaped := make([]string, len(path))
	for i, one := range path {
		escaped[i] = url.PathEscape(one)
	}
	return Links{Self: "https://console.invalid/" + strings.Join(append([]string{s.State.Organization.Login}, escaped...), "/")}
}

type WireRecord struct {
	ID                string          `json:"id"`
	OrgID             string          `json:"orgId"`
	Name              string          `json:"name"`
	Description       string          `json:"description,omitempty"`
	ResourceType      string          `json:"resourceType"`
	UXPurpose         string          `json:"uxPurpose"`
	Details           json.RawMessage `json:"details"`
	Version           int             `json:"version"`
	Created           time.Time       `json:"created"`
	Modified          time.Time       `json:"modified"`
	IsOrgDefault      bool            `json:"isOrgDefault"`
	DefaultIdentifier string          `json:"defaultIdentifier,omitempty"`
}

func (s *Org) WireRecord(r *state.Record) WireRecord {
	return WireRecord{
		ID: r.ID, OrgID: s.State.Organization.ID, Name: r.Name, Description: r.Description, ResourceType: r.ResourceType,
		UXPurpose: r.UXPurpose, Details: r.Details, Version: r.Version, Created: r.Created, Modified: r.Modified,
		IsOrgDefault: r.ID == s.State.DefaultRole(), DefaultIdentifier: r.DefaultIdentifier,
	}
}
