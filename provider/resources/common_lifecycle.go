package resources

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
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
