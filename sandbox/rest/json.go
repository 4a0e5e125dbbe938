package rest

import (
	"bytes"
	"encoding/json"
)

// Compact gives equal documents equal bytes, however they were indented on the way.
func Compact(raw json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return raw
	}
	return out.Bytes()
}
