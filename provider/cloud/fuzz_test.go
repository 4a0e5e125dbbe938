package cloud_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// FuzzAnswers answers every call of the client with any text, as a success or a refusal: no call panics, what is refused is an error
// of the service, and a list ends.
func FuzzAnswers(f *testing.F) {
	for name, answer := range answered {
		f.Add(answer.body, name, 200)
	}
	f.Add(refusal(404, "Not Found"), "Team", 404)
	f.Add(`{"code":400,"message":"m","errors":[{"resource":"r"}],"diagnostics":[{"range":{"begin":{"line":1}}}]}`, "UpdateEnvironment", 400)
	calls := map[string]func(context.Context, *cloud.Client) error{}
	var names []string
	everyCall(f, func(name string, call func(context.Context, *cloud.Client) error) {
		calls[name], names = call, append(names, name)
	})
	f.Fuzz(func(t *testing.T, body, name string, status int) {
		if calls[name] == nil {
			name = names[len(name)%len(names)]
		}
		status = 200 + (status%400+400)%400
		client, err := cloud.New(cloud.Config{
			URL: "http://cloud.localhost", Token: secretToken,
			Retry: cloud.Retry{Max: 1, BaseDelay: time.Nanosecond, MaxDelay: time.Nanosecond, Limited: time.Nanosecond},
			HTTP: &http.Client{Transport: &inMemory{start: time.Now(), handle: func(int, *http.Request) (*http.Response, error) {
				return answer(status, body, "ETag", body[:min(len(body), 8)], "Pulumi-ESC-Revision", "1")
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		failed := calls[name](t.Context(), client)
		var refused *cloud.Error
		if status >= 300 && status != 404 && failed == nil && name != "ChangeTeamMember" {
			t.Errorf("%s takes %d %q for a success", name, status, body)
		}
		if errors.As(failed, &refused) && len(refused.Error()) > 60_000 {
			t.Errorf("%s fails with %d bytes", name, len(refused.Error()))
		}
	})
}
