package officialclient

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// undriven are the routes of the sandbox that the official client cannot call, or must not, with the reason.
var undriven = map[string]string{
	"POST /api/orgs/{orgName}/teams/github":                         "the sandbox's organization is not backed by GitHub: every call is refused",
	"POST /api/stacks/{orgName}/{projectName}/{stackName}/transfer": "the sandbox has one organization: every call is refused",
}

// told are the differences between an answer of the sandbox and what the official client makes of it, with the reason.
var told = map[string]string{
	"GetEnvironmentMetadata_esc_environments: -/gatedActions":      emptyLeftOut,
	"GetEnvironmentMetadata_esc_environments: -/openRequestNeeded": emptyLeftOut,
	"PatchEnvironmentSettings: -":                                  "the settings come back, as from GET; the official client reads no body, as the document describes none",
	"ReadAccount: +/scanStatus":                                    neverScanned,
	"ListAccounts: +/accounts[]/scanStatus":                        neverScanned,
}

const (
	emptyLeftOut = "an empty list and false are said; the official client leaves them out"
	neverScanned = "the sandbox scans nothing; the official type of an account cannot say so, and encodes a scan without an id"
)

// The official client's own calls work on every route of the sandbox, and each answer is in its types and encodes back to the
// same JSON.
func TestTheOfficialClientDrivesEveryRoute(t *testing.T) {
	t.Parallel()
	s := servertest.StartNewer(t, server.Options{Seed: []byte(scene)})
	d := newDriver(t, s)
	d.kept["second"] = s.CIURL("ci")
	d.kept["idToken"] = s.CIToken("ci", map[string]any{"sub": "repo:acme/app:ref", "aud": "urn:pulumi:org:acme"})
	driven, used := map[string]bool{}, map[string]bool{}
	for _, one := range steps {
		name, _, _ := strings.Cut(one.call, " ")
		decoded, err := d.do(one)
		if err != nil {
			t.Errorf("%s: %v: %d %s", one.call, err, d.status, d.body)
			continue
		}
		driven[name] = true
		if strings.Contains(string(d.body), "hidden") {
			t.Errorf("%s shows a secret: %s", one.call, d.body)
		}
		if one.plain || len(d.body) == 0 {
			continue
		}
		for _, at := range changed(t, d.body, contentOf(decoded)) {
			at = name + ": " + at
			used[at] = true
			if told[at] == "" {
				t.Errorf("%s", at)
			}
		}
	}
	for _, pattern := range routes(t, s) {
		isDriven := slices.ContainsFunc(operationsOf(pattern), func(o operation) bool { return driven[o.name] })
		if why := undriven[pattern]; isDriven == (why != "") {
			t.Errorf("%s: driven by the official client: %t; waived: %q; its operations: %v", pattern, isDriven, why, operationsOf(pattern))
		}
	}
	for at := range told {
		if !used[at] {
			t.Errorf("%s: the difference is no longer there", at)
		}
	}
}

// routes lists the routes of the sandbox, from the document that it serves.
func routes(t *testing.T, s *servertest.Running) (all []string) {
	t.Helper()
	answer, err := servertest.Client.Get(s.URL + "/api/openapi/pulumi-spec.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%d: %v", answer.StatusCode, err)
	}
	for path, methods := range document.Paths {
		for method := range methods {
			all = append(all, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// contentOf is the body of what the official client returned, which may carry headers as well.
func contentOf(decoded any) any {
	v := reflect.Indirect(reflect.ValueOf(decoded))
	if v.Kind() == reflect.Struct {
		if body := v.FieldByName("Response"); body.IsValid() && v.FieldByName("Headers").IsValid() {
			return body.Interface()
		}
	}
	return decoded
}
