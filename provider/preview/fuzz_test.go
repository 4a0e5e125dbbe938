package preview_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/preview"
)

// Whatever text is given is a preview or an error, which quotes nothing of it, and a preview can be applied.
func FuzzParse(f *testing.F) {
	const marker = "hunter2-in-a-preview"
	urn := `"urn":"urn:pulumi:s::p::leastprivilege:index:`
	for _, text := range []string{
		"", "{}", `{"steps":[]}`, `{"changeSummary":{"create":1}}`, `{"steps":null,"changeSummary":{}}`, marker, `{"steps":"` + marker + `"}`,
		`{"steps":[{"op":"create",` + urn + `Team::a","newState":{"custom":true,"inputs":{"name":"a","members":["bo",null,{}]}}}]}`,
		`{"steps":[{"op":"update",` + urn + `Role::a","oldState":{"id":"acme/x","inputs":{"stacks":{}}},"newState":{"inputs":{"stacks":[1]}},"diffReasons":["stacks"]}]}`,
		`{"steps":[{"op":"delete",` + urn + `OrganizationSettings::a","oldState":{"outputs":{"previous":[]}}}],"maybeCorrupt":true}`,
		`{"steps":[{"op":"replace","urn":"urn:pulumi:s::p::pulumiservice:index:Team::a","oldState":{},"newState":{"inputs":{"members":{"4dabf18193072939515e22adb298388d":"x"}}}}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := preview.Parse([]byte(text))
		if err != nil {
			if strings.Contains(err.Error(), marker) {
				t.Fatalf("the error quotes the preview: %v", err)
			}
			return
		}
		parsed.Apply(graph.Organization{Login: "acme"}, time.Unix(0, 0))
	})
}
