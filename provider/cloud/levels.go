package cloud

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Level is the name of the permission. Creator is what admin is. A number that this version does not know is a level that
// differs from every other.
func (p StackPermission) Level() access.Level {
	switch p {
	case StackNone:
		return access.None
	case StackRead:
		return access.Read
	case StackWrite:
		return access.Write
	case StackAdmin, StackCreator:
		return access.Admin
	}
	return unknownLevel(int(p))
}

// Level is the name of the permission; see [StackPermission.Level].
func (p AccountPermission) Level() access.Level {
	levels := []access.Level{access.None, access.Read, access.Write, access.Admin}
	if p < 0 || int(p) >= len(levels) {
		return unknownLevel(int(p))
	}
	return levels[p]
}

func unknownLevel(n int) access.Level { return access.Level(fmt.Sprintf("permission %d", n)) }
