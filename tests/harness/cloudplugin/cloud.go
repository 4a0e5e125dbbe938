package cloudplugin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// cloud is a sandbox's clouds, by their control endpoints.
type cloud struct{ sandbox string }

// errGone is the answer for what is not there.
type errGone struct{ said string }

func (e errGone) Error() string { return e.said }

// send makes one call of a control endpoint, whose path is below /_sandbox/clouds/, and decodes the answer into out
// unless that is nil.
func (c cloud) send(ctx context.Context, method, path string, body, out any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	address := c.sandbox + "/_sandbox/clouds/" + path
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	said := fmt.Sprintf("%s %s: %s: %s", method, address, answer.Status, strings.TrimSpace(string(text)))
	switch {
	case answer.StatusCode == http.StatusNotFound:
		return errGone{said}
	case answer.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("%s", said)
	case out == nil:
		return nil
	}
	return json.Unmarshal(text, out)
}
