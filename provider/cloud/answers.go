package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"unicode"
)

// An answer counts as a success only in the service's form: a proxy answers with its login page and status 200 as well. The tag
// `answer` at the fields of the type that an answer is decoded into says what it must hold.
const (
	answerKey  = "key"  // the key is there, with whatever value
	answerText = "text" // a text that is not empty
	answerID   = "id"   // an id, which goes into addresses and permission descriptors
	// The key is there, with a value: what the type makes of a missing one would be an answer, such as no permission at all.
	answerValue = "value"
)

// get decodes the JSON answer of the call into a T.
func get[T any](ctx context.Context, c *Client, in call) (T, error) { return write[T](ctx, c, in, nil) }

// write is get for a call that returns the object that it wrote: refuse returns an error if it is another object.
func write[T any](ctx context.Context, c *Client, in call, refuse func(T) error) (T, error) {
	out, _, err := read(ctx, c, in, refuse)
	return out, err
}

// read is write that returns the size of the answer as well.
func read[T any](ctx context.Context, c *Client, in call, refuse func(T) error) (T, int, error) {
	var out, none T
	answer, err := c.do(ctx, in)
	if err != nil {
		return none, 0, err
	}
	if in.sparse && requestID(answer.header) != "" {
		err = decodeAny(answer.body, &out)
	} else {
		err = decode(answer.body, &out)
	}
	if err == nil && refuse != nil {
		err = refuse(out)
	}
	if err != nil {
		return none, 0, unreadable(in, answer, err)
	}
	return out, len(answer.body), nil
}

// send makes a call that the service answers with 204 and nothing.
func (c *Client) send(ctx context.Context, in call) error {
	answer, err := c.do(ctx, in)
	if err == nil && answer.status != http.StatusNoContent {
		return unreadable(in, answer, errors.New("it should be 204 No Content"))
	}
	return err
}

// confirmed makes a call whose success a proxy could report as well: it succeeds only if the answer, or reading back, shows it.
func (c *Client) confirmed(ctx context.Context, in call, shown func(context.Context, response) (bool, error)) error {
	answer, err := c.do(ctx, in)
	if err != nil {
		return err
	}
	ok, err := shown(context.WithoutCancel(ctx), answer)
	switch {
	case err != nil:
		return unreadable(in, answer, fmt.Errorf("whether it was carried out could not be read back: %w", err))
	case !ok:
		return unreadable(in, answer, errors.New("reading back shows that it was not carried out"))
	}
	return nil
}

// other is the error of an answer about another object than the one that was asked for.
func other(what, want, got string) error {
	if want == got {
		return nil
	}
	return fmt.Errorf("it is about %s %q, not %q", what, got, want)
}

// otherName is other for names, which the service may spell otherwise than the request.
func otherName(what, want, got string) error {
	if strings.EqualFold(want, got) {
		return nil
	}
	return other(what, want, got)
}

// Bounds of what an answer becomes in memory, which is many times its bytes where its elements are empty.
const (
	maxObjects = 1_000_000 // and lists
	maxCommas  = 3_000_000
)

// decode is json.Unmarshal that also requires what the tags of out's type require. They are looked at first: an element without its
// fields would be much larger in memory than in the answer.
func decode(text []byte, out any) error {
	if err := require(text, reflect.TypeOf(out).Elem(), ""); err != nil {
		return err
	}
	return decodeAny(text, out)
}

func decodeAny(text []byte, out any) error {
	switch objects, commas := bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")), bytes.Count(text, []byte(",")); {
	case objects > maxObjects:
		return fmt.Errorf("it has %d objects and lists, and at most %d are read", objects, maxObjects)
	case commas > maxCommas:
		return fmt.Errorf("it has %d elements, and at most %d are read", commas, maxCommas)
	}
	return json.Unmarshal(text, out)
}

// require finds what is missing in a text that is to be decoded into the type.
func require(text json.RawMessage, t reflect.Type, path string) error {
	if !demands(t) || isNull(text) && path != "" {
		return nil // what may be null is decided by the field that holds it
	}
	switch t.Kind() {
	case reflect.Pointer:
		return require(text, t.Elem(), path)
	case reflect.Struct:
		return requireFields(text, t, path)
	case reflect.Slice:
		return requireElements(text, t, path)
	case reflect.Map:
		var items map[string]json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return notA("an object", path, err)
		}
		for name, item := range items {
			if err := require(item, t.Elem(), fmt.Sprintf("%s[%q]", path, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// requireElements looks at one element after the other, and stops at the first that lacks something.
func requireElements(text json.RawMessage, t reflect.Type, path string) error {
	elements := json.NewDecoder(bytes.NewReader(text))
	if begins, err := elements.Token(); err != nil || begins != json.Delim('[') {
		return notA("a list", path, err)
	}
	for i := 0; elements.More(); i++ {
		var element json.RawMessage
		if err := elements.Decode(&element); err != nil {
			return err
		}
		place := fmt.Sprintf("%s[%d]", path, i)
		if isNull(element) {
			return fmt.Errorf("its %s is null", place)
		}
		if err := require(element, t.Elem(), place); err != nil {
			return err
		}
	}
	return nil
}

// notA is the error of a value of another type than is due. What is no JSON at all says so itself.
func notA(what, path string, err error) error {
	if path == "" && err != nil {
		return err
	}
	return fmt.Errorf("its %s is not %s", path, what)
}

func requireFields(text json.RawMessage, t reflect.Type, path string) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return notA("an object", path, err)
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			if err := require(text, field.Type, path); err != nil {
				return err
			}
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		place := strings.TrimPrefix(path+"."+name, ".")
		if err := requireField(fields[name], field.Tag.Get("answer"), place); err != nil {
			return err
		}
		if err := require(fields[name], field.Type, place); err != nil {
			return err
		}
	}
	return nil
}

func requireField(text json.RawMessage, demand, place string) error {
	switch demand {
	case answerKey:
		if text == nil {
			return fmt.Errorf("it has no %s", place)
		}
	case answerValue:
		if isNull(text) {
			return fmt.Errorf("it has no %s", place)
		}
	case answerText, answerID:
		var value string
		if json.Unmarshal(text, &value) != nil || value == "" {
			return fmt.Errorf("it has no %s", place)
		}
		if demand == answerID {
			return checkID(value, place)
		}
	}
	return nil
}

// checkID refuses ids that would change the path of a call. Apart from that, their form is up to the service.
func checkID(id, place string) error {
	odd := func(r rune) bool {
		return strings.ContainsRune(`/\.%?#`, r) || unicode.IsSpace(r) || !unicode.IsPrint(r)
	}
	if strings.ContainsFunc(id, odd) || len(id) > maxID {
		return fmt.Errorf("its %s is not an id of the service: %s", place, printable(fmt.Sprintf("%q", id), maxForeign))
	}
	return nil
}

const maxID = 256

func isNull(text json.RawMessage) bool {
	text = bytes.TrimSpace(text)
	return len(text) == 0 || bytes.Equal(text, []byte("null"))
}

var demandingTypes sync.Map // reflect.Type -> bool

// demands reports whether a type or one within it requires anything. A type that decodes itself does so by decode.
func demands(t reflect.Type) bool {
	if known, ok := demandingTypes.Load(t); ok {
		return known.(bool) //nolint:forcetypeassert // only booleans are stored
	}
	found := false
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		found = demands(t.Elem())
	case reflect.Struct:
		if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
			break
		}
		for i := range t.NumField() {
			found = found || t.Field(i).Tag.Get("answer") != "" || demands(t.Field(i).Type)
		}
	}
	demandingTypes.Store(t, found)
	return found
}
