package esc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

// What the service, the clouds and rotation write into a definition makes no difference; everything else does.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	const definition = `imports: [a/b]
values:
  aws: {login: {"fn::open::aws-login": {oidc: {roleArn: one, duration: 1h, subjectAttributes: [rootEnvironment.name]}}}}
  password: {"fn::secret": plain}
  key: {"fn::rotate::aws-iam": {inputs: {region: eu}}}
`
	const same = `values:
  key: {"fn::rotate::aws-iam": {inputs: {region: eu}, state: {current: {id: 1}}}}
  password:
    fn::secret: {ciphertext: ZXNj}
  aws: {login: {"fn::open::aws-login": {oidc: {duration: 1h, subjectAttributes: [rootEnvironment.name], roleArn: two}}}}
imports:
  - a/b
`
	of := func(text string) string {
		fingerprint, err := esc.Fingerprint(text)
		require.NoError(t, err)
		return fingerprint
	}
	assert.Equal(t, of(definition), of(same))
	for _, other := range []string{
		"", "imports: [a/c]", "imports: [a/b]\nvalues: {}",
		`values: {aws: {login: {"fn::open::aws-login": {oidc: {duration: 2h}}}}}`,
		`values: {aws: {login: {"fn::open::aws-login": {oidc: {duration: 3h}}}}}`,
	} {
		assert.NotEqual(t, of(definition), of(other), other)
	}
	_, err := esc.Fingerprint("values: [")
	require.Error(t, err)
}
