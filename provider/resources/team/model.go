package team

import (
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
)

// displayName is the one that a team has: its name where none is given.
func displayName(given *string, name string) string {
	if ptr.Value(given) == "" {
		return name
	}
	return *given
}

// desiredState is the state that the inputs ask for at a time.
func desiredState(desired Args, now time.Time) State {
	state := State{
		Organization: ptr.Value(desired.Organization), Name: ptr.Value(desired.Name), Args: desired, Kind: cloud.TeamKindPulumi,
	}
	if desired.GitHubTeamID != nil {
		state.Kind = cloud.TeamKindGitHub
	}
	if desired.TemporaryMembers != nil {
		active := temporary.Active(*desired.TemporaryMembers, now)
		state.TemporaryMembers, state.ExpiredMembers = &active, &[]string{}
	}
	return state
}

// inputsOf are the inputs that describe the actual team. What the inputs before leave to the service, and is as the service
// makes it, stays out of them. The GitHub team's id cannot be read.
func inputsOf(organization string, actual cloud.Team, before Args, now time.Time) Args {
	inputs := before
	inputs.Organization = &organization
	if before.Name != nil || before.GitHubTeamID == nil {
		inputs.Name = &actual.Name
	}
	if actual.Kind == cloud.TeamKindPulumi || before.DisplayName != nil {
		inputs.DisplayName = unlessDefault(before.DisplayName, actual.DisplayName, actual.Name)
	}
	if actual.Kind == cloud.TeamKindPulumi || before.Description != nil {
		inputs.Description = unlessDefault(before.Description, actual.Description, "")
	}
	if before.managesMembers(actual.Kind) {
		inputs.Lists = before.AsInputs(before.assumed(actual.Members, now), now)
	}
	return inputs
}

// unlessDefault is the value that was read; nil when none was given and the service has what it has by default.
func unlessDefault(given *string, read, byDefault string) *string {
	if given == nil && (read == byDefault || read == "") {
		return nil
	}
	if given != nil && displayName(given, byDefault) == displayName(&read, byDefault) {
		return given
	}
	return &read
}

// stateOf is what the service has, as far as it is managed.
func stateOf(organization string, actual cloud.Team, inputs Args, now time.Time) State {
	state := desiredState(inputsOf(organization, actual, inputs, now), now)
	state.Name, state.Kind = actual.Name, actual.Kind
	if inputs.TemporaryMembers != nil {
		lists, expired := inputs.AsState(inputs.assumed(actual.Members, now), now)
		state.TemporaryMembers, state.ExpiredMembers = lists.TemporaryMembers, expired
	}
	return state
}

// renamed reports whether the names that people see differ.
func renamed(state State, desired Args) bool {
	if desired.GitHubTeamID != nil {
		return false
	}
	if state.Kind != cloud.TeamKindPulumi && desired.DisplayName == nil && desired.Description == nil {
		return false
	}
	return displayName(state.DisplayName, state.Name) != displayName(desired.DisplayName, state.Name) ||
		ptr.Value(state.Description) != ptr.Value(desired.Description)
}

// memberSteps are the steps that a Team takes: all of them, unless it leaves adding people to others.
func (v Args) memberSteps(actual []cloud.TeamMember, now time.Time) []membership.Step {
	steps := v.Plan(actual, now)
	if v.adds() {
		return steps
	}
	return slices.DeleteFunc(steps, func(s membership.Step) bool { return !s.Loses() })
}

// assumed is the membership as far as a Team answers for it: where it leaves adding people to others, those who are still
// missing count as members.
func (v Args) assumed(actual []cloud.TeamMember, now time.Time) []cloud.TeamMember {
	if v.adds() {
		return actual
	}
	for _, step := range v.Plan(actual, now) {
		if !step.Loses() {
			actual = step.After(actual)
		}
	}
	return actual
}
