package usage

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

// columns are those of the service, in its order. A file may have a header that says otherwise, and more columns.
var columns = []string{
	"timestamp", "name", "login", "event", "description", "sourceip", "requireorgadmin", "requirestackadmin", "authenticationfailure",
}

// maxJoined is over how many lines a text in quotes may go.
const maxJoined = 50

// csvReader reads records. A text in quotes may go over lines; a quote that is never closed is damage of its own line alone.
type csvReader struct {
	*reader
	at    map[string]int // column by name
	width int            // how many columns there are
}

// record takes the record that begins with a line.
func (r *csvReader) record(line []byte) {
	start, text := r.line, strings.TrimPrefix(string(line), "\ufeff")
	if strings.IndexByte(text, ',') < 0 {
		r.damaged(start, "it is neither JSON, CSV nor CEF", false)
		return
	}
	fields, ok := r.fields(text)
	if !ok {
		fields, ok = r.joined(text)
	}
	if ok && r.header(fields) {
		return
	}
	if r.at == nil && ok {
		r.at, r.width = map[string]int{}, len(columns)
		for i, name := range columns {
			r.at[name] = i
		}
	}
	if !ok {
		r.damaged(start, "it is not a valid record of CSV", false)
		return
	}
	r.parse(start, fields)
}

// joined is the record that goes on in the next lines. It ends where the quotes do; a line that is a record by itself is not part of
// it. Lines that turn out not to belong to it are read again.
func (r *csvReader) joined(first string) ([]string, bool) {
	if strings.Count(first, `"`)%2 == 0 {
		return nil, false
	}
	text := first
	var taken [][]byte
	for range maxJoined {
		more, found := r.next()
		if !found {
			break
		}
		taken = append(taken, slices.Clone(more))
		next := string(more)
		if alone, ok := r.fields(next); ok && r.complete(alone) {
			break
		}
		text += "\n" + next
		if strings.Count(next, `"`)%2 == 1 {
			if fields, ok := r.fields(text); ok {
				return fields, true
			}
			break
		}
	}
	r.held = slices.Concat(taken, r.held)
	r.line -= len(taken)
	return nil, false
}

// complete reports whether fields are those of a whole record.
func (r *csvReader) complete(fields []string) bool {
	if r.at != nil && len(fields) != r.width || len(fields) < len(columns) {
		return false
	}
	_, err := audit.ParseTime(fields[r.column("timestamp")])
	return err == nil
}

func (r *csvReader) column(name string) int {
	if r.at != nil {
		return r.at[name]
	}
	return slices.Index(columns, name)
}

func (r *csvReader) fields(line string) ([]string, bool) {
	if strings.IndexByte(line, '"') < 0 {
		return strings.Split(line, ","), true
	}
	parser := csv.NewReader(strings.NewReader(line))
	parser.TrimLeadingSpace = true
	fields, err := parser.Read()
	return fields, err == nil && parser.InputOffset() >= int64(len(line))
}

// header takes the names of the columns, false for a line that is a record.
func (r *csvReader) header(fields []string) bool {
	if !slices.ContainsFunc(fields, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), columns[0]) }) {
		return false
	}
	at := map[string]int{}
	for i, name := range fields {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, needed := range []string{"timestamp", "login", "event", "description"} {
		if _, found := at[needed]; !found {
			return false
		}
	}
	r.at, r.width = at, len(fields)
	return true
}

func (r *csvReader) parse(line int, fields []string) {
	get := func(name string) string {
		if i, found := r.at[name]; found && i < len(fields) {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	if len(fields) != r.width {
		r.damaged(line, "it has "+strconv.Itoa(len(fields))+" columns, and the file "+strconv.Itoa(r.width), false)
		return
	}
	at, err := audit.ParseTime(get("timestamp"))
	if err != nil {
		r.damaged(line, "its time is not valid", false)
		return
	}
	failure, good := truth(get("authenticationfailure"))
	admin, valid := truth(get("requireorgadmin"))
	if !good || !valid {
		r.damaged(line, "one of its flags is neither true nor false", false)
		return
	}
	r.event(line, audit.Event{
		Time: at, Kind: get("event"), Description: get("description"), User: get("login"), UserName: get("name"), SourceIP: get("sourceip"),
		TokenID: get("tokenid"), TokenName: get("tokenname"), Refused: failure, NeededAdmin: admin,
	})
}

// truth reads a flag; an empty one is false.
func truth(text string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true":
		return true, true
	case "false", "":
		return false, true
	}
	return false, false
}

// cefLine takes a line of CEF: seven fields between bars, and then pairs of keys and values.
func (r *reader) cefLine(line []byte) {
	event, reason := parseCEF(string(line))
	if reason != "" {
		r.damaged(r.line, reason, false)
		return
	}
	r.event(r.line, event)
}
