package officialclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// local are the methods of the product's client that call nothing.
var local = []string{"OnWrite", "URL", "Retry", "Forget", "Token"}

// sent are the differences between a request of the product's client and the official types, with the reason.
var sent = map[string]string{
	"CreateDraft: body": draftText,
	"UpdateDraft: body": draftText,
}

const draftText = "the definition is the body of these calls, as the official ESC client sends it; the generated client leaves it out"

// values are what arguments and properties of a type can be, where any text will not do. The first one stands for the others where
// only one is tried.
var values = map[reflect.Type][]any{
	reflect.TypeFor[access.EntityKind]():  {access.Stack, access.Environment, access.Account},
	reflect.TypeFor[access.Level]():       {access.Read, access.Write, access.Admin},
	reflect.TypeFor[cloud.MemberAction](): {cloud.AddMember, cloud.RemoveMember, cloud.PromoteMember, cloud.DemoteMember},
	reflect.TypeFor[cloud.Purpose]():      {cloud.PurposeRole, cloud.PurposePolicy, cloud.PurposeSet},
}

// objects are what properties can be that are passed on as they are.
var objects = map[string]string{
	"Details": `{"__type": "PermissionDescriptorGroup", "entries": [
		{"__type": "PermissionDescriptorAllow", "permissions": ["environment:open"], "constraints": {"MaxOpenDuration": 600}},
		{"__type": "PermissionDescriptorCompose", "permissionDescriptors": ["5b1e"]},
		{"__type": "PermissionDescriptorCondition",
		 "condition": {"__type": "PermissionExpressionEqual",
			"left": {"__type": "PermissionExpressionStack"}, "right": {"__type": "PermissionLiteralExpressionStack", "identity": "7d1f"}},
		 "subNode": {"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]}}]}`,
	"Keys": `{"keys": [{"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"}]}`,
}

// Every request of the product's client is one that the official client has a type for: the body decodes strictly and encodes
// back to the same JSON, and each query parameter is one that the operation has.
func TestEveryRequestDecodesStrictlyIntoTheOfficialType(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[*cloud.Client]()
	used := map[string]bool{}
	for i := range client.NumMethod() {
		method := client.Method(i)
		if slices.Contains(local, method.Name) {
			continue
		}
		j := &judge{t: t, method: method.Name, used: used}
		j.call(method)
		if j.requests == 0 {
			t.Errorf("%s makes no request", method.Name)
		}
	}
	for at := range sent {
		if !used[at] {
			t.Errorf("%s: the difference is no longer there", at)
		}
	}
}

// judge answers the calls of one method as the official types have it, and compares its requests with them.
type judge struct {
	t        *testing.T
	method   string
	requests int
	used     map[string]bool
}

// call makes the calls of a method with each value that its arguments can have.
func (j *judge) call(method reflect.Method) {
	for variant := range 4 { // as many as the longest of values
		service := httptest.NewServer(j)
		client, err := cloud.New(cloud.Config{URL: service.URL, Token: "t"})
		if err != nil {
			j.t.Fatal(err)
		}
		arguments := []reflect.Value{reflect.ValueOf(client)}
		for i := 1; i < method.Type.NumIn(); i++ {
			in := reflect.New(method.Type.In(i)).Elem()
			if in.Type() == reflect.TypeFor[context.Context]() {
				in.Set(reflect.ValueOf(j.t.Context()))
			} else {
				filler{variant: variant}.fill(in, "", 12)
			}
			arguments = append(arguments, in)
		}
		for _, result := range method.Func.Call(arguments) {
			if result.Kind() == reflect.Func { // a list, which asks when it is read
				result.Call([]reflect.Value{reflect.MakeFunc(result.Type().In(0), func([]reflect.Value) []reflect.Value {
					return []reflect.Value{reflect.ValueOf(false)}
				})})
			}
		}
		service.Close()
	}
}

var official = func() *rest.Router[[]operation] {
	router := rest.NewRouter[[]operation]()
	for route, all := range operations() {
		router.Add(route, &all)
	}
	return router
}()

func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	j.requests++
	found, _ := official.Find(r.Method, r.URL.EscapedPath())
	if found == nil {
		j.t.Errorf("%s: the official client has no %s %s", j.method, r.Method, r.URL.Path)
		http.Error(w, "", http.StatusNotFound)
		return
	}
	o := (*found)[0]
	for key := range r.URL.Query() {
		if !slices.Contains(o.queries, key) {
			j.report("?" + key)
		}
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = j.judgeBody(o, body)
	}
	if err != nil {
		j.t.Errorf("%s: %v\n%s", j.method, err, body)
	}
	w.Header().Set("Content-Type", "application/json")
	if o.answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer := reflect.New(o.answer).Elem()
	filler{}.fill(answer, "", 12)
	_ = json.NewEncoder(w).Encode(contentOf(answer.Interface()))
}

func (j *judge) report(difference string) {
	at := j.method + ": " + difference
	if j.used[at] {
		return
	}
	j.used[at] = true
	if sent[at] == "" {
		j.t.Errorf("%s: the official client does not have this", at)
	}
}

func (j *judge) judgeBody(o operation, body []byte) error {
	switch {
	case len(body) == 0 && o.request == nil:
		return nil
	case o.request == nil && !o.takesText:
		j.report("body")
		return nil
	case o.request == nil:
		return nil // the text of an environment
	case len(body) == 0:
		return errors.New("the body is missing")
	}
	decoded := reflect.New(o.request)
	strict := json.NewDecoder(bytes.NewReader(body))
	strict.DisallowUnknownFields()
	if err := strict.Decode(decoded.Interface()); err != nil {
		return fmt.Errorf("%s: %w", o.request, err)
	}
	for _, path := range changed(j.t, body, decoded.Interface()) {
		j.report(path)
	}
	return nil
}
