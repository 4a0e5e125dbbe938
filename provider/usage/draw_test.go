package usage_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

var began = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

// kinds are events with the form of their descriptions.
var kinds = []struct{ event, format string }{
	{"environment-open", "Opened environment %s"},
	{"environment-read-open", "Read open environment %s"},
	{"environment-read", "Read environment %s."},
	{"environment-cloned", "Cloned environment %s to other/copy"},
	{"environment-unauthorized-open", "bo was refused: it needs environment:open on environment %s"},
	{"stack-update-started", "Started update 3 of stack %s"},
	{"secret-decrypted", "Decrypted a secret of stack acme/%s"},
	{"auth-failure-stack-permission", "bo was refused: it needs stack:write on stack %s"},
	{"team-updated", "Updated team \"of\\two|bars = %s\""},
	{"user-login", "%s logged in"},
	{"brand-new", "Something new about %s"},
}

// drawEvent is an event as the service writes it.
func drawEvent(t *rapid.T) audit.Event {
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	entity := rapid.SampledFrom([]string{"payments/prod", "payments/dev", "web/prod"}).Draw(t, "entity")
	e := audit.Event{
		Time: began.Add(time.Duration(rapid.IntRange(0, 5_000_000).Draw(t, "second")) * time.Second), Kind: kind.event,
		Description: fmt.Sprintf(kind.format, entity), User: rapid.SampledFrom([]string{"bo", "cy", "acme"}).Draw(t, "user"),
		UserName: rapid.SampledFrom([]string{"Bo B.", "", `Cy "the second", of two`, "Di\nof two lines"}).Draw(t, "name"),
		SourceIP: rapid.SampledFrom([]string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}).Draw(t, "address"),
	}
	e.Refused = strings.HasPrefix(e.Kind, "auth-failure")
	if e.User == "acme" {
		e.TokenName = rapid.SampledFrom([]string{"ci", "deploy"}).Draw(t, "token")
		e.TokenID = "id-" + e.TokenName
	}
	return e
}

func documentOf(e audit.Event) audit.Document {
	return audit.Document{
		Timestamp: audit.Seconds(e.Time.Unix()), Event: e.Kind, Description: e.Description, User: audit.Actor{Login: e.User, Name: e.UserName},
		SourceIP: e.SourceIP, TokenID: e.TokenID, TokenName: e.TokenName, NeededAdmin: e.NeededAdmin, Refused: e.Refused,
	}
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// written is a record of each form, for one event. Records of CSV may go over lines.
var written = map[string]func(audit.Event) string{
	"json": func(e audit.Event) string { return jsonOf(documentOf(e)) },
	"csv": func(e audit.Event) string {
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		record := []string{
			strconv.FormatInt(e.Time.Unix(), 10), e.UserName, e.User, e.Kind, e.Description, e.SourceIP, strconv.FormatBool(e.NeededAdmin),
			"false", strconv.FormatBool(e.Refused),
		}
		if err := w.Write(record); err != nil {
			panic(err)
		}
		w.Flush()
		return strings.TrimSuffix(text.String(), "\n")
	},
	"cef": func(e audit.Event) string {
		header := strings.NewReplacer(`\`, `\\`, `|`, `\|`)
		value := strings.NewReplacer(`\`, `\\`, `=`, `\=`)
		return fmt.Sprintf("%s api.pulumi.com CEF:0|Pulumi|Pulumi Service|1.0|%s|%s|5|dvchost=api.pulumi.com rt=%d src=%s suser=%s orgID=1 "+
			"requireOrgAdmin=%t requireStackAdmin=false authenticationFailure=%t",
			e.Time.Format("Jan 02 15:04:05"), e.Kind, header.Replace(e.Description), e.Time.UnixMilli(), e.SourceIP, value.Replace(e.User),
			e.NeededAdmin, e.Refused)
	},
}

// carried is what a form has of an event.
func carried(form string, e audit.Event) audit.Event {
	switch form {
	case "csv":
		e.TokenID, e.TokenName = "", ""
	case "cef":
		e.TokenID, e.TokenName, e.UserName = "", "", ""
	}
	return e
}

func zipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
