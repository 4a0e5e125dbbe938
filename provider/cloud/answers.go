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
)

// get decodes the JSON answer of the call into a T.
func get[T any](ctx context.Context, c *Client, in call) (T, error) { return write[T](ctx, c, in, nil) }

// write is get for a call that returns the object that it wrote: refuse returns an error if it is another object.
func write[T any](ctx context.Context, c *Client, in call, refuse func(T) error) (T, error) {
	var out, none T
	answer, err := c.do(ctx, in)
	if err != nil {
		return none, err
	}
	if in.sparse && requestID(answer.header) != "" {
		err = json.Unmarshal(answer.body, &out)
	} else {
		err = decode(answer.body, &out)
	}
	if err == nil && refuse != nil {
		err = refuse(out)
	}
	if err != nil {
		return none, unreadable(in, answer, err)
	}
	return out, nil
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

// decode is json.Unmarshal that also requires what the tags of out's type require.
func decode(text []byte, out any) error {
	if err := json.Unmarshal(text, out); err != nil {
		return err
	}
	return require(text, reflect.TypeOf(out).Elem(), "")
}

// require finds what is missing in a text that could be decoded into the type.
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
		var items []json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		for i, item := range items {
			if err := require(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		var items map[string]json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		for name, item := range items {
			if err := require(item, t.Elem(), fmt.Sprintf("%s[%q]", path, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func requireFields(text json.RawMessage, t reflect.Type, path string) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
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
