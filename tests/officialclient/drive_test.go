package officialclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-cloud-sdk/go/apiclient"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// step is one call of the official client. Its texts may contain ${name}, what an earlier step kept.
type step struct {
	call string // the operation and its arguments in order; _ for one that is left out
	body string // JSON, or the text of an environment
	// send replaces the body on its way, where the official client has no argument for it.
	send  string
	token string // in place of the administrator's
	keep  string // name=property of the answer, properties separated by dots
	plain bool   // the answer is no JSON
}

// driver calls the official client on a running sandbox, and remembers what the steps kept.
type driver struct {
	t      *testing.T
	client *apiclient.CloudClient
	admin  string
	kept   map[string]string
	send   string
	token  string
	status int
	body   []byte
}

func newDriver(t *testing.T, s *servertest.Running) *driver {
	d := &driver{t: t, admin: s.Token, kept: map[string]string{}}
	d.client = &apiclient.CloudClient{BaseURL: s.URL, Executor: d.exchange}
	return d
}

func (d *driver) exchange(request *http.Request) (*http.Response, error) {
	request.Header.Set("Authorization", d.token)
	if d.send != "" {
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(d.send)), int64(len(d.send))
	}
	answer, err := servertest.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	d.status = answer.StatusCode
	d.body, err = io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(d.body))
	return answer, err
}

func (d *driver) expand(text string) string {
	return os.Expand(text, func(name string) string {
		value, ok := d.kept[name]
		if !ok {
			d.t.Errorf("no step kept %q", name)
		}
		return value
	})
}

// do makes the call of a step, and returns what the official client decoded.
func (d *driver) do(s step) (decoded any, err error) {
	words := strings.Fields(d.expand(s.call))
	method := reflect.ValueOf(d.client).MethodByName(words[0])
	if !method.IsValid() {
		return nil, fmt.Errorf("the official client has no %s", words[0])
	}
	d.send, d.token, d.status, d.body = d.expand(s.send), "token "+d.admin, 0, nil
	if s.token != "" {
		d.token = d.expand(s.token)
	}
	arguments, err := argumentsOf(method.Type(), words[1:], d.expand(s.body))
	if err != nil {
		return nil, err
	}
	results := method.Call(arguments)
	err, _ = results[len(results)-1].Interface().(error)
	if err == nil && len(results) > 1 {
		decoded = results[0].Interface()
	}
	if err == nil && s.keep != "" {
		err = d.remember(s.keep)
	}
	return decoded, err
}

func (d *driver) remember(keep string) error {
	name, path, _ := strings.Cut(keep, "=")
	var said any
	if err := json.Unmarshal(d.body, &said); err != nil {
		return err
	}
	for _, key := range strings.Split(path, ".") {
		switch now := said.(type) {
		case map[string]any:
			said = now[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(now) {
				return fmt.Errorf("%s: no entry %s", path, key)
			}
			said = now[i]
		}
	}
	if said == nil {
		return fmt.Errorf("the answer has no %s", path)
	}
	d.kept[name] = fmt.Sprint(said)
	return nil
}

// argumentsOf makes the arguments of a method of the official client.
func argumentsOf(method reflect.Type, words []string, body string) ([]reflect.Value, error) {
	arguments := []reflect.Value{reflect.ValueOf(context.Background())}
	last := method.NumIn() - 1 // headers
	for i := 1; i < last; i++ {
		in := reflect.New(method.In(i)).Elem()
		switch {
		case isBody(in.Type()):
			if err := json.Unmarshal([]byte(body), in.Addr().Interface()); err != nil {
				return nil, fmt.Errorf("the official type of the body is %s: %w", in.Type(), err)
			}
		case in.Kind() == reflect.String && len(words) == 0:
			in.SetString(body) // the text of an environment
		case len(words) > 0:
			if words[0] != "_" {
				if err := set(in, words[0]); err != nil {
					return nil, err
				}
			}
			words = words[1:]
		}
		arguments = append(arguments, in)
	}
	if len(words) > 0 {
		return nil, fmt.Errorf("too many arguments: %v", words)
	}
	return arguments, nil
}

func set(v reflect.Value, word string) error {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return set(v.Elem(), word)
	case reflect.String:
		v.SetString(word)
	case reflect.Bool:
		v.SetBool(word == "true")
	default:
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return err
		}
		v.SetInt(n)
	}
	return nil
}
