package usage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

// page is a page of the API.
type page struct {
	Events []audit.Document `json:"auditLogEvents"`
}

// jsonLine takes a line with an event, or with a page of events. Lines that only hold the brackets of a list are nothing.
func (r *reader) jsonLine(text []byte) {
	text = bytes.TrimSuffix(text, []byte(","))
	if len(bytes.Trim(text, "[] ")) == 0 {
		r.open += bytes.Count(text, []byte("[")) - bytes.Count(text, []byte("]"))
		return
	}
	events, err := decode(text)
	if err != nil {
		r.damaged(r.line, invalidEvent, false)
		return
	}
	for _, event := range events {
		r.event(r.line, event.AsEvent())
	}
}

// decode reads an event, a page, or a list of events.
func decode(text []byte) ([]audit.Document, error) {
	if text[0] == '[' {
		var list []audit.Document
		err := json.Unmarshal(text, &list)
		return list, err
	}
	if bytes.Contains(text, []byte(`"auditLogEvents"`)) {
		var of page
		if err := json.Unmarshal(text, &of); err != nil || of.Events != nil {
			return of.Events, err
		}
	}
	var one audit.Document
	err := json.Unmarshal(text, &one)
	return []audit.Document{one}, err
}

// opensDocument reports whether a document that goes on over lines begins with this one. A list with an event on each line is none.
func (r *reader) opensDocument(first []byte) bool {
	if len(first) == 0 || first[0] != '{' && first[0] != '[' || json.Valid(first) {
		return false
	}
	if string(first) == "[" {
		ahead, _ := r.lines.Peek(r.lines.Size()) // as much as there is
		second, _, _ := bytes.Cut(bytes.TrimLeft(ahead, " \t\r\n"), []byte("\n"))
		second = bytes.TrimSuffix(bytes.TrimSpace(second), []byte(","))
		return !bytes.HasSuffix(second, []byte("}"))
	}
	last := first[len(first)-1]
	return last == '[' || last == '{'
}

// document reads what is written over several lines: events, lists and pages, one after the other. What follows damage in it cannot be
// told apart.
func (r *reader) document(first []byte) {
	counted := &lineCounter{from: io.MultiReader(bytes.NewReader(first), bytes.NewReader([]byte("\n")), r.lines)}
	d := &document{reader: r, lines: counted, decoder: json.NewDecoder(counted), start: r.line}
	d.decoder.UseNumber()
	for !r.ended && !r.done {
		token, err := d.decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			r.ended = true
		case err != nil:
			d.cut()
		case token == json.Delim('['):
			d.list()
		case token == json.Delim('{'):
			if fields, isEvent := d.object(); isEvent && !r.ended {
				d.event(fields)
			}
		default:
			r.damaged(d.line(), invalidEvent, false)
		}
	}
}

const invalidEvent = "it is not a valid event in JSON"

// document is a file that is read value by value.
type document struct {
	*reader
	lines   *lineCounter
	decoder *json.Decoder
	start   int
	depth   int // how deep the objects are nested
}

// maxDepth is how deep objects may be nested. Those of events are two deep, in a few more of tools.
const maxDepth = 100

// line is where the decoder is.
func (d *document) line() int { return d.start + d.lines.lineAt(d.decoder.InputOffset()) }

// cut ends the reading: what follows cannot be read, or is not there.
func (d *document) cut() {
	d.damaged(d.line(), "the document is not valid JSON from here on", true)
	d.ended = true
}

// list reads the events of a list up to its end.
func (d *document) list() {
	for !d.ended && !d.done && d.decoder.More() {
		var one json.RawMessage
		if d.decoder.Decode(&one) != nil {
			d.cut()
			return
		}
		d.event(one)
	}
	d.end()
}

// end takes the bracket that ends a list or an object.
func (d *document) end() {
	if d.ended || d.done {
		return
	}
	if _, err := d.decoder.Token(); err != nil {
		d.cut()
	}
}

// object reads an object up to its end: an event, if there is no list in it, and else what holds a list of events, such as a page.
func (d *document) object() (fields map[string]any, isEvent bool) {
	fields, isEvent = map[string]any{}, true
	if d.depth++; d.depth > maxDepth {
		d.cut()
	}
	defer func() { d.depth-- }()
	for !d.ended && !d.done && d.decoder.More() {
		name, err := d.decoder.Token()
		if err != nil {
			d.cut()
			break
		}
		value, err := d.decoder.Token()
		switch {
		case err != nil:
			d.cut()
		case value == json.Delim('['):
			isEvent = false
			d.list()
		case value == json.Delim('{'):
			inner, plain := d.object()
			fields[fmt.Sprint(name)], isEvent = inner, isEvent && plain
		default:
			fields[fmt.Sprint(name)] = value
		}
	}
	d.end()
	return fields, isEvent
}

// event takes an event as it is written, or its fields.
func (d *document) event(written any) {
	var one audit.Document
	text, err := json.Marshal(written)
	if err == nil {
		err = json.Unmarshal(text, &one)
	}
	if err != nil {
		d.damaged(d.line(), invalidEvent, false)
		return
	}
	d.reader.event(d.line(), one.AsEvent())
}

// lineCounter counts the lines of what is read through it.
type lineCounter struct {
	from io.Reader
	read int64
	ends []int64 // offsets of the ends of lines that are not counted yet
	line int
}

func (c *lineCounter) Read(to []byte) (int, error) {
	n, err := c.from.Read(to)
	for i, b := range to[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

// lineAt is how many lines end before an offset. Offsets do not go back.
func (c *lineCounter) lineAt(offset int64) int {
	n := 0
	for n < len(c.ends) && c.ends[n] < offset {
		n++
	}
	c.ends = append(c.ends[:0], c.ends[n:]...)
	c.line += n
	return c.line
}
