package usage

import (
	"bytes"
	"encoding/json"
	"errors"
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
		return
	}
	events, err := decode(text)
	if err != nil {
		r.damaged(r.line, "it is not a valid event in JSON", false)
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

// document reads a page, or a list of events, that is written over several lines. What follows damage in it cannot be told apart.
func (r *reader) document(first []byte) {
	start := r.line
	counted := &lineCounter{from: io.MultiReader(bytes.NewReader(first), bytes.NewReader([]byte("\n")), r.lines)}
	decoder := json.NewDecoder(counted)
	for !r.ended && !r.done {
		token, err := decoder.Token()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.damaged(start+counted.lineAt(decoder.InputOffset()), "the document is not valid JSON from here on", true)
			}
			break
		}
		if token == json.Delim('[') {
			r.elements(decoder, counted, start)
		}
	}
	r.ended = true
}

func (r *reader) elements(decoder *json.Decoder, counted *lineCounter, start int) {
	for !r.ended && !r.done && decoder.More() {
		var one audit.Document
		err := decoder.Decode(&one)
		line := start + counted.lineAt(decoder.InputOffset())
		var syntax *json.SyntaxError
		switch {
		case err == nil:
			r.event(line, one.AsEvent())
		case errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
			r.damaged(line, "the document is not valid JSON from here on", true)
			r.ended = true
		default:
			r.damaged(line, "it is not a valid event in JSON", false)
		}
	}
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
