package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/login"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// service answers from Pulumi Cloud.
type service struct {
	*survey.Survey
	client    *cloud.Client
	name      string
	catalogue access.Catalogue
	progress  *progress
}

func (c *cli) openService(ctx context.Context) (*service, error) {
	organization := c.organizationName()
	if organization == "" {
		return nil, misused("no organization: give --organization or the environment variable PULUMI_ORGANIZATION, or read a --snapshot")
	}
	address, err := login.APIURL(&c.apiURL, os.Getenv, workspace.GetStoredCredentials)
	if err != nil {
		return nil, err
	}
	p := c.progress(ctx, "reading organization "+organization)
	client, err := cloud.New(cloud.Config{
		URL: address, Token: login.AccessToken(nil, address, os.Getenv, workspace.GetAccount), Version: version, AllowInsecure: c.insecure,
		HTTP: p.counting(),
	})
	if err != nil {
		return nil, err
	}
	return &service{survey.Of(client, organization), client, organization, access.NewCatalogue(c.additional), p}, nil
}

func (s *service) organization() string { return s.name }

func (s *service) options() survey.Options {
	return survey.Options{Catalogue: s.catalogue, AllDeployments: true, Progress: s.progress.say}
}

func (s *service) whole(ctx context.Context) (graph.Organization, []graph.Blind, error) {
	return s.Whole(ctx, s.options())
}

// catalogueWith asks the service about a scope that this version does not know.
func (s *service) catalogueWith(ctx context.Context, kind access.EntityKind, scope string) (access.Catalogue, []graph.Blind, error) {
	if s.catalogue.Has(kind, scope) {
		return s.catalogue, nil, nil
	}
	listed, err := s.client.AvailableScopes(ctx, s.name)
	switch {
	case err != nil:
		return s.catalogue, nil, fmt.Errorf("this version does not know the scope %s, and whether the service lists it could not be read: %w", scope, err)
	case !slices.Contains(listed[string(kind)], scope):
		return s.catalogue, nil, unknownScope(kind, scope, s.catalogue.Nearest(kind, scope))
	}
	var blind []graph.Blind
	if !access.Evaluates(kind, scope) {
		blind = []graph.Blind{{
			What:  fmt.Sprintf("this version does not know the scope %s, nor what roles grant of its kind on the %s", scope, kind.Noun()),
			Hides: "who can use " + scope,
		}}
	}
	return s.catalogue.With(kind, scope), blind, nil
}

func (s *service) asked(q question) survey.Question {
	options := s.options()
	options.Catalogue = q.catalogue
	return survey.Question{Kind: q.kind, Name: q.name, Options: options}
}

func (s *service) whoCan(ctx context.Context, q question) (answer graph.Answer, importers graph.Importers, blind []graph.Blind, err error) {
	ask := s.WhoCan
	if q.indirect {
		ask = s.WhoCanIndirect
	}
	if answer, blind, err = ask(ctx, q.scope, s.asked(q)); err != nil || !graph.OpensImports(q.scope) {
		return answer, importers, blind, err
	}
	importers, more, err := s.Importers(ctx, q.name)
	return answer, importers, merged(blind, more), err
}

func (s *service) effective(ctx context.Context, p principal, q question) (survey.Effective, []graph.Blind, error) {
	asked := s.asked(q)
	asked.Why, asked.Claims, asked.AllDeployments = q.scope, p.claims, false
	return s.Effective(ctx, p.Kind, p.Name, asked)
}

// merged are blind spots, each once.
func merged(lists ...[]graph.Blind) []graph.Blind {
	var all []graph.Blind
	for _, one := range slices.Concat(lists...) {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}
