package usage_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

const csvHeader = "Timestamp, Name, Login, Event, Description, SourceIP, RequireOrgAdmin, RequireStackAdmin, AuthenticationFailure"

func readAll(name string, data []byte) (events []audit.Event, damaged []usage.DamagedLine) {
	for event, line := range usage.Events(name, bytes.NewReader(data)) {
		if line != nil {
			damaged = append(damaged, *line)
			continue
		}
		events = append(events, event)
	}
	return events, damaged
}

// Every form reads back what was written, plain or gzip, and every damaged line between is named by its number and loses nothing else.
func TestFormsReadBack(t *testing.T) {
	t.Parallel()
	broken := map[string][]string{
		"json": {`{"timestamp": 17`, `not JSON`, `neither, of them`, `{"timestamp": 0, "event": "environment-open"}`, `{"timestamp": 5}`, "\x00\xff", strings.Repeat("x", 1<<20+1)},
		"csv":  {`x,Bo,bo,environment-open,d,192.0.2.1,false,false,false`, `1,2`, `17,"Bo,bo,environment-open,never closed,a,false,false,false`, `1757000000,Bo,bo,environment-open,d,192.0.2.1,maybe,false,false`},
		"cef":  {`CEF:0|a|b`, `Jan 02 15:04:05 host CEF:0|P|S|1|environment-open|d|5|suser=bo`, "garbage", `CEF:0|P|S|1|17|d|5|rt=1757000000000 suser=bo`},
	}
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom([]string{"json", "csv", "cef"}).Draw(t, "form")
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 1, 12).Draw(t, "events")
		var text strings.Builder
		line, want, damagedAt := 1, []audit.Event{}, []int{}
		put := func(s string) {
			text.WriteString(s + "\n")
			line += 1 + strings.Count(s, "\n")
		}
		if form == "csv" && rapid.Bool().Draw(t, "header") {
			put(csvHeader)
		}
		for i, e := range append(events, audit.Event{}) {
			if rapid.Bool().Draw(t, "damage") {
				damagedAt = append(damagedAt, line)
				put(rapid.SampledFrom(broken[form]).Draw(t, "broken"))
			}
			if i == len(events) {
				break
			}
			put(written[form](e))
			want = append(want, carried(form, e))
		}
		data := []byte(text.String())
		if rapid.Bool().Draw(t, "no end of line") {
			data = bytes.TrimSuffix(data, []byte("\n"))
		}
		if rapid.Bool().Draw(t, "gzip") {
			data = zipped(string(data))
		}
		got, damaged := readAll("export", data)
		assert.Equal(t, want, got)
		at := []int{}
		for _, d := range damaged {
			at = append(at, d.Line)
			assert.Equal(t, "export", d.File)
			assert.NotEmpty(t, d.Reason)
			assert.False(t, d.Rest)
		}
		assert.Equal(t, damagedAt, at)
	})
}

// Pages of the API read back, on one line, over many, and as lists.
func TestPagesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 1, 6).Draw(t, "events")
		var documents []string
		for _, e := range events {
			documents = append(documents, jsonOf(documentOf(e)))
		}
		list := strings.Join(documents, ",\n  ")
		for name, text := range map[string]string{
			"a page on a line":       `{"auditLogEvents":[` + strings.Join(documents, ",") + `],"continuationToken":"x"}`,
			"a page over lines":      "{\n \"auditLogEvents\": [\n  " + list + "\n ],\n \"continuationToken\": \"x\"\n}\n",
			"a page from a tool":     "{\"auditLogEvents\": [\n" + list + "\n]}",
			"a list over lines":      "[\n" + list + "\n]\n",
			"a list on a line":       "[" + strings.Join(documents, ",") + "]",
			"an indented list":       "[\n" + strings.ReplaceAll(list, `{"timestamp"`, "{\n\"timestamp\"") + "\n]\n",
			"with a byte order mark": "\ufeff" + strings.Join(documents, "\n"),
			"indented events":        indented(documents...),
			"an indented page":       indented(`{"continuationToken":"x","auditLogEvents":[` + strings.Join(documents, ",") + `]}`),
			"a wrapped page":         indented(`{"data":{"auditLogEvents":[` + strings.Join(documents, ",") + `]},"next":{"page":2}}`),
			"indented pages":         strings.Repeat(indented(`{"auditLogEvents":[]}`), 2) + indented(`{"auditLogEvents":[`+strings.Join(documents, ",")+`]}`),
		} {
			got, damaged := readAll(name, []byte(text))
			assert.Empty(t, damaged, name)
			assert.Equal(t, events, got, name)
		}
	})
}

