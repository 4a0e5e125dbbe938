package resources

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/lockout"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/protection"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// What the kit has, by the names that resources which are not in a package of their own yet call it.
var (
	warnRemovals  = kit.WarnRemovals
	noteGains     = kit.NoteGains
	bulleted      = kit.Bulleted
	progress      = kit.Progress
	partly        = kit.Partial
	partlySettled = kit.PartialSettled
	requireSight  = kit.RequireSight
	existsAlready = kit.ExistsAlready
	splitID       = kit.SplitID
	warnTaken     = kit.WarnTaken
	allGiven      = kit.AllGiven
	recorded      = kit.Recorded
)

const organizationHelp = kit.OrganizationHelp

func text(v *string) string { return ptr.Value(v) }

func list[T any](v *[]T) []T { return ptr.Value(v) }

func keepList[T any](v **[]T) { kit.KeepList(v) }

// What resources share, by the names that those which are not in a package of their own yet call it.
var (
	changeKind            = kit.ChangeKind
	sameLogin             = logins.Same
	indexLogin            = logins.Index
	sameLogins            = logins.SameSet
	teamWithMembers       = membership.OfTeam
	membersListed         = membership.Listed
	indexMember           = membership.Index
	peopleOf              = membership.Of
	spelledLogins         = membership.Spelled
	asLockOut             = lockout.AsRefusal
	everyMember           = lockout.EveryMember
	administering         = lockout.Administering
	lookForRole           = records.Look
	rolePulumiID          = records.ID
	warnTakenRole         = records.WarnTaken
	explainRole           = records.ExplainRole
	protectedFromDeletion = protection.Of
	certainReplacements   = protection.CertainReplacements
)

const (
	teamRoleMember = cloud.TeamRoleMember
	roleIDForm     = records.IDForm
)

type roleLoss struct {
	team         cloud.Team
	taken, given []string
	from         func(login string) bool
	allow        []types.OptIn
}

func refuseLockOut(ctx context.Context, current *session.Session, organization string, loss roleLoss) error {
	return lockout.Refuse(ctx, current, organization, lockout.Loss{
		Team: loss.team, Taken: loss.taken, Given: loss.given, From: loss.from, Allow: loss.allow,
	})
}
