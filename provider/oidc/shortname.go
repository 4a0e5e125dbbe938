package oidc

import "strings"

// ShortName is what tells one subject of a login from the others: root environment and user, as in `payments/prod/bo`, or
// the operation of a deployment. Subjects of one lock, and of one stack, have different ones. Another subject is its own.
func ShortName(subject string) string {
	var kept []string
	parts := strings.Split(subject, ":") // two words, then pairs of what and which
	for i := 2; i+1 < len(parts); i += 2 {
		switch parts[i] {
		case RootEnvironment, UserLogin, "operation":
			kept = append(kept, parts[i+1])
		}
	}
	if len(kept) == 0 {
		return subject
	}
	return strings.Join(kept, "/")
}
