// Package officialclient holds what this product decodes against the types of Pulumi Cloud's official, generated client.
package officialclient

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-cloud-sdk/go/apitype"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// filler gives every part of a value something that is not zero. Interfaces stay nil unless values has some, and lists end after
// their page.
type filler struct{ variant int }

func (f filler) fill(v reflect.Value, name string, depth int) {
	if depth == 0 || strings.EqualFold(name, "continuationToken") || strings.EqualFold(name, "nextToken") || f.fillAs(v, name) {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
		if name == "Created" { // some times are texts
			v.SetString("2026-01-02T03:04:05Z")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Pointer:
		if f.variant%2 == 1 {
			return // what can be left out is left out
		}
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), name, depth-1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0), "", depth-1)
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		f.fill(element, "", depth-1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("k").Convert(v.Type().Key()), element)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1_900_000_000, 0).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				f.fill(v.Field(i), v.Type().Field(i).Name, depth-1)
			}
		}
	}
}

// fillAs fills in what not any text will do for.
func (f filler) fillAs(v reflect.Value, name string) bool {
	switch {
	case len(values[v.Type()]) > 0:
		all := values[v.Type()]
		v.Set(reflect.ValueOf(all[f.variant%len(all)]))
	case name == "PermissionMode" && v.Kind() == reflect.String:
		v.SetString(cloud.PermissionModeRestricted)
	case name == "Permission" && v.Kind() == reflect.Slice:
		v.Set(reflect.ValueOf([]string{"environment:write"}))
	case objects[name] != "" && v.Type() == reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(objects[name]))
	default:
		return false
	}
	return true
}

func filled[T any]() any {
	value := reflect.New(reflect.TypeFor[T]()).Elem()
	filler{}.fill(value, "", 12)
	return value.Interface()
}

func first[T any](list iter.Seq2[T, error]) (any, error) {
	for one, err := range list {
		return one, err
	}
	return nil, nil
}

func firstOf[T any](list []T, err error) (any, error) {
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func just[T any](one T, err error) (any, error) { return one, err }

// Every answer that the product decodes is one that the official client has a type for: it decodes with content, and
// nothing that the product looks at stays empty but what the official type does not have.
func TestAnswersDecodeAsTheOfficialClientHasThem(t *testing.T) {
	t.Parallel()
	const org = "acme"
	for name, c := range map[string]struct {
		said any
		ask  func(context.Context, *cloud.Client) (any, error)
		// without are fields that the answer has no part for, or of which only one value is known.
		without string
	}{
		"organization": {filled[apitype.OrganizationMetadata](), func(ctx context.Context, c *cloud.Client) (any, error) { return just(c.Organization(ctx, org)) }, ""},
		"members":      {filled[apitype.ListOrganizationMembersResponse](), func(ctx context.Context, c *cloud.Client) (any, error) { return first(c.MembersAndSuspended(ctx, org)) }, ""},
		"teams":        {filled[apitype.ListTeamsResponse](), func(ctx context.Context, c *cloud.Client) (any, error) { return firstOf(c.Teams(ctx, org)) }, ""},
		"team":         {filled[apitype.Team](), func(ctx context.Context, c *cloud.Client) (any, error) { return just(c.Team(ctx, org, "x")) }, ""},
		"roles": {filled[apitype.ListRolesResponse](), func(ctx context.Context, c *cloud.Client) (any, error) {
			return firstOf(c.Roles(ctx, org, cloud.PurposeRole))
		}, "Details"},
		"tokens": {filled[apitype.ListAccessTokensResponse](), func(ctx context.Context, c *cloud.Client) (any, error) {
			return first(c.OrganizationTokens(ctx, org, cloud.ActiveTokens))
		}, ""},
		"stacks": {filled[apitype.AppListStacksResponse](), func(ctx context.Context, c *cloud.Client) (any, error) { return first(c.Stacks(ctx, org)) }, "Tags Config"},
		"stack":  {filled[apitype.AppStack](), func(ctx context.Context, c *cloud.Client) (any, error) { return just(c.Stack(ctx, org, "x", "x")) }, ""},
		"collaborators": {filled[apitype.ListStackCollaboratorsResponse](), func(ctx context.Context, c *cloud.Client) (any, error) {
			return firstOf(c.Collaborators(ctx, org, "p", "s"))
		}, ""},
		"environments": {filled[apitype.ListEnvironmentsResponse](), func(ctx context.Context, c *cloud.Client) (any, error) { return first(c.Environments(ctx, org)) }, ""},
		"environment": {filled[apitype.EnvironmentMetadata](), func(ctx context.Context, c *cloud.Client) (any, error) {
			return just(c.EnvironmentMetadata(ctx, org, "p", "e"))
		}, ""},
		"environment tags": {filled[apitype.ListEnvironmentTagsResponse](), func(ctx context.Context, c *cloud.Client) (any, error) {
			return just(c.EnvironmentTags(ctx, org, "p", "e"))
		}, ""},
		"accounts":     {filled[apitype.ListInsightsAccountsResponse](), func(ctx context.Context, c *cloud.Client) (any, error) { return first(c.Accounts(ctx, org)) }, ""},
		"account":      {filled[apitype.InsightsAccount](), func(ctx context.Context, c *cloud.Client) (any, error) { return just(c.Account(ctx, org, "x")) }, ""},
		"account tags": {filled[apitype.GetInsightAccountTagsResponse](), func(ctx context.Context, c *cloud.Client) (any, error) { return just(c.AccountTags(ctx, org, "a")) }, ""},
		"assignments": {filled[apitype.EntityAssignmentsResponse](), func(ctx context.Context, c *cloud.Client) (any, error) {
			return firstOf(c.Assignments(ctx, org, access.Stack, "i"))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(c.said)
			if err != nil {
				t.Fatal(err)
			}
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(body)
			}))
			defer service.Close()
			client, err := cloud.New(cloud.Config{URL: service.URL, Token: "pul-official"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.ask(t.Context(), client)
			if err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
			for _, path := range empty(reflect.ValueOf(got), "") {
				if !slices.ContainsFunc(strings.Fields(c.without), func(field string) bool { return strings.HasPrefix(path, "."+field) }) {
					t.Errorf("%s stays empty: the official client has no such part in\n%s", path, body)
				}
			}
		})
	}
}

// empty lists the parts of a decoded value that have nothing.
func empty(v reflect.Value, path string) []string {
	if !v.IsValid() || v.IsZero() {
		return []string{path}
	}
	var paths []string
	switch v.Kind() {
	case reflect.Pointer:
		return empty(v.Elem(), path)
	case reflect.Slice:
		for i := range v.Len() {
			paths = append(paths, empty(v.Index(i), path)...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			paths = append(paths, empty(v.MapIndex(key), path+"."+key.String())...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type() != reflect.TypeFor[time.Time]() {
				paths = append(paths, empty(v.Field(i), path+"."+v.Type().Field(i).Name)...)
			}
		}
	}
	return paths
}