// indented are values as tools write them for people, one after the other.
func indented(values ...string) string {
	var out bytes.Buffer
	for _, value := range values {
		if err := json.Indent(&out, []byte(value), "", "  "); err != nil {
			panic(err)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// What cannot be read further says so, and keeps what came before.
func TestCutOffFilesAreDamage(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 2000 {
		lines = append(lines, written["json"](audit.Event{Time: began.Add(time.Duration(i*7919) * time.Second), Kind: "environment-open",
			Description: fmt.Sprintf("Opened environment p%d/prod", i*i), User: "bo"}))
	}
	whole := zipped(strings.Join(lines, "\n"))
	for name, data := range map[string][]byte{
		"cut gzip":     whole[:len(whole)/2],
		"changed gzip": append(append(bytes.Clone(whole[:len(whole)-8]), 1, 2, 3, 4), whole[len(whole)-4:]...),
		"no gzip":      {0x1f, 0x8b, 1, 2, 3},
		"cut page":     []byte("{\n\"auditLogEvents\": [\n" + lines[0] + ",\n{\"timestamp\": 5"),
		"cut between":  []byte("{\n\"auditLogEvents\": [\n" + lines[0] + "\n"),
		"cut after":    []byte("{\n\"auditLogEvents\": [\n" + lines[0] + "\n],\n"),
		"cut list":     []byte("[\n" + lines[0] + ",\n" + lines[1] + ",\n"),
		"cut indented": []byte("[\n" + indented(lines[0])),
		"cut event":    []byte(indented(lines[0], lines[1])[:len(indented(lines[0]))+20]),
		"too deep":     []byte(strings.Repeat("{\n\"a\":", 100_000)),
		"cut in gzip":  zippedIndented(lines),
	} {
		log := usage.New("acme", time.Time{}, time.Time{})
		log.Read(name, bytes.NewReader(data))
		assert.Equal(t, 1, log.Damage.Rest, name)
		assert.Contains(t, log.Damage.String(), name+":", name)
		assert.Contains(t, log.Damage.String(), "the rest of the file was not read", name)
	}
	var both bytes.Buffer
	for _, part := range lines[:2] {
		w := gzip.NewWriter(&both)
		_, err := w.Write([]byte(part + "\n"))
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	events, damaged := readAll("parts", both.Bytes())
	assert.Len(t, events, 2, "gzip files that were appended to each other")
	assert.Empty(t, damaged)
}

// zippedIndented is the beginning of a list over lines that was compressed.
func zippedIndented(lines []string) []byte {
	whole := zipped(indented("[" + strings.Join(lines, ",") + "]"))
	return whole[:len(whole)/2]
}

func TestFoldersAreReadWhole(t *testing.T) {
	t.Parallel()
	event := audit.Event{Time: began, Kind: "environment-open", Description: "Opened environment payments/prod", User: "bo", SourceIP: "192.0.2.1"}
	files := fstest.MapFS{
		"logs/2026/09/a.json.gz": {Data: zipped(written["json"](event))},
		"logs/2026/10/b.csv":     {Data: []byte(csvHeader + "\n" + written["csv"](event) + "\nbroken\n")},
		"logs/c.cef":             {Data: []byte(written["cef"](event) + "\n")},
		"logs/empty":             {},
		"logs/.hidden":           {Data: []byte("x")},
		"other/d.json":           {Data: []byte(written["json"](event))},
	}
	log := usage.New("acme", time.Time{}, time.Time{})
	require.NoError(t, log.ReadFolder(files, "logs"))
	assert.Equal(t, 3, log.Events)
	assert.Equal(t, 1, log.Damage.Lines)
	assert.Equal(t, "logs/2026/10/b.csv:3: it is neither JSON, CSV nor CEF", log.Damage.String())
	require.NoError(t, log.ReadFolder(files, "other/d.json"))
	assert.Equal(t, 4, log.Events)
	assert.ErrorContains(t, log.ReadFolder(files, "missing"), "missing")
}

func FuzzEvents(f *testing.F) {
	event := audit.Event{Time: began, Kind: "environment-open", Description: "Opened environment payments/prod", User: "bo"}
	for _, form := range written {
		f.Add([]byte(form(event)))
		f.Add(zipped(form(event) + "\n" + form(event)))
	}
	f.Add([]byte("{\n\"auditLogEvents\": [\n"))
	f.Add([]byte("1,\"\n\n2"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for event, damaged := range usage.Events("f", bytes.NewReader(data)) {
			switch {
			case damaged == nil && (event.Kind == "" || event.Time.Unix() <= 0):
				t.Fatal("an event without an id or a time")
			case damaged != nil && damaged.Line < 1:
				t.Fatalf("line %d", damaged.Line)
			}
		}
	})
}
