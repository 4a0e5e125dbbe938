package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Document is an event as the service writes it in JSON: in its API, and in exported files.
type Document struct {
	Timestamp   Seconds `json:"timestamp" answer:"value"`
	Event       string  `json:"event" answer:"text"`
	Description string  `json:"description"`
	User        Actor   `json:"user" answer:"value"`
	SourceIP    string  `json:"sourceIP"`
	TokenID     string  `json:"tokenID"`
	TokenName   string  `json:"tokenName"`
	NeededAdmin bool    `json:"reqOrgAdmin"`
	Refused     bool    `json:"authFailure"`
}

// Actor is who acted.
type Actor struct {
	Login string `json:"githubLogin"`
	Name  string `json:"name"`
}

// Seconds is a time since 1970. Exported files may have it as a text.
type Seconds int64

// UnmarshalJSON reads a number, or a text that [ParseTime] reads.
func (s *Seconds) UnmarshalJSON(data []byte) error {
	text := string(data)
	if len(data) > 0 && data[0] == '"' {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	}
	at, err := ParseTime(text)
	*s = Seconds(at.Unix())
	return err
}

// AsEvent translates the document.
func (d Document) AsEvent() Event {
	return Event{
		Time: time.Unix(int64(d.Timestamp), 0).UTC(), Kind: d.Event, Description: d.Description,
		User: d.User.Login, UserName: d.User.Name, SourceIP: d.SourceIP,
		TokenID: d.TokenID, TokenName: d.TokenName, Refused: d.Refused, NeededAdmin: d.NeededAdmin,
	}
}

// milliseconds are told from seconds by their size: as seconds they would be after the year 5000.
const milliseconds = 100_000_000_000

// ParseTime reads the time of an event: Unix seconds, Unix milliseconds, or RFC 3339.
func ParseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	number, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil && number >= milliseconds:
		return time.UnixMilli(number).UTC(), nil
	case err == nil && number > 0:
		return time.Unix(number, 0).UTC(), nil
	case err == nil, errors.Is(err, strconv.ErrRange):
		return time.Time{}, fmt.Errorf("%q is not a valid time", text)
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a valid time: write Unix seconds or RFC 3339", text)
	}
	return at.UTC(), nil
}
