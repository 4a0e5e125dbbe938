package team

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func check(ctx context.Context, op kit.Op, v Args) problem.List {
	if !op.Unknown("name") && v.managesMembers(cloud.TeamKindPulumi) {
		v.Declare(ctx, op, v.Organization, ptr.Value(v.Name), true)
	}
	var problems problem.List
	switch {
	case v.Name != nil && v.GitHubTeamID != nil:
		problems = types.CheckName("name", *v.Name)
	case v.Name != nil:
		problems = types.CheckTeamName("name", *v.Name)
	case v.GitHubTeamID == nil:
		problems.Add("name", "is required, unless githubTeamId is given")
	}
	return slices.Concat(
		problems,
		types.CheckTeamDisplayName("displayName", ptr.Value(v.DisplayName)),
		checkGitHubTeam(v),
		checkUnmanaged(v),
		v.Lists.Check(),
		types.CheckOptIns("Team", ptr.Value(v.Allow)),
	)
}

func checkGitHubTeam(v Args) problem.List {
	if v.GitHubTeamID == nil {
		return nil
	}
	var problems problem.List
	given := v.Given()
	if v.DisplayName != nil {
		given = append(given, "displayName")
	}
	if v.Description != nil {
		given = append(given, "description")
	}
	for _, path := range given {
		problems.Add(path, "comes from GitHub for a team with githubTeamId: leave it out")
	}
	if *v.GitHubTeamID <= 0 {
		problems.Add("githubTeamId", "must be the numeric id of a GitHub team")
	}
	return problems
}

// checkUnmanaged refuses lists of members of a team whose membership is left to others.
func checkUnmanaged(v Args) problem.List {
	var problems problem.List
	if ptr.Value(v.UnmanagedMembers) {
		for _, path := range v.Given() {
			problems.Add(path, "is left to others by unmanagedMembers: leave out one of the two")
		}
	}
	return problems
}
