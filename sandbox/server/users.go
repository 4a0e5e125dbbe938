package server

import "net/url"

// userInfo is how answers speak of a person or a machine identity.
type userInfo struct {
	Login     string `json:"githubLogin"`
	Name      string `json:"name"`
	AvatarURL string `json:"avatarUrl"`
	Email     string `json:"email,omitempty"`
}

// userInfo describes a login, which may be that of a machine identity or of somebody who left.
func (s *Server) userInfo(login string) userInfo {
	if u, ok := s.st.Users[login]; ok {
		return userInfo{Login: u.Login, Name: u.Name, AvatarURL: avatar(login), Email: u.Email}
	}
	return userInfo{Login: login, Name: login, AvatarURL: avatar(login)}
}

func avatar(login string) string { return "https://avatars.invalid/" + url.PathEscape(login) }

// orNone makes an absent list an empty one, which JSON shows as [].
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
