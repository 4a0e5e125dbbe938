package acts_test

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// updates runs an update of the stack, as the CLI does, which leaves a state. It reports whether it was let.
func (s scene) updates(token string, state obj) bool {
	s.t.Helper()
	_, created := s.call(token, "POST", stack+"/update", obj{
		"name": "payments", "runtime": "yaml", "main": "", "description": "", "config": obj{}, "metadata": obj{"message": "", "environment": obj{}},
		"options": obj{"dryRun": false},
	})
	id, _ := created["updateID"].(string)
	if id == "" {
		return false
	}
	path := stack + "/update/" + id
	_, started := s.call(token, "POST", path, obj{"journalVersion": 0})
	lease, _ := started["token"].(string)
	return lease != "" && s.leased(lease, "PATCH", path+"/checkpoint", obj{"isInvalid": false, "version": state["version"], "deployment": state["deployment"]}) &&
		s.leased(lease, "POST", path+"/complete", obj{"status": "succeeded"})
}

// leased makes a call with the lease of an update.
func (s scene) leased(lease, method, path string, body obj) bool {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "update-token "+lease)
	request.Header.Set("Content-Type", "application/json")
	answer, err := servertest.Client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode < 300
}
