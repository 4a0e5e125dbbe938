package oidc

import (
	"strings"
	"testing"
)

func TestBadKeySet(t *testing.T) {
	t.Parallel()
	const mark = "s3cr3t-m4rk"
	for text, want := range map[string]string{
		`{"keys": [{"kty": "RSA", "kid": "a", "n": "x", "e": "AQAB"}]}`:               "",
		`{"keys": [{"kid": "a"}, {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]}`: "",
		`{"keys": [{"kty": "oct", "k": "` + mark + `"}]}`:                             "private or symmetric",
		`{"keys": [{"kty": "oct"}]}`:                                                  "private or symmetric",
		`{"keys": [{"kid": "a"}, {"kty": "RSA", "n": "x", "p": "` + mark + `"}]}`:     "private or symmetric",
		`{"keys": [{"kty": "EC", "x": "x", "d": "` + mark + `"}]}`:                    "private or symmetric",
		`{"keys": [{"KTY": "oct", "K": "` + mark + `"}]}`:                             "private or symmetric",
		`{"keys": [{"KTY": "OCT", "other": "` + mark + `"}]}`:                         "private or symmetric",
		`{"kty": "oct", "k": "` + mark + `"}`:                                         "private or symmetric",
		`[{"kty": "oct", "k": "` + mark + `"}]`:                                       "private or symmetric",
		`{"keys": [{"kty": "RSA", "n": "x", "x5c": [{"d": "` + mark + `"}]}]}`:        "private or symmetric",
		`{"keys": [], "d": "` + mark + `"}`:                                           "private or symmetric",
		`{"keys": [{"kty": "oct", "k": "` + mark:                                      "private or symmetric",
		"-----BEGIN PRIVATE KEY-----" + mark:                                          "private or symmetric",
		mark:                                                                          "not the JSON text",
		`{"keys": "` + mark + `"}`:                                                    "not the JSON text",
		`{"keys": []}`:                                                                "has no keys",
	} {
		got := BadKeySet(text)
		if (got == "") != (want == "") || !strings.Contains(got, want) || strings.Contains(got, mark) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
