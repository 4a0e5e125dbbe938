package server

import (
	"cmp"
	"encoding/json"
	"net/url"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// userInfo is how answers speak of a person or a machine identity.
type userInfo struct {
	Login     string `json:"githubLogin"`
	Name      string `json:"name"`
	AvatarURL string `json:"avatarUrl"`
	Email     string `json:"email,omitempty"`
}

// userInfo describes a login, which may be that of a machine identity or of somebody who left.
func (s *org) userInfo(login string) userInfo {
	if u, ok := s.state.Users[login]; ok {
		return userInfo{Login: u.Login, Name: u.Name, AvatarURL: avatar(login), Email: u.Email}
	}
	return userInfo{Login: login, Name: login, AvatarURL: avatar(login)}
}

func avatar(login string) string { return "https://avatars.invalid/" + url.PathEscape(login) }

// legacyRole is what stands for a role where only built-in ones can be said.
func (s *org) legacyRole(id string) string {
	if r, ok := s.state.Builtin(id); ok {
		return r.DefaultIdentifier
	}
	return state.RoleMember
}

type wireRecord struct {
	ID                string          `json:"id"`
	OrgID             string          `json:"orgId"`
	Name              string          `json:"name"`
	Description       string          `json:"description"`
	ResourceType      string          `json:"resourceType"`
	UXPurpose         string          `json:"uxPurpose"`
	Details           json.RawMessage `json:"details"`
	Version           int             `json:"version"`
	Created           time.Time       `json:"created"`
	Modified          time.Time       `json:"modified"`
	IsOrgDefault      bool            `json:"isOrgDefault"`
	DefaultIdentifier string          `json:"defaultIdentifier,omitempty"`
}

func (s *org) wireRecord(r *state.Record) wireRecord {
	return wireRecord{
		ID: r.ID, OrgID: s.state.Organization.ID, Name: r.Name, Description: r.Description, ResourceType: r.ResourceType,
		UXPurpose: r.UXPurpose, Details: r.Details, Version: r.Version, Created: r.Created, Modified: r.Modified,
		IsOrgDefault: r.ID == s.defaultRoleID(), DefaultIdentifier: r.DefaultIdentifier,
	}
}

// defaultRoleID is the role that new members get.
func (s *org) defaultRoleID() string {
	return cmp.Or(s.state.Organization.Settings.DefaultRoleID, s.state.BuiltinID(state.RoleMember))
}
