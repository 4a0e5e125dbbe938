// Package esc builds, checks and compares ESC environment definitions, with ESC's own library. Start at [Build] and [Check]. It is
// pure: it opens, imports and sends nothing.
//
// # Building
//
// [Build] turns a [Definition], whose values are what a program holds, into YAML text. The text is deterministic, so that it
// changes only when its content does:
//
//	text, err := esc.Build(esc.Definition{
//		Values: map[string]any{"database": map[string]any{"password": esc.Secret{Value: password}}},
//		Logins: []esc.Login{esc.AWSLogin{
//			RoleARN:           "arn:aws:iam::123456789012:role/payments-prod",
//			SessionName:       "payments-${context.pulumi.user.login}",
//			SubjectAttributes: []string{"rootEnvironment.name", "currentEnvironment.name"},
//		}},
//	})
//
// Strings keep ESC's syntax: `${...}` refers, `$$` is a dollar sign, and maps with an `fn::...` key call functions. A
// [Secret] is the exception: the service encrypts its text as it is.
//
// # Checking
//
// [Check] finds what is wrong with any definition before it is sent, with places. What it cannot know (imports, what
// providers answer, providers that are newer than this package) is never an error.
//
// # Secrets
//
// The service replaces the plaintext of each fn::secret by ciphertext. [HasPlaintextSecret] says whether a text must be
// kept secret, [RedactSecrets] shows one, [SameStructure] tells whether what the service gives back is what was written,
// and [EncryptSecrets] and [DecryptSecrets] do what the service does.
package esc
